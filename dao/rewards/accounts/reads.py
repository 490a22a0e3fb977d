"""Which columns of the contributions a stream's parameters read, and as what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dao.rewards.accounts.blend import WeightedSum
from dao.rewards.accounts.caps import Cap
from dao.rewards.accounts.classes import LabelWeights
from dao.rewards.accounts.density import DensityScale
from dao.rewards.accounts.locks import LockWeights
from dao.rewards.accounts.operators import FACTORS, Operator
from dao.rewards.accounts.streak import StreakWeights
from dao.rewards.accounts.tiers import VolumeTiers


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One column that an operator reads.

    Args:
        column: Its name.
        labels: The names that it may hold, ascending; None for a column of integers.
        minimum: The least integer that it may hold.
    """

    column: str
    labels: tuple[str, ...] | None = None
    minimum: int = 0


def columns_read(operators: Sequence[Operator]) -> tuple[Read, ...]:
    """What `operators`, in canonical order, read of the contributions, each once; not what they derive themselves."""
    derived: set[str] = set()
    found: dict[Read, None] = {}
    for operator in operators:
        found.update((read, None) for read in _reads(operator) if read.labels is not None or read.column not in derived)
        if isinstance(operator, FACTORS) and operator.into:
            derived.add(operator.into)
    return tuple(found)


def columns_derived(operators: Sequence[Operator]) -> tuple[str, ...]:
    """The columns that `operators` derive, which the contributions must not have."""
    return tuple(operator.into for operator in operators if isinstance(operator, FACTORS) and operator.into)


def _reads(operator: Operator) -> Iterator[Read]:
    if isinstance(operator, LabelWeights):
        yield Read(column=operator.column, labels=tuple(name for name, _ in operator.weights))
    elif isinstance(operator, LockWeights):
        yield Read(column=operator.amount_column)
        yield Read(column=operator.duration_column)
    elif isinstance(operator, DensityScale):
        yield Read(column=operator.occupied_column)
        yield Read(column=operator.count_column, minimum=1)
    elif isinstance(operator, WeightedSum):
        yield from (Read(column=column) for column, _ in operator.terms)
    elif isinstance(operator, Cap):
        if operator.column:
            yield Read(column=operator.column)
    elif isinstance(operator, (VolumeTiers, *FACTORS)) and not isinstance(operator, StreakWeights):
        yield Read(column=operator.column)
