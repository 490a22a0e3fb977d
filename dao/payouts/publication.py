"""What one Merkle tree of payouts is bound to: the claim of each of its leaves, and proofs that it stands there.

Needs nothing beyond a voter's install, so that whoever is paid can check a proof.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from dao.abi import encode, keccak
from dao.errors import CodecError
from dao.rewards.streams import stream_id
from dao.types import MAX_EPOCH, Address

LEAF_ENCODING = ("uint256", "address", "bytes32", "uint32", "uint32", "address", "uint256")
"""Types of a leaf: chain id, distributor, stream's id, epoch, series, account, amount (wei)."""

MAX_AMOUNT = 2**128 - 1
"""The most that a publication may pay (wei), and so the most of one leaf."""

MAX_SERIES = 2**32 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One leaf stream's payouts of one epoch.

    Args:
        chain_id: The chain's id (EIP-155).
        distributor: The contract that pays.
        stream: Path of the leaf stream.
        epoch: The epoch that is paid for.
        series: 0 of the epoch's main publication; 1, 2, … of those that pay what an earlier one paid too little.
    """

    chain_id: int
    distributor: Address
    stream: str
    epoch: int
    series: int = 0

    def __post_init__(self) -> None:
        for name, value, most in (("epoch", self.epoch, MAX_EPOCH), ("series", self.series, MAX_SERIES)):
            if not 0 <= value <= most:
                raise CodecError(f"the {name} does not fit the contract", expected=f"0 to {most}", found=value)

    @property
    def constants(self) -> tuple[int, str, bytes, int, int]:
        """The values that all leaves of this publication begin with."""
        return self.chain_id, self.distributor, stream_id(self.stream), self.epoch, self.series

    def prefix(self) -> bytes:
        """What the encoding of every leaf begins with: five words, 160 bytes."""
        return encode(LEAF_ENCODING[:5], self.constants)

    def leaf(self, account: str, amount: int) -> bytes:
        """The leaf of `account`, which is paid `amount` (wei): 32 bytes, twice hashed as in `StandardMerkleTree`.

        Raises CodecError where the account is no address, or the amount is no payout.
        """
        if not 0 < amount <= MAX_AMOUNT:
            raise CodecError("no leaf pays this amount", expected=f"1 to {MAX_AMOUNT} wei", found=amount)
        return keccak(keccak(self.prefix() + encode(LEAF_ENCODING[5:], (account, amount))))


def verify(root: bytes, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` leads from `leaf` to `root`; OpenZeppelin's `MerkleProof.verify`. All of 32 bytes each."""
    for node in proof:
        leaf = pair_hash(leaf, node)
    return leaf == root


def verify_multi(root: bytes, leaves: Sequence[bytes], proof: Sequence[bytes], flags: Sequence[bool]) -> bool:
    """Whether `proof` and `flags` lead from all of `leaves` to `root`; OpenZeppelin's `MerkleProof.multiProofVerify`.

    Args:
        root: Of the tree, 32 bytes.
        leaves: In descending order of their places in the tree, at least one.
        proof: The nodes that do not follow from the leaves.
        flags: For each hash, whether its second part follows from the leaves too; otherwise it comes from `proof`.
    """
    # Each hash takes one node out of the queue or one out of the proof, and the last one leaves the root alone.
    if not leaves or len(leaves) - 1 != flags.count(True) or len(proof) != flags.count(False):
        return False
    queue, given = deque(leaves), iter(proof)
    for flag in flags:
        first = queue.popleft()
        queue.append(pair_hash(first, queue.popleft() if flag else next(given)))
    return queue[0] == root


def pair_hash(left: bytes, right: bytes) -> bytes:
    """The node above two nodes, whichever stands left: OpenZeppelin's `Hashes.commutativeKeccak256`."""
    return keccak(left + right if left < right else right + left)
