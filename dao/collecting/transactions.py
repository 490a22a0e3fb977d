"""Asks a node for the transactions that made proposals: rebuilt from what it says, and proved to be in their blocks.

The sender that a node names is not read: it follows from the signature. What cannot be rebuilt, because its type is one
of a network's own, is left out, and whoever reads the evidence says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from dao.abi import keccak
from dao.blocks.headers import Header
from dao.blocks.transactions import read_transaction
from dao.blocks.tries import pack, path_in
from dao.chain.connection import Connection, hex_bytes
from dao.chain.transaction_fields import transaction_of
from dao.collecting.receipts import of_block, receipts_in
from dao.errors import CodecError, RpcError

Row = tuple[bytes, int, int, bytes, bytes, bytes]
"""The values of a row of `dao.evidence.transactions.SCHEMA`."""

BLOCKS_AT_ONCE = 8
"""How many blocks with all their transactions are asked for at a time: on a busy chain each has some 300 kB."""


@dataclass(frozen=True, slots=True)
class _Made:
    """A transaction that made a proposal, as the logs name it: its hash and its place in the block."""

    hash: bytes
    index: int


def transaction_rows(
    connection: Connection, logs: pa.Table, headers: Mapping[int, Header], receipts: Mapping[int, Sequence[bytes]]
) -> list[Row]:
    """The transactions of `logs`, by block and place in it.

    Args:
        connection: The node.
        logs: Logs in the columns of evidence.
        headers: The headers of their blocks, by number.
        receipts: Receipts (EIP-2718) of those blocks where they are known already, by number.

    Raises RpcError when the node lacks a transaction, or says what contradicts its hash or the block's header.
    """
    wanted: dict[int, list[_Made]] = defaultdict(list)
    names = ("block_number", "transaction_index", "transaction_hash")
    for number, index, digest in sorted(set(zip(*(logs.column(name).to_pylist() for name in names), strict=True))):
        wanted[number].append(_Made(digest, index))
    rows: list[Row] = []
    numbers = list(wanted)
    for start in range(0, len(numbers), BLOCKS_AT_ONCE):
        chunk = numbers[start : start + BLOCKS_AT_ONCE]
        for number, answer in zip(chunk, _blocks(connection, [headers[number] for number in chunk]), strict=True):
            rows += _named(connection, headers[number], answer, wanted[number], receipts.get(number))
    return rows


def _blocks(connection: Connection, headers: Sequence[Header]) -> list[Any]:
    requests = [("eth_getBlockByHash", ["0x" + header.hash.hex(), True]) for header in headers]
    if len(requests) > 1:
        try:
            return connection.batch(requests)
        except RpcError:
            # Too much for one answer: one at a time.
            pass
    return [connection.rpc(*request) for request in requests]


def _named(
    connection: Connection, header: Header, answer: Any, made: Sequence[_Made], receipts: Sequence[bytes] | None
) -> list[Row]:
    """As `_of_block`; every error names the block."""
    try:
        return _of_block(connection, header, answer, made, receipts)
    except RpcError as error:
        raise error if "block" in error.values else of_block(header.number, error) from error


def _of_block(
    connection: Connection, header: Header, answer: Any, made: Sequence[_Made], receipts: Sequence[bytes] | None
) -> list[Row]:
    entries = answer.get("transactions") if isinstance(answer, dict) else None
    if not isinstance(entries, list):
        raise RpcError("the node lacks the transactions of the block", expected="0x" + header.hash.hex())
    found: list[tuple[_Made, bytes]] = []
    for one in made:
        entry = entries[one.index] if one.index < len(entries) else None
        if not isinstance(entry, dict) or hex_bytes(entry.get("hash"), "hash") != one.hash:
            raise RpcError(
                "the node lacks a transaction of the block",
                expected=f"0x{one.hash.hex()} at place {one.index}",
                found=entry.get("hash") if isinstance(entry, dict) else None,
                remedy="run the command again, or take another node (--rpc)",
            )
        data = transaction_of(entry)
        if data is None:
            continue
        if keccak(data) != one.hash:
            raise RpcError(
                "the fields of a transaction do not hash to its hash",
                expected="0x" + one.hash.hex(),
                found="0x" + keccak(data).hex(),
                remedy="take another node (--rpc)",
            )
        if _is_readable(data):
            found.append((one, data))
    if not found:
        return []
    whole = _all_of(entries)
    if whole is None:
        return [(one.hash, header.number, one.index, data, pack(()), pack(())) for one, data in found]
    if receipts is None:
        receipts = receipts_in(connection, header)
    return [
        (
            *(one.hash, header.number, one.index, data),
            pack(_path(header, whole, one.index)),
            pack(path_in(receipts, one.index)),
        )
        for one, data in found
    ]


def _all_of(entries: Sequence[Any]) -> list[bytes] | None:
    """All transactions of a block as bytes; None where one is of a form that is not known here."""
    values = []
    for entry in entries:
        data = transaction_of(entry)
        if data is None or keccak(data) != hex_bytes(entry.get("hash"), "hash"):
            return None
        values.append(data)
    return values


def _path(header: Header, values: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    path = path_in(values, index)
    if keccak(path[0]) != header.transactions_root:
        raise RpcError(
            "the transactions are not those that the block's header names",
            expected="0x" + header.transactions_root.hex(),
            found="0x" + keccak(path[0]).hex(),
            remedy="take another node (--rpc)",
        )
    return path


def _is_readable(data: bytes) -> bool:
    """Whether a sender can be read out of it, as of all transactions that are signed."""
    try:
        read_transaction(data)
    except CodecError:
        return False
    return True
