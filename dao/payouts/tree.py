"""The Merkle tree over a publication's leaves, node for node the one of OpenZeppelin's `StandardMerkleTree`.

Leaves stand in descending order of their hashes at the end of an array of 2n − 1 nodes; above the nodes 2i + 1 and
2i + 2 stands node i, the hash of both in ascending order; node 0 is the root. Source: npm @openzeppelin/merkle-tree,
`core.ts`, `makeMerkleTree`, `getProof` and `getMultiProof`. The nodes are one buffer of 32 bytes each: a tree of a
million leaves takes 64 MB, and can be read in place from a mapped file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import sha3

from dao.errors import CodecError

NODE = 32
"""Bytes of a node."""

_BATCH = 1 << 17
"""How many nodes are hashed at a time, so that memory grows by the nodes alone."""


@dataclass(frozen=True, slots=True)
class MultiProof:
    """One proof of several leaves.

    Args:
        indices: The leaves that it proves, in the order in which `verify_multi` takes them.
        proof: The nodes that do not follow from the leaves, 32 bytes each.
        flags: For each hash, whether its second part follows from the leaves too.
    """

    indices: tuple[int, ...]
    proof: tuple[bytes, ...]
    flags: tuple[bool, ...]


@dataclass(frozen=True, slots=True, eq=False)
class MerkleTree:
    """A tree over leaves, which are called by their indices in the order in which they were given.

    Args:
        nodes: The nodes from the root on, 32 bytes each.
        places: Where in `nodes` each leaf stands (uint32 or wider).
    """

    nodes: bytes
    places: npt.NDArray[np.uint32]

    @property
    def root(self) -> bytes:
        """The root, 32 bytes."""
        return node_at(self.nodes, 0)

    def __len__(self) -> int:
        """How many leaves there are."""
        return len(self.places)

    def leaf(self, index: int) -> bytes:
        """A leaf, 32 bytes."""
        return node_at(self.nodes, int(self.places[index]))

    def proof(self, index: int) -> tuple[bytes, ...]:
        """The nodes beside the path from a leaf up to the root, 32 bytes each; none where it is the root."""
        return proof_at(self.nodes, int(self.places[index]))

    def multi_proof(self, indices: Sequence[int]) -> MultiProof:
        """One proof of several leaves. Raises CodecError where there are none, or one is named twice."""
        made = multi_proof_at(self.nodes, [int(self.places[index]) for index in indices])
        return replace(made, indices=tuple(indices[index] for index in made.indices))


def build_tree(leaves: bytes) -> MerkleTree:
    """The tree over `leaves`, which are 32 bytes each, at least one.

    Raises CodecError where there are none, or one stands twice.
    """
    count, rest = divmod(len(leaves), NODE)
    if not count or rest:
        raise CodecError("a tree stands on leaves of 32 bytes, at least one", found=f"{len(leaves)} bytes")
    # Fixed-width byte strings compare like the bytes that they are.
    values = np.frombuffer(leaves, f"S{NODE}")
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    if (ranked[1:] == ranked[:-1]).any():
        raise CodecError("a leaf stands twice")
    nodes = np.zeros((2 * count - 1, NODE), np.uint8)
    nodes[count - 1 :] = np.ascontiguousarray(ranked[::-1]).view(np.uint8).reshape(-1, NODE)
    places = np.empty(count, np.uint32)
    places[order] = np.arange(2 * count - 2, count - 2, -1)
    for first, last in _levels(count - 1):
        nodes[first:last] = _above(nodes[2 * first + 1 : 2 * last + 1])
    places.flags.writeable = False
    return MerkleTree(nodes.tobytes(), places)


def node_at(nodes: bytes | memoryview, place: int) -> bytes:
    """One node out of a buffer of them."""
    return bytes(nodes[place * NODE : (place + 1) * NODE])


def proof_at(nodes: bytes | memoryview, place: int) -> tuple[bytes, ...]:
    """The proof of the leaf that stands at `place` of `nodes`, of which it reads no more than it returns."""
    proof = []
    while place:
        proof.append(node_at(nodes, _sibling(place)))
        place = (place - 1) // 2
    return tuple(proof)


def multi_proof_at(nodes: bytes | memoryview, places: Sequence[int]) -> MultiProof:
    """One proof of the leaves that stand at `places` of `nodes`; its indices are those of `places`.

    Raises CodecError where there are none, or one is named twice.
    """
    order = sorted(range(len(places)), key=lambda index: -places[index])
    if not order or len(set(places)) != len(places):
        raise CodecError("a proof is of leaves that differ, at least one", found=", ".join(map(str, places)))
    queue, proof, flags = deque(places[index] for index in order), [], []
    while queue[0]:
        place = queue.popleft()
        beside = _sibling(place)
        flags.append(bool(queue) and queue[0] == beside)
        if flags[-1]:
            queue.popleft()
        else:
            proof.append(node_at(nodes, beside))
        queue.append((place - 1) // 2)
    return MultiProof(tuple(order), tuple(proof), tuple(flags))


def _sibling(place: int) -> int:
    return place + 1 if place % 2 else place - 1


def _levels(inner: int) -> Iterator[tuple[int, int]]:
    """Ranges of the first `inner` nodes, from the bottom up, of which none stands above another, _BATCH at most."""
    while inner:
        first = max(inner // 2, inner - _BATCH)
        yield first, inner
        inner = first


def _above(below: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The nodes above pairs of nodes."""
    pairs = below.reshape(-1, 2, NODE)
    words = np.ascontiguousarray(pairs).view(f"S{NODE}")
    swapped = words[:, 0, 0] > words[:, 1, 0]
    ordered = np.where(swapped[:, None, None], pairs[:, ::-1], pairs).tobytes()
    hashed = b"".join([sha3.keccak_256(ordered[at : at + 64]).digest() for at in range(0, len(ordered), 64)])
    return np.frombuffer(hashed, np.uint8).reshape(-1, NODE)
