"""Weights on a straight line: a multiplier that rises or falls by a fixed step."""

from __future__ import annotations

from dataclasses import dataclass

from dao.rewards.accounts.columns import Rows
from dao.rewards.accounts.fixed import MAX_COUNT, MAX_WEIGHT, require_name, require_range


@dataclass(frozen=True, slots=True, kw_only=True)
class LineWeights:
    """A factor start + slope·(value − first) from `first` to `last`, and `otherwise` elsewhere; never below zero.

    Source: Ocean Data Farming, df-py, the DCV multiplier −0.0485·(week − 9) + 1.0 for weeks 9 to 28, 0.001 after them.

    Args:
        column: A column of counts, such as the number of the week.
        first: The first value on the line.
        last: The last value on the line.
        start: The factor at `first`, in parts of WAD.
        slope: What each further count adds, in parts of WAD; negative where it takes away.
        otherwise: The factor off the line, in parts of WAD.
        into: Name of the derived column; empty where the factor multiplies the row's weight.
    """

    column: str
    first: int
    last: int
    start: int
    slope: int
    otherwise: int
    into: str = ""

    def __post_init__(self) -> None:
        require_name("column", self.column)
        require_range("last", self.last, 0, MAX_COUNT)
        require_range("first", self.first, 0, self.last)
        require_range("start", self.start, 0, MAX_WEIGHT)
        require_range("slope", self.slope, -(2**127), 2**127 - 1)
        require_range("otherwise", self.otherwise, 0, MAX_WEIGHT)
        require_name("into", self.into, optional=True)

    def factor(self, value: int) -> int:
        """The factor at `value`, in parts of WAD, exact."""
        if not self.first <= value <= self.last:
            return self.otherwise
        return max(0, self.start + self.slope * (value - self.first))

    def evaluate(self, rows: Rows) -> list[int]:
        """The factor of each row."""
        return [self.factor(value) for value in rows.measures(self.column)]
