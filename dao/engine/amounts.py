"""Amounts in columns: integers below 2^125 as three limbs of 42 bits, so that sums of a chunk never overflow.

A column of amounts is an int64 array of shape (3, n), the lowest limb first. Sums of up to 2^21 of them stay exact
before `carried` puts them right; a negative sum has a negative highest limb.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Limbs: TypeAlias = npt.NDArray[np.int64]
"""Shape (3, n)."""
Half: TypeAlias = npt.NDArray[np.uint64]
Words: TypeAlias = npt.NDArray[np.uint64]
"""32-byte words, big-endian, as four numbers each: shape (4, n), the highest first."""

LIMB = 42
MOST_ROWS = 2**20
"""The most rows of a chunk: each may add an amount and take one away."""
_MASK = 2**LIMB - 1
_HIGHEST = 2**61
"""Bits 64 and above of an amount that has room are below this."""


def from_halves(high: Half, low: Half) -> Limbs | None:
    """The limbs of numbers of 128 bits, given as two of 64; None where one is 2^125 or more."""
    if (high >= _HIGHEST).any():
        return None
    limbs = np.empty((3, len(low)), np.int64)
    limbs[0] = low & np.uint64(_MASK)
    limbs[1] = (low >> np.uint64(LIMB)) | ((high & np.uint64(2**20 - 1)) << np.uint64(22))
    limbs[2] = high >> np.uint64(20)
    return limbs


def carried(limbs: Limbs) -> Limbs:
    """The same amounts with every limb but the highest between 0 and 2^42; changes `limbs`."""
    for place in (0, 1):
        limbs[place + 1] += limbs[place] >> LIMB
        limbs[place] &= _MASK
    return limbs


def from_ints(values: Sequence[int]) -> Limbs:
    """The limbs of integers from 0 to below 2^125."""
    limbs = [[(value >> (LIMB * place)) & _MASK for value in values] for place in (0, 1)]
    limbs.append([value >> (2 * LIMB) for value in values])
    return np.array(limbs, np.int64).reshape(3, len(values))


def to_ints(limbs: Limbs) -> list[int]:
    """The amounts as integers; they are `carried`."""
    low, middle, high = limbs.tolist()
    return [a + (b << LIMB) + (c << 2 * LIMB) for a, b, c in zip(low, middle, high, strict=True)]


def to_int(limbs: Limbs, place: int) -> int:
    """The amount at `place` as an integer."""
    return int(limbs[0, place]) + (int(limbs[1, place]) << LIMB) + (int(limbs[2, place]) << 2 * LIMB)


def at_least(limbs: Limbs, least: int) -> npt.NDArray[np.bool_]:
    """Which amounts are `least` or more; they are `carried`."""
    low, middle, high = least & _MASK, (least >> LIMB) & _MASK, min(least >> 2 * LIMB, 2**LIMB)
    rest = (limbs[1] > middle) | ((limbs[1] == middle) & (limbs[0] >= low))
    return np.asarray((limbs[2] > high) | ((limbs[2] == high) & rest))
