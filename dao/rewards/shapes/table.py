"""Amounts in a row, each for the same number of epochs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from dao.rewards.shapes.clock import Clock
from dao.rewards.shapes.shape import MAX_UINT32, Planned, ShapeId, count_error, require_range

MAX_AMOUNTS = 512
"""The most amounts that one table may hold; `Schedules.MAX_AMOUNTS`."""


@dataclass(frozen=True, slots=True)
class Table(Planned):
    """Each of `amounts` (wei) for `every` epochs, then zero; the twin of `Tables`."""

    number: ClassVar[ShapeId] = ShapeId.TABLE

    amounts: tuple[int, ...]
    every: int = 1

    def params(self) -> tuple[int, ...]:
        """`every`, then the amounts."""
        return (self.every, *self.amounts)

    @classmethod
    def decode(cls, params: Sequence[int]) -> Table:
        """The table with these parameters, which are not checked. Raises PolicyError where there is no amount."""
        if len(params) < 2:
            raise count_error(cls.number, params, 2, MAX_AMOUNTS + 1)
        return cls(tuple(params[1:]), every=params[0])

    def _check(self, epochs: int, clock: Clock) -> None:
        require_range("number of amounts", len(self.amounts), 1, MAX_AMOUNTS)
        require_range("every", self.every, 1, MAX_UINT32)

    def amount_at(self, index: int, clock: Clock) -> int:
        """The amount in whose turn the epoch falls."""
        place = index // self.every
        return self.amounts[place] if place < len(self.amounts) else 0

    def sum_over(self, epochs: int, clock: Clock) -> int:
        """Each amount times its epochs."""
        return sum(
            amount * max(0, min(self.every, epochs - place * self.every)) for place, amount in enumerate(self.amounts)
        )

    def bounds(self, first: int, until: int, clock: Clock) -> tuple[int, int]:
        """Of the amounts whose turns the epochs fall in, and zero where some come after the last."""
        met = list(self.amounts[first // self.every : (until - 1) // self.every + 1])
        if until > len(self.amounts) * self.every:
            met.append(0)
        return min(met), max(met)
