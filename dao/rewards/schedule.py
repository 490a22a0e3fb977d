"""Schedules out of shapes, the twin of `contracts/rewards/Schedules.sol`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dao.errors import PolicyError
from dao.rewards.shapes.calendar import CalendarGeometric, CalendarTable, month_number
from dao.rewards.shapes.clock import Clock
from dao.rewards.shapes.constant import Constant
from dao.rewards.shapes.decay import Decay
from dao.rewards.shapes.feedback import Feedback
from dao.rewards.shapes.geometric import MAX_STEPS, Geometric, geometric
from dao.rewards.shapes.inflation import Inflation
from dao.rewards.shapes.metered import Metered
from dao.rewards.shapes.ramp import Ramp
from dao.rewards.shapes.remint import Remint
from dao.rewards.shapes.rollover import Rollover
from dao.rewards.shapes.shape import MAX_AMOUNT, Planned, Reported, ReportState, ShapeId, require_range
from dao.rewards.shapes.supply_halving import SupplyHalving
from dao.rewards.shapes.table import MAX_AMOUNTS, Table
from dao.rewards.shapes.tracking import Tracking
from dao.types import MAX_EPOCH

__all__ = [
    "MAX_AMOUNT",
    "MAX_AMOUNTS",
    "MAX_STEPS",
    "MAX_TABLE",
    "CalendarGeometric",
    "CalendarTable",
    "Clock",
    "Constant",
    "Decay",
    "Feedback",
    "Geometric",
    "Inflation",
    "Metered",
    "Ramp",
    "Remint",
    "ReportState",
    "Rollover",
    "Segment",
    "Shape",
    "ShapeId",
    "SupplyHalving",
    "Table",
    "Tracking",
    "bounds",
    "decode_shape",
    "encode_shape",
    "evaluate",
    "geometric",
    "is_reported",
    "month_number",
    "report",
    "sum_until",
    "validate",
    "validate_schedule",
]

PlannedShape = Constant | Table | Geometric | Decay | Ramp | CalendarTable | CalendarGeometric
ReportedShape = Metered | Remint | SupplyHalving | Feedback | Tracking | Rollover | Inflation
Shape = PlannedShape | ReportedShape

MAX_TABLE = MAX_AMOUNTS
"""The most amounts that one table may hold, under its former name."""

_SHAPES: dict[int, type[Shape]] = {
    ShapeId.CONSTANT: Constant,
    ShapeId.TABLE: Table,
    ShapeId.GEOMETRIC: Geometric,
    ShapeId.DECAY: Decay,
    ShapeId.RAMP: Ramp,
    ShapeId.CALENDAR_TABLE: CalendarTable,
    ShapeId.CALENDAR_GEOMETRIC: CalendarGeometric,
    ShapeId.METERED: Metered,
    ShapeId.REMINT: Remint,
    ShapeId.SUPPLY_HALVING: SupplyHalving,
    ShapeId.FEEDBACK: Feedback,
    ShapeId.TRACKING: Tracking,
    ShapeId.ROLLOVER: Rollover,
    ShapeId.INFLATION: Inflation,
}


@dataclass(frozen=True, slots=True)
class Segment:
    """One shape, valid from `from_epoch` until the next segment begins; the shape counts from `from_epoch`."""

    from_epoch: int
    shape: Shape


def is_reported(shape: Shape) -> bool:
    """Whether what `shape` yields depends on a value that is reported for each epoch; `Schedules.isReported`."""
    return isinstance(shape, Reported)


def evaluate(segment: Segment, epoch: int, clock: Clock) -> int:
    """What `segment` yields in `epoch` (wei); `Schedules.evaluate`.

    Raises PolicyError where the epoch is before the segment's first, and for reported shapes.
    """
    return _planned(segment).amount_at(_index(segment, epoch), clock.counted_from(segment.from_epoch))


def sum_until(segment: Segment, until: int, clock: Clock) -> int:
    """The exact sum (wei) from the segment's first epoch until `until`, exclusive; `Schedules.sum`.

    Zero where `until` is not above the segment's first epoch. Raises PolicyError for reported shapes, whose sum is in
    the ReportState.
    """
    shape = _planned(segment)
    if until <= segment.from_epoch:
        return 0
    return shape.sum_over(until - segment.from_epoch, clock.counted_from(segment.from_epoch))


def bounds(segment: Segment, first: int, until: int, clock: Clock) -> tuple[int, int]:
    """Minimum and maximum (wei) over the epochs from `first` until `until`, exclusive; `Schedules.bounds`.

    The epochs are inside of the segment, and at least one. For reported shapes, of what any reports could yield.
    Exact, except as Decay, Remint and Tracking state: these may be wider.
    """
    shape, begin = segment.shape, _index(segment, first)
    if isinstance(shape, Reported):
        return shape.bounds(begin, until - segment.from_epoch)
    return shape.bounds(begin, until - segment.from_epoch, clock.counted_from(segment.from_epoch))


def report(segment: Segment, epoch: int, value: int, previous: ReportState | None) -> ReportState:
    """What a report of `value` for `epoch` leaves, after that of the epoch before; `Schedules.report`.

    Args:
        segment: A segment with a reported shape.
        epoch: Not before the segment's first.
        value: In the unit that the shape states.
        previous: What the epoch before was left with; not read for the segment's first, all zero where None.

    Raises:
        PolicyError: The shape takes no report, or not this value, or the epoch is before the segment.
    """
    shape, index = segment.shape, _index(segment, epoch)
    if not isinstance(shape, Reported):
        raise PolicyError("this shape takes no report", found=shape.number.name.lower())
    before = shape.before_first() if index == 0 else previous or ReportState(0, 0, 0)
    least, most = shape.accepted(before)
    require_range("the reported value", value, least, most)
    amount, carried = shape.report(index, value, before)
    return ReportState(amount=amount, carried=carried, sum=before.sum + amount)


def validate(segment: Segment, until: int, clock: Clock) -> None:
    """Raises PolicyError unless `segment` is well-formed when valid until epoch `until`; `Schedules.validate`.

    `until` is exclusive, above the segment's first epoch, and at most 2³².
    """
    require_range("from_epoch", segment.from_epoch, 0, MAX_EPOCH)
    segment.shape.check(until - segment.from_epoch, clock.counted_from(segment.from_epoch))


def validate_schedule(segments: Sequence[Segment], clock: Clock) -> None:
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
        validate(segment, until, clock)


def encode_shape(shape: Shape) -> tuple[int, tuple[int, ...]]:
    """Number of the shape and its parameters, as `Schedules.Segment` holds them."""
    return shape.number, shape.params()


def decode_shape(number: int, params: Sequence[int]) -> Shape:
    """The shape that `Schedules.Segment` holds, not checked.

    Raises PolicyError for an unknown number, or a wrong number of parameters.
    """
    shape = _SHAPES.get(number)
    if shape is None:
        raise PolicyError("no such shape", expected="a shape of Schedules.sol", found=number)
    return shape.decode(params)


def _planned(segment: Segment) -> Planned:
    if not isinstance(segment.shape, Planned):
        raise PolicyError(
            "what this shape yields depends on reports",
            found=segment.shape.number.name.lower(),
            remedy="report the epoch first",
        )
    return segment.shape


def _index(segment: Segment, epoch: int) -> int:
    require_range("epoch", epoch, segment.from_epoch, MAX_EPOCH)
    return epoch - segment.from_epoch
