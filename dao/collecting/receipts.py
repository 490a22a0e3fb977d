"""Asks a node for all receipts of blocks, each block's checked against the receipts root of its header."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from dao.blocks.headers import Header
from dao.chain.connection import Connection
from dao.chain.proofs import receipts_of
from dao.errors import RpcError
from dao.proving.blooms import Cost, candidates, cost
from dao.proving.headers import link
from dao.proving.prove import Anchor, Evidence, watched

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Missing:
    """Blocks whose receipts are needed and not there, and what it takes to fetch them."""

    headers: tuple[Header, ...]
    cost: Cost


def missing_receipts(evidence: Evidence, anchor: Anchor, *, first: int, last: int) -> Missing:
    """What completeness by blooms of the blocks from `first` to `last` needs that `evidence` has not.

    Raises ProofError when the bundle does not reach the anchor.
    """
    chain, _ = link(evidence.headers, anchor.hash)
    wanted = watched(evidence).filter
    having = frozenset(evidence.receipts)
    numbers = [number for number in candidates(chain, wanted, first, last) if number not in having]
    headers = tuple(chain.headers[number] for number in numbers)
    return Missing(headers, cost(chain, wanted, first, last, having=having))


def with_receipts(
    connection: Connection, evidence: Evidence, missing: Missing, progress: Progress | None = None
) -> Evidence:
    """The evidence with the receipts that were missing. Raises RpcError like `collect_receipts`."""
    found = dict(collect_receipts(connection, missing.headers, progress))
    return replace(evidence, receipts={**evidence.receipts, **found})


def collect_receipts(
    connection: Connection, headers: Iterable[Header], progress: Progress | None = None
) -> Iterator[tuple[int, tuple[bytes, ...]]]:
    """The receipts (EIP-2718) of each block, by its number, in the order of their transactions.

    Raises RpcError when the node does not give them all, or gives others than the header's root names.
    """
    wanted = list(headers)
    for done, header in enumerate(wanted, start=1):
        yield header.number, receipts_in(connection, header)
        if progress is not None:
            progress("receipts", done, len(wanted))


def receipts_in(connection: Connection, header: Header) -> tuple[bytes, ...]:
    """The receipts (EIP-2718) of the block of `header`. Raises RpcError like `collect_receipts`."""
    try:
        return receipts_of(connection, "0x" + header.hash.hex(), header.receipts_root)
    except RpcError as error:
        raise of_block(header.number, error) from error


def of_block(number: int, error: RpcError) -> RpcError:
    """The same error with the number of the block that the node was asked about."""
    return RpcError(
        f"block {number}: {error.what}",
        expected=error.expected,
        found=error.found,
        remedy=error.remedy or "take another node (--rpc)",
        values={**error.values, "block": number},
    )
