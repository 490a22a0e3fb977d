"""Logs blooms: whether a block can hold a log of certain contracts (Yellow Paper, section 4.4.1)."""

from __future__ import annotations

from collections.abc import Iterable

from dao.abi import keccak
from dao.blocks.headers import BLOOM

_BITS, _HASHES = 2_047, 3


def bloom_bits(value: bytes) -> int:
    """The three bits that an address (20 bytes) or topic (32 bytes) sets, as a number of 2,048 bits."""
    digest = keccak(value)
    bits = 0
    for place in range(_HASHES):
        bits |= 1 << (int.from_bytes(digest[2 * place : 2 * place + 2], "big") & _BITS)
    return bits


def bloom_of(logs: Iterable[tuple[bytes, Iterable[bytes]]]) -> bytes:
    """The bloom (256 bytes) of logs, each an address and its topics."""
    bits = 0
    for address, topics in logs:
        bits |= bloom_bits(address)
        for topic in topics:
            bits |= bloom_bits(topic)
    return bits.to_bytes(BLOOM, "big")


class Filter:
    """Contracts, each with the first topics of its events, against which blooms are held.

    Args:
        events: Address (20 bytes) and first topics of each contract; without topics, any log of it counts.
    """

    def __init__(self, events: Iterable[tuple[bytes, Iterable[bytes]]]) -> None:
        self._events = [
            (bloom_bits(address), tuple(bloom_bits(topic) for topic in topics) or (0,)) for address, topics in events
        ]

    def may_hold(self, bloom: bytes) -> bool:
        """Whether a block with this bloom can hold a log of one of the contracts with one of its first topics."""
        bits = int.from_bytes(bloom, "big")
        return any(
            address & bits == address and any(topic & bits == topic for topic in topics)
            for address, topics in self._events
        )
