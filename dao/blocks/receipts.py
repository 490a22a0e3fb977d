"""Receipts of transactions between bytes and values, and the proof that one is in its block.

Receipts are those of EIP-2718, of any type whose body is the one of EIP-658. A header is proven by its hash, everything
else by the root in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import rlp  # type: ignore[import-untyped]  # rlp ships no types

from dao.abi import checksum
from dao.blocks.headers import Header, read_header
from dao.blocks.tries import decoded, value_on_path
from dao.errors import CodecError
from dao.types import Address

_LOWEST_TYPE, _HIGHEST_TYPE = 1, 0x7F


@dataclass(frozen=True, slots=True)
class ProvenLog:
    """A log of a receipt that a root proves."""

    address: Address
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptProof:
    """Proof of one receipt.

    Args:
        header: The block's header in RLP.
        transaction_index: The transaction's place in the block, from 0.
        nodes: The nodes from the root of the receipts trie to the receipt, in RLP.
    """

    header: bytes
    transaction_index: int
    nodes: tuple[bytes, ...]


def encode(*, kind: int, status: int, gas_used: int, bloom: bytes, logs: Sequence[ProvenLog]) -> bytes:
    """A receipt in RLP, behind its type where it has one (EIP-2718). `gas_used` is the block's up to here."""
    entries = [[bytes.fromhex(log.address[2:]), list(log.topics), log.data] for log in logs]
    body = bytes(rlp.encode([status, gas_used, bloom, entries]))
    return bytes([kind]) + body if _LOWEST_TYPE <= kind <= _HIGHEST_TYPE else body


def read_logs(receipt: bytes) -> tuple[ProvenLog, ...] | None:
    """The logs of a receipt, typed or not; None when its transaction failed. Raises CodecError when it is none."""
    body = receipt[1:] if receipt and _LOWEST_TYPE <= receipt[0] <= _HIGHEST_TYPE else receipt
    fields = decoded(body, "a receipt")
    try:
        status, _, _, logs = fields
        if status != b"\x01":
            return None
        return tuple(
            ProvenLog(checksum(bytes(address)), tuple(bytes(topic) for topic in topics), bytes(data))
            for address, topics, data in logs
        )
    except (TypeError, ValueError) as error:
        raise CodecError("this is no receipt", expected="status, gas, bloom and logs", found="others") from error


def proven_logs(proof: ReceiptProof) -> tuple[Header, tuple[ProvenLog, ...]]:
    """The header, and the logs of the receipt that `proof` proves to be in its block.

    Raises CodecError when it proves nothing, holds a node too many, or the transaction failed.
    """
    header = read_header(proof.header)
    logs = read_logs(value_on_path(header.receipts_root, proof.transaction_index, proof.nodes))
    if logs is None:
        raise CodecError("the transaction failed", expected="status 1", found="another")
    return header, logs
