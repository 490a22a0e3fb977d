"""One log as the chain holds it: undecoded bytes and the place where they stand."""

from __future__ import annotations

from dataclasses import dataclass

from dao.types import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class RawLog:
    """One log of one transaction.

    Args:
        address: The contract that emitted it.
        topics: Its topics, 32 bytes each; the first is the event's signature hash.
        data: The values that are not indexed, ABI-encoded.
        block_number: Number of its block.
        block_hash: Hash of its block, 32 bytes.
        timestamp: Timestamp of its block (seconds since the Unix epoch).
        transaction_hash: Hash of its transaction, 32 bytes.
        transaction_index: Position of its transaction in the block, from 0.
        log_index: Position of the log in the block, from 0.
    """

    address: Address
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    block_hash: bytes
    timestamp: int
    transaction_hash: bytes
    transaction_index: int
    log_index: int
