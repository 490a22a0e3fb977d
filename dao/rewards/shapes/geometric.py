"""An amount multiplied by a ratio step after step, rounded down at each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

from dao.errors import PolicyError
from dao.rewards.shapes.clock import Clock
from dao.rewards.shapes.shape import MAX_AMOUNT, MAX_UINT32, Planned, ShapeId, require_range

MAX_STEPS = 512
"""The most steps that a geometric segment may need; `Schedules.MAX_STEPS`."""


def geometric(amount: int, *, numerator: int, denominator: int, steps: int) -> int:
    """`amount` multiplied `steps` times by the ratio, rounded down each time; `Geometrics.amountAfter`.

    Steps beyond `MAX_STEPS` are not taken.
    """
    for _ in range(min(steps, MAX_STEPS)):
        if amount == 0:
            return 0
        amount = amount * numerator // denominator
    return amount


def progression(amount: int, *, numerator: int, denominator: int) -> Iterator[int]:
    """`amount`, then what `geometric` makes of it in 1, 2, … steps, without end."""
    while True:
        yield amount
        amount = amount * numerator // denominator


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometric(Planned):
    """`amount` (wei), multiplied by `numerator / denominator` once every `every` epochs, rounded down at each step.

    The twin of `Geometrics`. The ratio may be above one. A segment that needs more than `MAX_STEPS` steps must be zero
    by then, and none may come to more than `MAX_AMOUNT`.
    """

    number: ClassVar[ShapeId] = ShapeId.GEOMETRIC

    amount: int
    numerator: int
    denominator: int
    every: int

    def _check(self, epochs: int, clock: Clock) -> None:
        for name in ("denominator", "numerator", "every"):
            require_range(name, getattr(self, name), 1, MAX_UINT32)
        steps = (epochs - 1) // self.every
        last = self._after(steps)
        if max(self.amount, last) > MAX_AMOUNT:
            raise PolicyError(
                "the geometric segment grows too large",
                expected=f"at most {MAX_AMOUNT} before the next segment begins",
                found=f"{steps} steps",
                remedy="let another segment begin earlier, or take a larger `every`",
            )
        if steps > MAX_STEPS and last != 0:
            raise PolicyError(
                "the geometric segment never reaches zero and needs too many steps",
                expected=f"at most {MAX_STEPS} steps before the next segment begins",
                found=f"{steps} steps",
                remedy="let another segment begin earlier, or take a larger `every`, or a `decay`",
            )

    def amount_at(self, index: int, clock: Clock) -> int:
        """The amount after as many steps as have passed."""
        return self._after(index // self.every)

    def sum_over(self, epochs: int, clock: Clock) -> int:
        """Each step's amount times its epochs."""
        left, total = epochs, 0
        steps = progression(self.amount, numerator=self.numerator, denominator=self.denominator)
        for amount in islice(steps, MAX_STEPS):
            if left <= self.every or amount == 0:
                break
            total += amount * self.every
            left -= self.every
        return total + self.amount_at(epochs - left, clock) * left

    def bounds(self, first: int, until: int, clock: Clock) -> tuple[int, int]:
        """The last and the first amount, whichever is less."""
        low, high = sorted((self.amount_at(until - 1, clock), self.amount_at(first, clock)))
        return low, high

    def _after(self, steps: int) -> int:
        return geometric(self.amount, numerator=self.numerator, denominator=self.denominator, steps=steps)
