"""Changes as the contract's functions take them, and the chain of hashes over them: `RewardPolicy.policyHash`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dao.abi import encode, keccak
from dao.rewards.changes import (
    AddStream,
    Change,
    ClassWeight,
    Part,
    Rail,
    Reporter,
    SetBudget,
    SetParameters,
    SetRail,
    SetReporter,
    SetSchedule,
    SetSplit,
    SetWeights,
)
from dao.rewards.schedule import Segment, encode_shape
from dao.rewards.streams import ROOT, parent_of, stream_id

SEGMENTS_TYPE = "(uint32,uint8,uint128[])[]"
"""ABI type of `Schedules.Segment[]`."""

PARTS_TYPE = "(bytes32,uint8,uint16)[]"
"""ABI type of `PolicyTree.Part[]`."""

CLASSES_TYPE = "(string,uint128)[]"
"""ABI type of `PolicyParameters.ClassWeight[]`."""

REPORTER_TYPE = "(address,uint128,uint128)"
"""ABI type of `PolicySchedules.Reporter`."""

RAIL_TYPE = "(uint128,uint128,uint32,uint16,uint16,uint16,uint16,uint128)"
"""ABI type of `PolicyRails.Rail`."""


def segments_value(segments: Sequence[Segment]) -> list[tuple[int, int, list[int]]]:
    """`segments` as the ABI encodes `Schedules.Segment[]`."""
    encoded = ((segment.from_epoch, *encode_shape(segment.shape)) for segment in segments)
    return [(from_epoch, int(number), list(params)) for from_epoch, number, params in encoded]


def parts_value(parts: Sequence[Part]) -> list[tuple[bytes, int, int]]:
    """`parts` as the ABI encodes `PolicyTree.Part[]`."""
    return [(stream_id(part.stream), int(part.allocation), part.share) for part in parts]


def classes_value(classes: Sequence[ClassWeight]) -> list[tuple[str, int]]:
    """`classes` as the ABI encodes `PolicyParameters.ClassWeight[]`."""
    return [(made.name, made.weight) for made in classes]


def reporter_value(reporter: Reporter) -> tuple[str, int, int]:
    """`reporter` as the ABI encodes `PolicySchedules.Reporter`."""
    return (reporter.account, reporter.minimum, reporter.maximum)


def rail_value(rail: Rail) -> tuple[int, int, int, int, int, int, int, int]:
    """`rail` as the ABI encodes `PolicyRails.Rail`."""
    return (
        rail.floor,
        rail.cap,
        rail.period,
        rail.max_change,
        rail.share_floor,
        rail.share_cap,
        rail.max_share_change,
        rail.carve_out_cap,
    )


def call_of(change: Change) -> tuple[str, tuple[Any, ...]]:
    """The function of `RewardPolicy` that makes `change`, and its arguments."""
    match change:
        case AddStream():
            return "addStream", (stream_id(parent_of(change.path)), change.path.rsplit("/", 1)[-1])
        case SetSchedule():
            return "setSchedule", (stream_id(change.stream), segments_value(change.segments))
        case SetSplit():
            split = change.split
            return "setSplit", (stream_id(change.parent), split.from_epoch, parts_value(split.parts))
        case SetBudget():
            return "setBudget", (stream_id(change.stream), change.budget.from_epoch, change.budget.amount)
        case SetWeights():
            weights = change.weights
            return "setWeights", (stream_id(change.stream), weights.from_epoch, classes_value(weights.classes))
        case SetParameters():
            parameters = change.parameters
            return "setParameters", (stream_id(change.stream), parameters.from_epoch, parameters.data)
        case SetReporter():
            return "setReporter", (stream_id(change.stream), reporter_value(change.reporter))
        case SetRail():
            return "setRail", (stream_id(change.stream), rail_value(change.rail))


def first_hash(*, genesis: int, epoch_length: int, supply_cap: int) -> bytes:
    """The hash of a policy that was just created, with the root alone; `PolicyTree`'s constructor."""
    created = created_hash(genesis=genesis, epoch_length=epoch_length, supply_cap=supply_cap)
    root = encode(("bytes32", "bytes32", "bytes32", "string"), (_ADDED, stream_id(ROOT), bytes(32), ROOT))
    return _link(created, root)


def created_hash(*, genesis: int, epoch_length: int, supply_cap: int) -> bytes:
    """The hash that `PolicyCreated` announces, before the root is added."""
    types = ("bytes32", "uint48", "uint32", "uint128")
    return _link(bytes(32), encode(types, (_CREATED, genesis, epoch_length, supply_cap)))


def chained(previous: bytes, change: Change) -> bytes:
    """The policy hash after `change`, from the one before; `PolicyTree._chain`."""
    if isinstance(change, AddStream):
        types: tuple[str, ...] = ("bytes32", "bytes32", "bytes32", "string")
        path = change.path
        return _link(previous, encode(types, (_ADDED, stream_id(path), stream_id(parent_of(path)), path)))
    selector, types = _EVENTS[type(change)]
    _, arguments = call_of(change)
    return _link(previous, encode(("bytes32", *types), (selector, *arguments)))


def _link(previous: bytes, change: bytes) -> bytes:
    return keccak(encode(("bytes32", "bytes32"), (previous, keccak(change))))


def _event(name: str, *types: str) -> tuple[bytes, tuple[str, ...]]:
    flat = ",".join(types).replace(REPORTER_TYPE, REPORTER_TYPE.strip("()"))
    return keccak(f"{name}({flat},bytes32)".encode()), types


_CREATED = keccak(b"PolicyCreated(uint48,uint32,uint128,bytes32)")
_ADDED = keccak(b"StreamAdded(bytes32,bytes32,string,bytes32)")
_EVENTS: dict[type, tuple[bytes, tuple[str, ...]]] = {
    SetSchedule: _event("ScheduleSet", "bytes32", SEGMENTS_TYPE),
    SetSplit: _event("SplitSet", "bytes32", "uint32", PARTS_TYPE),
    SetBudget: _event("BudgetSet", "bytes32", "uint32", "uint128"),
    SetWeights: _event("WeightsSet", "bytes32", "uint32", CLASSES_TYPE),
    SetParameters: _event("ParametersSet", "bytes32", "uint32", "bytes"),
    SetReporter: _event("ReporterSet", "bytes32", REPORTER_TYPE),
    SetRail: _event("RailSet", "bytes32", RAIL_TYPE),
}
