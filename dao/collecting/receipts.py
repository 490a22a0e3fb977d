"""Asks a node for all receipts of blocks, each block's checked against the receipts root of its header."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from dao.blocks.headers import Header
from dao.chain.connection import Connection
from dao.chain.proofs import receipts_of

Progress = Callable[[str, int, int], None]


def collect_receipts(
    connection: Connection, headers: Iterable[Header], progress: Progress | None = None
) -> Iterator[tuple[int, tuple[bytes, ...]]]:
    """The receipts (EIP-2718) of each block, by its number, in the order of their transactions.

    Raises RpcError when the node does not give them all, or gives others than the header's root names.
    """
    wanted = list(headers)
    for done, header in enumerate(wanted, start=1):
        yield header.number, receipts_of(connection, "0x" + header.hash.hex(), header.receipts_root)
        if progress is not None:
            progress("receipts", done, len(wanted))
