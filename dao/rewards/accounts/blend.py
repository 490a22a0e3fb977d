"""Weighted sums of columns: one score out of several measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dao.rewards.accounts.columns import Rows
from dao.rewards.accounts.fixed import MAX_WEIGHT, WAD, require_name, require_names, require_range


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedSum:
    """A factor Σ weight · column, up to a maximum.

    Sources: Hivemapper MIP-6 (coverage, activity, resilience); Render RNP-006 (node score) and RNP-019 (compound
    multiplier); DIMO (level of the data plus level of the streak plus level of the lock, 12 at most).

    Args:
        terms: (column in parts of WAD, weight in parts of WAD), ascending by column.
        maximum: The largest factor, in parts of WAD; zero for none.
        into: Name of the derived column; empty where the factor multiplies the row's weight.
    """

    terms: tuple[tuple[str, int], ...]
    maximum: int = 0
    into: str = ""

    def __post_init__(self) -> None:
        require_names("terms of a weighted sum", [column for column, _ in self.terms])
        for column, weight in self.terms:
            require_range(f"the weight of {column}", weight, 0, MAX_WEIGHT)
        require_range("maximum", self.maximum, 0, MAX_WEIGHT)
        require_name("into", self.into, optional=True)

    def factor(self, values: Mapping[str, int]) -> int:
        """The factor at `values`, by column, in parts of WAD, rounded down once."""
        total = sum(weight * values[column] for column, weight in self.terms) // WAD
        return min(total, self.maximum) if self.maximum else total

    def evaluate(self, rows: Rows) -> list[int]:
        """The factor of each row."""
        names = [column for column, _ in self.terms]
        columns = [rows.measures(name) for name in names]
        return [self.factor(dict(zip(names, values, strict=True))) for values in zip(*columns, strict=True)]
