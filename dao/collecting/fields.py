"""Logs of an answer to eth_getLogs as JSON's reader finds them, into columns, strictly."""

from __future__ import annotations

from binascii import Error as HexError, unhexlify
from collections.abc import Sequence
from itertools import chain
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from dao.collecting.columns import COLUMNS, Page
from dao.errors import RpcError
from dao.evidence.logs import TOPICS

_LONGEST_QUANTITY = 18
"""Characters of 2⁶⁴ − 1, with 0x."""

_WORD, _ADDRESS = 32, 20
_LARGEST_INDEX = 2**32 - 1


class Log(msgspec.Struct, gc=False, rename="camel"):
    """One log as nodes write it."""

    address: str
    topics: list[str]
    data: str
    block_number: str
    transaction_hash: str
    transaction_index: str
    block_hash: str
    log_index: str
    removed: bool = False
    block_timestamp: str = ""


class _Quantities(dict[str, int]):
    """Numbers by their hexadecimal text: those of logs come again and again."""

    def __missing__(self, text: str) -> int:
        number = int(text[:_LONGEST_QUANTITY], 16)
        if hex(number) != text:
            raise ValueError(f"the number {text[:40]!r}")
        self[text] = number
        return number


def read_fields(logs: Sequence[Log]) -> Page:
    """`logs`, one or more, as columns. Raises RpcError where one is malformed."""
    try:
        return _page(logs)
    except (ValueError, HexError, OverflowError) as error:
        raise RpcError("a log is malformed", expected="a log of the JSON-RPC specification", found=str(error)) from None


def _page(logs: Sequence[Log]) -> Page:
    # A list for each field: quicker by far than a tuple for each log, which keeps the garbage collector busy.
    known = _Quantities()
    made: dict[str, pa.Array] = {
        "block_number": pa.array(np.fromiter([known[log.block_number] for log in logs], np.uint64, len(logs))),
        "log_index": _indices([known[log.log_index] for log in logs]),
        "transaction_index": _indices([known[log.transaction_index] for log in logs]),
        "block_hash": _words([log.block_hash for log in logs], _WORD),
        "transaction_hash": _words([log.transaction_hash for log in logs], _WORD),
        "address": _words([log.address for log in logs], _ADDRESS),
        "data": _bytes([log.data for log in logs]),
        **_topics([log.topics for log in logs]),
    }
    table = pa.table([made[name] for name in COLUMNS.names], schema=COLUMNS)
    return Page(table, _times(logs, known), any(log.removed for log in logs))


def _times(logs: Sequence[Log], known: _Quantities) -> np.ndarray[Any, np.dtype[np.uint64]] | None:
    if not all(log.block_timestamp for log in logs):
        return None
    return np.fromiter([known[log.block_timestamp] for log in logs], np.uint64, len(logs))


def _indices(numbers: Sequence[int]) -> pa.Array:
    values = np.fromiter(numbers, np.uint64, len(numbers))
    if values.max() > _LARGEST_INDEX:
        raise ValueError(f"the index {values.max()}")
    return pa.array(values.astype(np.uint32))


def _words(texts: Sequence[str], width: int) -> pa.Array:
    """Texts of `width` bytes each."""
    packed = _unhexed(texts, width)
    return pa.Array.from_buffers(pa.binary(width), len(texts), [None, pa.py_buffer(packed)], null_count=0)


def _unhexed(texts: Sequence[str], width: int) -> bytes:
    """The bytes of such texts, one after the other."""
    stride = 2 + 2 * width
    if set(map(len, texts)) - {stride}:
        raise ValueError(f"a text that is not of {width} bytes")
    held = np.frombuffer("".join(texts).encode("ascii"), np.uint8).reshape(-1, stride)
    if (held[:, 0] != ord("0")).any() or (held[:, 1] != ord("x")).any():
        raise ValueError("a text without 0x")
    return unhexlify(held[:, 2:].tobytes())


def _bytes(texts: Sequence[str]) -> pa.Array:
    """Texts of any bytes."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    held = np.frombuffer(bytearray("".join(texts), "ascii"), np.uint8)
    ends = np.cumsum(lengths)
    starts = ends - lengths
    if len(held) != ends[-1] or (lengths < 2).any() or (lengths % 2).any():
        raise ValueError("data of an odd number of digits")
    if (held[starts] != ord("0")).any() or (held[starts + 1] != ord("x")).any():
        raise ValueError("data without 0x")
    # Each 0x becomes one byte 00 that is left out afterwards: quicker than a text without it for each log.
    held[starts + 1] = ord("0")
    inside = np.ones(len(held) // 2, np.bool_)
    inside[starts // 2] = False
    packed = np.frombuffer(unhexlify(held.data), np.uint8)[inside]
    offsets = np.zeros(len(texts) + 1, np.int32)
    np.cumsum(lengths // 2 - 1, out=offsets[1:])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(packed)]
    return pa.Array.from_buffers(pa.binary(), len(texts), buffers, null_count=0)


def _topics(lists: Sequence[list[str]]) -> dict[str, pa.Array]:
    counts = np.fromiter(map(len, lists), np.int64, len(lists))
    if counts.max() > len(TOPICS):
        raise ValueError(f"{counts.max()} topics")
    flat = np.frombuffer(_unhexed(list(chain.from_iterable(lists)), _WORD), np.uint8).reshape(-1, _WORD)
    starts = np.cumsum(counts) - counts
    made = {}
    for place, name in enumerate(TOPICS):
        there = counts > place
        if there.all():
            column, validity, absent = flat[starts + place], None, 0
        else:
            column = np.zeros((len(lists), _WORD), np.uint8)
            column[there] = flat[starts[there] + place]
            validity = pa.py_buffer(np.packbits(there, bitorder="little").tobytes())
            absent = int(len(lists) - there.sum())
        buffers = [validity, pa.py_buffer(np.ascontiguousarray(column))]
        made[name] = pa.Array.from_buffers(pa.binary(_WORD), len(lists), buffers, null_count=absent)
    return made
