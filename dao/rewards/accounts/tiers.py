"""Points by cumulative volume: each unit earns what the tier gives in which it falls."""

from __future__ import annotations

from dataclasses import dataclass

from dao.rewards.accounts.columns import Rows
from dao.rewards.accounts.fixed import require_name
from dao.rewards.accounts.steps import Steps, require_steps


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeTiers:
    """Replaces a row's units by their points; Render's upgrade points (RNP-006).

    A row that begins inside one tier and ends in another earns each part at its own tier's points.

    Args:
        column: The column with the cumulative volume of the whole network before the row, in units.
        tiers: (from, points per unit in parts of WAD): the first unit of volume is number 0, the first tier begins
            there, and each holds until the next begins.
    """

    column: str
    tiers: Steps

    def __post_init__(self) -> None:
        require_name("column", self.column)
        require_steps(f"tiers of {self.column}", self.tiers)

    def points(self, before: int, units: int) -> int:
        """Points of `units` units that follow on `before` others, in parts of WAD, exact."""
        ends = [begin for begin, _ in self.tiers[1:]]
        total = 0
        for (begin, points), end in zip(self.tiers, [*ends, before + units], strict=True):
            low, high = max(begin, before), min(end, before + units)
            total += max(0, high - low) * points
        return total

    def evaluate(self, rows: Rows) -> list[int]:
        """The points of each row."""
        return [
            self.points(before, units) for before, units in zip(rows.measures(self.column), rows.units, strict=True)
        ]
