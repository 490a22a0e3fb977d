"""Whether a contract account accepts a signature (ERC-1271)."""

from __future__ import annotations

from dao.abi import encode, keccak
from dao.chain.connection import BlockRef, Connection, hex_bytes
from dao.errors import CallReverted, RpcError
from dao.types import Address

_SELECTOR = keccak(b"isValidSignature(bytes32,bytes)")[:4]


def accepted_by(
    connection: Connection, account: Address, digest: bytes, signature: bytes, *, block: BlockRef = "latest"
) -> bool:
    """Whether the contract `account` accepts `signature` of `digest` (32 bytes), as OpenZeppelin's SignatureChecker."""
    data = _SELECTOR + encode(("bytes32", "bytes"), (digest, signature))
    where = block if isinstance(block, str) else hex(block)
    try:
        answer = connection.rpc("eth_call", [{"to": account, "data": f"0x{data.hex()}"}, where])
    except CallReverted:
        return False
    except RpcError as error:
        # A contract that stops in another way than by reverting is an error of the node's own.
        if "code" not in error.values:
            raise
        return False
    # OpenZeppelin reads one word, and asks for no more than that there is one.
    return hex_bytes(answer, "isValidSignature")[:32] == _SELECTOR + bytes(28)
