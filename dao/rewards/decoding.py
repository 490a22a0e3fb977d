"""Changes out of what the contract holds: the arguments of its functions, and the same values in its events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dao.errors import PolicyError
from dao.rewards.changes import (
    AddStream,
    Allocation,
    Budget,
    Change,
    ClassWeight,
    Parameters,
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
    Split,
    Weights,
)
from dao.rewards.schedule import Segment, decode_shape
from dao.rewards.streams import ROOT

Paths = Mapping[bytes, str]
"""Paths of streams by their ids."""


def read_change(function: str, values: Sequence[Any], paths: Paths) -> Change:
    """The change that a call of `RewardPolicy.<function>` makes.

    Args:
        function: Its name, one of `WRITES`.
        values: Its arguments, decoded.
        paths: The streams that exist before the call.

    Raises PolicyError for a stream, a shape or an allocation that does not exist.
    """
    return _READERS[function](values, paths)


def read_segments(values: Sequence[tuple[int, int, Sequence[int]]]) -> tuple[Segment, ...]:
    """The segments in a `Schedules.Segment[]`. Raises PolicyError for a shape that does not exist."""
    return tuple(Segment(from_epoch, decode_shape(shape, params)) for from_epoch, shape, params in values)


def read_parts(values: Sequence[tuple[bytes, int, int]], paths: Paths) -> tuple[Part, ...]:
    """The parts in a `PolicyTree.Part[]`. Raises PolicyError for a stream or an allocation that does not exist."""
    return tuple(Part(path_of(stream, paths), _allocation(kind), share) for stream, kind, share in values)


def read_classes(values: Sequence[tuple[str, int]]) -> tuple[ClassWeight, ...]:
    """The classes in a `PolicyParameters.ClassWeight[]`."""
    return tuple(ClassWeight(name, weight) for name, weight in values)


def read_reporter(values: Sequence[Any]) -> Reporter:
    """The reporter in a `PolicySchedules.Reporter`."""
    account, minimum, maximum = values
    return Reporter(account=account, minimum=minimum, maximum=maximum)


def read_rail(values: Sequence[int]) -> Rail:
    """The rail in a `PolicyRails.Rail`."""
    floor, cap, period, max_change, share_floor, share_cap, max_share_change, carve_out_cap = values
    return Rail(
        floor=floor,
        cap=cap,
        period=period,
        max_change=max_change,
        share_floor=share_floor,
        share_cap=share_cap,
        max_share_change=max_share_change,
        carve_out_cap=carve_out_cap,
    )


def path_of(stream: bytes, paths: Paths) -> str:
    """Path of the stream with this id. Raises PolicyError where there is none."""
    if stream not in paths:
        raise PolicyError("there is no stream with this id", found="0x" + stream.hex())
    return paths[stream]


def _allocation(number: int) -> Allocation:
    try:
        return Allocation(number)
    except ValueError:
        raise PolicyError("no such allocation", expected="0 to 3", found=number) from None


def _add_stream(values: Sequence[Any], paths: Paths) -> Change:
    parent, name = path_of(values[0], paths), str(values[1])
    return AddStream(name if parent == ROOT else f"{parent}/{name}")


def _set_split(values: Sequence[Any], paths: Paths) -> Change:
    return SetSplit(path_of(values[0], paths), Split(values[1], read_parts(values[2], paths)))


def _set_weights(values: Sequence[Any], paths: Paths) -> Change:
    return SetWeights(path_of(values[0], paths), Weights(values[1], read_classes(values[2])))


_READERS: dict[str, Callable[[Sequence[Any], Paths], Change]] = {
    "addStream": _add_stream,
    "setSchedule": lambda values, paths: SetSchedule(path_of(values[0], paths), read_segments(values[1])),
    "setSplit": lambda values, paths: SetSplit(
        path_of(values[0], paths), Split(values[1], read_parts(values[2], paths))
    ),
    "setBudget": lambda values, paths: SetBudget(path_of(values[0], paths), Budget(values[1], values[2])),
    "setWeights": _set_weights,
    "setParameters": lambda values, paths: SetParameters(path_of(values[0], paths), Parameters(values[1], values[2])),
    "setReporter": lambda values, paths: SetReporter(path_of(values[0], paths), read_reporter(values[1])),
    "setRail": lambda values, paths: SetRail(path_of(values[0], paths), read_rail(values[1])),
}

WRITES = tuple(_READERS)
"""The functions of `RewardPolicy` that change what it says."""
