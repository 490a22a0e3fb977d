"""The state of a proposal at a timepoint, one function per layer of `RewardGovernor.state`."""

from __future__ import annotations

from dao.replay.quorum import circulating_supply, quorum
from dao.replay.state import GovernanceState, Proposal
from dao.replay.tally import quorum_reached, vote_succeeded
from dao.tiers import Tier
from dao.types import ProposalState


def proposal_deadline(proposal: Proposal) -> int:
    """Last timepoint at which ballots count; `GovernorLateQuorum.proposalDeadline`."""
    return max(proposal.first_deadline, proposal.extended_deadline)


def proposal_quorum(state: GovernanceState, proposal: Proposal) -> int:
    """Votes (wei) that the proposal needs for and abstain together; `GovernorImpactTiers.proposalQuorum`.

    Supply, exclusions and the tier's quorum are those of its snapshot, so that no later change touches it.
    """
    return quorum_at(state, proposal.tier, proposal.snapshot)


def proposal_approval(state: GovernanceState, proposal: Proposal) -> int:
    """Basis points of for and against that for must exceed; `GovernorImpactTiers.proposalApproval`."""
    return state.settings.approvals[proposal.tier].upper_lookup(proposal.snapshot)


def quorum_at(state: GovernanceState, tier: Tier, timepoint: int) -> int:
    """Votes (wei) that a proposal of `tier` needs whose snapshot is `timepoint`."""
    settings = state.settings
    circulating = circulating_supply(state.token, settings.exclusions(timepoint), timepoint)
    return quorum(circulating, settings.quorums[tier].upper_lookup(timepoint))


def proposal_expiry(state: GovernanceState, proposal: Proposal) -> int:
    """Timestamp from which a succeeded or queued proposal is expired; `RewardGovernor._expiry`.

    It keeps the grace period that was in force at its snapshot.
    """
    start = proposal.eta if proposal.eta != 0 else proposal_deadline(proposal)
    return start + state.settings.grace_periods.upper_lookup(proposal.snapshot)


def governor_state(state: GovernanceState, proposal: Proposal, timepoint: int) -> ProposalState:
    """What the governor itself knows; `Governor.state`."""
    if proposal.executed is not None:
        return ProposalState.EXECUTED
    if proposal.canceled is not None:
        return ProposalState.CANCELED
    if proposal.snapshot >= timepoint:
        return ProposalState.PENDING
    if proposal_deadline(proposal) >= timepoint:
        return ProposalState.ACTIVE
    reached = quorum_reached(proposal.tally, proposal_quorum(state, proposal))
    if not reached or not vote_succeeded(proposal.tally, proposal_approval(state, proposal)):
        return ProposalState.DEFEATED
    return ProposalState.SUCCEEDED if proposal.eta == 0 else ProposalState.QUEUED


def timelock_control_state(state: GovernanceState, proposal: Proposal, timepoint: int) -> ProposalState:
    """What the timelock makes of a queued proposal; `GovernorTimelockControl.state`.

    An operation that was executed or cancelled directly on the timelock changes the proposal's state although the
    governor says nothing. The timelock that is asked is the one in force now.
    """
    current = governor_state(state, proposal, timepoint)
    if current is not ProposalState.QUEUED or proposal.operation is None:
        return current
    operation = state.operations.get((state.settings.timelock, proposal.operation[1]))
    if operation is None or operation.canceled is not None:
        return ProposalState.CANCELED
    return ProposalState.EXECUTED if operation.done is not None else ProposalState.QUEUED


def proposal_state(state: GovernanceState, proposal: Proposal, timepoint: int) -> ProposalState:
    """The proposal's state when the clock says `timepoint` (seconds); `RewardGovernor.state`."""
    current = timelock_control_state(state, proposal, timepoint)
    if current in (ProposalState.SUCCEEDED, ProposalState.QUEUED):
        return ProposalState.EXPIRED if timepoint >= proposal_expiry(state, proposal) else current
    return ProposalState.EXPIRED if proposal.purged is not None else current
