"""Calls of a proposal back to actions, from the bytes alone: what a voter is shown is all that the bytes say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from dao.abi import checksum
from dao.document.forms import Allotment
from dao.document.policy import write_segment
from dao.document.quantities import ETHER, Amount
from dao.errors import CodecError, DaoError
from dao.proposal.actions import (
    Action,
    AddStream,
    ContractCall,
    Mint,
    RawCall,
    SendEther,
    SetExclusions,
    SetParameter,
    SetSchedule,
    SetSelectorTier,
    SetSplit,
    SetTier,
    Transfer,
)
from dao.proposal.arguments import parse_kind
from dao.proposal.calldata import AMOUNTS, ARTIFACTS, PARAMETERS, Context, abi_of, compile_action
from dao.rewards.policy import ROOT, Allocation, stream_id
from dao.rewards.schedule import Segment, decode_shape
from dao.tiers import Tier
from dao.types import Call


def decode_calls(calls: Sequence[Call], context: Context, streams: Mapping[bytes, str]) -> tuple[Action, ...]:
    """The actions that `calls` are.

    An action is answered only if it compiles to exactly the same bytes; the next best is a typed `call`, the last a
    `raw` one.

    Args:
        calls: A proposal's calls, in order; they may come from anybody.
        context: The deployment that they are for.
        streams: Paths of the streams that exist, by their ids; what an earlier call adds is known to later ones.
    """
    known = {**streams, stream_id(ROOT): ROOT}
    actions = []
    for call in calls:
        action = _decode(call, context, known)
        if action.add_stream is not None:
            known[stream_id(action.add_stream.path)] = action.add_stream.path
        actions.append(action)
    return tuple(actions)


def _decode(call: Call, context: Context, streams: Mapping[bytes, str]) -> Action:
    for decode in (_action, _call):
        action = _attempt(decode, call, context, streams)
        if action is not None:
            return action
    target = context.names.account(checksum(call.target))
    return Action(raw=RawCall(target=target, calldata=call.calldata, value=_value(call)))


def _attempt(
    decode: Callable[[Call, Context, Mapping[bytes, str]], Action],
    call: Call,
    context: Context,
    streams: Mapping[bytes, str],
) -> Action | None:
    try:
        action = decode(call, context, streams)
        return action if compile_action(action, context) == call else None
    except (DaoError, ValidationError):
        return None


def _action(call: Call, context: Context, streams: Mapping[bytes, str]) -> Action:
    target = context.names.account(call.target)
    if not call.calldata:
        return Action(send_ether=SendEther(to=target, amount=ETHER.amount(call.value)))
    if target not in ARTIFACTS:
        raise CodecError("not a contract of the deployment", found=call.target)
    signature = abi_of(target, context.addresses).functions.get(call.calldata[:4])
    decode = _DECODERS.get((target, signature.name)) if signature else None
    if signature is None or decode is None:
        raise CodecError("no action", found="0x" + call.calldata[:4].hex())
    return decode(signature.decode_call(call.calldata), context, streams)


def _call(call: Call, context: Context, streams: Mapping[bytes, str]) -> Action:
    target = context.names.account(call.target)
    signature = abi_of(target, context.addresses).functions.get(call.calldata[:4]) if target in ARTIFACTS else None
    if signature is None:
        raise CodecError("no known function", found="0x" + call.calldata[:4].hex())
    amount = AMOUNTS.get((target, signature.text))
    values = zip(signature.input_types, signature.decode_call(call.calldata), strict=True)
    arguments = tuple(
        context.names.text(parse_kind(kind), value, amount=index == amount)
        for index, (kind, value) in enumerate(values)
    )
    body = ContractCall(target=target, function=signature.text, arguments=arguments, value=_value(call))
    return Action(call=body)


def _value(call: Call) -> Amount | None:
    return ETHER.amount(call.value) if call.value else None


def _path(identifier: bytes, streams: Mapping[bytes, str]) -> str:
    if identifier not in streams:
        raise CodecError("no known stream", found="0x" + identifier.hex())
    return streams[identifier]


def _add_stream(values: tuple[Any, ...], context: Context, streams: Mapping[bytes, str]) -> Action:
    parent, name = _path(values[0], streams), values[1]
    return Action(add_stream=AddStream(path=name if parent == ROOT else f"{parent}/{name}"))


def _set_schedule(values: tuple[Any, ...], context: Context, streams: Mapping[bytes, str]) -> Action:
    segments = [Segment(begin, decode_shape(number, params)) for begin, number, params in values[1]]
    if not segments:
        raise CodecError("no segments")
    body = SetSchedule(
        stream=_path(values[0], streams),
        from_epoch=segments[0].from_epoch,
        segments=tuple(write_segment(s, context.units, first=i == 0) for i, s in enumerate(segments)),
    )
    return Action(set_schedule=body)


def _set_split(values: tuple[Any, ...], context: Context, streams: Mapping[bytes, str]) -> Action:
    if any(number not in list(Allocation) for _, number, _ in values[2]):
        raise CodecError("no such allocation")
    parts = tuple((_path(stream, streams), Allotment(Allocation(number), share)) for stream, number, share in values[2])
    return Action(set_split=SetSplit(parent=_path(values[0], streams), from_epoch=values[1], parts=parts))


def _transfer(values: tuple[Any, ...], context: Context, streams: Mapping[bytes, str]) -> Action:
    return Action(transfer=Transfer(to=context.names.account(values[0]), amount=context.units.amount(values[1])))


def _mint(values: tuple[Any, ...], context: Context, streams: Mapping[bytes, str]) -> Action:
    return Action(mint=Mint(to=context.names.account(values[0]), amount=context.units.amount(values[1])))


def _set_tier(values: tuple[Any, ...], context: Context, streams: Mapping[bytes, str]) -> Action:
    number, (approval, quorum) = values
    return Action(set_tier=SetTier.model_validate({"tier": _tier(number), "approval": approval, "quorum": quorum}))


def _set_selector_tier(values: tuple[Any, ...], context: Context, streams: Mapping[bytes, str]) -> Action:
    target, selector = context.names.account(values[0]), values[1]
    signature = abi_of(target, context.addresses).functions.get(selector) if target in ARTIFACTS else None
    changes = signature is not None and signature.mutability not in ("view", "pure")
    named = {"function": signature.text} if signature is not None and changes else {"selector": selector}
    body = SetSelectorTier.model_validate({"target": target, "tier": _tier(values[2]), **named})
    return Action(set_selector_tier=body)


def _set_exclusions(values: tuple[Any, ...], context: Context, streams: Mapping[bytes, str]) -> Action:
    delegates = tuple(context.names.account(delegate) for delegate in values[0])
    return Action(set_exclusions=SetExclusions(delegates=delegates))


def _tier(number: int) -> str:
    if number not in list(Tier):
        raise CodecError("no such tier", found=number)
    return Tier(number).word


def _parameter(name: str) -> Callable[[tuple[Any, ...], Context, Mapping[bytes, str]], Action]:
    def decode(values: tuple[Any, ...], context: Context, streams: Mapping[bytes, str]) -> Action:
        value = values[0]
        if name == "proposal_threshold":
            value = context.units.amount(value)
        elif name == "guardian":
            value = context.names.account(value)
        return Action(set_parameter=SetParameter.model_validate({name: value}))

    return decode


_DECODERS: dict[tuple[str, str], Callable[[tuple[Any, ...], Context, Mapping[bytes, str]], Action]] = {
    ("policy", "addStream"): _add_stream,
    ("policy", "setSchedule"): _set_schedule,
    ("policy", "setSplit"): _set_split,
    ("token", "transfer"): _transfer,
    ("token", "mint"): _mint,
    ("governor", "setTier"): _set_tier,
    ("governor", "setSelectorTier"): _set_selector_tier,
    ("governor", "setExclusions"): _set_exclusions,
    **{target: _parameter(name) for name, target in PARAMETERS.items()},
}
