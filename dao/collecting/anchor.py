"""Asks several nodes whether a block is final, and of which hash: an anchor that no single one could make up."""

from __future__ import annotations

from collections.abc import Sequence

from dao.chain.connection import Connection, hex_bytes, quantity
from dao.errors import ChainError, ProofError, RpcError
from dao.proving.prove import Anchor


def agreed_anchor(connections: Sequence[Connection], number: int, digest: bytes, *, need: int) -> Anchor:
    """The block `number` with hash `digest` as the anchor, where `need` of the nodes say that it is so and final.

    A node that does not answer, or knows of no final blocks, agrees with nothing. That one has another block in its
    place is said.

    Raises ProofError where fewer agree.
    """
    agreeing = 0
    others: list[bytes] = []
    for connection in connections:
        try:
            found = _final(connection, number)
        except ChainError:
            continue
        agreeing += found == digest
        if found not in (None, digest):
            others.append(found or b"")
    if agreeing < need and others:
        raise ProofError(
            f"a node has another final block {number} than the bundle ends with",
            expected="0x" + digest.hex(),
            found="0x" + others[0].hex(),
            remedy="collect again: the bundle is of another chain, or of a fork that was given up",
        )
    if agreeing < need:
        raise ProofError(
            f"too few nodes say that block {number} is final",
            expected=f"{need} of {len(connections)}",
            found=agreeing,
            remedy="wait until it is final, give more addresses, or pin a hash with --anchor",
        )
    source = f"{agreeing} of {len(connections)} addresses say that it is final"
    if others:
        source += f", {len(others)} that another block is"
    return Anchor(hash=digest, pinned=False, source=source)


def _final(connection: Connection, number: int) -> bytes | None:
    """The hash of block `number` where the node says that it is final; None where it is not, or not yet."""
    newest = connection.rpc("eth_getBlockByNumber", ["finalized", False])
    if not isinstance(newest, dict):
        raise RpcError("the node knows of no final block", found=newest)
    if quantity(newest.get("number"), "number") < number:
        return None
    block = connection.rpc("eth_getBlockByNumber", [hex(number), False])
    if not isinstance(block, dict) or quantity(block.get("number"), "number") != number:
        raise RpcError("the node has no such block", expected=number, found=block)
    return hex_bytes(block.get("hash"), "hash")
