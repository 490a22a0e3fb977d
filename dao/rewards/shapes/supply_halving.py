"""An amount that halves whenever half of the supply that was left has been issued."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dao.rewards.shapes.clock import Clock
from dao.rewards.shapes.shape import MAX_AMOUNT, Reported, ReportState, ShapeId, require_range


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyHalving(Reported):
    """`amount` (wei), halved ⌊log₂(cap / (cap − issued))⌋ times, rounded down; `Reported.supplyHalving`.

    The reported value is the issued supply (wei). From `cap` (wei, at least 1) on nothing is yielded.
    """

    number: ClassVar[ShapeId] = ShapeId.SUPPLY_HALVING

    amount: int
    cap: int

    def _check(self, epochs: int, clock: Clock) -> None:
        require_range("cap", self.cap, 1, MAX_AMOUNT)

    def report(self, index: int, value: int, previous: ReportState) -> tuple[int, int]:
        """The amount at that supply; nothing is carried."""
        if value >= self.cap:
            return 0, 0
        halvings = (self.cap // (self.cap - value)).bit_length() - 1
        return self.amount >> halvings, 0

    def bounds(self, first: int, until: int) -> tuple[int, int]:
        """From the cap on nothing, at no supply the amount."""
        return 0, self.amount
