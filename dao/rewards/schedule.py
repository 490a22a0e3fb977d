"""The shapes that a schedule is made of, the twin of `contracts/rewards/Schedules.sol`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from dao.errors import PolicyError
from dao.types import MAX_EPOCH

MAX_STEPS = 512
"""The most steps that a geometric segment may need; `Schedules.MAX_STEPS`."""

MAX_TABLE = 512
"""The most amounts that one table may hold; `Schedules.MAX_TABLE`."""

MAX_AMOUNT = 2**128 - 1
_MAX_UINT32 = 2**32 - 1


class ShapeId(IntEnum):
    """Numbers of the shapes; `Schedules.Shape`."""

    CONSTANT = 0
    TABLE = 1
    GEOMETRIC = 2


@dataclass(frozen=True, slots=True)
class Constant:
    """The same `amount` (wei) in every epoch."""

    amount: int


@dataclass(frozen=True, slots=True)
class Table:
    """Each of `amounts` (wei) for `every` epochs, then zero."""

    amounts: tuple[int, ...]
    every: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometric:
    """`amount` (wei), multiplied by `numerator / denominator` once every `every` epochs, rounded down at each step."""

    amount: int
    numerator: int
    denominator: int
    every: int


Shape = Constant | Table | Geometric


@dataclass(frozen=True, slots=True)
class Segment:
    """One shape, valid from `from_epoch` until the next segment begins; the shape counts from `from_epoch`."""

    from_epoch: int
    shape: Shape


def geometric(amount: int, *, numerator: int, denominator: int, steps: int) -> int:
    """`amount` multiplied `steps` times by the ratio, rounded down each time; `Schedules.geometric`."""
    for _ in range(min(steps, MAX_STEPS)):
        if amount == 0:
            return 0
        amount = amount * numerator // denominator
    return amount


def evaluate(segment: Segment, epoch: int) -> int:
    """What `segment` yields in `epoch` (wei), which must not be before its first; `Schedules.evaluate`."""
    elapsed = epoch - segment.from_epoch
    shape = segment.shape
    if isinstance(shape, Constant):
        return shape.amount
    if isinstance(shape, Table):
        index = elapsed // shape.every
        return shape.amounts[index] if index < len(shape.amounts) else 0
    return geometric(
        shape.amount,
        numerator=shape.numerator,
        denominator=shape.denominator,
        steps=elapsed // shape.every,
    )


def validate(segment: Segment, until: int) -> None:
    """Raises PolicyError unless `segment` is well-formed when valid until epoch `until` (exclusive).

    Mirrors `Schedules.validate`, its order of checks included.
    """
    shape = segment.shape
    _range("from_epoch", segment.from_epoch, 0, MAX_EPOCH)
    if isinstance(shape, Constant):
        _range("amount", shape.amount, 0, MAX_AMOUNT)
    elif isinstance(shape, Table):
        _range("number of amounts", len(shape.amounts), 1, MAX_TABLE)
        _range("every", shape.every, 1, _MAX_UINT32)
        for amount in shape.amounts:
            _range("amount", amount, 0, MAX_AMOUNT)
    else:
        _range("amount", shape.amount, 0, MAX_AMOUNT)
        _range("denominator", shape.denominator, 2, _MAX_UINT32)
        _range("numerator", shape.numerator, 1, shape.denominator - 1)
        _range("every", shape.every, 1, _MAX_UINT32)
        steps = (until - 1 - segment.from_epoch) // shape.every
        left = geometric(shape.amount, numerator=shape.numerator, denominator=shape.denominator, steps=MAX_STEPS)
        if steps > MAX_STEPS and left != 0:
            raise PolicyError(
                f"the geometric segment from epoch {segment.from_epoch} never reaches zero and needs too many steps",
                expected=f"at most {MAX_STEPS} steps before the next segment begins",
                found=f"{steps} steps",
                remedy="let another segment begin earlier, or take a larger `every`",
            )


def validate_schedule(segments: Sequence[Segment]) -> None:
    """Raises PolicyError unless `segments` are a schedule: not empty, in order, each well-formed."""
    if not segments:
        raise PolicyError("the schedule has no segment", expected="at least one segment")
    for index, segment in enumerate(segments):
        until = MAX_EPOCH + 1
        if index + 1 < len(segments):
            until = segments[index + 1].from_epoch
            if until <= segment.from_epoch:
                raise PolicyError(
                    "segments do not begin one after the other",
                    expected=f"an epoch after {segment.from_epoch}",
                    found=until,
                )
        validate(segment, until)


def encode_shape(shape: Shape) -> tuple[int, tuple[int, ...]]:
    """Number of the shape and its parameters, as `Schedules.Segment` holds them."""
    if isinstance(shape, Constant):
        return ShapeId.CONSTANT, (shape.amount,)
    if isinstance(shape, Table):
        return ShapeId.TABLE, (shape.every, *shape.amounts)
    return ShapeId.GEOMETRIC, (shape.amount, shape.numerator, shape.denominator, shape.every)


def decode_shape(number: int, params: Sequence[int]) -> Shape:
    """The shape that `Schedules.Segment` holds. Raises PolicyError for an unknown number or a wrong count."""
    if number == ShapeId.CONSTANT and len(params) == 1:
        return Constant(params[0])
    if number == ShapeId.TABLE and len(params) >= 2:
        return Table(tuple(params[1:]), every=params[0])
    if number == ShapeId.GEOMETRIC and len(params) == 4:
        return Geometric(amount=params[0], numerator=params[1], denominator=params[2], every=params[3])
    raise PolicyError(
        "no such shape", expected="a shape of Schedules.sol", found=f"{number} with {len(params)} parameters"
    )


def _range(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise PolicyError(f"{name} is out of range", expected=f"{low} to {high}", found=value)
