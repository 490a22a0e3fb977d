"""`state.json` and `code.json`: the proofs of the contracts' storage at the end block, and their runtime code.

Proofs of one block share most of their nodes, so that each node is kept once; what they prove is read from the state
root down. Both files are bytes that depend on their contents alone: nodes and codes ascend, each stands once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dao.errors import DocumentError

STATE, CODE = "state.json", "code.json"
STATE_FORMAT, CODE_FORMAT = "reward-dao state 1", "reward-dao code 1"

MAX_STATE_BYTES = 4 * 2**30
"""The longest `state.json`: some four million nodes."""

MAX_CODE_BYTES = 64 * 2**20


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


def state_text(made: StateEvidence) -> str:
    """The text of `state.json`."""
    block = {"hash": "0x" + made.block_hash.hex(), "number": made.block_number}
    return _text({"block": block, "format": STATE_FORMAT, "nodes": ["0x" + node.hex() for node in made.nodes]})


def code_text(codes: Iterable[bytes]) -> str:
    """The text of `code.json`: runtime code of every contract, whose hash tells which it is."""
    return _text({"codes": ["0x" + code.hex() for code in sorted(set(codes))], "format": CODE_FORMAT})


def read_state(path: Path) -> StateEvidence:
    """What `state_text` wrote to `path`. Raises DocumentError when it is anything else, one byte different included."""
    text, document = _read(path, MAX_STATE_BYTES, "state evidence")
    try:
        block = document["block"]
        made = StateEvidence(
            block_number=_whole(block["number"]),
            block_hash=_bytes(block["hash"]),
            nodes=tuple(_bytes(node) for node in document["nodes"]),
        )
        same = state_text(evidence(made.block_number, made.block_hash, made.nodes)) == text
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DocumentError("this is no state evidence", path=str(path), found=type(error).__name__) from error
    if not same:
        raise DocumentError("the state evidence was written by something else, or changed", path=str(path))
    return made


def read_code(path: Path) -> tuple[bytes, ...]:
    """What `code_text` wrote to `path`. Raises DocumentError when it is anything else."""
    text, document = _read(path, MAX_CODE_BYTES, "code evidence")
    try:
        codes = tuple(_bytes(code) for code in document["codes"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DocumentError("this is no code evidence", path=str(path), found=type(error).__name__) from error
    if code_text(codes) != text:
        raise DocumentError("the code evidence was written by something else, or changed", path=str(path))
    return codes


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=0, sort_keys=True) + "\n"


def _read(path: Path, limit: int, what: str) -> tuple[str, dict[str, Any]]:
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise DocumentError(f"the {what} is too long", path=str(path), expected=f"at most {limit} bytes")
        text = data.decode("utf-8")
        document = json.loads(text)
    except OSError as error:
        raise DocumentError(
            f"the {what} cannot be read",
            path=str(path),
            found=error.strerror,
            remedy="collect it with `dao audit collect`, which asks a node for proofs",
        ) from error
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"the {what} is no JSON", path=str(path), found=type(error).__name__) from error
    if not isinstance(document, dict):
        raise DocumentError(f"the {what} is no JSON object", path=str(path))
    return text, document


def _bytes(value: Any) -> bytes:
    if not value.startswith("0x"):
        raise ValueError("no hexadecimal bytes")
    return bytes.fromhex(value[2:])


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("no number")
    return value
