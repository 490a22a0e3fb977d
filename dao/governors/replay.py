"""The whole replay of a governor: from raw logs alone to the state of its deployment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

from dao.errors import CodecError, ReplayError
from dao.events.decode import Ignored, Place, Unknown, place_of
from dao.events.log import RawLog
from dao.events.model import (
    CallExecuted,
    CallSalt,
    CallScheduled,
    Cancelled,
    DelegateChanged,
    DelegateVotesChanged,
    Event,
    MinDelayChange,
    ProposalCanceled,
    ProposalCreated,
    ProposalExecuted,
    ProposalExtended,
    ProposalQueued,
    QuorumNumeratorUpdated,
    RoleAdminChanged,
    RoleGranted,
    RoleRevoked,
    TimelockChange,
    Transfer,
    VoteCast,
    VoteCastWithParams,
)
from dao.governors import compound, counting, governor, settings
from dao.governors.events import (
    CancelTransaction,
    ExecuteTransaction,
    Initialized,
    Kind,
    NewDelay,
    OverrideVoteCast,
    QueueTransaction,
    VoteReduced,
    WhitelistAccountExpirationSet,
    WhitelistGuardianSet,
    decode_foreign,
)
from dao.governors.profile import GovernorDeployment
from dao.governors.state import GovernorState, Proposal, TransactionState
from dao.replay import roles, timelock, votes
from dao.replay.authority import explain, settle_effects
from dao.replay.checkpoints import Trace
from dao.replay.ledger import Rule
from dao.replay.settings import min_delay_changed
from dao.types import ZERO_ADDRESS, Address


def _transfer(state: GovernorState, event: Transfer, place: Place) -> None:
    """Moves tokens and votes, and notes balances where ballots can be overridden; `VotesExtended`."""
    votes.settle_announced(state, place)
    votes.change_supply(state, event)
    votes.move(state, event, place)
    if state.profile.counting == "overridable":
        for account in (event.source, event.to):
            if account != ZERO_ADDRESS:
                trace = state.past_balances.setdefault(account, Trace())
                trace.push(state.clock, state.token.balance(account))


def _delegate_changed(state: GovernorState, event: DelegateChanged, place: Place) -> None:
    """Moves votes, and notes the delegate where ballots can be overridden; `VotesExtended._delegate`."""
    votes.delegate_changed(state, event, place)
    if state.profile.counting == "overridable":
        trace = state.past_delegates.setdefault(event.delegator, Trace())
        trace.push(state.clock, int(event.to_delegate, 16))


def _nothing(state: GovernorState, event: Event, place: Place) -> None:
    """Changes nothing that is replayed."""


BY_EVENT: dict[type[Event], Callable[[GovernorState, Any, Place], None]] = {
    Transfer: _transfer,
    DelegateChanged: _delegate_changed,
    DelegateVotesChanged: votes.delegate_votes_changed,
    ProposalCreated: governor.proposal_created,
    ProposalExtended: governor.proposal_extended,
    VoteReduced: counting.vote_reduced,
    Initialized: _nothing,
    WhitelistAccountExpirationSet: settings.whitelisted,
    WhitelistGuardianSet: _nothing,
    **dict.fromkeys(settings.SETTINGS, settings.setting_changed),
}
"""What each event does, where it is about no proposal that must be known."""

BY_PROPOSAL: dict[type[Event], Callable[[GovernorState, Proposal, Any, Place], None]] = {
    VoteCast: counting.vote_cast,
    VoteCastWithParams: counting.vote_cast,
    OverrideVoteCast: counting.override_cast,
    ProposalQueued: governor.proposal_queued,
    ProposalExecuted: governor.proposal_executed,
    ProposalCanceled: governor.proposal_canceled,
}
"""What each event does to the proposal that it names."""

BY_TIMELOCK: dict[type[Event], Callable[[GovernorState, Any, Address, Place], None]] = {
    RoleGranted: roles.role_granted,
    RoleRevoked: roles.role_revoked,
    RoleAdminChanged: roles.role_admin_changed,
    CallScheduled: timelock.call_scheduled,
    CallSalt: timelock.call_salt,
    CallExecuted: timelock.call_executed,
    Cancelled: timelock.cancelled,
    MinDelayChange: min_delay_changed,
    QueueTransaction: compound.transaction_queued,
    ExecuteTransaction: compound.transaction_executed,
    CancelTransaction: compound.transaction_cancelled,
    NewDelay: compound.new_delay,
}
"""What each event of a timelock does."""


def replay(logs: Sequence[RawLog], deployment: GovernorDeployment) -> GovernorState:
    """The state after `logs`, which are all logs of a governor, its token and its timelocks since they were created.

    Balances and voting power come from `Transfer` and `DelegateChanged`, weights from voting power, states from time
    and tallies; what the logs claim besides is compared. `Profile.trusted` names what views answered instead.

    Args:
        logs: Raw logs in the order of the chain. Another order is a disagreement, and is put right first.
        deployment: The contracts, and what kind they are. Timelocks that it moved to later are found in the logs.

    Raises ReplayError when a log comes from another contract.
    """
    state = GovernorState(deployment)
    kinds = _kinds(logs, deployment)
    _require_order(state, logs)
    decoded: list[tuple[RawLog, Event]] = []
    for log in sorted(logs, key=_position):
        if log.address not in kinds:
            raise ReplayError("a log comes from another contract", expected=", ".join(kinds), found=log.address)
        subject = f"log of {log.address}"
        try:
            event = decode_foreign(log, kinds[log.address])
        except CodecError as error:
            state.ledger.compare(Rule.LOG_FORM, subject, expected="an event", found=error, place=place_of(log))
            continue
        state.ledger.compare(Rule.LOG_FORM, subject, expected=True, found=True, place=place_of(log))
        decoded.append((log, event))
    for log, event in decoded:
        if isinstance(event, Initialized) and event.version == 1:
            state.initialisations.setdefault(log.address, log.transaction_hash)
    settings.begin(state, (event for _, event in decoded))
    for log, event in decoded:
        apply(state, event, log.address, place_of(log))
    _end_transaction(state)
    if decoded:
        end = place_of(decoded[-1][0])
        for proposal in governor.ended(state):
            governor.judge(state, proposal, end)
    state.logs = len(logs)
    return state


def apply(state: GovernorState, event: Event, emitter: Address, place: Place) -> None:
    """Applies one event, which `emitter` logged at `place`.

    A log that breaks a rule goes to the ledger. Where it breaks a claim, the replay goes on with what it computed
    itself; where the contract would have reverted, the event changes nothing.
    """
    current = state.transaction.place
    if current is None or current.transaction != place.transaction:
        _end_transaction(state)
        state.transaction.place = place
    state.clock = max(state.clock, state.timepoint(place))
    state.constructions.setdefault(emitter, place.transaction)
    if isinstance(event, (Unknown, Ignored)):
        state.unknown += 1
        return
    if type(event) in BY_PROPOSAL:
        _of_proposal(state, event, place)
    elif type(event) in BY_EVENT:
        if isinstance(event, QuorumNumeratorUpdated):
            _numerator_updated(state, event, place)
        else:
            BY_EVENT[type(event)](state, event, place)
    else:
        BY_TIMELOCK[type(event)](state, event, emitter, place)


def timelocks(logs: Iterable[RawLog], deployment: GovernorDeployment) -> tuple[Address, ...]:
    """The deployment's timelock, and all others that its governor ever had, in their order."""
    found = [] if deployment.timelock is None else [deployment.timelock]
    if deployment.profile.family == "bravo":
        return tuple(found)
    for log in logs:
        if log.address != deployment.governor:
            continue
        try:
            event = decode_foreign(log, Kind.OPENZEPPELIN)
        except CodecError:
            continue
        if isinstance(event, TimelockChange):
            both = (event.old_timelock, event.new_timelock)
            found += [each for each in both if each not in (*found, ZERO_ADDRESS)]
    return tuple(found)


def _kinds(logs: Sequence[RawLog], deployment: GovernorDeployment) -> dict[Address, Kind]:
    profile = deployment.profile
    kinds = {deployment.token: profile.token, deployment.governor: profile.governor}
    if profile.timelock is not None:
        kinds.update(dict.fromkeys(timelocks(logs, deployment), profile.timelock))
    return kinds


def _of_proposal(state: GovernorState, event: Any, place: Place) -> None:
    proposal = state.proposals.get(event.proposal_id)
    state.ledger.require(
        Rule.PROPOSAL_KNOWN,
        f"proposal {event.proposal_id}",
        proposal is not None,
        expected="a ProposalCreated before",
        found="none",
        place=place,
    )
    if proposal is not None:
        BY_PROPOSAL[type(event)](state, proposal, event, place)


def _numerator_updated(state: GovernorState, event: QuorumNumeratorUpdated, place: Place) -> None:
    settings.setting_changed(state, event, place)
    for proposal in governor.ended(state):
        governor.judge(state, proposal, place)


def _end_transaction(state: GovernorState) -> None:
    """Compares what the transaction's logs promised with what they kept."""
    transaction = state.transaction
    if transaction.place is not None:
        votes.settle_announced(state, transaction.place)
        counting.settle_reductions(state)
        counting.settle_extensions(state)
        _settle_own_calls(state)
        settle_effects(state)
        if state.profile.timelock_kind == "controller":
            own = {proposal.operation for proposal in transaction.queued}
            known = [each for each in transaction.scheduled if (each.timelock, each.id) in own]
            timelock.settle_ids(state, transaction.scheduled if state.profile.salted else known)
        governor.settle_proposals(state)
    state.transaction = TransactionState()


def _settle_own_calls(state: GovernorState) -> None:
    """A governor without a timelock makes its proposals' calls itself, and says no more than that it did."""
    if state.profile.timelock is None:
        for proposal in state.transaction.executed:
            for call in proposal.calls:
                made = CallExecuted(bytes(32), 0, call.target, call.value, call.calldata)
                explain(state, made, state.deployment.governor, proposal.created)


def _position(log: RawLog) -> tuple[int, int]:
    return log.block_number, log.log_index


def _require_order(state: GovernorState, logs: Sequence[RawLog]) -> None:
    for previous, log in pairwise(logs):
        in_order = _position(previous) < _position(log) and previous.timestamp <= log.timestamp
        if previous.block_number == log.block_number:
            in_order &= (previous.block_hash, previous.timestamp) == (log.block_hash, log.timestamp)
            in_order &= previous.transaction_index <= log.transaction_index
        state.ledger.require(
            Rule.LOG_ORDER,
            f"log {log.log_index} of block {log.block_number}",
            in_order,
            expected=f"a log after {_position(previous)} at {previous.timestamp} or later",
            found=f"{_position(log)} at {log.timestamp}",
            place=place_of(log),
        )
