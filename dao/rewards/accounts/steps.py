"""Weights by threshold: the step that a number has reached."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from dao.errors import PolicyError
from dao.rewards.accounts.columns import Rows
from dao.rewards.accounts.fixed import MAX_WEIGHT, require_ascending, require_name, require_range

Steps = tuple[tuple[int, int], ...]
"""(from, weight) in ascending order, the first from zero; a step holds until the next one begins."""


def require_steps(what: str, steps: Steps) -> None:
    """Raises PolicyError unless `steps` begin at zero, ascend and fit their types."""
    require_ascending(what, [begin for begin, _ in steps])
    if steps[0][0] != 0:
        raise PolicyError(f"{what}: the first step does not begin at zero", found=steps[0][0])
    for begin, weight in steps:
        require_range(f"{what}: from", begin, 0, MAX_WEIGHT)
        require_range(f"{what}: weight", weight, 0, MAX_WEIGHT)


def step_index(begins: Sequence[int], value: int) -> int:
    """Index of the last step that begins at `value` or before."""
    return bisect_right(begins, value) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StepWeights:
    """A factor by the step that a column has reached.

    Sources: Hivemapper MIP-7 (region multiplier by map progress); DIMO's levels by weeks connected.

    Args:
        column: A column of counts or of ratios; `steps` are in its unit.
        steps: (from, weight in parts of WAD), ascending, the first from zero.
        into: Name of the derived column; empty where the factor multiplies the row's weight.
    """

    column: str
    steps: Steps
    into: str = ""

    def __post_init__(self) -> None:
        require_name("column", self.column)
        require_steps(f"steps of {self.column}", self.steps)
        require_name("into", self.into, optional=True)

    def evaluate(self, rows: Rows) -> list[int]:
        """The factor of each row."""
        begins = [begin for begin, _ in self.steps]
        return [self.steps[step_index(begins, value)][1] for value in rows.measures(self.column)]
