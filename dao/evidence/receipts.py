"""Receipts as columns: where a transaction stands, and its receipt's bytes."""

from __future__ import annotations

import pyarrow as pa

SCHEMA = pa.schema(
    [
        pa.field("block_number", pa.uint64(), nullable=False),
        pa.field("transaction_index", pa.uint32(), nullable=False),
        pa.field("receipt", pa.binary(), nullable=False),
    ]
)
"""One row for each receipt, by block and transaction; all receipts of a block are there, or none (EIP-2718 bytes)."""
