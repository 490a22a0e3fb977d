"""A reported figure, such as what was burned, paid out again: weighted, averaged over time, capped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dao.rewards.shapes.clock import Clock
from dao.rewards.shapes.geometric import MAX_STEPS, geometric
from dao.rewards.shapes.shape import MAX_AMOUNT, MAX_UINT96, Reported, ReportState, ShapeId, require_range


@dataclass(frozen=True, slots=True, kw_only=True)
class Remint(Reported):
    """`(carried_weight · carried + value_weight · value) / divisor`, rounded down, at most `cap`; `Reported.remint`.

    Args:
        carried_weight: Weight of what is carried, the figure before the cap; at most the divisor.
        value_weight: Weight of the reported value, at least 1 and below 2⁹⁶.
        divisor: At least 1 and below 2⁹⁶.
        cap: The greatest amount, in wei; one report alone can reach it.
        start: What the first report finds carried, in wei.
    """

    number: ClassVar[ShapeId] = ShapeId.REMINT

    carried_weight: int
    value_weight: int
    divisor: int
    cap: int
    start: int

    def _check(self, epochs: int, clock: Clock) -> None:
        require_range("divisor", self.divisor, 1, MAX_UINT96)
        require_range("carried_weight", self.carried_weight, 0, self.divisor)
        require_range("value_weight", self.value_weight, 1, MAX_UINT96)
        require_range("cap", self.cap, 0, self.value_weight * MAX_AMOUNT // self.divisor)

    def before_first(self) -> ReportState:
        """`start` is carried."""
        return ReportState(0, self.start, 0)

    def report(self, index: int, value: int, previous: ReportState) -> tuple[int, int]:
        """The average up to the cap; the average itself, which stays at 2¹²⁸ − 1 where it would exceed it."""
        weighted = self.carried_weight * previous.carried + self.value_weight * value
        average = min(weighted // self.divisor, MAX_AMOUNT)
        return min(average, self.cap), average

    def bounds(self, first: int, until: int) -> tuple[int, int]:
        """Exact, but for a minimum of zero from the 513th epoch on; `Reported.remintBounds`."""
        if until > MAX_STEPS and self.carried_weight != self.divisor:
            return 0, self.cap
        carried = geometric(self.start, numerator=self.carried_weight, denominator=self.divisor, steps=until)
        return min(carried, self.cap), self.cap
