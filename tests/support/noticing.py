"""A DAO on which attacks are played, and what is noticed of them."""

from __future__ import annotations

from collections.abc import Sequence

from dao.abi import checksum
from dao.audit.check import Scene
from dao.audit.history import history_of
from dao.audit.notice import Notice
from dao.audit.notices import look
from dao.engine.replay import replay_columns
from dao.evidence.logs import from_raw
from dao.types import Address, Support
from tests.support.history import DELAY, EXTENSION, PERIOD, Dao

ONE = 10**18


def noticed(dao: Dao) -> list[Notice]:
    """Everything that an audit with the proposals' transactions notices: the same over columns as without them."""
    history = history_of(Scene(dao.replay(), dao.chain.timestamp), dao.chain.callers)
    columns = replay_columns(lambda: [from_raw(dao.logs)], dao.addresses)
    found = look(history)
    assert look(history_of(Scene(columns, dao.chain.timestamp), dao.chain.callers)) == found
    return list(found[1])


def ready(*, quorum: int = 1_000) -> Dao:
    """A DAO of five holders of 500, 2000, 3000, 4000 and 5000 tokens, who vote for themselves."""
    dao = Dao.deploy(quorum=quorum)
    for holder in dao.holders:
        dao.token(holder, "delegate", holder)
    dao.chain.advance(600)
    return dao


def last(dao: Dao) -> tuple[int, bytes]:
    """Block and transaction of the latest log."""
    return dao.logs[-1].block_number, dao.logs[-1].transaction_hash


def only(dao: Dao, pattern: str, proposal: int, place: tuple[int, bytes]) -> str:
    """Asserts that there is one notice and no finding, and returns what was seen."""
    report = dao.audit()
    assert report.findings == ()
    assert report.verdict == "agrees"
    [notice] = noticed(dao)
    assert (notice.pattern, notice.what) == (pattern, f"proposal {proposal}")
    assert (notice.block, notice.transaction) == place
    return notice.detail


def vote(dao: Dao, proposal: int, ballots: Sequence[tuple[int, Support]]) -> None:
    """Has holders vote, by number, and waits until all is over."""
    dao.chain.advance(DELAY + 1)
    for number, support in ballots:
        dao.vote(dao.holders[number], proposal, support)
        dao.chain.advance(1)
    dao.chain.advance(PERIOD + EXTENSION)


def alike(address: Address) -> Address:
    """Another address with the digits that people see of `address`."""
    return checksum("0x" + address[2:6].lower() + "5a" * 16 + address[-4:].lower())


def last_of(dao: Dao, contract: Address) -> tuple[int, bytes]:
    """Block and transaction of the latest log of `contract`."""
    log = [log for log in dao.logs if log.address == contract][-1]
    return log.block_number, log.transaction_hash


def borrow(dao: Dao, *, hold: int) -> tuple[int, tuple[int, bytes]]:
    """The largest holder lends 4,900 to the smallest for the snapshot and gets it back `hold` seconds after it."""
    small, rich = dao.holders[0], dao.holders[-1]
    proposal = dao.propose(dao.holders[1], [dao.call_token("mint", small, ONE)])
    dao.chain.advance(DELAY)
    dao.token(rich, "transfer", small, 4_900 * ONE)
    dao.chain.advance(hold)
    dao.token(small, "transfer", rich, 4_900 * ONE)
    dao.chain.advance(12)
    dao.vote(small, proposal, Support.FOR)
    return proposal, last(dao)
