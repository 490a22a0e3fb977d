"""What stands behind a proxy."""

from __future__ import annotations

from dao.abi import checksum
from dao.blocks.bytecode import cloned
from dao.chain.connection import BlockRef, Connection
from dao.types import Address

IMPLEMENTATION = bytes.fromhex("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc")
"""The slot of a proxy's implementation (EIP-1967)."""


def implementation(connection: Connection, account: Address, code: bytes, *, block: BlockRef) -> Address | None:
    """Where the proxy at `account` (EIP-1167, EIP-1967) sends its calls at `block`; None where it is no such proxy."""
    clone = cloned(code)
    if clone is not None:
        return checksum(clone)
    held = connection.storage(account, IMPLEMENTATION, block=block)[-20:]
    return checksum(held) if any(held) else None
