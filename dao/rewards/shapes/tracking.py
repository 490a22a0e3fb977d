"""An amount that follows a reported target in bounded steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dao.rewards.shapes.clock import Clock
from dao.rewards.shapes.geometric import MAX_STEPS
from dao.rewards.shapes.shape import MAX_AMOUNT, MAX_UINT32, Reported, ReportState, ShapeId, require_range
from dao.types import BASIS_POINTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking(Reported):
    """The amount before, moved towards the reported one where this is outside of a band; `Reported.tracking`.

    It moves up to at most (10,000 + step) / 10,000 and down to at least 10,000 / (10,000 + step) of what it was, both
    rounded down, then to the nearest multiple of the unit, half up. An amount so small that a step does not reach the
    next multiple stays.

    Args:
        start: What the first report moves, in wei.
        floor: The least amount, in wei.
        cap: The greatest amount, in wei, below 2¹²⁷.
        band: How far the target may be off without any move, in basis points of the amount before, below 10,000.
        step: The greatest move, in basis points, at least 1.
        unit: What amounts are multiples of, in wei, at least 1.
    """

    number: ClassVar[ShapeId] = ShapeId.TRACKING

    start: int
    floor: int
    cap: int
    band: int
    step: int
    unit: int

    def _check(self, epochs: int, clock: Clock) -> None:
        require_range("cap", self.cap, 0, MAX_AMOUNT // 2)
        require_range("floor", self.floor, 0, self.cap)
        require_range("start", self.start, self.floor, self.cap)
        require_range("band", self.band, 0, BASIS_POINTS - 1)
        require_range("step", self.step, 1, MAX_UINT32)
        require_range("unit", self.unit, 1, MAX_AMOUNT)

    def before_first(self) -> ReportState:
        """`start` is the amount before."""
        return ReportState(self.start, 0, 0)

    def report(self, index: int, value: int, previous: ReportState) -> tuple[int, int]:
        """The amount before, moved and kept within floor and cap; nothing is carried."""
        return self._moved(previous.amount, value), 0

    def bounds(self, first: int, until: int) -> tuple[int, int]:
        """As far as steps lead; floor and cap where 512 do not end it; `Reported.trackingBounds`."""
        return self._farthest(until, 0, self.floor), self._farthest(until, MAX_AMOUNT, self.cap)

    def _moved(self, amount: int, value: int) -> int:
        if abs(value - amount) * BASIS_POINTS <= amount * self.band:
            return amount
        highest = amount * (BASIS_POINTS + self.step) // BASIS_POINTS
        lowest = amount * BASIS_POINTS // (BASIS_POINTS + self.step)
        moved = max(min(value, highest), lowest)
        rounded = (moved + self.unit // 2) // self.unit * self.unit
        return max(min(rounded, self.cap), self.floor)

    def _farthest(self, epochs: int, value: int, end: int) -> int:
        amount = self.start
        for index in range(epochs):
            if index == MAX_STEPS:
                return end
            following = self._moved(amount, value)
            # Rounding to the unit can hold the amount, or turn it back.
            if following >= amount if value == 0 else following <= amount:
                break
            amount = following
        return amount
