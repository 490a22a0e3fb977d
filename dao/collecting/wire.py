"""The answer to eth_getLogs as it comes over the wire, into columns, strictly and without a Python object per field.

Implements the log object of the Ethereum JSON-RPC specification. A log's own `blockTimestamp` is not read: a header
says when its block was.
"""

from __future__ import annotations

from binascii import Error as HexError, unhexlify
from collections.abc import Collection, Sequence
from itertools import chain
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from dao.errors import RpcError
from dao.evidence.logs import SCHEMA, TOPICS
from dao.types import Address

COLUMNS = pa.schema([field for field in SCHEMA if field.name != "timestamp"])
"""Columns of logs before their blocks' headers are known."""

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


class _Answer(msgspec.Struct):
    id: Any = None
    result: list[Log] | msgspec.UnsetType | None = msgspec.UNSET
    error: Any = None


_DECODER = msgspec.json.Decoder(_Answer)


class _Quantities(dict[str, int]):
    """Numbers by their hexadecimal text: those of logs come again and again."""

    def __missing__(self, text: str) -> int:
        number = int(text[:_LONGEST_QUANTITY], 16)
        if hex(number) != text:
            raise ValueError(f"the number {text[:40]!r}")
        self[text] = number
        return number


def decode_answer(body: bytes) -> dict[str, Any]:
    """The body of an answer to eth_getLogs for `Connection.rpc`. Raises ValueError when it is none."""
    answer = _DECODER.decode(body)
    known = {"id": answer.id, "error": answer.error}
    return known if answer.result is msgspec.UNSET else {**known, "result": answer.result}


def read_page(body: bytes, *, from_block: int, to_block: int, asked: Collection[Address] = ()) -> pa.Table:
    """A whole answer to eth_getLogs as evidence holds logs, their times as the node says (`blockTimestamp`).

    Args:
        body: The answer.
        from_block: First block that was asked for.
        to_block: Last block.
        asked: The contracts whose logs were asked for; any, where none is given.

    Raises RpcError like `to_columns`, and where a log comes without its block's time.
    """
    try:
        answer = _DECODER.decode(body)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise RpcError("eth_getLogs is malformed", found=str(error)) from None
    if answer.error is not None or not isinstance(answer.result, list):
        raise RpcError("eth_getLogs was refused", found=str(answer.error)[:200])
    logs = answer.result
    asked = asked or {Address(log.address) for log in logs}
    table = to_columns(logs, asked=asked, from_block=from_block, to_block=to_block)
    times: dict[int, int] = {}
    known = _Quantities()
    for log in logs:
        if not log.block_timestamp:
            raise RpcError("a log comes without its block's time", expected="blockTimestamp", found="none")
        times[known[log.block_number]] = known[log.block_timestamp]
    column = pa.array(list(map(times.__getitem__, table.column("block_number").to_pylist())), pa.uint64())
    place = SCHEMA.get_field_index("timestamp")
    return table.add_column(place, SCHEMA.field(place), column).cast(SCHEMA)


def decode_entries(entries: Sequence[Any]) -> list[Log]:
    """Logs that were decoded as part of something else. Raises RpcError when one is none."""
    try:
        return msgspec.convert(list(entries), list[Log])
    except msgspec.ValidationError as error:
        raise RpcError("a log is malformed", found=str(error)) from None


def to_columns(logs: Any, *, asked: Collection[Address], from_block: int, to_block: int) -> pa.Table:
    """Logs of an answer as columns, by block and log index.

    Args:
        logs: What `decode_answer` found.
        asked: The contracts whose logs were asked for.
        from_block: First block that was asked for.
        to_block: Last block.

    Raises RpcError where the answer is malformed, holds a log twice, one that was removed, or one not asked for.
    """
    if not isinstance(logs, list):
        raise RpcError("eth_getLogs is malformed", expected="a list of logs", found=type(logs).__name__)
    if not logs:
        return COLUMNS.empty_table()
    try:
        table, removed = _columns(logs, asked), any(log.removed for log in logs)
    except (ValueError, HexError, OverflowError) as error:
        raise RpcError("a log is malformed", expected="a log of the JSON-RPC specification", found=str(error)) from None
    numbers = table.column("block_number").to_numpy()
    if removed or numbers.min() < from_block or numbers.max() > to_block:
        raise RpcError(
            "the node answered with a log that was not asked for",
            expected=f"logs of blocks {from_block} to {to_block}",
            found="one that was removed" if removed else f"blocks {numbers.min()} to {numbers.max()}",
        )
    return _ordered(table, numbers)


def _columns(logs: Sequence[Log], asked: Collection[Address]) -> pa.Table:
    # A list for each field: quicker by far than a tuple for each log, which keeps the garbage collector busy.
    addresses = [log.address for log in logs]
    others = {address.lower() for address in set(addresses)} - {address.lower() for address in asked}
    if others:
        raise ValueError(f"the address {min(others)[:60]!r}, which was not asked for")
    known = _Quantities()
    made: dict[str, pa.Array] = {
        "block_number": pa.array(np.fromiter([known[log.block_number] for log in logs], np.uint64, len(logs))),
        "log_index": _indices([known[log.log_index] for log in logs]),
        "transaction_index": _indices([known[log.transaction_index] for log in logs]),
        "block_hash": _words([log.block_hash for log in logs], _WORD),
        "transaction_hash": _words([log.transaction_hash for log in logs], _WORD),
        "address": _words(addresses, _ADDRESS),
        "data": _bytes([log.data for log in logs]),
        **_topics([log.topics for log in logs]),
    }
    return pa.table([made[name] for name in COLUMNS.names], schema=COLUMNS)


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


def _ordered(table: pa.Table, numbers: Any) -> pa.Table:
    places = table.column("log_index").to_numpy().astype(np.uint64)
    order = np.lexsort((places, numbers))
    if not (order == np.arange(len(order))).all():
        table, numbers, places = table.take(pa.array(order)), numbers[order], places[order]
    twice = (numbers[1:] == numbers[:-1]) & (places[1:] == places[:-1])
    if twice.any():
        at = int(np.flatnonzero(twice)[0])
        raise RpcError(
            f"the node answered with a log of block {numbers[at]} twice",
            expected="each log once",
            found=f"log {places[at]} of block {numbers[at]} again",
            remedy="take another node (--rpc)",
        )
    return table
