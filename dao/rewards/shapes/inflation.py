"""A rate of the supply, which steps up or down with the side of a target on which a reported figure lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

from dao.rewards.shapes.clock import Clock
from dao.rewards.shapes.geometric import MAX_STEPS
from dao.rewards.shapes.shape import MAX_AMOUNT, Reported, ReportState, ShapeId, require_range

WHOLE = 10**18
"""All of the supply, in the unit of rates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inflation(Reported):
    """The rate before, moved by `step` if the value is farther from `target` than `tolerance`, of the supply so far.

    `Reported.inflation`. The supply is that at the segment's beginning and what the segment has yielded since.

    Args:
        rate: What the first report moves, in parts of the supply per epoch, times 10^18.
        floor: The least rate.
        cap: The greatest rate.
        target: In the unit of the reported value.
        tolerance: In the unit of the reported value.
        step: By how much the rate moves in an epoch.
        falling: Whether a value above the target lowers the rate; else it raises it.
        supply: The supply before the segment's first epoch, in wei.
        maximum: The most that an epoch yields, in wei.
    """

    number: ClassVar[ShapeId] = ShapeId.INFLATION

    rate: int
    floor: int
    cap: int
    target: int
    tolerance: int
    step: int
    falling: bool
    supply: int
    maximum: int

    def _check(self, epochs: int, clock: Clock) -> None:
        require_range("cap", self.cap, 0, WHOLE)
        require_range("floor", self.floor, 0, self.cap)
        require_range("rate", self.rate, self.floor, self.cap)
        require_range("falling", self.falling, 0, 1)

    def before_first(self) -> ReportState:
        """`rate` is carried."""
        return ReportState(0, self.rate, 0)

    def report(self, index: int, value: int, previous: ReportState) -> tuple[int, int]:
        """The moved rate of the supply so far, rounded down and at most `maximum`; the rate is carried."""
        above, below = value > self.target + self.tolerance, value < self.target - self.tolerance
        rate = previous.carried
        if above or below:
            rate = self._moved(rate, falls=above == self.falling)
        return min(rate * (self.supply + previous.sum) // WHOLE, self.maximum), rate

    def bounds(self, first: int, until: int) -> tuple[int, int]:
        """Where the rate goes as far as it can, down and up; exact within `MAX_STEPS` epochs, then they may be wider.

        A lower rate yields less and leaves a lower supply to the next epoch, so that no other reports yield less.
        """
        above, below = self.target + self.tolerance < MAX_AMOUNT, self.tolerance < self.target
        falls, rises = (above, below) if self.falling else (below, above)
        lowest = list(islice(self._driven(falls, down=True), min(until, MAX_STEPS)))
        highest = list(islice(self._driven(rises, down=False), min(until, MAX_STEPS)))
        if until <= MAX_STEPS:
            return min(lowest[first:]), highest[-1]
        # The supply does not fall below what these epochs leave of it, nor the rate below its floor.
        least = min((self.floor if falls else self.rate) * (self.supply + sum(lowest)) // WHOLE, self.maximum)
        return min([least, *lowest[first:]]), self.maximum

    def _driven(self, moves: bool, *, down: bool) -> Iterator[int]:
        rate, supply = self.rate, self.supply
        while True:
            rate = self._moved(rate, falls=down) if moves else rate
            amount = min(rate * supply // WHOLE, self.maximum)
            supply += amount
            yield amount

    def _moved(self, rate: int, *, falls: bool) -> int:
        return max(rate - self.step, self.floor) if falls else min(rate + self.step, self.cap)
