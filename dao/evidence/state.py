"""`state.json` and `code.json`: the proofs of the contracts' storage at the end block, and their runtime code.

Proofs of one block share most of their nodes, so that each node is kept once; what they prove is read from the state
root down. Both files are bytes that depend on their contents alone: nodes and codes ascend, each stands once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dao.errors import CodecError
from dao.evidence.json_parts import document_in, encoded, hex_in, whole_in

STATE_FORMAT, CODE_FORMAT = "reward-dao state 1", "reward-dao code 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class StateEvidence:
    """What `eth_getProof` answered for one block.

    Args:
        block_number: The block.
        block_hash: Its hash, 32 bytes.
        nodes: Nodes of the state trie and of storage tries in RLP, ascending, each once.
    """

    block_number: int
    block_hash: bytes
    nodes: tuple[bytes, ...]


def evidence(block_number: int, block_hash: bytes, nodes: Iterable[bytes]) -> StateEvidence:
    """The evidence of these nodes, in whatever order they were collected."""
    return StateEvidence(block_number=block_number, block_hash=block_hash, nodes=tuple(sorted(set(nodes))))


def state_bytes(made: StateEvidence) -> bytes:
    """The bytes of `state.json`."""
    block = {"hash": "0x" + made.block_hash.hex(), "number": made.block_number}
    return encoded({"block": block, "format": STATE_FORMAT, "nodes": ["0x" + node.hex() for node in made.nodes]})


def code_bytes(codes: Iterable[bytes]) -> bytes:
    """The bytes of `code.json`: runtime code of every contract, whose hash tells which it is."""
    return encoded({"codes": ["0x" + code.hex() for code in sorted(set(codes))], "format": CODE_FORMAT})


def read_state(data: bytes) -> StateEvidence:
    """What `state_bytes` wrote. Raises CodecError when it is anything else, one byte different included."""
    document = document_in(data, "state evidence")
    try:
        block = document["block"]
        made = StateEvidence(
            block_number=whole_in(block["number"]),
            block_hash=hex_in(block["hash"]),
            nodes=tuple(hex_in(node) for node in document["nodes"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CodecError("this is no state evidence", found=type(error).__name__) from error
    if state_bytes(evidence(made.block_number, made.block_hash, made.nodes)) != data:
        raise CodecError("the state evidence was written by something else, or changed")
    return made


def read_code(data: bytes) -> tuple[bytes, ...]:
    """What `code_bytes` wrote. Raises CodecError when it is anything else."""
    document = document_in(data, "code evidence")
    try:
        codes = tuple(hex_in(code) for code in document["codes"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CodecError("this is no code evidence", found=type(error).__name__) from error
    if code_bytes(codes) != data:
        raise CodecError("the code evidence was written by something else, or changed")
    return codes
