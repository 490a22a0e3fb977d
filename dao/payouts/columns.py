"""Large integers and addresses as Arrow columns and back, by their buffers and not one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as arrow

from dao.payouts.spelling import LENGTH

MAX_DECIMAL = 10**38 - 1
"""The largest amount of decimal128(38, 0), the widest type that most readers of Parquet add up."""

DECIMAL = arrow.decimal128(38, 0)

_WORD = 2**64


def decimals(numbers: Sequence[int]) -> Any:
    """Integers from 0 to MAX_DECIMAL as an Arrow array of DECIMAL."""
    packed = b"".join([number.to_bytes(16, "little") for number in numbers])
    return arrow.Array.from_buffers(DECIMAL, len(numbers), [None, arrow.py_buffer(packed)])


def integers(column: Any) -> list[int]:
    """An Arrow array of DECIMAL or of texts, without nulls, as Python's integers.

    Raises ValueError where a text is no number, or a decimal is below zero.
    """
    if column.type != DECIMAL:
        return [_integer(text) for text in column.to_pylist()]
    if not len(column):
        return []
    words = np.frombuffer(column.buffers()[1], "<u8").reshape(-1, 2)[column.offset : column.offset + len(column)]
    low, high = words[:, 0], words[:, 1]
    if (high >> np.uint64(63)).any():
        raise ValueError("an amount is negative")
    if not high.any():
        return list(low.tolist())
    return [above * _WORD + below for above, below in zip(high.tolist(), low.tolist(), strict=True)]


def addresses(spelled: npt.NDArray[np.uint8]) -> Any:
    """Rows of LENGTH characters as an Arrow array of texts."""
    offsets = np.arange(0, LENGTH * (len(spelled) + 1), LENGTH).astype(np.int32)
    characters = np.ascontiguousarray(spelled)
    return arrow.Array.from_buffers(
        arrow.string(), len(spelled), [None, arrow.py_buffer(offsets), arrow.py_buffer(characters)]
    )


def _integer(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 39:
        raise ValueError("an amount is no whole number")
    return int(text)
