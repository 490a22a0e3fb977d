"""A total that is emitted exponentially: after each step of time, the same fraction of what was left is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dao.rewards.shapes.clock import Clock
from dao.rewards.shapes.shape import MAX_UINT64, MAX_UINT96, Planned, ShapeId, require_range

FRACTION_BITS = 192
"""Bits after the point of a power; `Decays.FRACTION_BITS`."""

ONE = 1 << FRACTION_BITS

DISORDER = 4
"""How far apart (wei) the amounts of two epochs can be in the wrong order; `Decays.DISORDER`."""

_GAP_BITS = 30


def power(numerator: int, denominator: int, exponent: int) -> int:
    """`(numerator / denominator)^exponent · 2¹⁹²`, rounded down at each multiplication; `Decays.power`.

    Never above the exact power and at most `2 · exponent` units of 2⁻¹⁹² below it; the proof is at the twin.
    """
    result, square = ONE, numerator * ONE // denominator
    while exponent:
        if exponent & 1:
            result = result * square >> FRACTION_BITS
        exponent >>= 1
        square = square * square >> FRACTION_BITS
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Decay(Planned):
    """Of `total` (wei), the ratio of what was left is left after each `every_seconds`; the twin of `Decays`.

    After k steps `total − ⌊total · power(k)⌋` has been emitted: never less than the exact figure and less than
    1 + 2⁻³¹ wei more. Between two steps it is emitted evenly by the second, rounded down. An epoch yields what is
    emitted between its beginning and its end, so every sum is exact and none exceeds `total`.

    Args:
        total: What is emitted in infinite time, in wei.
        numerator: Of the ratio, which is at least 2⁻³⁰ below one.
        denominator: Of the ratio, below 2⁹⁶.
        every_seconds: Seconds in a step, at least an epoch's.
    """

    number: ClassVar[ShapeId] = ShapeId.DECAY

    total: int
    numerator: int
    denominator: int
    every_seconds: int

    def _check(self, epochs: int, clock: Clock) -> None:
        require_range("denominator", self.denominator, 2, MAX_UINT96)
        gap = -(-self.denominator >> _GAP_BITS)
        require_range("numerator", self.numerator, 1, self.denominator - gap)
        require_range("every_seconds", self.every_seconds, clock.epoch_length, MAX_UINT64)

    def emitted(self, seconds: int) -> int:
        """What has been emitted (wei) `seconds` after the segment began; `Decays.emitted`."""
        steps, rest = divmod(seconds, self.every_seconds)
        left = self._left(steps)
        within = (left - self._left(steps + 1)) * rest // self.every_seconds if rest else 0
        return self.total - left + within

    def amount_at(self, index: int, clock: Clock) -> int:
        """What is emitted between the epoch's beginning and its end."""
        return self.sum_over(index + 1, clock) - self.sum_over(index, clock)

    def sum_over(self, epochs: int, clock: Clock) -> int:
        """What has been emitted when they are over."""
        return self.emitted(epochs * clock.epoch_length)

    def bounds(self, first: int, until: int, clock: Clock) -> tuple[int, int]:
        """At most `DISORDER` wei beside the exact ones; exact where neighbours differ by more, or are at most two."""
        maximum, minimum = self.amount_at(first, clock), self.amount_at(until - 1, clock)
        if until - first <= 2:
            return min(minimum, maximum), max(minimum, maximum)
        second, last_but_one = self.amount_at(first + 1, clock), self.amount_at(until - 2, clock)
        return (
            min(minimum, max(last_but_one - DISORDER, 0)),
            max(maximum, min(second + DISORDER, self.total)),
        )

    def _left(self, steps: int) -> int:
        return self.total * power(self.numerator, self.denominator, steps) >> FRACTION_BITS
