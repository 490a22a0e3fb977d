"""The penalty on many nodes under one account: e^(−k(n−n₀)) above n₀ nodes."""

from __future__ import annotations

from dataclasses import dataclass

from dao.rewards.accounts.columns import Rows
from dao.rewards.accounts.exponential import exp_negative
from dao.rewards.accounts.fixed import MAX_COUNT, MAX_WEIGHT, WAD, require_name, require_range


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePenalty:
    """A factor of 1 up to `free` nodes, of e^(−rate·(nodes − free)) above; Render's RNP-015 (3 nodes, rate 0.65).

    Args:
        column: The column with the number of nodes of the row's account.
        free: How many nodes are not penalised.
        rate: The decay per further node, in parts of WAD.
        into: Name of the derived column; empty where the factor multiplies the row's weight.
    """

    column: str
    free: int
    rate: int
    into: str = ""

    def __post_init__(self) -> None:
        require_name("column", self.column)
        require_range("free", self.free, 0, MAX_COUNT)
        require_range("rate", self.rate, 0, MAX_WEIGHT)
        require_name("into", self.into, optional=True)

    def factor(self, nodes: int) -> int:
        """The penalty at `nodes` nodes, in parts of WAD, rounded down."""
        return WAD if nodes <= self.free else exp_negative(self.rate * (nodes - self.free))

    def evaluate(self, rows: Rows) -> list[int]:
        """The factor of each row."""
        column = rows.measures(self.column)
        factors = {nodes: self.factor(nodes) for nodes in set(column)}
        return [factors[nodes] for nodes in column]
