"""Short words for what RewardPolicy takes: stream ids, segments, parts, rails, and policies of one's own."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from contract_evm import project
from contract_system import CAP, System, beginning

from dao.abi import encode, keccak

ROOT = keccak(b"root")
NONE, CARVE_OUT, SHARE, RESIDUAL = range(4)
MAX_AMOUNT = 2**128 - 1
MAX_EPOCH = 2**32 - 1
WHOLE = 10**18
"""A reported fraction of one, and a weight of one."""


class Shape(IntEnum):
    """`Schedules.Shape`."""

    CONSTANT = 0
    TABLE = 1
    GEOMETRIC = 2
    DECAY = 3
    RAMP = 4
    CALENDAR_TABLE = 5
    CALENDAR_GEOMETRIC = 6
    METERED = 7
    REMINT = 8
    SUPPLY_HALVING = 9
    FEEDBACK = 10
    TRACKING = 11
    ROLLOVER = 12
    INFLATION = 13


class Bound(IntEnum):
    """`PolicyRails.Bound`."""

    FLOOR = 0
    CAP = 1
    DECREASE = 2
    INCREASE = 3
    SHARE_FLOOR = 4
    SHARE_CAP = 5
    SHARE_DECREASE = 6
    SHARE_INCREASE = 7
    CARVE_OUTS = 8


def stream(path: str) -> bytes:
    """The id of the stream `path`."""
    return keccak(path.encode())


def segment(from_epoch: int, shape: Shape, *params: int) -> tuple[Any, ...]:
    """A segment of any shape, with its parameters in the order of `Schedules.Shape`."""
    return from_epoch, int(shape), list(params)


def constant(from_epoch: int, amount: int) -> tuple[Any, ...]:
    """A segment with the same amount in every epoch."""
    return segment(from_epoch, Shape.CONSTANT, amount)


def table(from_epoch: int, every: int, *amounts: int) -> tuple[Any, ...]:
    """A segment with each of `amounts` for `every` epochs."""
    return segment(from_epoch, Shape.TABLE, every, *amounts)


def geometric(from_epoch: int, amount: int, numerator: int, denominator: int, every: int) -> tuple[Any, ...]:
    """A segment multiplied by a ratio once every `every` epochs."""
    return segment(from_epoch, Shape.GEOMETRIC, amount, numerator, denominator, every)


def metered(from_epoch: int, amount: int) -> tuple[Any, ...]:
    """A segment that yields the reported fraction, in 10⁻¹⁸, of `amount`."""
    return segment(from_epoch, Shape.METERED, amount)


def part(path: str, allocation: int, share: int = 0) -> tuple[Any, ...]:
    """A stream's place in its parent's split."""
    return stream(path), allocation, share


def rail(
    *,
    floor: int = 0,
    cap: int = 0,
    period: int = 0,
    change: int = 0,
    share_floor: int = 0,
    share_cap: int = 0,
    share_change: int = 0,
    carve_outs: int = 0,
) -> tuple[int, ...]:
    """`PolicyRails.Rail`: amounts in the token's smallest unit, the period in epochs, the rest in basis points."""
    return floor, cap, period, change, share_floor, share_cap, share_change, carve_outs


def create(
    system: System,
    genesis: int,
    *lists: list[Any],
    container: str = "RewardPolicy",
    epoch_length: int = 100,
    supply_cap: int = CAP,
) -> Any:
    """A policy of its own that begins with `lists`, the fields of `RewardPolicy.Beginning` in order; 100 s an epoch."""
    by = {"from": system.deployer}
    return project()[container].deploy(system.timelock, genesis, epoch_length, supply_cap, beginning(*lists), by)


def chained(previous: bytes, event: str, types: tuple[str, ...], values: tuple[Any, ...]) -> bytes:
    """`policyHash` after one more write, by the definition."""
    change = encode(("bytes32", *types), (keccak(event.encode()), *values))
    return keccak(encode(("bytes32", "bytes32"), (previous, keccak(change))))
