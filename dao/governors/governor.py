"""The life of proposals, as the governor's own events tell it: `Governor` of OpenZeppelin and `GovernorBravo`."""

from __future__ import annotations

from collections.abc import Iterator

from dao.abi import keccak
from dao.events.decode import Place
from dao.events.model import ProposalCanceled, ProposalCreated, ProposalExecuted, ProposalExtended, ProposalQueued
from dao.governors.compound import calldata, transaction_ids
from dao.governors.proposal_state import (
    HALF,
    governor_state,
    proposal_deadline,
    proposal_state,
    quorum_at,
    quorum_in_force,
    reaches,
)
from dao.governors.state import GovernorState, Moment, Proposal
from dao.replay.identity import batch_id, proposal_id, restricted_proposer, timelock_salt
from dao.replay.ledger import Rule
from dao.replay.state import Operation
from dao.replay.tally import vote_succeeded
from dao.types import ZERO_ADDRESS, Call, ProposalState


def proposal_created(state: GovernorState, event: ProposalCreated, place: Place) -> None:
    """Makes a proposal with the settings in force; `Governor.propose` and `GovernorBravo.propose`."""
    ledger, settings = state.ledger, state.settings
    name = _name(event.proposal_id)
    size = len(event.targets)
    columns = (len(event.values), len(event.calldatas), len(event.signatures))
    bravo = state.profile.family == "bravo"
    if not ledger.require(
        Rule.PROPOSAL_FORM,
        name,
        size > 0 and columns == (size, size, size) and (bravo or not any(event.signatures)),
        expected="as many values and calldatas as targets, at least one, and signatures for Compound's timelock alone",
        found=f"{size} targets, then {columns}",
        place=place,
    ):
        return
    calls = tuple(
        Call(target, value, calldata(signature, arguments))
        for target, value, signature, arguments in zip(
            event.targets, event.values, event.signatures, event.calldatas, strict=True
        )
    )
    identifier = _identify(state, event, calls, place)
    if identifier is None:
        return
    now = state.timepoint(place)
    snapshot = now + settings.voting_delay
    deadline = snapshot + settings.voting_period
    ledger.compare(Rule.SNAPSHOT, name, expected=snapshot, found=event.vote_start, place=place)
    ledger.compare(Rule.DEADLINE, name, expected=deadline, found=event.vote_end, place=place)
    _require_proposer(state, event, name, place)
    state.proposals[identifier] = Proposal(
        id=identifier,
        proposer=event.proposer,
        calls=calls,
        signatures=event.signatures,
        arguments=event.calldatas,
        description=event.description,
        created=place,
        snapshot=snapshot,
        first_deadline=deadline,
    )


def proposal_extended(state: GovernorState, event: ProposalExtended, place: Place) -> None:
    """Compares the governor's claim of an extension with the one that the ballot before it must have caused."""
    waiting = state.transaction.extensions
    expected = waiting.popleft()[:2] if waiting else "no extension"
    found = (event.proposal_id, event.extended_deadline)
    state.ledger.compare(Rule.LATE_QUORUM, _name(event.proposal_id), expected=expected, found=found, place=place)


def proposal_queued(state: GovernorState, proposal: Proposal, event: ProposalQueued, place: Place) -> None:
    """Queues a succeeded proposal; `Governor.queue` and `GovernorBravo.queue`."""
    name = _name(proposal.id)
    current = proposal_state(state, proposal, _moment(place))
    state.ledger.compare(Rule.QUEUE, name, expected=ProposalState.SUCCEEDED.name, found=current.name, place=place)
    judge(state, proposal, place)
    timelock = state.settings.timelock
    delay = state.min_delays.get(timelock)
    if delay is None:
        # No log and no view tells how long Compound's timelock waited at first: the first proposal does.
        delay = state.min_delays[timelock] = event.eta_seconds - place.timestamp
    eta = place.timestamp + delay
    state.ledger.compare(Rule.ETA, name, expected=eta, found=event.eta_seconds, place=place)
    proposal.eta, proposal.queued = event.eta_seconds, place
    scheduled = _own(state, proposal, state.transaction.scheduled)
    state.ledger.require(
        Rule.QUEUED_OPERATION,
        name,
        len(scheduled) >= _operations(state, proposal) and all(each.ready == eta for each in scheduled),
        expected=f"its own calls, ready at {eta}",
        found=f"{len(scheduled)} operations of its own in the same transaction",
        place=place,
    )
    if state.profile.timelock_kind == "controller":
        ids = operation_ids(state, proposal)
        known = scheduled[0].id if scheduled else next(iter(ids))
        proposal.operation = (timelock, known)
        for operation in scheduled:
            operation.salt = ids[operation.id]
    state.transaction.queued.append(proposal)


def proposal_executed(state: GovernorState, proposal: Proposal, event: ProposalExecuted, place: Place) -> None:
    """Marks a proposal executed; `Governor.execute` and `GovernorBravo.execute`.

    The governor looked at the state before it made the calls; before OpenZeppelin 5 their logs stand after this one.
    What is asked here does not depend on the timelock's answer.
    """
    name = _name(proposal.id)
    current = governor_state(state, proposal, _moment(place))
    compound = state.profile.timelock_kind == "compound"
    # A proposal that was not queued can be executed where its own operation was scheduled on the timelock directly.
    passed = [ProposalState.QUEUED] if compound else [ProposalState.QUEUED, ProposalState.SUCCEEDED]
    state.ledger.require(
        Rule.EXECUTE, name, current in passed, expected=passed[0].name, found=current.name, place=place
    )
    judge(state, proposal, place)
    if compound:
        expiry = proposal.eta + state.settings.grace_period
        within = place.timestamp < expiry
        state.ledger.require(Rule.EXPIRY, name, within, expected=f"before {expiry}", found=place.timestamp, place=place)
    proposal.executed = place
    state.transaction.executed.append(proposal)


def proposal_canceled(state: GovernorState, proposal: Proposal, event: ProposalCanceled, place: Place) -> None:
    """Marks a proposal cancelled; `Governor._cancel` and `GovernorBravo.cancel`."""
    current = proposal_state(state, proposal, _moment(place))
    final = [ProposalState.EXECUTED]
    if state.profile.family != "bravo":
        final += [ProposalState.CANCELED, ProposalState.EXPIRED]
    state.ledger.require(
        Rule.CANCEL,
        _name(proposal.id),
        current not in final,
        expected="a proposal that may still be cancelled",
        found=current.name,
        place=place,
    )
    proposal.canceled, proposal.canceled_by = place, _canceller(state, proposal, current, place)
    state.transaction.canceled.append(proposal)


def judge(state: GovernorState, proposal: Proposal, place: Place) -> None:
    """Notes once where a numerator that came after the snapshot decides a vote that is over.

    Before OpenZeppelin 4.7.2 the latest numerator counted, so that a proposal which lowers the quorum made those that
    were defeated before succeed.
    """
    over = proposal_deadline(proposal) < state.timepoint(place)
    if state.profile.checkpointed or not over or proposal.judged or proposal.canceled or proposal.executed:
        return
    succeeded = vote_succeeded(proposal.tally, HALF)
    expected = succeeded and reaches(state, proposal, quorum_at(state, proposal.snapshot))
    found = succeeded and reaches(state, proposal, quorum_in_force(state, proposal.snapshot))
    proposal.judged = expected != found
    state.ledger.require(
        Rule.QUORUM_SNAPSHOT,
        _name(proposal.id),
        not proposal.judged,
        expected="passed" if expected else "defeated",
        found="passed" if found else "defeated",
        place=place,
    )


def operation_ids(state: GovernorState, proposal: Proposal) -> dict[bytes, bytes]:
    """The ids that the proposal's operation may have, and the salt of each.

    `GovernorTimelockControl._timelockSalt` mixes the governor in since OpenZeppelin 5; before it the salt is the hash
    of the description. Either binds the same calls and the same text.
    """
    salts = (timelock_salt(state.deployment.governor, proposal.description), keccak(proposal.description))
    return {batch_id(proposal.calls, predecessor=bytes(32), salt=salt): salt for salt in salts}


def settle_proposals(state: GovernorState) -> None:
    """Notes what the governor's events of a whole transaction promised and the timelock's logs did not keep."""
    transaction = state.transaction
    if state.profile.timelock is None:
        return
    for proposal in transaction.executed:
        done = [each for each in _own(state, proposal, transaction.finished) if each.done is not None]
        state.ledger.require(
            Rule.EXECUTED_OPERATION,
            _name(proposal.id),
            len(done) >= _operations(state, proposal),
            expected="its own calls made in the same transaction",
            found=f"{len(done)} operations of its own",
            place=proposal.executed or proposal.created,
        )
    for proposal in transaction.canceled:
        if proposal.eta == 0:
            continue
        gone = [each for each in _own(state, proposal, transaction.finished) if each.canceled is not None]
        state.ledger.require(
            Rule.CANCELLED_OPERATION,
            _name(proposal.id),
            len(gone) >= _operations(state, proposal) or _gone_before(state, proposal),
            expected="its operation cancelled in the same transaction",
            found="an operation that stays as it was",
            place=proposal.canceled or proposal.created,
        )


def _own(state: GovernorState, proposal: Proposal, operations: list[Operation]) -> list[Operation]:
    compound = state.profile.timelock_kind == "compound"
    ids = set(transaction_ids(proposal)) if compound else set(operation_ids(state, proposal))
    return [operation for operation in operations if operation.id in ids]


def _operations(state: GovernorState, proposal: Proposal) -> int:
    """How many operations the timelock makes of a proposal; calls of Compound's that are alike are one."""
    return len(set(transaction_ids(proposal))) if state.profile.timelock_kind == "compound" else 1


def _gone_before(state: GovernorState, proposal: Proposal) -> bool:
    """Whether Compound's timelock had nothing left to cancel, which it does not mind."""
    if state.profile.timelock_kind != "compound":
        return False
    known = [state.operations.get((state.settings.timelock, each)) for each in transaction_ids(proposal)]
    return not any(operation is not None and operation.pending for operation in known)


def _identify(state: GovernorState, event: ProposalCreated, calls: tuple[Call, ...], place: Place) -> int | None:
    """The id that the proposal must have, `Governor.getProposalId`; None where it was made before."""
    name = _name(event.proposal_id)
    contents = proposal_id(calls, event.description)
    if state.profile.ids == "hash":
        new = contents not in state.proposals
        found = (event.proposal_id, "new" if new else "made before")
        state.ledger.compare(Rule.PROPOSAL_ID, name, expected=(contents, "new"), found=found, place=place)
        return contents if new else None
    first = state.profile.trusts("first_id")
    number = max(state.proposals) + 1 if state.proposals else event.proposal_id if first is None else first
    # Compound's governor does not mind a proposal that is made twice.
    new = contents not in state.hashes or state.profile.family == "bravo"
    found = (event.proposal_id, "new" if new else "made before")
    state.ledger.compare(Rule.PROPOSAL_NUMBER, name, expected=(number, "new"), found=found, place=place)
    state.hashes.add(contents)
    return number if new else None


def _require_proposer(state: GovernorState, event: ProposalCreated, name: str, place: Place) -> None:
    threshold = state.settings.proposal_threshold
    power = state.token.past_votes(event.proposer, state.timepoint(place) - 1)
    bravo = state.profile.family == "bravo"
    allowed = power > threshold if bravo else power >= threshold
    allowed |= bravo and state.settings.whitelist.get(event.proposer, 0) > place.timestamp
    expected = f"more than {threshold}" if bravo else f"{threshold} or more"
    state.ledger.require(Rule.THRESHOLD, name, allowed, expected=expected, found=power, place=place)
    restricted = restricted_proposer(event.description) if state.profile.restricted else None
    state.ledger.require(
        Rule.PROPOSER,
        name,
        restricted is None or restricted.hex() == event.proposer[2:].lower(),
        expected=restricted,
        found=event.proposer,
        place=place,
    )


def _canceller(state: GovernorState, proposal: Proposal, current: ProposalState, place: Place) -> str:
    """Who may have cancelled, by the rules of the version; logs do not name the sender."""
    if state.profile.counting == "bravo":
        power = state.token.past_votes(proposal.proposer, state.timepoint(place) - 1)
        below = power < state.settings.proposal_threshold
        return "anybody, as its proposer had fallen below the threshold" if below else "its proposer"
    guardian = state.settings.guardian
    if guardian != ZERO_ADDRESS:
        return "its proposer or the guardian" if current is ProposalState.PENDING else "the guardian"
    return "its proposer" if current is ProposalState.PENDING else "whoever the deployment allows"


def _moment(place: Place) -> Moment:
    return Moment(place.block, place.timestamp)


def _name(identifier: int) -> str:
    return f"proposal {identifier}"


def ended(state: GovernorState) -> Iterator[Proposal]:
    """Every proposal that was neither executed nor cancelled."""
    return (each for each in state.proposals.values() if each.executed is None and each.canceled is None)
