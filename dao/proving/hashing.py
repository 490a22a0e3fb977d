"""Keccak-256 by a native library: a proof of many words is mostly hashing."""

from __future__ import annotations

import sha3


def keccak(data: bytes) -> bytes:
    """Keccak-256 of `data`, 32 bytes; the same as `dao.abi.keccak`, at a seventh of its time."""
    return bytes(sha3.keccak_256(data).digest())
