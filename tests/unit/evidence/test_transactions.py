"""Transactions of a bundle are what their hashes are of, or the file is refused by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dao.abi import keccak
from dao.blocks.tries import pack
from dao.errors import ProofError
from dao.evidence import parts
from dao.evidence.bundle import Bundle, seal
from dao.evidence.manifest import Anchor, Contracts, Kind, Manifest
from dao.evidence.transactions import SCHEMA, StoredTransaction
from tests.support.served import CONTRACTS

DATA = b"any bytes"
ROW: dict[str, Any] = {
    "hash": keccak(DATA),
    "block_number": 7,
    "transaction_index": 3,
    "transaction": DATA,
    "path": pack((b"a node",)),
    "receipt_path": pack(()),
}


def bundle(folder: Path, **other: Any) -> Bundle:
    """A bundle with the row above, but for `other` values."""
    table = pa.table({name: [value] for name, value in {**ROW, **other}.items()}, schema=SCHEMA)
    manifest = Manifest(
        chain_id=1,
        contracts=Contracts.of_deployment(CONTRACTS),
        from_block=0,
        to_block=9,
        anchor=Anchor(9, keccak(b"end")),
        parts=tuple(parts.write_tables(folder, Kind.TRANSACTIONS, [table])),
        asked=1,
        agreed=1,
    )
    return seal(folder, manifest)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    assert list(bundle(tmp_path).transactions()) == [
        StoredTransaction(
            hash=keccak(DATA), block_number=7, transaction_index=3, data=DATA, path=(b"a node",), receipt_path=()
        )
    ]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"transaction": b"other bytes"}, "a transaction of block 7 does not hash to its hash"),
        ({"hash": bytes(32)}, "a transaction of block 7 does not hash to its hash"),
        ({"path": b"\xff"}, "a path of nodes is no RLP"),
        ({"receipt_path": pack(())[:0]}, "a path of nodes"),
    ],
)
def test_another_value_is_refused_with_the_name_of_the_file(
    tmp_path: Path, other: dict[str, bytes], words: str
) -> None:
    with pytest.raises(ProofError, match=f"transactions-00000.parquet: {words}"):
        list(bundle(tmp_path, **other).transactions())
