"""What is signed as typed data (EIP-712): its hash, a signature of it, and who signed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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


Fields = tuple[tuple[str, str], ...]
"""The fields of a struct with their types, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedData:
    """A struct in a contract's domain.

    Args:
        name: The domain's name, and `version` its version.
        chain_id: The chain.
        contract: The contract that takes it.
        kind: The struct's name, and `fields` its fields.
        message: A value for each field: of a struct a mapping, of an array a sequence.
        structs: The structs that fields are of, or are arrays of, by name.
    """

    name: str
    version: str
    chain_id: int
    contract: Address
    kind: str
    fields: Fields
    message: Mapping[str, Any]
    structs: Mapping[str, Fields] = field(default_factory=dict)

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
            message_types=self._types(),
            message_data=dict(self.message),
        )

    def document(self) -> dict[str, Any]:
        """The document that wallets take (`eth_signTypedData_v4`); numbers are decimal texts."""
        return {
            "types": {"EIP712Domain": _listed(_DOMAIN), **self._types()},
            "primaryType": self.kind,
            "domain": {
                "name": self.name,
                "version": self.version,
                "chainId": str(self.chain_id),
                "verifyingContract": self.contract,
            },
            "message": _texts(self.message),
        }

    def _types(self) -> dict[str, list[dict[str, str]]]:
        return {name: _listed(fields) for name, fields in {self.kind: self.fields, **self.structs}.items()}


def _listed(fields: Fields) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in fields]


def _texts(value: Any) -> Any:
    """`value` as JSON has it: numbers as decimal texts, bytes as hexadecimal ones."""
    if isinstance(value, Mapping):
        return {name: _texts(entry) for name, entry in value.items()}
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return [_texts(entry) for entry in value] if isinstance(value, Sequence) and not isinstance(value, str) else value


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
