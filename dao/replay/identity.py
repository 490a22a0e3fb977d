"""The hashes that proposals and timelock operations are known by, and who may submit a description."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dao.abi import encode, keccak
from dao.types import Address, Call

_SUFFIX = re.compile(rb"#proposer=0x([0-9a-fA-F]{40})\Z")


def proposal_id(calls: Sequence[Call], description: bytes) -> int:
    """A proposal's id; `Governor.hashProposal`."""
    types = ("address[]", "uint256[]", "bytes[]", "bytes32")
    return int.from_bytes(keccak(encode(types, (*_columns(calls), keccak(description)))), "big")


def timelock_salt(governor: Address, description: bytes) -> bytes:
    """The salt of a proposal's operation, 32 bytes; `GovernorTimelockControl._timelockSalt`."""
    shifted = int.from_bytes(bytes.fromhex(governor[2:]) + bytes(12), "big")
    return (shifted ^ int.from_bytes(keccak(description), "big")).to_bytes(32, "big")


def batch_id(calls: Sequence[Call], *, predecessor: bytes, salt: bytes) -> bytes:
    """An operation's id; `TimelockController.hashOperationBatch`."""
    types = ("address[]", "uint256[]", "bytes[]", "bytes32", "bytes32")
    return keccak(encode(types, (*_columns(calls), predecessor, salt)))


def single_id(call: Call, *, predecessor: bytes, salt: bytes) -> bytes:
    """The id of an operation that was scheduled as a single call; `TimelockController.hashOperation`."""
    types = ("address", "uint256", "bytes", "bytes32", "bytes32")
    return keccak(encode(types, (call.target, call.value, call.calldata, predecessor, salt)))


def restricted_proposer(description: bytes) -> bytes | None:
    """The 20 bytes of the only account that may submit `description`, or None when anyone may.

    Mirrors `Governor._isValidDescriptionForProposer`: the last 52 bytes are `#proposer=0x` and 40 hexadecimal digits.
    """
    match = _SUFFIX.search(description)
    return bytes.fromhex(match[1].decode()) if match else None


def _columns(calls: Sequence[Call]) -> tuple[list[Address], list[int], list[bytes]]:
    return [c.target for c in calls], [c.value for c in calls], [c.calldata for c in calls]
