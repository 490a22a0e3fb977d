"""Scaling by density: less for each unit where too many stand close together."""

from __future__ import annotations

from dataclasses import dataclass

from dao.errors import PolicyError
from dao.rewards.accounts.columns import Rows, ratio
from dao.rewards.accounts.fixed import MAX_COUNT, WAD, require_name, require_range


@dataclass(frozen=True, slots=True, kw_only=True)
class DensityScale:
    """A factor min(1, limit / count) at one resolution of a map; Helium HIP-17 (one operator per resolution).

    The limit is `target` until `neighbours` cells around are occupied, then rises by `target` with each further one,
    up to `maximum`.

    Args:
        occupied_column: The column with the number of occupied cells among the cell and its neighbours.
        count_column: The column with the number of units in the row's cell, those of its parts clipped.
        neighbours: HIP-17's N.
        target: HIP-17's density_tgt.
        maximum: HIP-17's density_max.
        into: Name of the derived column; empty where the factor multiplies the row's weight.
    """

    occupied_column: str
    count_column: str
    neighbours: int
    target: int
    maximum: int
    into: str = ""

    def __post_init__(self) -> None:
        require_name("occupied_column", self.occupied_column)
        require_name("count_column", self.count_column)
        require_range("neighbours", self.neighbours, 0, MAX_COUNT)
        require_range("target", self.target, 1, MAX_COUNT)
        require_range("maximum", self.maximum, 1, MAX_COUNT)
        require_name("into", self.into, optional=True)

    def limit(self, occupied: int) -> int:
        """How many units a cell may hold unscaled, when `occupied` cells around are occupied."""
        return min(self.maximum, self.target * max(1, occupied - self.neighbours + 1))

    def factor(self, occupied: int, count: int) -> int:
        """The scale of a cell with `count` units, in parts of WAD, rounded down. Raises PolicyError for no units."""
        if count == 0:
            raise PolicyError("a row stands in a cell that counts no unit", expected="1 or more")
        return min(WAD, ratio(self.limit(occupied), count))

    def evaluate(self, rows: Rows) -> list[int]:
        """The factor of each row."""
        columns = rows.measures(self.occupied_column), rows.measures(self.count_column)
        return [self.factor(occupied, count) for occupied, count in zip(*columns, strict=True)]
