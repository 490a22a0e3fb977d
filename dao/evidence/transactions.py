"""Transactions as columns: who called whom with what, for those in which a proposal was made."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from dao.abi import checksum
from dao.types import Address

SCHEMA = pa.schema(
    [
        pa.field("hash", pa.binary(32), nullable=False),
        pa.field("block_number", pa.uint64(), nullable=False),
        pa.field("transaction_index", pa.uint32(), nullable=False),
        pa.field("from", pa.binary(20), nullable=False),
        pa.field("to", pa.binary(20), nullable=True),
        pa.field("input", pa.binary(), nullable=False),
    ]
)
"""One row for each transaction, by block and place in it. `to` is null where it created a contract."""


def callers(rows: pa.RecordBatch | pa.Table) -> Iterator[tuple[bytes, Address, Address | None]]:
    """Of each transaction its hash, who sent it, and whom it called: None where it created a contract."""
    columns = (rows.column(name).to_pylist() for name in ("hash", "from", "to"))
    for transaction, sender, to in zip(*columns, strict=True):
        yield transaction, checksum(sender), None if to is None else checksum(to)
