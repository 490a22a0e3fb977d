"""A pool shared pro rata: each payout rounded down once, the dust left over.

Source: DIMO DIP-2, reward = points / total points · pool; Render RNP-006, likewise.
"""

from __future__ import annotations

from collections.abc import Sequence

from dao.errors import PolicyError


def pro_rata(pool: int, weights: Sequence[int]) -> list[int]:
    """`floor(pool · weight / Σ weights)` for each weight, in order; zeros where all weights are zero.

    The floors sum to at most the pool (wei), and to less than one wei per weight below it. Raises PolicyError for a
    negative pool or weight.
    """
    if pool < 0 or any(weight < 0 for weight in weights):
        raise PolicyError("a pool or a weight is negative", expected="zero or more", found=min(pool, *weights))
    total = sum(weights)
    return [pool * weight // total for weight in weights] if total else [0] * len(weights)


def water_fill(pool: int, weights: Sequence[int], limits: Sequence[int]) -> list[int]:
    """A pool shared pro rata, where what a limit cuts off goes to the others, pro rata again.

    There is exactly one set of capped entries such that each gets its limit, and every other's part of the rest by
    weight is within its own. It is found in one pass over the entries by limit / weight, so that order and ties do
    not matter.

    Args:
        pool: What is shared (wei).
        weights: Weight of each entry, any unit.
        limits: The most that each entry may get (wei).

    Returns each entry's amount (wei), at most its limit; they sum to at most the pool. Raises PolicyError for a
    negative number.
    """
    if pool < 0 or any(number < 0 for column in (weights, limits) for number in column):
        raise PolicyError("a pool, a weight or a limit is negative", expected="zero or more")
    amounts = [0] * len(weights)
    entries = [index for index, weight in enumerate(weights) if weight]
    # Two different quotients with denominators below 2^b differ by more than 2^-2b, so that these floors order them.
    shift = 2 * max(weights, default=0).bit_length()
    entries.sort(key=lambda index: (limits[index] << shift) // weights[index])
    total = sum(weights)
    position = 0
    while position < len(entries):
        index = entries[position]
        if limits[index] * total >= pool * weights[index]:
            break
        amounts[index] = limits[index]
        pool -= limits[index]
        total -= weights[index]
        position += 1
    for index in entries[position:]:
        amounts[index] = pool * weights[index] // total
    return amounts
