"""An epoch's contributions to one stream, as columns of integers and labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from dao.errors import PolicyError
from dao.rewards.accounts.fixed import WAD

NO_LABELS: Mapping[str, Sequence[str]] = MappingProxyType({})
NO_MEASURES: Mapping[str, Sequence[int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Contributions:
    """Rows of one stream and epoch, column by column; every column has one entry per row, in the same order.

    The order of the rows never matters. Rows of one account add up.

    Args:
        accounts: Who contributed, in one canonical spelling.
        units: How much, in the stream's unit; not negative.
        labels: Columns of names, such as the resource class, the region or the tier.
        measures: Columns of integers that are not negative: counts as they are, ratios in parts of WAD.

    Raises PolicyError where a column has another length, or a number is negative or no integer.
    """

    accounts: Sequence[str]
    units: Sequence[int]
    labels: Mapping[str, Sequence[str]] = field(default_factory=lambda: NO_LABELS)
    measures: Mapping[str, Sequence[int]] = field(default_factory=lambda: NO_MEASURES)

    def __post_init__(self) -> None:
        size = len(self.accounts)
        numbers = {"units": self.units, **self.measures}
        for name, column in [*numbers.items(), *self.labels.items()]:
            if len(column) != size:
                raise PolicyError(f"the column {name} has another length", expected=size, found=len(column))
        for name, column in numbers.items():
            wrong = next((value for value in column if type(value) is not int or value < 0), None)
            if wrong is not None:
                raise PolicyError(
                    f"the column {name} holds something else than integers from zero up", found=repr(wrong)
                )


class Rows:
    """Contributions while factors are applied: derived columns beside the given ones."""

    def __init__(self, contributions: Contributions, streak_weights: Mapping[str, int] = MappingProxyType({})) -> None:
        self.accounts = contributions.accounts
        self.units = contributions.units
        self.streak_weights = streak_weights
        self._labels = contributions.labels
        self._measures: dict[str, Sequence[int]] = dict(contributions.measures)

    def __len__(self) -> int:
        return len(self.accounts)

    def labels(self, name: str) -> Sequence[str]:
        """The column of names called `name`. Raises PolicyError where there is none."""
        if name not in self._labels:
            raise PolicyError(
                "the contributions lack a column of names that the parameters read",
                expected=name,
                found=", ".join(self._labels) or "none",
            )
        return self._labels[name]

    def measures(self, name: str) -> Sequence[int]:
        """The column of integers called `name`, given or derived. Raises PolicyError where there is none."""
        if name not in self._measures:
            raise PolicyError(
                "the contributions lack a column of integers that the parameters read",
                expected=name,
                found=", ".join(self._measures) or "none",
            )
        return self._measures[name]

    def add(self, name: str, values: Sequence[int]) -> None:
        """Adds a derived column. Raises PolicyError where the name is taken."""
        if name in self._measures or name in self._labels:
            raise PolicyError("a derived column has the name of another column", found=name)
        self._measures[name] = values

    def totals(self, name: str) -> dict[str, int]:
        """Sum of the column `name` over the rows of each account."""
        return sum_by_account(self.accounts, self.measures(name))


def sum_by_account(accounts: Sequence[str], values: Sequence[int]) -> dict[str, int]:
    """Exact sum of `values` per account."""
    sums: dict[str, int] = {}
    for account, value in zip(accounts, values, strict=True):
        sums[account] = sums.get(account, 0) + value
    return sums


def product(columns: Sequence[Sequence[int]], size: int) -> list[int]:
    """Row-wise product of `columns`, not rounded; ones where there is no column."""
    result = [1] * size
    for column in columns:
        result = [left * right for left, right in zip(result, column, strict=True)]
    return result


def ratio(numerator: int, denominator: int) -> int:
    """`numerator / denominator` in parts of WAD, rounded down. `denominator` is not zero."""
    return numerator * WAD // denominator
