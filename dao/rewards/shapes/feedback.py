"""An amount that steps up or down with the side of a target on which a reported figure lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dao.rewards.shapes.clock import Clock
from dao.rewards.shapes.shape import MAX_AMOUNT, Reported, ReportState, ShapeId, require_range


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback(Reported):
    """The amount before, moved by `step` if the value is farther from `target` than `tolerance`; `Reported.feedback`.

    Args:
        start: What the first report moves, in wei.
        floor: The least amount, in wei.
        cap: The greatest amount, in wei.
        target: In the unit of the reported value.
        tolerance: In the unit of the reported value.
        step: Wei per epoch.
        falling: Whether a value above the target lowers the amount; else it raises it.
    """

    number: ClassVar[ShapeId] = ShapeId.FEEDBACK

    start: int
    floor: int
    cap: int
    target: int
    tolerance: int
    step: int
    falling: bool

    def _check(self, epochs: int, clock: Clock) -> None:
        require_range("floor", self.floor, 0, self.cap)
        require_range("start", self.start, self.floor, self.cap)
        require_range("falling", self.falling, 0, 1)

    def before_first(self) -> ReportState:
        """`start` is the amount before."""
        return ReportState(self.start, 0, 0)

    def report(self, index: int, value: int, previous: ReportState) -> tuple[int, int]:
        """The amount before, moved and kept within floor and cap; nothing is carried."""
        above, below = value > self.target + self.tolerance, value < self.target - self.tolerance
        if not above and not below:
            return previous.amount, 0
        if above == self.falling:
            return max(previous.amount - self.step, self.floor), 0
        return min(previous.amount + self.step, self.cap), 0

    def bounds(self, first: int, until: int) -> tuple[int, int]:
        """As far as steps to one side lead; no step leads to a side on which no value lies."""
        above, below = self.target + self.tolerance < MAX_AMOUNT, self.tolerance < self.target
        falls, rises = (above, below) if self.falling else (below, above)
        moved = self.step * until
        return (
            max(self.start - moved, self.floor) if falls else self.start,
            min(self.start + moved, self.cap) if rises else self.start,
        )
