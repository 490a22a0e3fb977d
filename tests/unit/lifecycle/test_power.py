"""Voting power and its cause, and delegations that are sent only where they change something."""

from __future__ import annotations

from dao.lifecycle.delegate import delegate
from dao.lifecycle.power import Cause, power
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
