"""Transactions as columns: who called whom with what, for those in which a proposal was made."""

from __future__ import annotations

import pyarrow as pa

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
