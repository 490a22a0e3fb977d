"""Weights for locked tokens: a step that an amount and a duration must both reach."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from dao.errors import PolicyError
from dao.rewards.accounts.columns import Rows
from dao.rewards.accounts.fixed import MAX_AMOUNT, MAX_WEIGHT, require_count, require_name, require_range


@dataclass(frozen=True, slots=True, kw_only=True)
class LockWeights:
    """A factor by the last step whose amount and duration a lock reaches; DIMO's lock table.

    Args:
        amount_column: The column of amounts locked (wei).
        duration_column: The column of lock durations, in the unit of `steps`.
        steps: (amount in wei, duration, weight in parts of WAD); none of the three falls from one step to the next,
            and the first step begins at zero and zero.
        into: Name of the derived column; empty where the factor multiplies the row's weight.
    """

    amount_column: str
    duration_column: str
    steps: tuple[tuple[int, int, int], ...]
    into: str = ""

    def __post_init__(self) -> None:
        require_name("amount_column", self.amount_column)
        require_name("duration_column", self.duration_column)
        require_name("into", self.into, optional=True)
        require_count("lock steps", len(self.steps))
        if self.steps[0][:2] != (0, 0):
            raise PolicyError("the first lock step does not begin at zero", found=self.steps[0][:2])
        for step in self.steps:
            for value, most in zip(step, (MAX_AMOUNT, MAX_WEIGHT, MAX_WEIGHT), strict=True):
                require_range("a lock step", value, 0, most)
        for before, after in pairwise(self.steps):
            if before >= after or any(low > high for low, high in zip(before, after, strict=True)):
                raise PolicyError("lock steps do not ascend", expected=f"above {before}", found=after)

    def factor(self, amount: int, duration: int) -> int:
        """The weight of a lock of `amount` (wei) for `duration`, in parts of WAD."""
        return max(weight for least, time, weight in self.steps if amount >= least and duration >= time)

    def evaluate(self, rows: Rows) -> list[int]:
        """The factor of each row."""
        columns = rows.measures(self.amount_column), rows.measures(self.duration_column)
        return [self.factor(amount, duration) for amount, duration in zip(*columns, strict=True)]
