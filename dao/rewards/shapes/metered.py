"""An amount scaled by a reported fraction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dao.rewards.shapes.clock import Clock
from dao.rewards.shapes.shape import Reported, ReportState, ShapeId

WHOLE = 10**18
"""The whole, as fractions are reported; `Reported.WHOLE`."""


@dataclass(frozen=True, slots=True)
class Metered(Reported):
    """The reported fraction of `amount` (wei), from 0 to `WHOLE`, rounded down; `Reported.metered`."""

    number: ClassVar[ShapeId] = ShapeId.METERED

    amount: int

    def _check(self, epochs: int, clock: Clock) -> None:
        """Every amount is well-formed."""

    def accepted(self, previous: ReportState) -> tuple[int, int]:
        """Nothing to the whole."""
        return 0, WHOLE

    def report(self, index: int, value: int, previous: ReportState) -> tuple[int, int]:
        """The fraction; nothing is carried."""
        return self.amount * value // WHOLE, 0

    def bounds(self, first: int, until: int) -> tuple[int, int]:
        """Nothing to the whole amount."""
        return 0, self.amount
