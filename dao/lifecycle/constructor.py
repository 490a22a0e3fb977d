"""Constructor values in the words of a deployment file, and which of two sets of them differ."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dao.abi import Parameter
from dao.document.moments import moment
from dao.document.names import account_of
from dao.document.policy import write_segment
from dao.document.quantities import Units, format_duration, format_share
from dao.lifecycle.journal import Deployment
from dao.rewards.changes import Allocation
from dao.rewards.schedule import Segment, decode_shape
from dao.rewards.streams import ROOT, stream_id
from dao.tiers import Tier
from dao.types import BASIS_POINTS, Addresses


@dataclass(frozen=True, slots=True)
class Differing:
    """One value that differs: its name as deployment files have it, and both sides as they would write it."""

    name: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class _Words:
    """How one deployment writes accounts, amounts and streams."""

    addresses: Addresses
    units: Units
    paths: dict[bytes, str]


def differing_values(
    parameters: Sequence[Parameter], expected: Sequence[Any], found: Sequence[Any], deployment: Deployment
) -> list[Differing]:
    """Every value that differs between two decoded lists of constructor arguments.

    Args:
        parameters: The constructor's parameters.
        expected: Their values on one side.
        found: Their values on the other.
        deployment: Whose token and accounts they are about.
    """
    units = Units(deployment.symbol, deployment.decimals)
    words = _Words(deployment.addresses, units, _paths(expected) | _paths(found))
    return [
        difference
        for parameter, one, other in zip(parameters, expected, found, strict=True)
        for difference in _compare(_top(parameter), parameter, one, other, words)
    ]


def _compare(place: str, parameter: Parameter, one: Any, other: Any, words: _Words) -> Iterator[Differing]:
    if one == other:
        return
    if parameter.type.endswith("]"):
        element = _element(parameter)
        for index in range(max(len(one), len(other))):
            ours, theirs = (values[index] if index < len(values) else None for values in (one, other))
            yield from _compare(f"{place}.{_key(index, element, ours, theirs, words)}", element, ours, theirs, words)
    elif parameter.components and one is not None and other is not None and not _is_segment(parameter):
        for part, ours, theirs in zip(parameter.components, one, other, strict=True):
            yield from _compare(_below(place, part), part, ours, theirs, words)
    else:
        yield Differing(place, _text(parameter, one, words), _text(parameter, other, words))


def _key(index: int, element: Parameter, one: Any, other: Any, words: _Words) -> str:
    """What tells an entry of a list: the tier, the account or stream that both sides begin with, or its place."""
    if [part.name for part in element.components] == ["approval", "quorum"]:
        return Tier(index).word
    if element.components and one and other and one[0] == other[0] and not _is_segment(element):
        return _text(element.components[0], one[0], words)
    return str(index)


def _below(place: str, parameter: Parameter) -> str:
    name = _plain_name(parameter.name)
    return f"{place}.{name}" if place else name


def _element(parameter: Parameter) -> Parameter:
    return replace(parameter, type=parameter.type[: parameter.type.rindex("[")])


def _top(parameter: Parameter) -> str:
    """A struct has no name in a file: its fields are what the file has."""
    return "" if parameter.components and not parameter.type.endswith("]") else _plain_name(parameter.name)


def _is_segment(parameter: Parameter) -> bool:
    return [part.name for part in parameter.components] == ["fromEpoch", "shape", "params"]


def _text(parameter: Parameter, value: Any, words: _Words) -> str:
    """`value` as a deployment file would write it; `nothing` for None."""
    if value is None:
        return "nothing"
    if parameter.type.endswith("]"):
        element = _element(parameter)
        return "[" + "; ".join(_text(element, entry, words) for entry in value) + "]"
    if _is_segment(parameter):
        from_epoch, shape, params = value
        written = write_segment(Segment(from_epoch, decode_shape(shape, params)), words.units)
        fields = written.model_dump(mode="json", exclude_none=True)
        return ", ".join(f"{name} {field}" for name, field in fields.items())
    if parameter.components:
        parts = zip(parameter.components, value, strict=True)
        return ", ".join(f"{_plain_name(part.name)} {_text(part, entry, words)}" for part, entry in parts)
    name = _plain_name(parameter.name)
    if isinstance(value, bytes):
        return words.paths.get(value, "0x" + value.hex())
    if name in _UNITS and isinstance(value, int):
        return _UNITS[name](value, words.units)
    return account_of(value, words.addresses) if isinstance(value, str) else str(value)


def _plain_name(name: str) -> str:
    """A parameter's name in the words of a deployment file: `quorumNumerator` is `quorum`."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().strip("_")
    return _FILE_WORDS.get(words, words)


def _share(value: int, _: Units) -> str:
    return format_share(value) if value <= BASIS_POINTS else f"{value} basis points"


def _allocation(value: int, _: Units) -> str:
    return Allocation(value).name.lower().replace("_", "-") if value in set(Allocation) else str(value)


def _amount(value: int, units: Units) -> str:
    return str(units.amount(value))


def _duration(value: int, _: Units) -> str:
    return format_duration(value)


_FILE_WORDS = {
    "quorum_numerator": "quorum",
    "late_quorum_vote_extension": "late_quorum_extension",
    "epoch_length": "epoch",
}
_UNITS: dict[str, Callable[[int, Units], str]] = {
    "allocation": _allocation,
    "approval": _share,
    "amount": _amount,
    "cap": _amount,
    "challenge_window": _duration,
    "claim_period": _duration,
    "dispute_hold": _duration,
    "epoch": _duration,
    "genesis": lambda value, _: moment(value),
    "grace_period": _duration,
    "late_quorum_extension": _duration,
    "min_delay": _duration,
    "proposal_threshold": _amount,
    "quorum": _share,
    "share": _share,
    "voting_delay": _duration,
    "voting_period": _duration,
}


def _paths(values: Sequence[Any]) -> dict[bytes, str]:
    """Path by stream id, where `values` are the policy's: its streams are pairs of the parent's id and a name."""
    paths = {stream_id(ROOT): ROOT}
    # The streams are the first list of the policy's struct, which is its last value.
    beginning = values[-1] if values and isinstance(values[-1], tuple) else ()
    for entry in beginning[0] if beginning and isinstance(beginning[0], tuple) else ():
        if isinstance(entry, tuple) and len(entry) == 2 and entry[0] in paths and isinstance(entry[1], str):
            parent = paths[entry[0]]
            path = entry[1] if parent == ROOT else f"{parent}/{entry[1]}"
            paths[stream_id(path)] = path
    return paths
