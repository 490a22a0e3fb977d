"""The numbers by which chain and people know a proposal: its id, its description hash, its timelock operation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dao.abi import encode, keccak
from dao.types import Address, Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Everything that follows from a proposal's calls and description.

    Args:
        proposal_id: `Governor.hashProposal`.
        description_hash: Keccak-256 of the description, 32 bytes.
        salt: The salt that `GovernorTimelockControl` gives the operation, 32 bytes.
        operation_id: `TimelockController.hashOperationBatch`, 32 bytes.
    """

    proposal_id: int
    description_hash: bytes
    salt: bytes
    operation_id: bytes


def identify(calls: Sequence[Call], description: str, *, governor: Address) -> Identity:
    """The identity of the proposal with these calls and this description at `governor`."""
    described = description_hash(description)
    salt = timelock_salt(described, governor=governor)
    return Identity(
        proposal_id=proposal_id(calls, described),
        description_hash=described,
        salt=salt,
        operation_id=operation_id(calls, salt=salt),
    )


def description_hash(description: str) -> bytes:
    """Keccak-256 of the description in UTF-8, 32 bytes."""
    return keccak(description.encode())


def proposal_id(calls: Sequence[Call], description_hash: bytes) -> int:
    """The proposal id; OpenZeppelin's `Governor.hashProposal`."""
    types = ("address[]", "uint256[]", "bytes[]", "bytes32")
    return int.from_bytes(keccak(encode(types, (*columns(calls), description_hash))), "big")


def timelock_salt(description_hash: bytes, *, governor: Address) -> bytes:
    """The salt of the proposal's operation; `GovernorTimelockControl._timelockSalt`: `bytes20(governor) ^ hash`."""
    padded = bytes.fromhex(governor[2:]) + bytes(12)
    return bytes(a ^ b for a, b in zip(padded, description_hash, strict=True))


def operation_id(calls: Sequence[Call], *, salt: bytes, predecessor: bytes = bytes(32)) -> bytes:
    """The id of the operation with these calls; `TimelockController.hashOperationBatch`."""
    types = ("address[]", "uint256[]", "bytes[]", "bytes32", "bytes32")
    return keccak(encode(types, (*columns(calls), predecessor, salt)))


def columns(calls: Sequence[Call]) -> tuple[list[str], list[int], list[bytes]]:
    """`calls` as `propose` takes them: targets, values and calldatas."""
    return [str(c.target) for c in calls], [c.value for c in calls], [c.calldata for c in calls]
