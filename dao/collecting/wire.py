"""The answer to eth_getLogs as it comes over the wire, into columns, strictly and without a Python object per field.

Implements the log object of the Ethereum JSON-RPC specification. A log's own `blockTimestamp` is not believed: a header
says when its block was.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dao.collecting.alike import read_alike
from dao.collecting.columns import COLUMNS, Page
from dao.collecting.fields import Log, read_fields
from dao.errors import RpcError
from dao.evidence.logs import SCHEMA
from dao.types import Address


class _Answer(msgspec.Struct):
    id: Any = None
    result: list[Log] | msgspec.UnsetType | None = msgspec.UNSET
    error: Any = None


_DECODER = msgspec.json.Decoder(_Answer)


def decode_answer(body: bytes) -> dict[str, Any]:
    """The body of an answer to eth_getLogs for `Connection.rpc`, its result a Page or a list of logs.

    Raises ValueError when it is none.
    """
    alike = read_alike(body)
    answer = _DECODER.decode(body if alike is None else alike[0])
    known = {"id": answer.id, "error": answer.error}
    result = answer.result if alike is None else alike[1]
    return known if result is msgspec.UNSET else {**known, "result": result}


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
        answer = decode_answer(body)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise RpcError("eth_getLogs is malformed", found=str(error)) from None
    if answer["error"] is not None or "result" not in answer:
        raise RpcError("eth_getLogs was refused", found=str(answer["error"])[:200])
    page = _page(answer["result"])
    if page.times is None:
        raise RpcError("a log comes without its block's time", expected="blockTimestamp", found="none")
    place = SCHEMA.get_field_index("timestamp")
    whole = page.table.add_column(place, SCHEMA.field(place), pa.array(page.times))
    return _checked(whole, page.removed, asked=asked, from_block=from_block, to_block=to_block)


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
    page = _page(logs)
    return _checked(page.table, page.removed, asked=asked, from_block=from_block, to_block=to_block)


def _page(logs: Any) -> Page:
    if isinstance(logs, Page):
        return logs
    if not isinstance(logs, list):
        raise RpcError("eth_getLogs is malformed", expected="a list of logs", found=type(logs).__name__)
    return read_fields(logs) if logs else Page(COLUMNS.empty_table(), np.zeros(0, np.uint64))


def _checked(table: pa.Table, removed: bool, *, asked: Collection[Address], from_block: int, to_block: int) -> pa.Table:
    """`table` by block and log index, where all of it was asked for."""
    if not table.num_rows:
        return table
    found = {"0x" + address.hex() for address in pc.unique(table.column("address")).to_pylist()}
    others = found - {address.lower() for address in asked or found}
    numbers = table.column("block_number").to_numpy()
    if others or removed or numbers.min() < from_block or numbers.max() > to_block:
        other = f"one of {min(others)}" if others else f"blocks {numbers.min()} to {numbers.max()}"
        raise RpcError(
            "the node answered with a log that was not asked for",
            expected=f"logs of blocks {from_block} to {to_block}",
            found="one that was removed" if removed else other,
        )
    return _ordered(table, numbers)


def _ordered(table: pa.Table, numbers: Any) -> pa.Table:
    places = table.column("log_index").to_numpy().astype(np.uint64)
    later = (numbers[1:] > numbers[:-1]) | (numbers[1:] == numbers[:-1]) & (places[1:] > places[:-1])
    if later.all():
        return table
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
