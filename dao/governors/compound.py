"""The transactions of Compound's timelock: queued, ready, made, cancelled, each one call; `Timelock`."""

from __future__ import annotations

from dao.abi import encode, keccak
from dao.events.decode import Place
from dao.events.model import CallExecuted
from dao.governors.events import CancelTransaction, ExecuteTransaction, NewDelay, QueueTransaction
from dao.governors.state import GovernorState, Proposal
from dao.replay.authority import explain
from dao.replay.ledger import Rule
from dao.replay.state import Operation
from dao.types import Address, Call

Change = QueueTransaction | ExecuteTransaction | CancelTransaction


def calldata(signature: bytes, arguments: bytes) -> bytes:
    """What the timelock sends: the selector of `signature`, where there is one, before `arguments`."""
    return keccak(signature)[:4] + arguments if signature else arguments


def transaction_id(target: Address, value: int, signature: bytes, arguments: bytes, eta: int) -> bytes:
    """What a transaction is known by, 32 bytes; `Timelock.queueTransaction`."""
    types = ("address", "uint256", "bytes", "bytes", "uint256")
    return keccak(encode(types, (target, value, signature, arguments, eta)))


def transaction_ids(proposal: Proposal) -> list[bytes]:
    """The ids of a proposal's calls; `GovernorTimelockCompound._queueOperations`, `GovernorBravo.queue`."""
    return [
        transaction_id(call.target, call.value, signature, arguments, proposal.eta)
        for call, signature, arguments in zip(proposal.calls, proposal.signatures, proposal.arguments, strict=True)
    ]


def transaction_queued(state: GovernorState, event: QueueTransaction, timelock: Address, place: Place) -> None:
    """Opens a transaction; `Timelock.queueTransaction`, which lets it be queued again."""
    _require_id(state, event, place)
    least = state.min_delays.get(timelock)
    if least is not None:
        state.ledger.require(
            Rule.DELAY,
            _name(event.hash),
            event.eta >= place.timestamp + least,
            expected=f"{place.timestamp + least} or later",
            found=event.eta,
            place=place,
        )
    operation = Operation(
        timelock=timelock,
        id=event.hash,
        calls=[Call(event.target, event.value, calldata(event.signature, event.data))],
        predecessor=bytes(32),
        salt=bytes(32),
        ready=event.eta,
        scheduled=place,
    )
    state.operations[timelock, event.hash] = operation
    state.transaction.scheduled.append(operation)


def transaction_executed(state: GovernorState, event: ExecuteTransaction, timelock: Address, place: Place) -> None:
    """Notes a call that was made; `Timelock.executeTransaction`."""
    sent = calldata(event.signature, event.data)
    explain(state, CallExecuted(event.hash, 0, event.target, event.value, sent), timelock, place)
    _require_id(state, event, place)
    operation = state.operations.get((timelock, event.hash))
    pending = operation is not None and operation.pending
    name = _name(event.hash)
    state.ledger.require(
        Rule.SCHEDULED, name, pending, expected="queued", found="not queued, made or cancelled", place=place
    )
    if operation is None or not pending:
        return
    called = Call(event.target, event.value, sent)
    state.ledger.compare(Rule.EXECUTED_CALL, name, expected=operation.calls[0], found=called, place=place)
    now, ready = place.timestamp, operation.ready
    state.ledger.require(Rule.READY, name, now >= ready, expected=f"{ready} or later", found=now, place=place)
    last = ready + state.settings.grace_period
    state.ledger.require(Rule.GRACE, name, now <= last, expected=f"{last} or earlier", found=now, place=place)
    operation.executed_calls, operation.done = 1, place
    state.transaction.finished.append(operation)


def transaction_cancelled(state: GovernorState, event: CancelTransaction, timelock: Address, place: Place) -> None:
    """Takes a transaction off the queue, where it is on it; `Timelock.cancelTransaction`, which does not ask."""
    _require_id(state, event, place)
    operation = state.operations.get((timelock, event.hash))
    if operation is not None and operation.pending:
        operation.canceled = place
        state.transaction.finished.append(operation)


def new_delay(state: GovernorState, event: NewDelay, timelock: Address, place: Place) -> None:
    """Sets the least delay (seconds), which the timelock does by a call to itself; `Timelock.setDelay`."""
    state.min_delays[timelock] = event.delay


def _require_id(state: GovernorState, event: Change, place: Place) -> None:
    expected = transaction_id(event.target, event.value, event.signature, event.data, event.eta)
    state.ledger.compare(Rule.OPERATION_ID, _name(event.hash), expected=expected, found=event.hash, place=place)


def _name(identifier: bytes) -> str:
    return f"transaction 0x{identifier.hex()}"
