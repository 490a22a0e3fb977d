"""What every shape of a schedule can tell, whichever it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import ClassVar, TypeVar

from dao.errors import PolicyError
from dao.rewards.shapes.clock import Clock

MAX_AMOUNT = 2**128 - 1
"""The greatest amount, in wei, and the greatest parameter of any kind."""

MAX_UINT32 = 2**32 - 1
MAX_UINT64 = 2**64 - 1
MAX_UINT96 = 2**96 - 1


class ShapeId(IntEnum):
    """Numbers of the shapes; `Schedules.Shape`."""

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


AnyShape = TypeVar("AnyShape", bound="BaseShape")


@dataclass(frozen=True, slots=True)
class BaseShape(ABC):
    """A shape's parameters: its fields, in the order in which `Schedules.Segment` holds them."""

    number: ClassVar[ShapeId]

    def params(self) -> tuple[int, ...]:
        """The parameters as the contract holds them."""
        return tuple(int(getattr(self, field.name)) for field in fields(self))

    @classmethod
    def decode(cls: type[AnyShape], params: Sequence[int]) -> AnyShape:
        """The shape with these parameters, which are not checked. Raises PolicyError for a wrong count."""
        names = fields(cls)
        if len(params) != len(names):
            raise count_error(cls.number, params, len(names), len(names))
        # A switch that is neither 0 nor 1 stays what it is, for `check` to refuse.
        values = {
            field.name: bool(value) if field.type == "bool" and value in (0, 1) else value
            for field, value in zip(names, params, strict=True)
        }
        make: Callable[..., AnyShape] = cls
        return make(**values)

    def check(self, epochs: int, clock: Clock) -> None:
        """Raises PolicyError unless the shape is well-formed when it is valid for `epochs` epochs.

        Args:
            epochs: How many, at least 1 and at most 2³².
            clock: The segment's epochs, counted from its first.
        """
        for value in self.params():
            require_range("a parameter", value, 0, MAX_AMOUNT)
        self._check(epochs, clock)

    @abstractmethod
    def _check(self, epochs: int, clock: Clock) -> None: ...


@dataclass(frozen=True, slots=True)
class Planned(BaseShape):
    """A shape that tells every epoch's amount in advance.

    Amounts are in wei. Epochs are counted from the segment's first, and so is `clock`.
    """

    @abstractmethod
    def amount_at(self, index: int, clock: Clock) -> int:
        """What epoch number `index` yields."""

    @abstractmethod
    def sum_over(self, epochs: int, clock: Clock) -> int:
        """The exact sum over the first `epochs` epochs."""

    @abstractmethod
    def bounds(self, first: int, until: int, clock: Clock) -> tuple[int, int]:
        """Minimum and maximum over the epochs from `first` until `until`, exclusive; exact unless stated."""


@dataclass(frozen=True, slots=True)
class ReportState:
    """What a report left; `Schedules.Report`.

    Args:
        amount: What the epoch yields, in wei.
        carried: The state that the next report starts from.
        sum: The amounts from the segment's first epoch up to and including this one, in wei.
    """

    amount: int
    carried: int
    sum: int


@dataclass(frozen=True, slots=True)
class Reported(BaseShape):
    """A shape whose amounts depend on a value that is reported for each epoch.

    Amounts are in wei. Epochs are counted from the segment's first.
    """

    def before_first(self) -> ReportState:
        """What the segment's first report starts from."""
        return ReportState(0, 0, 0)

    def accepted(self, previous: ReportState) -> tuple[int, int]:
        """The least and the greatest value that may be reported after `previous`."""
        del previous  # most shapes take any
        return 0, MAX_AMOUNT

    @abstractmethod
    def report(self, index: int, value: int, previous: ReportState) -> tuple[int, int]:
        """What epoch number `index` yields for an accepted `value`, and what is carried."""

    @abstractmethod
    def bounds(self, first: int, until: int) -> tuple[int, int]:
        """Minimum and maximum that any reports could yield from epoch `first` until `until`; exact unless stated."""


def require_range(name: str, value: int, low: int, high: int) -> None:
    """Raises PolicyError unless `value` lies between `low` and `high`, both inclusive."""
    if not low <= value <= high:
        raise PolicyError(f"{name} is out of range", expected=f"{low} to {high}", found=value)


def require_ratio(numerator: int, denominator: int) -> None:
    """Raises PolicyError unless the ratio lies between 0 and 1, both exclusive, and fits 32 bits."""
    require_range("denominator", denominator, 2, MAX_UINT32)
    require_range("numerator", numerator, 1, denominator - 1)


def count_error(number: ShapeId, params: Sequence[int], minimum: int, maximum: int) -> PolicyError:
    """The error that a shape was given the wrong number of parameters."""
    expected = f"{minimum}" if minimum == maximum else f"{minimum} to {maximum}"
    return PolicyError(
        f"the shape {number.name.lower()} has another number of parameters", expected=expected, found=len(params)
    )
