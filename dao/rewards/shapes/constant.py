"""The same amount in every epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dao.rewards.shapes.clock import Clock
from dao.rewards.shapes.shape import Planned, ShapeId


@dataclass(frozen=True, slots=True)
class Constant(Planned):
    """The same `amount` (wei) in every epoch."""

    number: ClassVar[ShapeId] = ShapeId.CONSTANT

    amount: int

    def _check(self, epochs: int, clock: Clock) -> None:
        """Every amount is well-formed."""

    def amount_at(self, index: int, clock: Clock) -> int:
        """The amount."""
        return self.amount

    def sum_over(self, epochs: int, clock: Clock) -> int:
        """The amount times the epochs."""
        return self.amount * epochs

    def bounds(self, first: int, until: int, clock: Clock) -> tuple[int, int]:
        """The amount, twice."""
        return self.amount, self.amount
