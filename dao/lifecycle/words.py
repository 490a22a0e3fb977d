"""Actions, and what a policy holds, in a line each, in the words of a proposal file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dao.lifecycle.prepare import context_of
from dao.lifecycle.session import Session
from dao.proposal.actions import Action
from dao.proposal.decoding import decode_calls
from dao.rewards.changes import (
    Budget,
    Change,
    Parameters,
    Rail,
    Reporter,
    SetBudget,
    SetParameters,
    SetRail,
    SetReporter,
    SetSchedule,
    SetSplit,
    SetWeights,
    Split,
    Weights,
)
from dao.rewards.encoding import call_of
from dao.rewards.policy import Policy
from dao.rewards.schedule import Segment
from dao.rewards.streams import stream_id
from dao.types import Call

NOTHING = "none"
_LONGEST = 300


def action_text(action: Action) -> str:
    """An action in a line, such as `set_budget: {stream: compute, from_epoch: 2, amount: 1 RWD}`."""
    return _flow(action.model_dump(mode="json", exclude_none=True), outer=True)


def held_text(session: Session, policy: Policy, stream: str, held: object) -> str:
    """What `policy` holds of `stream`: a field of it, by the same words as the action that sets it."""
    if not held:
        return NOTHING
    values = held if isinstance(held, tuple) else (held,)
    if isinstance(values[0], Segment):
        changes: Iterable[Change] = [SetSchedule(stream, values)]
    else:
        changes = [_change(stream, value) for value in values]
    contract = session.contracts.policy
    calls = []
    for change in changes:
        function, arguments = call_of(change)
        calls.append(Call(contract.address, 0, contract.calldata(function, *arguments)))
    actions = decode_calls(calls, context_of(session), {stream_id(path): path for path in policy.streams})
    return "; ".join(_body_text(action) for action in actions)


def _change(stream: str, value: object) -> Change:
    match value:
        case Split():
            return SetSplit(stream, value)
        case Budget():
            return SetBudget(stream, value)
        case Weights():
            return SetWeights(stream, value)
        case Parameters():
            return SetParameters(stream, value)
        case Reporter():
            return SetReporter(stream, value)
        case Rail():
            return SetRail(stream, value)
    raise TypeError(type(value).__name__)


def _body_text(action: Action) -> str:
    body = action.model_dump(mode="json", exclude_none=True)[action.kind]
    if isinstance(body, Mapping):
        body = {name: value for name, value in body.items() if name not in ("stream", "parent")}
    return _flow(body, outer=True)


def _flow(value: object, *, outer: bool = False) -> str:
    if isinstance(value, Mapping):
        text = ", ".join(f"{name}: {_flow(entry)}" for name, entry in value.items())
        return text if outer else f"{{{text}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(_flow, value))}]"
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"
