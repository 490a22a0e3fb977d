"""Fees that grow in steps with the time that something is late."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from dao.rewards.accounts.fixed import MAX_COUNT, part_of, require_ascending, require_range
from dao.types import BASIS_POINTS


@dataclass(frozen=True, slots=True, kw_only=True)
class LateFees:
    """The fee by days; Hivemapper MIP-1 (not adopted).

    Args:
        steps: (days up to which it holds, inclusive; basis points), ascending by days.
        beyond: Basis points after the last step.
    """

    steps: tuple[tuple[int, int], ...]
    beyond: int

    def __post_init__(self) -> None:
        require_ascending("late fees", [days for days, _ in self.steps])
        for days, rate in self.steps:
            require_range("days", days, 0, MAX_COUNT)
            require_range(f"the fee up to {days} days", rate, 0, BASIS_POINTS)
        require_range("the fee beyond", self.beyond, 0, BASIS_POINTS)

    def rate(self, days: int) -> int:
        """The fee after `days` whole days, in basis points."""
        index = bisect_left([last for last, _ in self.steps], days)
        return self.steps[index][1] if index < len(self.steps) else self.beyond

    def fee(self, amount: int, days: int) -> int:
        """The fee on `amount` (wei) after `days` whole days, rounded down."""
        return part_of(amount, self.rate(days))
