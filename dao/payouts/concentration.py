"""How concentrated payouts are, in exact integers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import nsmallest
from itertools import accumulate
from operator import mul

GINI_UNIT = 1_000_000
"""One, where Gini coefficients are integers."""


def gini(amounts: Iterable[int]) -> int:
    """The Gini coefficient of positive amounts, in parts of GINI_UNIT, rounded down; 0 where there are none.

    G = Σ (2i − n − 1) · xᵢ / (n · Σ xᵢ), the n amounts x ascending and i from 1 on: 0 where all are equal, (n − 1)/n
    where one has everything. Source: Damgaard and Weiner, "Describing inequality in plant size or fecundity", Ecology
    81(4), 2000, without its correction for samples.
    """
    ascending = sorted(amounts)
    count = len(ascending)
    total = sum(ascending)
    if not total:
        return 0
    ranked: int = sum(map(mul, range(1, count + 1), ascending))
    return (2 * ranked - (count + 1) * total) * GINI_UNIT // (count * total)


def nakamoto(amounts: Iterable[int]) -> int:
    """The fewest accounts that hold more than half of all together; 0 where there are none.

    Source: Srinivasan and Lee, "Quantifying Decentralization", 2017.
    """
    descending = sorted(amounts, reverse=True)
    total = sum(descending)
    return next((count for count, held in enumerate(accumulate(descending), 1) if 2 * held > total), 0)


def largest(accounts: Sequence[str], amounts: Sequence[int], count: int) -> tuple[tuple[str, int], ...]:
    """The `count` accounts with the largest amounts, descending; of equal ones, ascending by account."""
    pairs = zip(accounts, amounts, strict=True)
    return tuple(nsmallest(count, pairs, key=lambda pair: (-pair[1], pair[0])))
