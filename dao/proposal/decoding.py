"""Calls of a proposal back to actions, from the bytes alone: what a voter is shown is all that the bytes say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from dao.abi import checksum
from dao.document.forms import Fixed
from dao.document.parameters import write_parameters
from dao.document.policy import write_classes, write_parts, write_rail, write_segment
from dao.document.quantities import ETHER, Amount
from dao.errors import CodecError, DaoError
from dao.proposal.actions import (
    Action,
    AddStream,
    ContractCall,
    Mint,
    RawCall,
    RequireEmission,
    SendEther,
    SetBudget,
    SetExclusions,
    SetParameter,
    SetParameters,
    SetRail,
    SetReporter,
    SetSchedule,
    SetSelectorTier,
    SetSplit,
    SetTier,
    SetWeights,
    Transfer,
)
from dao.proposal.arguments import parse_kind
from dao.proposal.calldata import AMOUNTS, ARTIFACTS, PARAMETERS, Context, abi_of, compile_action
from dao.rewards import changes as policy
from dao.rewards.decoding import WRITES, path_of, read_change
from dao.rewards.streams import ROOT, stream_id
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


def _policy_change(function: str) -> Callable[[tuple[Any, ...], Context, Mapping[bytes, str]], Action]:
    def decode(values: tuple[Any, ...], context: Context, streams: Mapping[bytes, str]) -> Action:
        return Action(**_written(read_change(function, values, streams), context))

    return decode


def _written(change: policy.Change, context: Context) -> dict[str, Any]:
    units = context.units
    match change:
        case policy.AddStream():
            return {"add_stream": AddStream(path=change.path)}
        case policy.SetSchedule():
            if not change.segments:
                raise CodecError("no segments")
            segments = tuple(write_segment(s, units, first=i == 0) for i, s in enumerate(change.segments))
            begin = change.segments[0].from_epoch
            return {"set_schedule": SetSchedule(stream=change.stream, from_epoch=begin, segments=segments)}
        case policy.SetSplit():
            split = change.split
            parts = write_parts(split.parts)
            return {"set_split": SetSplit(parent=change.parent, from_epoch=split.from_epoch, parts=parts)}
        case policy.SetBudget():
            budget = change.budget
            amount = units.amount(budget.amount)
            return {"set_budget": SetBudget(stream=change.stream, from_epoch=budget.from_epoch, amount=amount)}
        case policy.SetWeights():
            weights = change.weights
            classes = write_classes(weights.classes)
            return {"set_weights": SetWeights(stream=change.stream, from_epoch=weights.from_epoch, classes=classes)}
        case policy.SetParameters():
            begin, written = change.parameters.from_epoch, write_parameters(change.parameters.data, units)
            return {"set_parameters": SetParameters(stream=change.stream, from_epoch=begin, **written)}
        case policy.SetReporter():
            reporter = change.reporter
            return {
                "set_reporter": SetReporter(
                    stream=change.stream,
                    account=context.names.account(reporter.account),
                    minimum=Fixed(reporter.minimum),
                    maximum=Fixed(reporter.maximum),
                )
            }
        case policy.SetRail():
            return {"set_rail": SetRail(stream=change.stream, **write_rail(change.rail, units))}


def _require_hash(values: tuple[Any, ...], context: Context, streams: Mapping[bytes, str]) -> Action:
    return Action(require_hash=values[0])


def _require_emission(values: tuple[Any, ...], context: Context, streams: Mapping[bytes, str]) -> Action:
    stream, epoch, amount = values
    body = RequireEmission(stream=path_of(stream, streams), epoch=epoch, amount=context.units.amount(amount))
    return Action(require_emission=body)


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
    **{("policy", function): _policy_change(function) for function in WRITES},
    ("policy", "requireHash"): _require_hash,
    ("policy", "requireEmission"): _require_emission,
    ("token", "transfer"): _transfer,
    ("token", "mint"): _mint,
    ("governor", "setTier"): _set_tier,
    ("governor", "setSelectorTier"): _set_selector_tier,
    ("governor", "setExclusions"): _set_exclusions,
    **{target: _parameter(name) for name, target in PARAMETERS.items()},
}
