"""Voting power and its cause, and delegations that are sent only where they change something."""

from __future__ import annotations

from dao.lifecycle.delegate import delegate
from dao.lifecycle.power import Cause, power
from dao.lifecycle.power_changes import Reason
from dao.render.console import out
from dao.render.voter import power_json, power_view
from dao.types import ZERO_ADDRESS
from tests.support.chain import ACCOUNTS, STRANGER, TOKEN, Dao

FIRST, SECOND, _, _, FIFTH = ACCOUNTS


def test_causes(dao: Dao) -> None:
    session = dao.session()
    assert power(session, FIRST).cause is Cause.NONE
    assert power(session, FIFTH).cause is Cause.NEVER_DELEGATED
    assert power(session, STRANGER).cause is Cause.NO_TOKENS
    dao.call(FIFTH, "token", "delegate", STRANGER)
    assert power(session, STRANGER).cause is Cause.RECEIVES
    away = power(session, FIFTH)
    assert (away.cause, away.votes, away.balance) == (Cause.DELEGATED_AWAY, 0, 500_000 * TOKEN)
    dao.call(FIFTH, "token", "delegate", FIRST)
    assert power(session, FIRST).cause is Cause.RECEIVES
    dao.call(FIFTH, "token", "delegate", ZERO_ADDRESS)
    assert power(session, FIFTH).cause is Cause.NEVER_DELEGATED


def test_power_at_a_snapshot(dao: Dao) -> None:
    snapshot = dao.connection.block().timestamp
    dao.advance(1)
    dao.call(FIRST, "token", "transfer", SECOND, 5 * TOKEN)
    then = power(dao.session(), SECOND, snapshot=snapshot)
    assert then.cause is Cause.AFTER_SNAPSHOT
    assert (then.at_snapshot, then.votes) == (3_000_000 * TOKEN, 3_000_005 * TOKEN)
    dao.advance(1)
    now = power(dao.session(), SECOND, snapshot=dao.connection.block().timestamp - 1)
    assert now.cause is Cause.NONE


def test_a_delegation_is_sent_once(dao: Dao) -> None:
    first = delegate(dao.session(FIFTH), SECOND)
    assert first.receipt is not None
    assert (first.power.delegate, first.power.cause) == (SECOND, Cause.DELEGATED_AWAY)
    before = dao.nonces()
    again = delegate(dao.session(FIFTH), SECOND)
    assert again.receipt is None
    assert again.power == first.power
    assert dao.nonces() == before
    assert delegate(dao.session(FIFTH), FIFTH).receipt is not None


def test_what_changed_since_the_snapshot(dao: Dao) -> None:
    """Each change after the snapshot, with whose doing it was; together they lead from the one figure to the other."""
    dao.call(FIFTH, "token", "delegate", SECOND)
    snapshot = dao.connection.block().timestamp
    dao.advance(1)
    third, fourth = ACCOUNTS[2:4]
    dao.call(FIRST, "token", "transfer", SECOND, 5 * TOKEN)
    dao.call(SECOND, "token", "transfer", STRANGER, 2 * TOKEN)
    dao.call(FIRST, "token", "transfer", FIFTH, 7 * TOKEN)
    dao.call(FIFTH, "token", "transfer", FIRST, 1 * TOKEN)
    dao.call(third, "token", "delegate", SECOND)
    dao.call(FIFTH, "token", "delegate", FIRST)
    dao.call(SECOND, "token", "delegate", fourth)
    dao.advance(1)
    found = power(dao.session(), SECOND, snapshot=snapshot)
    assert found.cause is Cause.AFTER_SNAPSHOT
    assert found.at_snapshot == 3_500_000 * TOKEN
    assert [(change.reason, change.who, (change.after - change.before) // TOKEN) for change in found.changes] == [
        (Reason.RECEIVED, SECOND, 5),
        (Reason.SPENT, SECOND, -2),
        (Reason.RECEIVED, FIFTH, 7),
        (Reason.SPENT, FIFTH, -1),
        (Reason.DELEGATED, third, 2_000_000),
        (Reason.WITHDRAWN, FIFTH, -500_006),
        (Reason.WITHDRAWN, SECOND, -3_000_003),
    ]
    # Without a gap, from the one figure to the other.
    ends = [found.at_snapshot, *[change.after for change in found.changes]]
    assert ends == [*[change.before for change in found.changes], found.votes]
    # Where nothing differs, nothing is looked for.
    later = dao.connection.block().timestamp - 1
    assert power(dao.session(), SECOND, snapshot=later).changes == ()


def test_changes_as_they_are_shown(dao: Dao) -> None:
    snapshot = dao.connection.block().timestamp
    dao.advance(1)
    dao.call(ACCOUNTS[2], "token", "delegate", SECOND)
    for _ in range(11):
        dao.call(FIRST, "token", "transfer", SECOND, TOKEN)
    dao.advance(1)
    found = power(dao.session(), SECOND, snapshot=snapshot)
    with out().capture() as shown:
        out().print(power_view(found, dao.deployment))
    assert "… 2 earlier changes" in shown.get()
    assert "+1 RENDER: it received tokens" in shown.get()
    assert ACCOUNTS[2] not in shown.get()
    document = power_json(found)["changes"]
    assert len(document) == 12
    assert (document[0]["reason"], document[0]["who"]) == ("delegated", ACCOUNTS[2])
