"""A budget, of which what was not spent is divided over the epochs that are left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dao.rewards.shapes.clock import Clock
from dao.rewards.shapes.shape import MAX_UINT32, Reported, ReportState, ShapeId, require_range


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollover(Reported):
    """What is left of `budget` (wei) divided by what is left of `epochs`, rounded down; `Reported.rollover`.

    The reported value is what was spent of the segment's amounts before the epoch (wei): no less than at the report
    before, and no more than that and the amount since then. Zero after the last epoch.
    """

    number: ClassVar[ShapeId] = ShapeId.ROLLOVER

    budget: int
    epochs: int

    def _check(self, epochs: int, clock: Clock) -> None:
        require_range("epochs", self.epochs, 1, MAX_UINT32)

    def accepted(self, previous: ReportState) -> tuple[int, int]:
        """What was spent before, and the amount since then too."""
        return previous.carried, min(previous.carried + previous.amount, self.budget)

    def report(self, index: int, value: int, previous: ReportState) -> tuple[int, int]:
        """The part of one epoch; what was spent is carried."""
        return (self.budget - value) // (self.epochs - index) if index < self.epochs else 0, value

    def bounds(self, first: int, until: int) -> tuple[int, int]:
        """Least where every epoch before was spent, greatest where none was; `Reported.rolloverBounds`."""
        if first >= self.epochs:
            return 0, 0
        each, rest = divmod(self.budget, self.epochs)
        # Where each is spent, the last `rest` of them get one more.
        least = each + (first + rest >= self.epochs) if until <= self.epochs else 0
        return least, self.budget // (self.epochs - min(until - 1, self.epochs - 1))
