"""The operations of every timelock: scheduled, ready, done, cancelled; `TimelockController`."""

from __future__ import annotations

from collections.abc import Iterable

from dao.events.decode import Place
from dao.events.model import CallExecuted, CallSalt, CallScheduled, Cancelled
from dao.replay.authority import explain
from dao.replay.identity import batch_id, single_id
from dao.replay.ledger import Rule
from dao.replay.parts import Timelocks
from dao.replay.state import GovernanceState, Operation
from dao.types import Address, Call


def call_scheduled(state: Timelocks, event: CallScheduled, timelock: Address, place: Place) -> None:
    """Opens an operation or adds a call to the one that is being scheduled; `TimelockController._schedule`."""
    call = Call(event.target, event.value, event.data)
    known = state.operations.get((timelock, event.id))
    if known is not None and known.pending:
        expected = (True, len(known.calls), known.predecessor, known.ready)
        still = known in state.transaction.scheduled
        found = (still, event.index, event.predecessor, place.timestamp + event.delay)
        if state.ledger.compare(Rule.SCHEDULE, _name(event.id), expected=expected, found=found, place=place):
            known.calls.append(call)
        return
    expected_index = 0 if known is None or known.canceled is not None else "none: the operation is done"
    state.ledger.compare(Rule.SCHEDULE, _name(event.id), expected=expected_index, found=event.index, place=place)
    least = state.min_delays.get(timelock, 0)
    state.ledger.require(
        Rule.DELAY,
        _name(event.id),
        event.delay >= least,
        expected=f"{least} seconds or more",
        found=event.delay,
        place=place,
    )
    operation = Operation(
        timelock=timelock,
        id=event.id,
        calls=[call],
        predecessor=event.predecessor,
        salt=bytes(32),
        ready=place.timestamp + event.delay,
        scheduled=place,
    )
    state.operations[timelock, event.id] = operation
    state.transaction.scheduled.append(operation)


def call_salt(state: Timelocks, event: CallSalt, timelock: Address, place: Place) -> None:
    """Notes the salt of the operation that was scheduled just before.

    An operation without calls leaves this log alone and not its delay; it is reported as one that cannot be followed.
    """
    operation = state.operations.get((timelock, event.id))
    fresh = operation is not None and operation in state.transaction.scheduled
    state.ledger.require(
        Rule.SCHEDULE, _name(event.id), fresh, expected="calls scheduled before", found="a salt alone", place=place
    )
    if operation is not None and fresh:
        operation.salt = event.salt


def call_executed(state: Timelocks, event: CallExecuted, timelock: Address, place: Place) -> None:
    """Notes a call that was made; the last one makes the operation done; `execute`, `executeBatch`, `_afterCall`."""
    explain(state, event, timelock, place)
    operation = _pending(state, timelock, event.id, place)
    if operation is None:
        return
    name = _name(event.id)
    index = operation.executed_calls
    scheduled = operation.calls[index] if index < len(operation.calls) else None
    state.ledger.compare(
        Rule.EXECUTED_CALL,
        name,
        expected=(index, scheduled),
        found=(event.index, Call(event.target, event.value, event.data)),
        place=place,
    )
    state.ledger.require(
        Rule.READY,
        name,
        place.timestamp >= operation.ready,
        expected=f"{operation.ready} or later",
        found=place.timestamp,
        place=place,
    )
    before = state.operations.get((timelock, operation.predecessor))
    state.ledger.require(
        Rule.PREDECESSOR,
        name,
        operation.predecessor == bytes(32) or (before is not None and before.done is not None),
        expected=f"{_name(operation.predecessor)} done",
        found="not done",
        place=place,
    )
    operation.executed_calls += 1
    if operation.executed_calls >= len(operation.calls):
        operation.done = place
        state.transaction.finished.append(operation)


def cancelled(state: Timelocks, event: Cancelled, timelock: Address, place: Place) -> None:
    """Removes a pending operation; it may be scheduled again; `TimelockController.cancel`."""
    operation = _pending(state, timelock, event.id, place)
    if operation is not None:
        operation.canceled = place
        state.transaction.finished.append(operation)


def settle_operations(state: GovernanceState) -> None:
    """Compares the operations of a whole transaction with their hashes and with what the governor says it did."""
    settle_ids(state, state.transaction.scheduled)
    for operation in state.transaction.scheduled:
        _require_governor(state, operation, "queued", operation.scheduled)
    for operation in state.transaction.finished:
        verb, place = ("executed", operation.done) if operation.done else ("cancelled", operation.canceled)
        if place is not None:
            _require_governor(state, operation, verb, place)


def settle_ids(state: Timelocks, scheduled: Iterable[Operation]) -> None:
    """Compares the operations that a whole transaction scheduled with their hashes."""
    for operation in scheduled:
        ids = [batch_id(operation.calls, predecessor=operation.predecessor, salt=operation.salt)]
        if len(operation.calls) == 1:
            ids.append(single_id(operation.calls[0], predecessor=operation.predecessor, salt=operation.salt))
        state.ledger.require(
            Rule.OPERATION_ID,
            _name(operation.id),
            operation.id in ids,
            expected=ids[0],
            found=operation.id,
            place=operation.scheduled,
        )


def _require_governor(state: GovernanceState, operation: Operation, verb: str, place: Place) -> None:
    state.ledger.require(
        Rule.GOVERNOR_ALONE,
        _name(operation.id),
        (operation.timelock, operation.id, verb) in state.transaction.by_governor,
        expected=f"a proposal that is {verb} in the same transaction",
        found=f"{verb} on the timelock directly",
        place=place,
    )


def _pending(state: Timelocks, timelock: Address, identifier: bytes, place: Place) -> Operation | None:
    operation = state.operations.get((timelock, identifier))
    pending = operation is not None and operation.pending
    found = "never scheduled" if operation is None else "pending" if pending else "executed or cancelled before"
    state.ledger.compare(Rule.SCHEDULED, _name(identifier), expected="pending", found=found, place=place)
    return operation if pending else None


def _name(identifier: bytes) -> str:
    return f"operation 0x{identifier.hex()}"
