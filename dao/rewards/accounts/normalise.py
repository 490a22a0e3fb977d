"""Columns brought to a common measure: against their maximum, or against the value that counts as full."""

from __future__ import annotations

from dataclasses import dataclass

from dao.rewards.accounts.columns import Rows, ratio
from dao.rewards.accounts.fixed import MAX_WEIGHT, WAD, require_name, require_range


@dataclass(frozen=True, slots=True, kw_only=True)
class MaximumNorm:
    """A factor base + span · value / maximum of the column; Render RNP-006, 0.1 + 0.9·r/max(r).

    Where every value is zero, the factor is `base`.

    Args:
        column: A column in any unit.
        base: The factor of zero, in parts of WAD.
        span: What the largest value has above it, in parts of WAD.
        into: Name of the derived column; empty where the factor multiplies the row's weight.
    """

    column: str
    base: int
    span: int
    into: str = ""

    def __post_init__(self) -> None:
        require_name("column", self.column)
        require_range("base", self.base, 0, MAX_WEIGHT)
        require_range("span", self.span, 0, MAX_WEIGHT)
        require_name("into", self.into, optional=True)

    def factor(self, value: int, maximum: int) -> int:
        """The factor at `value`, in parts of WAD, rounded down."""
        return self.base + (self.span * value // maximum if maximum else 0)

    def evaluate(self, rows: Rows) -> list[int]:
        """The factor of each row."""
        column = rows.measures(self.column)
        maximum = max(column, default=0)
        return [self.factor(value, maximum) for value in column]


@dataclass(frozen=True, slots=True, kw_only=True)
class FullAt:
    """A factor min(1, value / full); Hivemapper MIP-6 (coverage is full at 15 %), and uptime over possible time.

    Args:
        column: A column in any unit.
        full: The value that counts as one, in the column's unit.
        into: Name of the derived column; empty where the factor multiplies the row's weight.
    """

    column: str
    full: int
    into: str = ""

    def __post_init__(self) -> None:
        require_name("column", self.column)
        require_range("full", self.full, 1, MAX_WEIGHT)
        require_name("into", self.into, optional=True)

    def factor(self, value: int) -> int:
        """The factor at `value`, in parts of WAD, rounded down."""
        return min(WAD, ratio(value, self.full))

    def evaluate(self, rows: Rows) -> list[int]:
        """The factor of each row."""
        return [self.factor(value) for value in rows.measures(self.column)]
