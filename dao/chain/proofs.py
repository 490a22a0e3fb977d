"""Proves that a receipt is in a block: header and receipts in RLP, and the path through the block's receipts trie.

Headers are those of the execution layer from Frontier to Osaka; receipts those of EIP-2718, of any type whose body is
the one of EIP-658. A header is proven by its hash, everything else by the root in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import rlp  # type: ignore[import-untyped]  # rlp ships no types
from trie import HexaryTrie  # type: ignore[import-untyped]  # trie ships no types

from dao.abi import checksum, keccak
from dao.chain.connection import Connection, hex_bytes, quantity
from dao.errors import CodecError, RpcError
from dao.types import Address

MAX_NODES = 64
"""The most nodes of a proof: a receipts trie is not as deep by far."""

_QUANTITY, _BYTES = True, False
_HEADER: tuple[tuple[str, bool], ...] = (
    ("parentHash", _BYTES),
    ("sha3Uncles", _BYTES),
    ("miner", _BYTES),
    ("stateRoot", _BYTES),
    ("transactionsRoot", _BYTES),
    ("receiptsRoot", _BYTES),
    ("logsBloom", _BYTES),
    ("difficulty", _QUANTITY),
    ("number", _QUANTITY),
    ("gasLimit", _QUANTITY),
    ("gasUsed", _QUANTITY),
    ("timestamp", _QUANTITY),
    ("extraData", _BYTES),
    ("mixHash", _BYTES),
    ("nonce", _BYTES),
)
"""The fields of a header (Yellow Paper, section 4.3), and whether they are numbers."""

_LATER: tuple[tuple[str, bool], ...] = (
    ("baseFeePerGas", _QUANTITY),  # London, EIP-1559
    ("withdrawalsRoot", _BYTES),  # Shanghai, EIP-4895
    ("blobGasUsed", _QUANTITY),  # Cancun, EIP-4844
    ("excessBlobGas", _QUANTITY),
    ("parentBeaconBlockRoot", _BYTES),  # Cancun, EIP-4788
    ("requestsHash", _BYTES),  # Prague, EIP-7685; Osaka adds none
)
"""What forks added at the end, in their order; a header has the first so many of them."""

_RECEIPTS_ROOT, _NUMBER, _TIMESTAMP = 5, 8, 11
_HASH = 32
_LOWEST_TYPE, _HIGHEST_TYPE = 1, 0x7F


@dataclass(frozen=True, slots=True)
class Header:
    """What a proof needs of a header. `timestamp` is in seconds."""

    hash: bytes
    number: int
    timestamp: int
    receipts_root: bytes


@dataclass(frozen=True, slots=True)
class ProvenLog:
    """A log of a proven receipt."""

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


def prove(connection: Connection, block_hash: bytes, transaction_index: int) -> ReceiptProof:
    """The proof of the receipt of a transaction, put together from what the node says of its block, and checked.

    Raises RpcError when the node does not say all of it, or it is not what the block's hash says.
    """
    digest = "0x" + block_hash.hex()
    header = _header_of(connection.rpc("eth_getBlockByHash", [digest, False]), digest)
    receipts = [_receipt_of(answer) for answer in _receipts(connection, digest)]
    tree = HexaryTrie({})
    for index, receipt in enumerate(receipts):
        tree.set(rlp.encode(index), receipt)
    if tree.root_hash != read_header(header).receipts_root:
        raise RpcError(
            f"the receipts of block {digest} are not those that its header names",
            expected="0x" + read_header(header).receipts_root.hex(),
            found="0x" + tree.root_hash.hex(),
            remedy="try another node; chains whose receipts have a form of their own cannot be proven here",
        )
    nodes = tuple(rlp.encode(node) for node in tree.get_proof(rlp.encode(transaction_index)))
    return ReceiptProof(header=header, transaction_index=transaction_index, nodes=nodes)


def read_header(data: bytes) -> Header:
    """The header in RLP. Raises CodecError when it is none."""
    fields = _decoded(data, "a header")
    least, most = len(_HEADER), len(_HEADER) + len(_LATER)
    if not isinstance(fields, list) or not least <= len(fields) <= most or any(isinstance(f, list) for f in fields):
        raise CodecError("this is no block header", expected=f"{least} to {most} fields", found="others")
    if len(fields[_RECEIPTS_ROOT]) != _HASH:
        raise CodecError("this is no block header", expected="a receipts root of 32 bytes", found="another")
    return Header(
        hash=keccak(data),
        number=int.from_bytes(fields[_NUMBER], "big"),
        timestamp=int.from_bytes(fields[_TIMESTAMP], "big"),
        receipts_root=bytes(fields[_RECEIPTS_ROOT]),
    )


def proven_logs(proof: ReceiptProof) -> tuple[Header, tuple[ProvenLog, ...]]:
    """The header, and the logs of the receipt that `proof` proves to be in its block.

    Raises CodecError when it proves nothing, holds a node too many, or the transaction failed.
    """
    header = read_header(proof.header)
    if len(proof.nodes) > MAX_NODES:
        raise CodecError("the proof is too long", expected=f"at most {MAX_NODES} nodes", found=len(proof.nodes))
    key = rlp.encode(proof.transaction_index)
    nodes = [_decoded(node, "a node") for node in proof.nodes]
    try:
        receipt = HexaryTrie.get_from_proof(header.receipts_root, key, nodes)
        used = _path(nodes, header.receipts_root, key)
    except Exception as error:
        # The trie has an error of its own for each way in which nodes are wrong, and Python others for what is no node.
        raise CodecError("the proof does not lead to the block's receipts root", found=type(error).__name__) from error
    if not receipt:
        raise CodecError("the proof shows that there is no such receipt", found=proof.transaction_index)
    if used != proof.nodes:
        raise CodecError("the proof holds nodes that are not on its path", expected=len(used), found=len(proof.nodes))
    return header, _logs(receipt)


def _path(nodes: Sequence[Any], root: bytes, key: bytes) -> tuple[bytes, ...]:
    """The nodes on the path to `key`, out of those given."""
    tree = HexaryTrie({keccak(rlp.encode(node)): rlp.encode(node) for node in nodes}, root)
    return tuple(rlp.encode(node) for node in tree.get_proof(key))


def _logs(receipt: bytes) -> tuple[ProvenLog, ...]:
    """The logs of a receipt, typed (EIP-2718) or not, of a transaction that succeeded (EIP-658)."""
    body = receipt[1:] if _LOWEST_TYPE <= receipt[0] <= _HIGHEST_TYPE else receipt
    fields = _decoded(body, "a receipt")
    try:
        status, _, _, logs = fields
        if status != b"\x01":
            raise CodecError("the transaction failed", expected="status 1", found="0x" + bytes(status).hex())
        return tuple(
            ProvenLog(checksum(bytes(address)), tuple(bytes(topic) for topic in topics), bytes(data))
            for address, topics, data in logs
        )
    except (TypeError, ValueError) as error:
        raise CodecError("this is no receipt", expected="status, gas, bloom and logs", found="others") from error


def _decoded(data: bytes, what: str) -> Any:
    try:
        return rlp.decode(data)
    except (rlp.exceptions.DecodingError, RecursionError) as error:
        raise CodecError(f"{what} is no RLP", found=f"{len(data)} bytes") from error


def _header_of(answer: Any, digest: str) -> bytes:
    """A block of JSON-RPC as its header in RLP. Raises RpcError unless it has the hash that it was asked for by."""
    if not isinstance(answer, dict):
        raise RpcError("the node has no such block", expected=digest, found=answer)
    fields = list(_HEADER) + [field for field in _LATER if answer.get(field[0]) is not None]
    header: bytes = rlp.encode([_field(answer, name, number) for name, number in fields])
    if "0x" + keccak(header).hex() != digest:
        raise RpcError(
            "the block's fields do not hash to its hash",
            expected=digest,
            found="0x" + keccak(header).hex(),
            remedy="try another node; chains whose headers have fields of their own cannot be proven here",
        )
    return header


def _receipts(connection: Connection, digest: str) -> list[Any]:
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


def _receipt_of(answer: dict[str, Any]) -> bytes:
    """A receipt of JSON-RPC in RLP, behind its type where it has one (EIP-2718)."""
    try:
        logs = [
            [
                hex_bytes(log["address"], "address"),
                [hex_bytes(topic, "topic") for topic in log["topics"]],
                hex_bytes(log["data"], "data"),
            ]
            for log in answer["logs"]
        ]
    except (KeyError, TypeError) as error:
        raise RpcError("a receipt is malformed", found=str(answer)[:200]) from error
    body = rlp.encode(
        [
            _field(answer, "status", _QUANTITY),
            _field(answer, "cumulativeGasUsed", _QUANTITY),
            _field(answer, "logsBloom", _BYTES),
            logs,
        ]
    )
    kind = quantity(answer.get("type") or "0x0", "type")
    return bytes([kind]) + body if _LOWEST_TYPE <= kind <= _HIGHEST_TYPE else bytes(body)


def _field(answer: dict[str, Any], name: str, number: bool) -> bytes | int:
    return quantity(answer.get(name), name) if number else hex_bytes(answer.get(name), name)
