"""Which executed operation made a change: every change waits for the log of the call that explains it.

A timelock emits `CallExecuted` after the call, in one transaction with whatever the call emitted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dao.errors import CodecError
from dao.events.decode import Place
from dao.events.model import CallExecuted
from dao.replay.ledger import Rule, show
from dao.replay.parts import Authority, Timelocks
from dao.replay.state import Effect, PolicyChange
from dao.types import Address


def require_effect(
    state: Authority,
    rule: Rule,
    subject: str,
    target: Address,
    calls: Sequence[tuple[str, tuple[Any, ...]]],
    place: Place,
    *,
    change: PolicyChange | None = None,
) -> None:
    """Notes that one of `calls` (function and arguments) of `target` must turn out to have been executed.

    The executed calldata is compared byte for byte with the canonical encoding, so that nothing can hide in it. In the
    transaction that created `target` nothing is required: that is its constructor.
    """
    abi = state.abi(target)
    try:
        calldatas = tuple(abi.function(name).encode_call(*arguments) for name, arguments in calls)
    except CodecError as error:
        state.ledger.compare(rule, subject, expected="a value that fits the call", found=error, place=place)
        return
    require_call(state, rule, subject, target, calldatas, place, change=change)


def require_call(
    state: Authority,
    rule: Rule,
    subject: str,
    target: Address,
    calldatas: tuple[bytes, ...],
    place: Place,
    *,
    change: PolicyChange | None = None,
) -> None:
    """As `require_effect`, of calls that are encoded already."""
    if not state.constructing(target, place):
        state.transaction.effects.append(Effect(rule, subject, target, calldatas, place, change))


def explain(state: Timelocks, event: CallExecuted, timelock: Address, place: Place) -> None:
    """Takes the first change that waits for this call off the list."""
    for effect in state.transaction.effects:
        if effect.target == event.target and event.data in effect.calldatas:
            state.transaction.effects.remove(effect)
            state.ledger.compare(effect.rule, effect.subject, expected=True, found=True, place=place)
            if effect.change is not None:
                effect.change.operation = (timelock, event.id)
            return


def settle_effects(state: Timelocks) -> None:
    """Notes every change of the transaction that no executed call explains."""
    for effect in state.transaction.effects:
        state.ledger.compare(
            effect.rule,
            effect.subject,
            expected=f"an executed call of {effect.target}: " + show(effect.calldatas[0]),
            found="none in this transaction",
            place=effect.place,
        )
    state.transaction.effects.clear()
