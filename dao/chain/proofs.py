"""Asks a node for what proves that a receipt is in a block: its header and its receipts, as bytes that hash to it."""

from __future__ import annotations

from typing import Any

from dao.abi import checksum, keccak
from dao.blocks import headers, receipts, tries
from dao.blocks.receipts import ProvenLog, ReceiptProof
from dao.chain.connection import Connection, hex_bytes, quantity
from dao.errors import RpcError


def prove(connection: Connection, block_hash: bytes, transaction_index: int) -> ReceiptProof:
    """The proof of the receipt of a transaction, put together from what the node says of its block, and checked.

    Raises RpcError when the node does not say all of it, or it is not what the block's hash says.
    """
    digest = "0x" + block_hash.hex()
    header = header_of(connection.rpc("eth_getBlockByHash", [digest, False]), digest)
    values = receipts_of(connection, digest, headers.read_header(header).receipts_root)
    return ReceiptProof(
        header=header, transaction_index=transaction_index, nodes=tries.path_in(values, transaction_index)
    )


def receipts_of(connection: Connection, digest: str, root: bytes) -> tuple[bytes, ...]:
    """The receipts of the block with hash `digest`, as bytes, in order. Raises RpcError unless they have this root."""
    values = tuple(receipt_of(answer) for answer in receipt_answers(connection, digest))
    found = tries.root_of(values)
    if found != root:
        raise RpcError(
            f"the receipts of block {digest} are not those that its header names",
            expected="0x" + root.hex(),
            found="0x" + found.hex(),
            remedy="try another node; chains whose receipts have a form of their own cannot be proven here",
        )
    return values


def header_of(answer: Any, digest: str) -> bytes:
    """A block of JSON-RPC as its header in RLP. Raises RpcError unless it has the hash that it was asked for by."""
    if not isinstance(answer, dict):
        raise RpcError("the node has no such block", expected=digest, found=answer)
    fields = list(headers.FIELDS) + [field for field in headers.LATER if answer.get(field[0]) is not None]
    header = headers.encode([_field(answer, name, number) for name, number in fields])
    if "0x" + keccak(header).hex() != digest:
        raise RpcError(
            "the block's fields do not hash to its hash",
            expected=digest,
            found="0x" + keccak(header).hex(),
            remedy="try another node; chains whose headers have fields of their own cannot be proven here",
        )
    return header


def receipt_answers(connection: Connection, digest: str) -> list[Any]:
    """The receipts of a block, one by one from a node that does not give them together."""
    try:
        answer = connection.rpc("eth_getBlockReceipts", [digest])
    except RpcError:
        answer = None
    if answer is None:
        block = connection.rpc("eth_getBlockByHash", [digest, False])
        hashes = block.get("transactions") if isinstance(block, dict) else None
        if not isinstance(hashes, list):
            raise RpcError("the node has no such block", expected=digest)
        answer = connection.batch([("eth_getTransactionReceipt", [entry]) for entry in hashes])
    if not isinstance(answer, list) or not all(isinstance(entry, dict) for entry in answer):
        raise RpcError("the receipts of a block are malformed", found=str(answer)[:200])
    return answer


def receipt_of(answer: dict[str, Any]) -> bytes:
    """A receipt of JSON-RPC in RLP, behind its type where it has one (EIP-2718). Raises RpcError when it is none."""
    try:
        logs = [
            ProvenLog(
                checksum(hex_bytes(log["address"], "address")),
                tuple(hex_bytes(topic, "topic") for topic in log["topics"]),
                hex_bytes(log["data"], "data"),
            )
            for log in answer["logs"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise RpcError("a receipt is malformed", found=str(answer)[:200]) from error
    return receipts.encode(
        kind=quantity(answer.get("type") or "0x0", "type"),
        status=quantity(answer.get("status"), "status"),
        gas_used=quantity(answer.get("cumulativeGasUsed"), "cumulativeGasUsed"),
        bloom=hex_bytes(answer.get("logsBloom"), "logsBloom"),
        logs=logs,
    )


def _field(answer: dict[str, Any], name: str, number: bool) -> bytes | int:
    return quantity(answer.get(name), name) if number else hex_bytes(answer.get(name), name)
