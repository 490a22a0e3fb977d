"""What NumPy does in several ways, in the one that is fast for long arrays."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T", bound=np.generic)

_DIGIT = 16
"""NumPy sorts numbers of so many bits by counting."""


def take(values: npt.NDArray[T], places: npt.NDArray[np.integer[Any]]) -> npt.NDArray[T]:
    """`values[..., places]`: those at `places` of each row; below zero is from the end."""
    return values.take(places, axis=-1)


def put(rows: npt.NDArray[T], places: npt.NDArray[np.integer[Any]], values: npt.NDArray[T]) -> None:
    """`rows[:, places] = values`."""
    for row, new in zip(rows, values, strict=True):
        row[places] = new


def order_of(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The places of `numbers`, none of them below zero, by number and then as they are."""
    left = int(numbers.max(initial=0))
    order = np.argsort(numbers.astype(np.uint16), kind="stable")
    shift = _DIGIT
    while left >> shift:
        digit = take((numbers >> shift).astype(np.uint16), order)
        order = take(order, np.argsort(digit, kind="stable"))
        shift += _DIGIT
    return order


def changes(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Whether each of `numbers` is another than the one before it; the first is."""
    first = np.ones(len(numbers), np.bool_)
    first[1:] = numbers[1:] != numbers[:-1]
    return first
