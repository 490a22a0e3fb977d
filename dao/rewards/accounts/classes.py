"""Weights by name: resource classes, regions, tiers, integrations."""

from __future__ import annotations

from dataclasses import dataclass

from dao.errors import PolicyError
from dao.rewards.accounts.columns import Rows
from dao.rewards.accounts.fixed import MAX_WEIGHT, require_name, require_names, require_range


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelWeights:
    """A factor looked up by a row's name; a name that is not in the table is an error, never a default.

    Sources: Render RNP-021 (multipliers per GPU), RNP-019 (GPU scores), RNP-006 (bandwidth scores); DIMO's points per
    integration.

    Args:
        column: The column of names.
        weights: (name, weight in parts of WAD), ascending by name.
        into: Name of the derived column; empty where the factor multiplies the row's weight.
    """

    column: str
    weights: tuple[tuple[str, int], ...]
    into: str = ""

    def __post_init__(self) -> None:
        require_name("column", self.column)
        require_names(f"weights of {self.column}", [name for name, _ in self.weights])
        for name, weight in self.weights:
            require_range(f"the weight of {name}", weight, 0, MAX_WEIGHT)
        require_name("into", self.into, optional=True)

    def evaluate(self, rows: Rows) -> list[int]:
        """The factor of each row. Raises PolicyError for a name without a weight."""
        table = dict(self.weights)
        try:
            return [table[name] for name in rows.labels(self.column)]
        except KeyError as error:
            raise PolicyError(
                f"no weight is set for this {self.column}", expected=", ".join(table), found=error.args[0]
            ) from None
