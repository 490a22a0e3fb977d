"""An amount that rises or falls by the same step every epoch, between a floor and a cap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dao.rewards.shapes.clock import Clock
from dao.rewards.shapes.shape import Planned, ShapeId, require_range


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramp(Planned):
    """`start` and `slope` more or less every epoch, kept within `floor` and `cap`; the twin of `Ramps`.

    Args:
        start: What the line begins with, in wei; outside of floor and cap, the ramp waits at the nearer one.
        slope: Wei per epoch.
        rising: Whether the line rises; else it falls.
        floor: The least amount, in wei.
        cap: The greatest amount, in wei.
    """

    number: ClassVar[ShapeId] = ShapeId.RAMP

    start: int
    slope: int
    rising: bool
    floor: int
    cap: int

    def _check(self, epochs: int, clock: Clock) -> None:
        require_range("rising", self.rising, 0, 1)
        require_range("floor", self.floor, 0, self.cap)

    def amount_at(self, index: int, clock: Clock) -> int:
        """The line at that epoch, kept within floor and cap."""
        line = self.start + self.slope * (index if self.rising else -index)
        return min(max(line, self.floor), self.cap)

    def sum_over(self, epochs: int, clock: Clock) -> int:
        """In closed form: the epochs at the bound that the line comes from, on the line, and at the other bound."""
        if self.slope == 0:
            return self.amount_at(0, clock) * epochs
        slope = self.slope if self.rising else -self.slope
        comes_from, goes_to = (self.floor, self.cap) if self.rising else (self.cap, self.floor)
        # The first epoch past the one bound, and the first that has reached the other.
        entered = min(max((comes_from - self.start) // slope + 1, 0), epochs)
        left = max(min(max(-((self.start - goes_to) // slope), 0), epochs), entered)
        on_line = self.start * (left - entered) + slope * ((left - entered) * (entered + left - 1) // 2)
        return comes_from * entered + on_line + goes_to * (epochs - left)

    def bounds(self, first: int, until: int, clock: Clock) -> tuple[int, int]:
        """The amounts at the two ends."""
        ends = self.amount_at(first, clock), self.amount_at(until - 1, clock)
        return min(ends), max(ends)
