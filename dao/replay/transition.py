"""The one step of the replay: apply an event to the state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dao.events.decode import Ignored, Place, Unknown
from dao.events.model import (
    BudgetSet,
    CallExecuted,
    CallSalt,
    CallScheduled,
    Cancelled,
    Claimed,
    DelegateChanged,
    DelegateVotesChanged,
    DisputeAnswered,
    Event,
    ExclusionsSet,
    GuardianSet,
    MinDelayChange,
    OwnershipTransferred,
    ParametersSet,
    PayoutsDisputed,
    PayoutsLapsed,
    PayoutsPublished,
    PayoutsVoided,
    PolicyCreated,
    ProposalCanceled,
    ProposalCreated,
    ProposalExecuted,
    ProposalExtended,
    ProposalPurged,
    ProposalQueued,
    ProposalTier,
    QuorumNumeratorUpdated,
    RailSet,
    Reported,
    ReporterSet,
    ReportersSet,
    RoleAdminChanged,
    RoleGranted,
    RoleRevoked,
    ScheduleSet,
    SelectorTierSet,
    SplitSet,
    StreamAdded,
    TermsSet,
    TierSet,
    Transfer,
    VoteCast,
    VoteCastWithParams,
    WeightsSet,
)
from dao.replay import (
    distributor,
    distributor_settings,
    funding,
    governor,
    ownership,
    policy,
    roles,
    settings,
    tiers,
    timelock,
    token,
    votes,
)
from dao.replay.authority import settle_effects
from dao.replay.ledger import Rule
from dao.replay.state import GovernanceState, TransactionState
from dao.types import Address

BY_EVENT: dict[type[Event], Callable[[GovernanceState, Any, Place], None]] = {
    Transfer: token.transfer,
    DelegateChanged: votes.delegate_changed,
    DelegateVotesChanged: votes.delegate_votes_changed,
    ProposalCreated: governor.proposal_created,
    VoteCast: governor.vote_cast,
    VoteCastWithParams: governor.vote_cast,
    ProposalExtended: governor.proposal_extended,
    ProposalQueued: governor.proposal_queued,
    ProposalExecuted: governor.proposal_executed,
    ProposalCanceled: governor.proposal_canceled,
    ProposalPurged: governor.proposal_purged,
    ProposalTier: tiers.proposal_tier,
    TierSet: tiers.tier_set,
    SelectorTierSet: tiers.selector_tier_set,
    ExclusionsSet: tiers.exclusions_set,
    QuorumNumeratorUpdated: tiers.quorum_numerator_updated,
    PolicyCreated: policy.policy_created,
    StreamAdded: policy.stream_added,
    **dict.fromkeys(
        (ScheduleSet, SplitSet, BudgetSet, WeightsSet, ParametersSet, ReporterSet, RailSet), policy.policy_written
    ),
    Reported: policy.reported,
    ReportersSet: distributor_settings.reporters_set,
    TermsSet: distributor_settings.terms_set,
    GuardianSet: distributor_settings.guardian_set,
    PayoutsPublished: distributor.payouts_published,
    PayoutsDisputed: distributor.payouts_disputed,
    DisputeAnswered: distributor.dispute_answered,
    PayoutsVoided: distributor.payouts_voided,
    PayoutsLapsed: distributor.payouts_lapsed,
    Claimed: distributor.claimed,
    **dict.fromkeys(settings.SETTINGS, settings.setting_changed),
}
"""What each event does, where one contract emits it."""

BY_EMITTER: dict[type[Event], Callable[[GovernanceState, Any, Address, Place], None]] = {
    RoleGranted: roles.role_granted,
    RoleRevoked: roles.role_revoked,
    RoleAdminChanged: roles.role_admin_changed,
    CallScheduled: timelock.call_scheduled,
    CallSalt: timelock.call_salt,
    CallExecuted: timelock.call_executed,
    Cancelled: timelock.cancelled,
    MinDelayChange: settings.min_delay_changed,
    OwnershipTransferred: ownership.ownership_transferred,
}
"""What each event does, where several contracts emit it: the emitter is part of its meaning."""


def apply(state: GovernanceState, event: Event, emitter: Address, place: Place) -> None:
    """Applies one event, which `emitter` logged at `place`, to `state`.

    A log that breaks a rule goes to the ledger. Where it breaks a claim, the replay goes on with what it computed
    itself; where the contract would have reverted, the event changes nothing.
    """
    begin_transaction(state, place)
    state.clock = max(state.clock, place.timestamp)
    state.constructions.setdefault(emitter, place.transaction)
    state.ledger.require(
        Rule.LOG_KNOWN,
        f"log of {emitter}",
        not isinstance(event, Unknown),
        expected="an event of its ABI",
        found=event.topics[:1] if isinstance(event, Unknown) else None,
        place=place,
    )
    if isinstance(event, (Unknown, Ignored)):
        return
    if emitter == state.addresses.wraps:
        # Of what is wrapped, only the payouts are followed.
        if isinstance(event, Transfer):
            funding.moved(state, event, place)
        return
    if type(event) in BY_EVENT:
        BY_EVENT[type(event)](state, event, place)
    else:
        BY_EMITTER[type(event)](state, event, emitter, place)


def begin_transaction(state: GovernanceState, place: Place) -> None:
    """Settles the transaction before, unless `place` still lies in it."""
    current = state.transaction.place
    if current is None or current.transaction != place.transaction:
        end_transaction(state)
        state.transaction.place = place


def end_transaction(state: GovernanceState) -> None:
    """Compares what the transaction's logs promised with what they kept; `replay` calls it once more at the end."""
    if state.transaction.place is not None:
        votes.settle_announced(state, state.transaction.place)
        policy.settle_policy(state, state.transaction.place)
        funding.settle_payments(state)
        settle_effects(state)
        timelock.settle_operations(state)
        governor.settle_proposals(state)
        tiers.settle_tiers(state)
    state.transaction = TransactionState()
