"""Proposing and voting on RewardGovernor: threshold, suffix, deadlines, fractions, late quorum."""

from __future__ import annotations

from typing import Any

from contract_evm import go_to, next_at, now, refused
from contract_proposal import Proposal, Support, setting
from contract_system import GRACE, LATE_EXTENSION, QUORUM, THRESHOLD, UNIT, System

from dao.types import ProposalState as State


def test_the_threshold_is_voting_power_before_the_proposal(system: System, target: Any) -> None:
    proposal = setting(system, 1, target)
    assert refused(system.governor.propose, *proposal.propose_arguments, by=system.outsider) == (
        "GovernorInsufficientProposerVotes",
        (system.outsider.address, 0, THRESHOLD),
    )


def test_the_suffix_binds_a_proposal_to_its_proposer(system: System, target: Any) -> None:
    proposal = setting(system, 1, target, description=f"Mine#proposer={system.proposer.address.lower()}")
    assert refused(system.governor.propose, *proposal.propose_arguments, by=system.voters[0]) == (
        "GovernorRestrictedProposer",
        (system.voters[0].address,),
    )
    proposal.submit()
    assert refused(system.governor.propose, *proposal.propose_arguments, by=system.proposer)[0] == (
        "GovernorUnexpectedProposalState"
    )


def test_a_vote_counts_at_the_deadline_and_not_after(system: System, target: Any) -> None:
    proposal = setting(system, 1, target).activate().vote(system.voters[1], Support.AGAINST)
    next_at(proposal.deadline)
    proposal.vote(system.proposer, Support.AGAINST)
    assert now() == proposal.deadline
    go_to(proposal.deadline + 1)
    assert refused(system.governor.castVote, proposal.id, 1, by=system.voters[0])[0] == (
        "GovernorUnexpectedProposalState"
    )
    assert proposal.state is State.DEFEATED


def test_an_equal_vote_or_a_missed_quorum_is_defeated(system: System, target: Any) -> None:
    proposal = setting(system, 1, target).activate().vote(system.minnow, Support.FOR)
    go_to(proposal.deadline + 1)
    assert proposal.state is State.DEFEATED


def test_a_fractional_ballot_splits_the_weight_and_may_come_in_parts(system: System, target: Any) -> None:
    proposal = setting(system, 1, target).activate()
    voter, whole = system.voters[0], 300_000 * UNIT

    def params(*votes: int) -> bytes:
        return b"".join(amount.to_bytes(16, "big") for amount in votes)

    cast = system.governor.castVoteWithReasonAndParams
    receipt = cast(proposal.id, Support.FRACTIONAL, "split", params(10, 20, 30), {"from": voter})
    assert receipt.events["VoteCastWithParams"]["weight"] == 60
    assert system.governor.usedVotes(proposal.id, voter) == 60
    assert refused(cast, proposal.id, Support.FRACTIONAL, "", params(0, whole, 0), by=voter) == (
        "GovernorExceedRemainingWeight",
        (voter.address, whole, whole - 60),
    )
    assert refused(cast, proposal.id, Support.FRACTIONAL, "", b"\1", by=voter) == ("GovernorInvalidVoteParams", ())
    cast(proposal.id, Support.FOR, "the rest", b"", {"from": voter})
    assert tuple(map(int, system.governor.proposalVotes(proposal.id))) == (10, whole - 40, 30)
    assert refused(system.governor.castVote, proposal.id, 1, by=voter) == ("GovernorAlreadyCastVote", (voter.address,))
    assert refused(system.governor.castVote, proposal.id, 3, by=system.voters[1]) == ("GovernorInvalidVoteType", ())


def test_late_quorum_extends_the_deadline(system: System, target: Any) -> None:
    proposal = setting(system, 1, target).activate()
    first_deadline = proposal.deadline
    next_at(first_deadline - 10)
    proposal.vote(system.voters[0], Support.FOR)
    extended = first_deadline - 10 + LATE_EXTENSION
    assert proposal.deadline == extended
    next_at(extended)
    proposal.vote(system.voters[1], Support.AGAINST)
    assert proposal.deadline == extended
    go_to(extended + 10)
    assert proposal.state is State.SUCCEEDED
    assert proposal.expiry == extended + GRACE


def test_early_quorum_does_not(system: System, target: Any) -> None:
    proposal = setting(system, 1, target).activate()
    before = proposal.deadline
    assert proposal.vote(system.voters[0], Support.FOR).deadline == before


def test_the_snapshots_quorum_counts(system: System, target: Any) -> None:
    """A change of the numerator after the snapshot leaves the quorum of older proposals alone."""
    raising = Proposal(
        system, [(system.governor, 0, system.governor.updateQuorumNumerator.encode_input(9_000))], "Raise quorum"
    ).mature()
    other = setting(system, 1, target, description="Other").activate()
    raising.run()
    assert system.governor.quorumNumerator() == 9_000
    assert system.governor.quorum(other.snapshot) == 560_000 * UNIT * QUORUM // 10_000
    other.vote(system.voters[0], Support.FOR)
    go_to(other.deadline + 1)
    assert other.state is State.SUCCEEDED
    later = setting(system, 2, target, description="Later").activate().vote(system.voters[0], Support.FOR)
    go_to(later.deadline + 1)
    assert later.state is State.DEFEATED
