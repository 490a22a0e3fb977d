"""Each pattern of an attack, played on a chain with the real contracts, gives its notice; honest lives give none."""

from __future__ import annotations

from dao.audit.notice import Notice
from dao.types import Support
from tests.support.history import DELAY, PERIOD, Dao

ONE = 10**18
PATTERN = "pattern"


def seen(dao: Dao, pattern: str) -> list[Notice]:
    """The notices of `pattern` in an audit that finds nothing."""
    report = dao.audit()
    assert report.findings == ()
    assert report.verdict == "agrees"
    return [notice for notice in report.notices if notice.pattern == pattern]


def ready(**settings: object) -> Dao:
    """A DAO whose holders vote for themselves."""
    dao = Dao.deploy(**settings)  # type: ignore[arg-type]
    for holder in dao.holders:
        dao.token(holder, "delegate", holder)
    dao.chain.advance(600)
    return dao


def hash_of(dao: Dao, block: int) -> set[bytes]:
    """Hashes of the transactions of a block that left logs."""
    return {log.transaction_hash for log in dao.logs if log.block_number == block}


def borrow(dao: Dao, *, back: int) -> tuple[int, int]:
    """The largest holder lends to the smallest for the snapshot, which votes `back` seconds after it was returned."""
    small, rich = dao.holders[0], dao.holders[-1]
    proposal = dao.propose(dao.holders[1], [dao.call_token("mint", small, ONE)])
    dao.chain.advance(DELAY)
    dao.token(rich, "transfer", small, 5_000 * ONE)
    dao.chain.advance(back)
    dao.token(small, "transfer", rich, 5_000 * ONE)
    dao.chain.advance(12)
    dao.vote(small, proposal, Support.FOR)
    return proposal, dao.chain.number


def test_weight_borrowed_over_the_snapshot_is_noticed() -> None:
    dao = ready()
    dao.token(dao.holders[0], "transfer", dao.holders[2], 400 * ONE)
    dao.chain.advance(600)
    proposal, block = borrow(dao, back=12)
    [notice] = seen(dao, "borrowed-weight")
    assert notice.what == f"proposal {proposal}"
    assert notice.block == block
    assert {notice.transaction} == hash_of(dao, block)
    assert f"{dao.holders[0]} had the power {5_100 * ONE}" in notice.detail
    assert f"{100 * ONE} 24 seconds before and {100 * ONE} 24 seconds after" in notice.detail


def test_weight_that_stays_longer_is_not_noticed() -> None:
    dao = ready()
    dao.token(dao.holders[0], "transfer", dao.holders[2], 400 * ONE)
    borrow(dao, back=25)
    assert seen(dao, "borrowed-weight") == []
    assert PERIOD > 25
