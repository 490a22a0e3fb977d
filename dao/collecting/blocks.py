"""What belongs to the blocks of a page besides its logs: headers, receipts, transactions that made proposals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dao.blocks.headers import read_header
from dao.chain.connection import BATCH, Connection, hex_bytes, quantity
from dao.chain.proofs import header_of
from dao.collecting.receipts import collect_receipts, of_block
from dao.collecting.transactions import transaction_rows
from dao.errors import RpcError
from dao.evidence import headers, logs, receipts, transactions

_TIMESTAMP = logs.SCHEMA.get_field_index("timestamp")


def asked(connection: Connection, requests: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
    """The results of many requests, in batches that become shorter where the node refuses them."""
    size, results = BATCH, list[Any]()
    while len(results) < len(requests):
        chunk = requests[len(results) : len(results) + size]
        try:
            results += connection.batch(chunk) if len(chunk) > 1 else [connection.rpc(*chunk[0])]
        except RpcError:
            if len(chunk) == 1:
                raise
            size = max(1, len(chunk) // 4)
    return results


def hashes_by_number(rows: pa.Table) -> dict[int, bytes]:
    """The hash of every block that has logs in `rows`. Raises RpcError when logs of one block name two."""
    found: dict[int, bytes] = {}
    pairs = rows.select(["block_number", "block_hash"]).group_by(["block_number", "block_hash"]).aggregate([])
    for number, digest in zip(*(column.to_pylist() for column in pairs.columns), strict=True):
        if found.setdefault(number, digest) != digest:
            raise RpcError(
                f"logs of block {number} are of two blocks", expected=found[number].hex(), found=digest.hex()
            )
    return found


def collect_headers(connection: Connection, wanted: dict[int, bytes], every: range = range(0)) -> pa.Table:
    """The headers of blocks, in `headers.SCHEMA`, by number.

    Args:
        connection: The node.
        wanted: Hash by number: a header must have it.
        every: Further blocks, each of which must be the parent of the next.

    Raises RpcError when a header does not hash to what it must.
    """
    numbers = sorted({*wanted, *every})
    answers = asked(connection, [("eth_getBlockByNumber", [hex(number), False]) for number in numbers])
    rows: list[tuple[int, bytes, bytes]] = []
    for number, answer in zip(numbers, answers, strict=True):
        if not isinstance(answer, dict):
            raise RpcError(
                f"the node lacks block {number}",
                expected="its header",
                found=str(answer)[:80],
                remedy="run the command again, or take another node (--rpc)",
            )
        claimed = hex_bytes(answer.get("hash"), f"the hash of block {number}")
        digest = wanted.get(number, claimed)
        if claimed != digest or quantity(answer.get("number"), f"the number of block {number}") != number:
            raise RpcError(
                f"block {number} is not the one that its logs name",
                expected="0x" + digest.hex(),
                found="0x" + claimed.hex(),
                remedy="run the command again, or take another node (--rpc)",
            )
        try:
            encoded = header_of(answer, "0x" + digest.hex())
        except RpcError as error:
            raise of_block(number, error) from error
        if number - 1 in every and rows and hex_bytes(answer["parentHash"], "parentHash") != rows[-1][1]:
            raise RpcError(
                f"block {number} does not follow block {number - 1}",
                expected="0x" + rows[-1][1].hex(),
                found=answer["parentHash"],
                remedy="run the command again, or take another node (--rpc)",
            )
        rows.append((number, digest, encoded))
    return _table(rows, headers.SCHEMA)


def with_timestamps(rows: pa.Table, held: pa.Table) -> pa.Table:
    """Logs in the columns of evidence, with the timestamps of their headers."""
    numbers = held.column("number").to_numpy()
    times = np.array([read_header(data).timestamp for data in held.column("rlp").to_pylist()], np.uint64)
    places = np.searchsorted(numbers, rows.column("block_number").to_numpy())
    column = pa.array(times[places] if len(times) else times)
    field = logs.SCHEMA.field(_TIMESTAMP)
    return rows.add_column(_TIMESTAMP, field, column).cast(logs.SCHEMA)


def receipts_table(connection: Connection, wanted: dict[int, bytes], held: pa.Table) -> pa.Table:
    """All receipts of the blocks in `wanted`, in `receipts.SCHEMA`; `held` has their headers.

    Raises RpcError when they are not those whose root is in the header.
    """
    found = [read_header(data) for data in held.column("rlp").to_pylist()]
    rows = [
        (number, place, receipt)
        for number, every in collect_receipts(connection, [header for header in found if header.number in wanted])
        for place, receipt in enumerate(every)
    ]
    return _table(rows, receipts.SCHEMA)


def transactions_table(connection: Connection, rows: pa.Table, held: pa.Table, known: pa.Table | None) -> pa.Table:
    """The transactions of the logs in `rows`, in `transactions.SCHEMA`.

    `held` has the headers of their blocks, `known` their receipts where they were asked for already. Raises RpcError
    like `transaction_rows`.
    """
    wanted = pc.unique(rows.column("block_number"))
    found = held.filter(pc.is_in(held.column("number"), wanted)).column("rlp").to_pylist()
    every: dict[int, list[bytes]] = {}
    if known is not None:
        made = known.filter(pc.is_in(known.column("block_number"), wanted))
        for number, receipt in zip(*(made.column(n).to_pylist() for n in ("block_number", "receipt")), strict=True):
            every.setdefault(number, []).append(receipt)
    by_number = {header.number: header for header in map(read_header, found)}
    return _table(transaction_rows(connection, rows, by_number, every), transactions.SCHEMA)


def _table(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    """Rows as columns. Raises RpcError where a value does not fit its column."""
    columns = zip(*rows, strict=True) if rows else ((),) * len(schema)
    try:
        return pa.table([pa.array(c, field.type) for c, field in zip(columns, schema, strict=True)], schema=schema)
    except (pa.ArrowException, OverflowError) as error:
        raise RpcError("the node answered with a value of another size", found=str(error)[:200]) from None
