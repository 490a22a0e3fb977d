"""Transactions as columns: those in which proposals were made, as bytes, and what proves that a block has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from dao.abi import keccak
from dao.blocks.tries import unpack
from dao.errors import CodecError

SCHEMA = pa.schema(
    [
        pa.field("hash", pa.binary(32), nullable=False),
        pa.field("block_number", pa.uint64(), nullable=False),
        pa.field("transaction_index", pa.uint32(), nullable=False),
        pa.field("transaction", pa.binary(), nullable=False),
        pa.field("path", pa.binary(), nullable=False),
        pa.field("receipt_path", pa.binary(), nullable=False),
    ]
)
"""One row for each transaction, by block and place in it.

`transaction` has the bytes (EIP-2718) of which `hash` is the Keccak-256; sender, receiver and input are read out of
them. `path` and `receipt_path` hold the nodes from the transactions root and the receipts root of the block's header to
the transaction and to its receipt, each as one RLP list; they are lists of nothing where a block has transactions of
types that are not known here.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTransaction:
    """A transaction as a bundle has it; `hash` is that of `data`.

    Args:
        hash: Its hash, 32 bytes.
        block_number: The block that it is said to be in.
        transaction_index: Its place in the block, from 0.
        data: Its bytes (EIP-2718).
        path: The nodes from the transactions root of the block to it, in RLP; empty where there are none.
        receipt_path: The nodes from the receipts root of the block to its receipt, in RLP; likewise.
    """

    hash: bytes
    block_number: int
    transaction_index: int
    data: bytes
    path: tuple[bytes, ...]
    receipt_path: tuple[bytes, ...]


def stored(rows: pa.RecordBatch | pa.Table) -> Iterator[StoredTransaction]:
    """The transactions in `rows`, in their order. Raises CodecError when one has another hash than its row says."""
    for digest, number, index, data, path, receipt_path in zip(
        *(rows.column(name).to_pylist() for name in SCHEMA.names), strict=True
    ):
        if keccak(data) != digest:
            raise CodecError(
                f"a transaction of block {number} does not hash to its hash",
                expected="0x" + digest.hex(),
                found="0x" + keccak(data).hex(),
            )
        yield StoredTransaction(
            hash=digest,
            block_number=number,
            transaction_index=index,
            data=data,
            path=unpack(path),
            receipt_path=unpack(receipt_path),
        )
