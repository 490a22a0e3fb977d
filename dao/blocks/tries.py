"""Reads Merkle Patricia tries out of nodes that a root proves: presence and absence of a key, many keys at once.

Implements the trie of the Yellow Paper, appendix D. Nodes are kept by their hash, so that one that proofs share is
hashed once, and one that was altered is not found. What is given may be hostile: nodes are bounded in number and size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import rlp  # type: ignore[import-untyped]  # rlp ships no types
from trie import HexaryTrie  # type: ignore[import-untyped]  # trie ships no types
from trie.exceptions import MissingTrieNode  # type: ignore[import-untyped]

from dao.abi import keccak
from dao.errors import CodecError

MAX_NODES = 64
"""The most nodes on one path: a key has 64 nibbles at most, and no trie is as deep by far."""

MAX_SET = 4_000_000
"""The most nodes of one set: what some 800,000 slots of one account need."""

MAX_NODE_BYTES = 1_048_576
"""The longest node. Nodes of the state have 532 bytes at most; a receipt with large logs lies within its node."""

EMPTY_ROOT = keccak(b"\x80")
"""The root of a trie that holds nothing."""


@dataclass(frozen=True, slots=True)
class Nodes:
    """Nodes of tries, by their hash."""

    by_hash: Mapping[bytes, bytes]


def gather(nodes: Iterable[bytes], digest: Callable[[bytes], bytes] = keccak) -> Nodes:
    """A set of nodes in RLP. `digest` is Keccak-256 itself, or a quicker one.

    Raises CodecError when there are too many of them, or one is too long.
    """
    found: dict[bytes, bytes] = {}
    for node in nodes:
        if len(node) > MAX_NODE_BYTES:
            raise CodecError("a node is too long", expected=f"at most {MAX_NODE_BYTES} bytes", found=len(node))
        found[digest(node)] = node
        if len(found) > MAX_SET:
            raise CodecError("there are too many nodes", expected=f"at most {MAX_SET}")
    return Nodes(found)


def value_at(root: bytes, key: bytes, nodes: Nodes) -> bytes | None:
    """What the trie of `root` holds at `key`, b"" where it provably holds nothing; None when a node is missing.

    `key` is the path itself: whoever reads a state trie hashes the address or slot first. Raises CodecError when a
    node that the root leads to is no node.
    """
    if root == EMPTY_ROOT:
        return b""
    try:
        return bytes(HexaryTrie(nodes.by_hash, root).get(key))
    except (MissingTrieNode, KeyError):
        return None
    except Exception as error:
        # The trie has an error of its own for each way in which nodes are wrong, and Python others for what is no node.
        raise CodecError("a node that the root leads to is none", found=type(error).__name__) from error


def path_to(root: bytes, key: bytes, nodes: Nodes) -> tuple[bytes, ...]:
    """Those of `nodes` that show what the trie of `root` holds at `key`, or that it holds nothing there.

    Nodes that stand within others have no hash of their own, and are left out. Raises CodecError when one is missing.
    """
    if root == EMPTY_ROOT:
        return ()
    try:
        path = HexaryTrie(nodes.by_hash, root).get_proof(key)
        return tuple(nodes.by_hash[digest] for digest in map(keccak, map(rlp.encode, path)) if digest in nodes.by_hash)
    except Exception as error:
        # As of `value_at`; here a missing node is no answer either.
        raise CodecError("the nodes do not lead to what the key holds", found=type(error).__name__) from error


def root_of(values: Sequence[bytes]) -> bytes:
    """The root of the trie of a block's values, each at its index in RLP, as of receipts and transactions."""
    return bytes(_indexed(values).root_hash)


def path_in(values: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The nodes in RLP from the root of such a trie to the value at `index`."""
    return tuple(rlp.encode(node) for node in _indexed(values).get_proof(rlp.encode(index)))


def value_on_path(root: bytes, index: int, nodes: Sequence[bytes]) -> bytes:
    """The value at `index` that exactly these nodes prove to be in such a trie.

    Raises CodecError when they prove nothing, prove that there is none, or one of them is not on the path.
    """
    if len(nodes) > MAX_NODES:
        raise CodecError("the proof is too long", expected=f"at most {MAX_NODES} nodes", found=len(nodes))
    key = rlp.encode(index)
    parts = [decoded(node, "a node") for node in nodes]
    try:
        value = HexaryTrie.get_from_proof(root, key, parts)
        used = _path(parts, root, key)
    except Exception as error:
        # The trie has an error of its own for each way in which nodes are wrong, and Python others for what is no node.
        raise CodecError("the proof does not lead to the root in the header", found=type(error).__name__) from error
    if not value:
        raise CodecError("the proof shows that there is nothing at its place", found=index)
    if used != tuple(nodes):
        raise CodecError("the proof holds nodes that are not on its path", expected=len(used), found=len(nodes))
    return bytes(value)


def pack(nodes: Sequence[bytes]) -> bytes:
    """The nodes of a path in one value, in RLP."""
    return bytes(rlp.encode(list(nodes)))


def unpack(data: bytes) -> tuple[bytes, ...]:
    """The nodes that `pack` put into one value. Raises CodecError where it holds something else."""
    nodes = decoded(data, "a path of nodes")
    if not isinstance(nodes, list) or any(isinstance(node, list) for node in nodes):
        raise CodecError("a path of nodes is malformed", expected="a list of nodes", found="another value")
    return tuple(bytes(node) for node in nodes)


def decoded(data: bytes, what: str) -> Any:
    """RLP as lists and bytes. Raises CodecError, which says `what` was none."""
    try:
        return rlp.decode(data)
    except (rlp.exceptions.DecodingError, RecursionError) as error:
        raise CodecError(f"{what} is no RLP", found=f"{len(data)} bytes") from error


def _indexed(values: Sequence[bytes]) -> Any:
    tree = HexaryTrie({})
    for index, value in enumerate(values):
        tree.set(rlp.encode(index), value)
    return tree


def _path(nodes: Sequence[Any], root: bytes, key: bytes) -> tuple[bytes, ...]:
    """The nodes on the path to `key`, out of those given."""
    tree = HexaryTrie({keccak(rlp.encode(node)): rlp.encode(node) for node in nodes}, root)
    return tuple(rlp.encode(node) for node in tree.get_proof(key))
