"""The state of a proposal at a block, one function per layer of `Governor.state` and its extensions."""

from __future__ import annotations

from dao.governors.state import GovernorState, Moment, Proposal
from dao.replay.tally import quorum_reached, vote_succeeded
from dao.types import BASIS_POINTS, ProposalState

HALF = BASIS_POINTS // 2


def proposal_deadline(proposal: Proposal) -> int:
    """Last timepoint at which ballots count; `GovernorPreventLateQuorum.proposalDeadline`."""
    return max(proposal.first_deadline, proposal.extended_deadline)


def quorum_at(state: GovernorState, snapshot: int) -> int | None:
    """Votes that a proposal of this snapshot needs, by the numerator of that time; None where views were not asked.

    `GovernorVotesQuorumFraction.quorum` since OpenZeppelin 4.7.2.
    """
    if state.profile.quorum == "views":
        return dict(state.profile.quorums).get(snapshot, state.profile.trusts("quorum_votes"))
    return _fraction(state, snapshot, state.settings.numerators.upper_lookup(snapshot))


def quorum_in_force(state: GovernorState, snapshot: int) -> int | None:
    """What the governor answers for `quorum(snapshot)` now: before 4.7.2 it takes the latest numerator."""
    if state.profile.quorum == "views" or state.profile.checkpointed:
        return quorum_at(state, snapshot)
    return _fraction(state, snapshot, state.settings.numerators.latest())


def super_quorum_at(state: GovernorState, snapshot: int) -> int:
    """Votes for that end a vote early; `GovernorVotesSuperQuorumFraction.superQuorum`."""
    return _fraction(state, snapshot, state.settings.super_numerators.upper_lookup(snapshot))


def reaches(state: GovernorState, proposal: Proposal, quorum: int | None) -> bool:
    """Whether a proposal's votes reach `quorum`; `_quorumReached` of the counting module.

    Abstentions are part of it but for Compound's counting. A quorum that nobody knows is reached by nothing.
    """
    if quorum is None:
        return False
    if state.profile.counting == "bravo":
        return quorum <= proposal.tally.for_votes
    return quorum_reached(proposal.tally, quorum)


def governor_state(state: GovernorState, proposal: Proposal, moment: Moment) -> ProposalState:
    """What the governor itself knows; `Governor.state` and `GovernorSuperQuorum.state`, `GovernorBravo.state`."""
    if proposal.executed is not None:
        return ProposalState.EXECUTED
    if proposal.canceled is not None:
        return ProposalState.CANCELED
    clock = state.timepoint(moment) + (1 if state.profile.early else 0)
    if proposal.snapshot >= clock:
        return ProposalState.PENDING
    passed = ProposalState.SUCCEEDED if proposal.eta == 0 else ProposalState.QUEUED
    succeeded = vote_succeeded(proposal.tally, HALF)
    if proposal_deadline(proposal) >= clock:
        ended = state.profile.super_quorum and succeeded
        if ended and proposal.tally.for_votes >= super_quorum_at(state, proposal.snapshot):
            return passed
        return ProposalState.ACTIVE
    if not succeeded or not reaches(state, proposal, quorum_in_force(state, proposal.snapshot)):
        return ProposalState.DEFEATED
    return passed


def proposal_state(state: GovernorState, proposal: Proposal, moment: Moment) -> ProposalState:
    """The proposal's state at a block, its timelock asked.

    `GovernorTimelockControl.state`: an operation that was executed or cancelled directly on the timelock changes it,
    although the governor says nothing. `GovernorTimelockCompound.state` and `GovernorBravo.state`: what waits longer
    than the timelock's grace period is expired.
    """
    current = governor_state(state, proposal, moment)
    if current is not ProposalState.QUEUED:
        return current
    if proposal.operation is not None:
        operation = state.operations.get((state.settings.timelock, proposal.operation[1]))
        if operation is not None and operation.done is not None:
            return ProposalState.EXECUTED
        pending = operation is not None and operation.pending
        return current if pending or not state.profile.follows_timelock else ProposalState.CANCELED
    if state.profile.timelock_kind == "compound" and moment.timestamp >= proposal.eta + state.settings.grace_period:
        return ProposalState.EXPIRED
    return current


def states(state: GovernorState, moment: Moment) -> dict[int, ProposalState]:
    """The state of every proposal at a block, by id."""
    return {identifier: proposal_state(state, proposal, moment) for identifier, proposal in state.proposals.items()}


def _fraction(state: GovernorState, snapshot: int, numerator: int) -> int:
    return state.token.supply.upper_lookup(snapshot) * numerator // state.profile.denominator
