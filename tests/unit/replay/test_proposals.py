"""The life of proposals to the second, and the settings that change under them, on the real contracts."""

from __future__ import annotations

from dataclasses import replace as with_changes

import pytest

from dao.replay.ledger import Rule
from dao.replay.proposal_state import proposal_deadline, proposal_expiry, proposal_quorum, proposal_state
from dao.replay.replay import replay
from dao.types import Call, ProposalState, Support
from tests.support.history import (
    DELAY,
    EXTENSION,
    GOVERNOR,
    GRACE,
    MIN_DELAY,
    PERIOD,
    Dao,
    Reverted,
)

ONE = 10**18


def deployed(**options: int) -> Dao:
    """A DAO in which every holder votes with its own tokens."""
    dao = Dao.deploy(**options)  # type: ignore[arg-type]
    for holder in dao.holders:
        dao.token(holder, "delegate", holder)
    dao.chain.advance(1)
    return dao


def harmless(dao: Dao) -> list[Call]:
    return [dao.call_token("transfer", dao.holders[0], 0)]


def agree(dao: Dao, proposal: int, expected: ProposalState) -> None:
    state = dao.replay()
    assert proposal_state(state, state.proposals[proposal], dao.chain.timestamp) is expected
    assert dao.state(proposal) == expected
    assert dao.audit().findings == ()


def test_ballots_count_from_after_the_snapshot_to_the_deadline() -> None:
    dao = deployed()
    proposal = dao.propose(dao.holders[0], harmless(dao))
    dao.chain.advance(DELAY)
    agree(dao, proposal, ProposalState.PENDING)
    with pytest.raises(Reverted):
        dao.vote(dao.holders[0], proposal, Support.FOR)
    dao.chain.advance(1)
    agree(dao, proposal, ProposalState.ACTIVE)
    dao.chain.advance(PERIOD - 2)
    dao.vote(dao.holders[1], proposal, Support.FOR)
    dao.chain.advance(1)
    agree(dao, proposal, ProposalState.ACTIVE)
    dao.vote(dao.holders[2], proposal, Support.AGAINST)
    assert [b.place.timestamp for b in dao.replay().proposals[proposal].ballots] == [
        dao.chain.timestamp - 1,
        dao.chain.timestamp,
    ]
    dao.chain.advance(EXTENSION)
    with pytest.raises(Reverted):
        dao.vote(dao.holders[3], proposal, Support.FOR)


@pytest.mark.parametrize(("second", "inside"), [(-1, True), (0, True), (1, False)])
def test_a_ballot_beside_the_deadline_is_judged_by_its_own_block(second: int, inside: bool) -> None:
    """The last log of a history is moved in time, as a dishonest node could."""
    dao = deployed(quorum=10_000)
    proposal = dao.propose(dao.holders[0], harmless(dao))
    dao.chain.advance(DELAY + 1)
    dao.vote(dao.holders[1], proposal, Support.FOR)
    deadline = dao.ask(dao.addresses.governor, GOVERNOR, "proposalDeadline", proposal)
    *logs, ballot = dao.logs
    moved = with_changes(ballot, block_number=ballot.block_number + 1, timestamp=deadline + second)
    state = replay([*logs, moved], dao.addresses)
    broken = [d.rule for d in state.ledger.disagreements]
    assert broken == ([] if inside else [Rule.WINDOW])
    assert state.proposals[proposal].tally.for_votes == (2_000 * ONE if inside else 0)


@pytest.mark.parametrize(("when", "counts"), [(-1, True), (0, True), (1, False)])
def test_a_changed_quorum_counts_up_to_the_snapshot(when: int, counts: bool) -> None:
    """`when` is the second of the change, from the snapshot on."""
    dao = deployed(quorum=1_000)
    voter = dao.holders[-1]
    change = dao.propose(voter, [dao.call_governor("updateQuorumNumerator", 9_000)], "Raise quorum")
    dao.chain.advance(DELAY + 1)
    dao.vote(voter, change, Support.FOR)
    dao.chain.advance(PERIOD + 1)
    dao.carry(change, "queue")
    dao.chain.advance(MIN_DELAY)
    proposal = dao.propose(voter, harmless(dao))
    dao.chain.advance(DELAY + when)
    dao.carry(change, "execute")
    dao.chain.advance(2)
    dao.vote(voter, proposal, Support.FOR)
    dao.chain.advance(PERIOD)
    state = dao.replay()
    supply = state.token.supply.latest()
    assert proposal_quorum(state, state.proposals[proposal]) == supply * (9_000 if counts else 1_000) // 10_000
    agree(dao, proposal, ProposalState.DEFEATED if counts else ProposalState.SUCCEEDED)


def test_split_partial_and_signed_ballots_are_ballots() -> None:
    dao = deployed()
    proposal = dao.propose(dao.holders[0], harmless(dao))
    dao.chain.advance(DELAY + 1)
    a, b, c = dao.holders[1:4]
    dao.vote(a, proposal, Support.FRACTIONAL, (0, 0, 0))
    dao.vote(a, proposal, Support.FRACTIONAL, (1, 2, 3))
    dao.vote(a, proposal, Support.FRACTIONAL, (ONE, ONE, ONE))
    dao.vote(a, proposal, Support.AGAINST)
    dao.vote_by_signature(2, proposal, Support.FOR, dao.guardian)
    dao.vote(c, proposal, Support.ABSTAIN)
    with pytest.raises(Reverted):
        dao.vote(a, proposal, Support.FRACTIONAL, (0, 0, 0))
    found = dao.replay().proposals[proposal]
    assert found.used == {a: 2_000 * ONE, b: 3_000 * ONE, c: 4_000 * ONE}
    assert found.tally.for_votes == 3_000 * ONE + 2 + ONE
    assert found.tally.abstain_votes == 4_000 * ONE + 3 + ONE
    assert found.tally.against_votes == 2_000 * ONE - 2 * ONE - 5
    assert [ballot.voter for ballot in found.ballots] == [a, a, a, a, b, c]
    assert dao.audit().findings == ()


def test_a_late_quorum_extends_once_by_the_extension_then_in_force() -> None:
    dao = deployed(quorum=3_000)
    proposal = dao.propose(dao.holders[0], harmless(dao))
    dao.chain.advance(DELAY + PERIOD)
    first = dao.chain.timestamp
    dao.vote(dao.holders[0], proposal, Support.FOR)
    assert proposal_deadline(dao.replay().proposals[proposal]) == first
    dao.vote(dao.holders[-1], proposal, Support.FOR)
    assert proposal_deadline(dao.replay().proposals[proposal]) == first + EXTENSION
    dao.chain.advance(EXTENSION)
    agree(dao, proposal, ProposalState.ACTIVE)
    dao.vote(dao.holders[1], proposal, Support.AGAINST)
    assert proposal_deadline(dao.replay().proposals[proposal]) == first + EXTENSION
    dao.chain.advance(1)
    agree(dao, proposal, ProposalState.SUCCEEDED)


def test_a_quorum_in_time_extends_nothing() -> None:
    dao = deployed()
    proposal = dao.propose(dao.holders[0], harmless(dao))
    dao.chain.advance(DELAY + 1)
    dao.vote(dao.holders[-1], proposal, Support.FOR)
    found = dao.replay().proposals[proposal]
    assert found.extended_deadline == dao.chain.timestamp + EXTENSION
    assert proposal_deadline(found) == found.first_deadline
    assert dao.audit().findings == ()


def test_a_proposal_keeps_the_grace_period_of_its_snapshot() -> None:
    dao = deployed()
    voter = dao.holders[-1]
    change = dao.propose(voter, [dao.call_governor("setGracePeriod", 5)], "Shorten the grace period")
    dao.chain.advance(DELAY + 1)
    dao.vote(voter, change, Support.FOR)
    dao.chain.advance(PERIOD + 1)
    dao.carry(change, "queue")
    dao.chain.advance(MIN_DELAY - DELAY - 1)
    before = dao.propose(voter, harmless(dao), "Before")
    dao.chain.advance(2)
    after = dao.propose(voter, harmless(dao), "After")
    dao.chain.advance(DELAY - 1)
    dao.carry(change, "execute")
    dao.chain.advance(2)
    for proposal in (before, after):
        dao.vote(voter, proposal, Support.FOR)
    dao.chain.advance(PERIOD + 6)
    state = dao.replay()
    found = state.proposals[before]
    assert proposal_expiry(state, found) == proposal_deadline(found) + GRACE
    agree(dao, before, ProposalState.SUCCEEDED)
    agree(dao, after, ProposalState.EXPIRED)


def test_expiry_comes_to_the_second_and_a_purged_proposal_stays_expired() -> None:
    dao = deployed()
    voter = dao.holders[-1]
    proposal = dao.propose(voter, harmless(dao))
    dao.chain.advance(DELAY + 1)
    dao.vote(voter, proposal, Support.FOR)
    dao.chain.advance(PERIOD + 1)
    dao.carry(proposal, "queue")
    dao.chain.advance(MIN_DELAY + GRACE - 1)
    agree(dao, proposal, ProposalState.QUEUED)
    dao.chain.advance(1)
    agree(dao, proposal, ProposalState.EXPIRED)
    dao.carry(proposal, "purge")
    agree(dao, proposal, ProposalState.EXPIRED)
    operation = dao.replay().proposals[proposal].operation
    assert operation is not None
    assert dao.replay().operations[operation].canceled is not None


def test_cancelling_a_queued_proposal_cancels_its_operation() -> None:
    dao = deployed()
    voter = dao.holders[-1]
    proposal = dao.propose(voter, harmless(dao))
    dao.chain.advance(DELAY + 1)
    dao.vote(voter, proposal, Support.FOR)
    dao.chain.advance(PERIOD + 1)
    dao.carry(proposal, "queue")
    dao.chain.advance(1)
    dao.carry(proposal, "cancel")
    agree(dao, proposal, ProposalState.CANCELED)


def test_with_zero_quorum_a_split_of_nothing_reaches_quorum() -> None:
    dao = deployed(quorum=0)
    proposal = dao.propose(dao.holders[0], harmless(dao))
    dao.chain.advance(DELAY + 1)
    dao.vote(dao.holders[0], proposal, Support.FRACTIONAL, (0, 0, 0))
    assert dao.replay().proposals[proposal].extended_deadline == dao.chain.timestamp + EXTENSION
    dao.chain.advance(PERIOD)
    agree(dao, proposal, ProposalState.DEFEATED)


def test_the_threshold_is_asked_one_second_before_the_proposal() -> None:
    dao = deployed(threshold=1_000 * ONE)
    a, b = dao.holders[:2]
    dao.token(b, "transfer", a, 600 * ONE)
    with pytest.raises(Reverted):
        dao.propose(a, harmless(dao))
    dao.chain.advance(1)
    proposal = dao.propose(a, harmless(dao), f"Mine#proposer={a}")
    assert dao.replay().proposals[proposal].threshold == 1_000 * ONE
    assert dao.audit().findings == ()


def test_power_that_a_proposer_gained_or_lost_in_the_same_second_does_not_count() -> None:
    dao = deployed(threshold=1_000 * ONE)
    a, b = dao.holders[1:3]
    dao.token(a, "transfer", b, 1_999 * ONE)
    proposal = dao.propose(a, harmless(dao))
    assert dao.replay().proposals[proposal].proposer == a
    assert dao.audit().findings == ()


def test_votes_that_moved_after_the_snapshot_still_count_where_they_were() -> None:
    dao = deployed()
    a, b = dao.holders[1:3]
    proposal = dao.propose(a, harmless(dao))
    dao.chain.advance(DELAY)
    dao.token(a, "transfer", b, ONE)
    dao.chain.advance(1)
    dao.token(a, "transfer", b, 1_999 * ONE)
    dao.vote(a, proposal, Support.FOR)
    assert dao.replay().proposals[proposal].tally.for_votes == 1_999 * ONE
    assert dao.audit().findings == ()


def test_quorum_whose_extension_ends_at_the_deadline_extends_nothing() -> None:
    dao = deployed()
    proposal = dao.propose(dao.holders[0], harmless(dao))
    dao.chain.advance(DELAY + PERIOD - EXTENSION)
    dao.vote(dao.holders[-1], proposal, Support.FOR)
    found = dao.replay().proposals[proposal]
    assert found.extended_deadline == found.first_deadline
    assert dao.audit().findings == ()


def test_a_description_may_be_any_bytes() -> None:
    dao = deployed()
    calls = harmless(dao)
    columns = ([calls[0].target], [0], [calls[0].calldata])
    hostile = b"\xff\xfe\x00 title \xe2\x80\xae\nmore"
    signature = GOVERNOR.function("propose")
    types = (*signature.input_types[:3], "bytes")
    from dao.abi import encode

    dao.chain.send(dao.holders[0], dao.addresses.governor, signature.selector + encode(types, (*columns, hostile)))
    report = dao.audit()
    assert report.findings == ()
    assert report.proposals[0].title.startswith("\\xff\\xfe")
