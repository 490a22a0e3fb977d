"""Block headers as columns: their number, their hash, and the bytes that hash to it."""

from __future__ import annotations

import pyarrow as pa

SCHEMA = pa.schema(
    [
        pa.field("number", pa.uint64(), nullable=False),
        pa.field("hash", pa.binary(32), nullable=False),
        pa.field("rlp", pa.binary(), nullable=False),
    ]
)
"""One row for each header, by number. `rlp` is the header in RLP, of which `hash` is the Keccak-256."""
