"""After a reorganisation a watch withdraws what did not happen, tells what did, and repeats nothing."""

from __future__ import annotations

from pathlib import Path

from dao.lifecycle.vote import cast
from dao.lifecycle.watch import Kind, Watch, load_cursor, save_cursor
from dao.types import Call, Support
from tests.support.chain import (
    ACCOUNTS,
    RAISE,
    STRANGER,
    VOTING_DELAY,
    Dao,
)
from tests.support.watching import kinds, mine, started, turned

FIRST, SECOND, THIRD = ACCOUNTS[:3]


def test_a_reorganisation(dao: Dao) -> None:
    watch = started(dao)
    mine(dao, 3)
    turned(watch)
    fork = dao.connection.block()
    snapshot = dao.connection.rpc("evm_snapshot")
    kept = dao.submit()
    gone = dao.submit(RAISE, proposer=SECOND)
    assert kinds(turned(watch)) == ["proposed"] * 2
    mine(dao, 2)
    turned(watch)
    # The other chain has one of them, in another block, and one that was not seen yet.
    assert dao.connection.rpc("evm_revert", [snapshot])
    mine(dao)
    other = dao.propose([Call(STRANGER, 1, b"")], b"Pay a stranger", proposer=THIRD)
    mine(dao)
    again = dao.submit()
    assert again.proposal_id == kept.proposal_id
    mine(dao, 3)
    turn = turned(watch)
    assert [(one.kind, one.proposal_id) for one in turn.withdrawn] == [(Kind.PROPOSED, gone.proposal_id)]
    assert turn.withdrawn[0].title == gone.title
    assert [(fact.kind, fact.proposal_id) for fact in turn.facts] == [(Kind.PROPOSED, other.proposal_id)]
    assert turn.base == fork
    assert turn.replaced == 4
    assert turned(watch).facts == ()
    # What is remembered is the chain as it is.
    marks = watch.position.marks
    assert list(marks) == dao.connection.blocks([mark.number for mark in marks])
    assert [mark.number for mark in marks] == list(range(marks[0].number, dao.connection.block().number + 1))
    # It goes on from there as if nothing had been.
    dao.advance(VOTING_DELAY + 1)
    assert kinds(turned(watch)) == ["opened"] * 2
    cast(dao.session(FIRST), again, Support.FOR)
    assert kinds(turned(watch)) == ["voted", "quorum"]


def test_votes_of_a_chain_that_is_gone_do_not_count(dao: Dao) -> None:
    """Neither for the quorum nor as reported."""
    proposal = dao.submit()
    dao.advance(VOTING_DELAY + 1)
    watch = started(dao)
    snapshot = dao.connection.rpc("evm_snapshot")
    cast(dao.session(FIRST), proposal, Support.FOR)
    assert kinds(turned(watch)) == ["voted", "quorum"]
    assert dao.connection.rpc("evm_revert", [snapshot])
    mine(dao, 3)
    turn = turned(watch)
    assert [one.kind for one in turn.withdrawn] == [Kind.VOTED, Kind.QUORUM]
    cast(dao.session(FIRST), proposal, Support.ABSTAIN)
    assert kinds(turned(watch)) == ["voted", "quorum"]


def test_what_the_clock_did_is_withdrawn_with_its_block(dao: Dao) -> None:
    dao.submit()
    watch = started(dao)
    mine(dao)
    turned(watch)
    snapshot = dao.connection.rpc("evm_snapshot")
    dao.advance(VOTING_DELAY + 1)
    mine(dao, 2)
    assert kinds(turned(watch)) == ["opened"]
    assert dao.connection.rpc("evm_revert", [snapshot])
    for later in range(1, 5):
        dao.connection.rpc("evm_setNextBlockTimestamp", [dao.connection.block().timestamp + later])
        mine(dao)
    turn = turned(watch)
    assert [one.kind for one in turn.withdrawn] == [Kind.OPENED]
    dao.advance(VOTING_DELAY + 1)
    assert kinds(turned(watch)) == ["opened"]


def test_what_the_clock_did_before_the_fork_stays(dao: Dao) -> None:
    """Also where it was noticed only at a block that is gone."""
    dao.submit()
    watch = started(dao)
    dao.advance(VOTING_DELAY + 1)
    mine(dao)
    snapshot = dao.connection.rpc("evm_snapshot")
    mine(dao, 2)
    turn = turned(watch)
    assert kinds(turn) == ["opened"]
    assert turn.facts[0].block == dao.connection.block().number - 3
    assert dao.connection.rpc("evm_revert", [snapshot])
    dao.connection.rpc("evm_setNextBlockTimestamp", [dao.connection.block().timestamp + 7])
    mine(dao, 4)
    turn = turned(watch)
    assert (turn.replaced, turn.withdrawn, turn.facts) == (2, (), ())


def test_a_reorganisation_while_nobody_watches(dao: Dao, tmp_path: Path) -> None:
    path = tmp_path / "cursor.json"
    watch = started(dao)
    mine(dao)
    turned(watch)
    snapshot = dao.connection.rpc("evm_snapshot")
    gone = dao.submit()
    turned(watch)
    save_cursor(path, dao.deployment, watch.position)
    assert dao.connection.rpc("evm_revert", [snapshot])
    mine(dao)
    other = dao.submit(RAISE, proposer=SECOND)
    kept = load_cursor(path, dao.deployment)
    assert kept is not None
    turn = turned(Watch(dao.session(), kept))
    assert [one.proposal_id for one in turn.withdrawn] == [gone.proposal_id]
    assert [fact.proposal_id for fact in turn.facts] == [other.proposal_id]


def test_a_reorganisation_deeper_than_is_remembered(dao: Dao) -> None:
    """What happened since the watch began is told again, rather than missed."""
    snapshot = dao.connection.rpc("evm_snapshot")
    mine(dao, 2)
    watch = started(dao)
    gone = dao.submit()
    assert kinds(turned(watch)) == ["proposed"]
    assert dao.connection.rpc("evm_revert", [snapshot])
    dao.connection.rpc("evm_setNextBlockTimestamp", [dao.connection.block().timestamp + 7])
    mine(dao, 4)
    other = dao.submit(RAISE, proposer=SECOND)
    turn = turned(watch)
    assert [one.proposal_id for one in turn.withdrawn] == [gone.proposal_id]
    assert [fact.proposal_id for fact in turn.facts] == [other.proposal_id]
