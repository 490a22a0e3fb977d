"""What is signed as typed data (EIP-712): its hash, a signature of it, and who signed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data

from dao.abi import checksum, keccak
from dao.errors import AccountError
from dao.types import Address

_DOMAIN = (("name", "string"), ("version", "string"), ("chainId", "uint256"), ("verifyingContract", "address"))

HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
"""Half of the order of secp256k1's group: the highest `s` of a signature that Ethereum takes (EIP-2)."""

SIGNATURE = 65
"""Bytes of a signature: r, s and v, which is 27 or 28."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedData:
    """A struct in a contract's domain.

    Args:
        name: The domain's name, and `version` its version.
        chain_id: The chain.
        contract: The contract that takes it.
        kind: The struct's name, and `fields` its fields with their types, in their order.
        message: A value for each field.
    """

    name: str
    version: str
    chain_id: int
    contract: Address
    kind: str
    fields: tuple[tuple[str, str], ...]
    message: Mapping[str, Any]

    @property
    def digest(self) -> bytes:
        """The 32 bytes that are signed."""
        signable = self.signable()
        return keccak(b"\x19" + signable.version + signable.header + signable.body)

    def signable(self) -> SignableMessage:
        """What eth-account signs."""
        return encode_typed_data(
            domain_data={
                "name": self.name,
                "version": self.version,
                "chainId": self.chain_id,
                "verifyingContract": self.contract,
            },
            message_types={self.kind: [{"name": name, "type": kind} for name, kind in self.fields]},
            message_data=dict(self.message),
        )

    def document(self) -> dict[str, Any]:
        """The document that wallets take (`eth_signTypedData_v4`); numbers are decimal texts."""
        values = {
            name: str(value) if isinstance(value, int) else f"0x{value.hex()}" if isinstance(value, bytes) else value
            for name, value in self.message.items()
        }
        return {
            "types": {
                "EIP712Domain": [{"name": name, "type": kind} for name, kind in _DOMAIN],
                self.kind: [{"name": name, "type": kind} for name, kind in self.fields],
            },
            "primaryType": self.kind,
            "domain": {
                "name": self.name,
                "version": self.version,
                "chainId": str(self.chain_id),
                "verifyingContract": self.contract,
            },
            "message": values,
        }


class TypedSigner(Protocol):
    """Somebody who signs typed data."""

    @property
    def address(self) -> Address:
        """Whose key it is."""

    def sign_typed(self, data: TypedData) -> bytes:
        """The signature, 65 bytes."""


def signer_of(data: TypedData, signature: bytes) -> Address | None:
    """Who made the `signature` (65 bytes) of `data`; None where it is none, as OpenZeppelin's ECDSA has it."""
    if len(signature) != SIGNATURE or int.from_bytes(signature[32:64], "big") > HALF_ORDER:
        return None
    try:
        return checksum(Account.recover_message(data.signable(), signature=signature))
    except Exception:
        # eth-account and eth-keys each have errors of their own for each way in which a signature can be wrong.
        return None


def normal(signature: bytes) -> bytes:
    """A wallet's signature of 65 bytes with 27 or 28 at its end, where some have 0 or 1.

    Raises AccountError for anything else.
    """
    last = signature[-1] if len(signature) == SIGNATURE else None
    if last in (0, 1, 27, 28):
        return signature[:-1] + bytes([last % 27 + 27])
    raise AccountError("this is no signature", expected=f"{SIGNATURE} bytes", found=f"{len(signature)} bytes")


def compact(signature: bytes) -> bytes:
    """A signature of 65 bytes in 64 (EIP-2098): the parity of `v` in the highest bit of `s`."""
    half = int.from_bytes(signature[32:64], "big") | (signature[64] - 27) << 255
    return signature[:32] + half.to_bytes(32, "big")


def expanded(signature: bytes) -> bytes:
    """A compact signature of 64 bytes (EIP-2098) in 65."""
    half = int.from_bytes(signature[32:], "big")
    return signature[:32] + (half % 2**255).to_bytes(32, "big") + bytes([27 + (half >> 255)])
