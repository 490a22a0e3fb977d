"""The life of proposals, as the governor's own events tell it: `Governor` and `RewardGovernor`."""

from __future__ import annotations

from dao.errors import ReplayError
from dao.events.decode import Place
from dao.events.model import (
    ProposalCanceled,
    ProposalCreated,
    ProposalExecuted,
    ProposalExtended,
    ProposalPurged,
    ProposalQueued,
    VoteCast,
    VoteCastWithParams,
)
from dao.replay.identity import batch_id, proposal_id, restricted_proposer, timelock_salt
from dao.replay.late_quorum import extended_deadline
from dao.replay.ledger import Rule
from dao.replay.proposal_state import (
    governor_state,
    proposal_deadline,
    proposal_expiry,
    proposal_quorum,
    proposal_state,
)
from dao.replay.state import Ballot, GovernanceState, Proposal
from dao.replay.tally import count_vote, quorum_reached
from dao.replay.tiers import tier_of
from dao.types import Address, Call, ProposalState


def proposal_created(state: GovernanceState, event: ProposalCreated, place: Place) -> None:
    """Makes a proposal with the settings in force; `Governor.propose` and `_propose`."""
    ledger, settings = state.ledger, state.settings
    claimed = _name(event.proposal_id)
    size = len(event.targets)
    columns = (len(event.values), len(event.calldatas), len(event.signatures))
    if not ledger.require(
        Rule.PROPOSAL_FORM,
        claimed,
        size > 0 and columns == (size, size, size) and not any(event.signatures),
        expected="as many values and calldatas as targets, at least one, and empty signatures",
        found=f"{size} targets, then {columns}",
        place=place,
    ):
        return
    calls = tuple(map(Call, event.targets, event.values, event.calldatas))
    identifier = proposal_id(calls, event.description)
    new = identifier not in state.proposals
    found = (event.proposal_id, "new" if new else "made before")
    if (
        not ledger.compare(Rule.PROPOSAL_ID, claimed, expected=(identifier, "new"), found=found, place=place)
        and not new
    ):
        return
    name = _name(identifier)
    snapshot = place.timestamp + settings.voting_delay
    deadline = snapshot + settings.voting_period
    ledger.compare(Rule.SNAPSHOT, name, expected=snapshot, found=event.vote_start, place=place)
    ledger.compare(Rule.DEADLINE, name, expected=deadline, found=event.vote_end, place=place)
    _require_proposer(state, event, name, place)
    tier = tier_of(state, calls)
    state.proposals[identifier] = Proposal(
        id=identifier,
        proposer=event.proposer,
        calls=calls,
        description=event.description,
        created=place,
        snapshot=snapshot,
        first_deadline=deadline,
        threshold=settings.proposal_threshold,
        tier=tier,
    )
    state.transaction.tiers.append((identifier, tier, place))


def vote_cast(state: GovernanceState, event: VoteCast | VoteCastWithParams, place: Place) -> None:
    """Counts a ballot; `Governor._castVote`.

    The weight comes from the replayed voting power at the snapshot; the event's weight is a claim that is compared.
    """
    proposal = _known(state, event.proposal_id, place)
    if proposal is None:
        return
    ledger, name = state.ledger, f"ballot of {event.voter} on {_name(event.proposal_id)}"
    current = proposal_state(state, proposal, place.timestamp)
    if not ledger.compare(Rule.WINDOW, name, expected=ProposalState.ACTIVE.name, found=current.name, place=place):
        return
    params = event.params if isinstance(event, VoteCastWithParams) else b""
    power = state.token.past_votes(event.voter, proposal.snapshot)
    used = proposal.used.get(event.voter, 0)
    try:
        counted = count_vote(power=power, used=used, support=event.support, params=params)
    except ReplayError as error:
        ledger.compare(Rule.BALLOT, name, expected="a ballot that the governor accepts", found=error, place=place)
        return
    ledger.compare(Rule.BALLOT, name, expected=True, found=True, place=place)
    ledger.compare(Rule.WEIGHT, name, expected=counted.total, found=event.weight, place=place)
    proposal.tally += counted
    proposal.used[event.voter] = used + counted.total
    proposal.ballots.append(Ballot(voter=event.voter, support=event.support, power=power, counted=counted, place=place))
    _tally_updated(state, proposal, place)


def proposal_extended(state: GovernanceState, event: ProposalExtended, place: Place) -> None:
    """Compares the governor's claim of an extension with the one that the ballot before it must have caused."""
    waiting = state.transaction.extensions
    expected = waiting.popleft()[:2] if waiting else "no extension"
    found = (event.proposal_id, event.extended_deadline)
    state.ledger.compare(Rule.LATE_QUORUM, _name(event.proposal_id), expected=expected, found=found, place=place)


def proposal_queued(state: GovernanceState, event: ProposalQueued, place: Place) -> None:
    """Queues a succeeded proposal; `Governor.queue` and `GovernorTimelockControl._queueOperations`."""
    proposal = _known(state, event.proposal_id, place)
    if proposal is None:
        return
    name, timelock = _name(proposal.id), state.settings.timelock
    current = proposal_state(state, proposal, place.timestamp)
    state.ledger.compare(Rule.QUEUE, name, expected=ProposalState.SUCCEEDED.name, found=current.name, place=place)
    eta = place.timestamp + state.min_delays.get(timelock, 0)
    state.ledger.compare(Rule.ETA, name, expected=eta, found=event.eta_seconds, place=place)
    key = (timelock, operation_id(state.addresses.governor, proposal))
    operation = state.operations.get(key)
    scheduled = operation is not None and operation in state.transaction.scheduled
    state.ledger.compare(
        Rule.QUEUED_OPERATION,
        name,
        expected=(True, eta),
        found=(scheduled, operation.ready if operation else None),
        place=place,
    )
    proposal.eta, proposal.operation, proposal.queued = eta, key, place
    state.transaction.by_governor.add((*key, "queued"))


def proposal_executed(state: GovernanceState, event: ProposalExecuted, place: Place) -> None:
    """Marks a proposal executed; `Governor.execute`.

    The governor looked at the state before it made the calls; their logs stand before this one. What is asked here does
    not depend on the timelock's answer, which has changed by now.
    """
    proposal = _known(state, event.proposal_id, place)
    if proposal is None:
        return
    name = _name(proposal.id)
    current = governor_state(state, proposal, place.timestamp)
    state.ledger.compare(Rule.EXECUTE, name, expected=ProposalState.QUEUED.name, found=current.name, place=place)
    expiry = proposal_expiry(state, proposal)
    state.ledger.require(
        Rule.EXPIRY,
        name,
        place.timestamp < expiry and proposal.purged is None,
        expected=f"before {expiry}",
        found=place.timestamp,
        place=place,
    )
    operation = state.operations.get(proposal.operation) if proposal.operation else None
    done = operation is not None and operation.done is not None and operation in state.transaction.finished
    state.ledger.require(
        Rule.EXECUTED_OPERATION,
        name,
        done,
        expected="its operation executed in the same transaction",
        found="another operation, or none",
        place=place,
    )
    proposal.executed = place
    if proposal.operation is not None:
        state.transaction.by_governor.add((*proposal.operation, "executed"))


def proposal_canceled(state: GovernanceState, event: ProposalCanceled, place: Place) -> None:
    """Marks a proposal cancelled; `Governor._cancel` and `GovernorTimelockControl._cancel`."""
    proposal = _known(state, event.proposal_id, place)
    if proposal is None:
        return
    name = _name(proposal.id)
    current = proposal_state(state, proposal, place.timestamp)
    final = (ProposalState.CANCELED, ProposalState.EXPIRED, ProposalState.EXECUTED)
    state.ledger.require(
        Rule.CANCEL,
        name,
        current not in final,
        expected="a proposal that is not yet cancelled, expired or executed",
        found=current.name,
        place=place,
    )
    proposal.canceled = place
    if proposal.operation is not None:
        state.transaction.by_governor.add((*proposal.operation, "cancelled"))
        state.transaction.to_cancel.append((proposal, Rule.CANCELLED_OPERATION))


def proposal_purged(state: GovernanceState, event: ProposalPurged, place: Place) -> None:
    """Marks an expired proposal purged, which it stays; `RewardGovernor.purge`."""
    proposal = _known(state, event.proposal_id, place)
    if proposal is None:
        return
    current = proposal_state(state, proposal, place.timestamp)
    operation = operation_id(state.addresses.governor, proposal)
    state.ledger.compare(
        Rule.PURGE,
        _name(proposal.id),
        expected=(ProposalState.EXPIRED.name, operation),
        found=(current.name, event.operation),
        place=place,
    )
    proposal.purged = place
    state.transaction.by_governor.add((state.settings.timelock, operation, "cancelled"))
    state.transaction.to_cancel.append((proposal, Rule.PURGE))


def operation_id(governor: Address, proposal: Proposal) -> bytes:
    """Id of the proposal's timelock operation, 32 bytes; `GovernorTimelockControl._queueOperations`."""
    salt = timelock_salt(governor, proposal.description)
    return batch_id(proposal.calls, predecessor=bytes(32), salt=salt)


def settle_proposals(state: GovernanceState) -> None:
    """Notes what the governor's events of a whole transaction promised and the logs did not keep."""
    transaction = state.transaction
    for proposal, rule in transaction.to_cancel:
        operation = state.operations.get(proposal.operation) if proposal.operation else None
        gone = operation is not None and operation.canceled is not None and operation in transaction.finished
        state.ledger.require(
            rule,
            _name(proposal.id),
            gone,
            expected="its operation cancelled in the same transaction",
            found="an operation that stays as it was",
            place=proposal.purged or proposal.canceled or proposal.created,
        )
    for identifier, deadline, place in transaction.extensions:
        state.ledger.compare(
            Rule.LATE_QUORUM,
            _name(identifier),
            expected=(identifier, deadline),
            found="no ProposalExtended",
            place=place,
        )


def _require_proposer(state: GovernanceState, event: ProposalCreated, name: str, place: Place) -> None:
    threshold = state.settings.proposal_threshold
    power = state.token.past_votes(event.proposer, place.timestamp - 1)
    state.ledger.require(
        Rule.THRESHOLD, name, power >= threshold, expected=f"{threshold} or more", found=power, place=place
    )
    restricted = restricted_proposer(event.description)
    state.ledger.require(
        Rule.PROPOSER,
        name,
        restricted is None or restricted.hex() == event.proposer[2:].lower(),
        expected=restricted,
        found=event.proposer,
        place=place,
    )


def _tally_updated(state: GovernanceState, proposal: Proposal, place: Place) -> None:
    deadline = proposal_deadline(proposal)
    extended = extended_deadline(
        previous=proposal.extended_deadline,
        reached=quorum_reached(proposal.tally, proposal_quorum(state, proposal)),
        clock=place.timestamp,
        extension=state.settings.late_quorum_extension,
    )
    if extended != proposal.extended_deadline and extended > deadline:
        state.transaction.extensions.append((proposal.id, extended, place))
    proposal.extended_deadline = extended


def _known(state: GovernanceState, identifier: int, place: Place) -> Proposal | None:
    proposal = state.proposals.get(identifier)
    state.ledger.require(
        Rule.PROPOSAL_KNOWN,
        _name(identifier),
        proposal is not None,
        expected="a ProposalCreated before",
        found="none",
        place=place,
    )
    return proposal


def _name(identifier: int) -> str:
    return f"proposal {identifier}"
