"""Where a contract will be before it is created."""

from __future__ import annotations

import rlp  # type: ignore[import-untyped]  # rlp ships no types

from dao.abi import checksum, keccak
from dao.types import Address


def create_address(sender: Address, nonce: int) -> Address:
    """The address of the contract that `sender` creates with its transaction number `nonce` (from 0).

    CREATE, section 7 of the Yellow Paper: the last 20 bytes of keccak256(rlp([sender, nonce])).
    """
    return checksum(keccak(bytes(rlp.encode([bytes.fromhex(sender[2:]), nonce])))[12:])
