"""Transactions between bytes and values: the bytes that a transaction's hash is of, who signed them, and what they say.

Transactions are those of EIP-2718: legacy ones, with a chain in their signature (EIP-155) or without, and types 1
(EIP-2930), 2 (EIP-1559), 3 (EIP-4844) and 4 (EIP-7702). Networks that settle on Ethereum have further ones, without a
signature; they are not read here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import rlp  # type: ignore[import-untyped]  # rlp ships no types

from dao.abi import checksum, keccak
from dao.blocks.tries import decoded
from dao.errors import CodecError
from dao.types import Address


class Form(Enum):
    """How a field of a transaction is written."""

    NUMBER = auto()
    BYTES = auto()
    RECEIVER = auto()
    """An address, or nothing where the transaction creates a contract."""
    HASHES = auto()
    ACCESSES = auto()
    """Pairs of `address` and `storageKeys` (EIP-2930)."""
    AUTHORIZATIONS = auto()
    """The values of AUTHORIZATION, several times (EIP-7702)."""


Field = tuple[str, Form]

_CALL: tuple[Field, ...] = (
    ("gas", Form.NUMBER),
    ("to", Form.RECEIVER),
    ("value", Form.NUMBER),
    ("input", Form.BYTES),
)
_FEES: tuple[Field, ...] = (("maxPriorityFeePerGas", Form.NUMBER), ("maxFeePerGas", Form.NUMBER))
_BEFORE: tuple[Field, ...] = (("chainId", Form.NUMBER), ("nonce", Form.NUMBER))
_ACCESSES: Field = ("accessList", Form.ACCESSES)
_POINT: tuple[Field, ...] = (("r", Form.NUMBER), ("s", Form.NUMBER))
_SIGNATURE: tuple[Field, ...] = (("yParity", Form.NUMBER), *_POINT)

LEGACY = 0
"""The type of a transaction without one: it has no byte in front."""

FIELDS: dict[int, tuple[Field, ...]] = {
    LEGACY: (("nonce", Form.NUMBER), ("gasPrice", Form.NUMBER), *_CALL, ("v", Form.NUMBER), *_POINT),
    1: (*_BEFORE, ("gasPrice", Form.NUMBER), *_CALL, _ACCESSES, *_SIGNATURE),
    2: (*_BEFORE, *_FEES, *_CALL, _ACCESSES, *_SIGNATURE),
    3: (
        *(*_BEFORE, *_FEES, *_CALL, _ACCESSES),
        ("maxFeePerBlobGas", Form.NUMBER),
        ("blobVersionedHashes", Form.HASHES),
        *_SIGNATURE,
    ),
    4: (*_BEFORE, *_FEES, *_CALL, _ACCESSES, ("authorizationList", Form.AUTHORIZATIONS), *_SIGNATURE),
}
"""The fields of each type in the order of their RLP, by their names in JSON-RPC."""

AUTHORIZATION: tuple[Field, ...] = (
    ("chainId", Form.NUMBER),
    ("address", Form.BYTES),
    ("nonce", Form.NUMBER),
    *_SIGNATURE,
)
"""The fields of an authorization of EIP-7702, as of a transaction."""

_TYPES_END = 0x80
"""Types are below it; what begins with more is RLP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """What the bytes of a transaction say.

    Args:
        hash: Keccak-256 of the bytes, 32 bytes.
        sender: Who signed them.
        to: Who is called; None where a contract is created.
        input: What it is called with.
    """

    hash: bytes
    sender: Address
    to: Address | None
    input: bytes


def encode(kind: int, values: Sequence[Any]) -> bytes:
    """The bytes of a transaction of type `kind`, one of FIELDS, with these values of its fields.

    Numbers are integers, hashes a list, accesses and authorizations lists of lists, everything else is bytes. Raises
    CodecError where a value cannot be written.
    """
    try:
        body = bytes(rlp.encode(list(values)))
    except (rlp.exceptions.EncodingError, rlp.exceptions.SerializationError, TypeError) as error:
        raise CodecError("a transaction cannot be written", found=str(error)[:80]) from error
    return body if kind == LEGACY else bytes([kind]) + body


def read_transaction(data: bytes) -> Transaction:
    """What the bytes of a transaction say; its sender follows from the signature.

    Raises CodecError when they are none of a type in FIELDS, or are not signed.
    """
    kind = data[0] if data and data[0] < _TYPES_END else LEGACY
    if kind not in FIELDS or data[:1] == bytes([LEGACY]):
        raise CodecError("a transaction has a type that is not known", found=f"type {kind}")
    names = [name for name, _ in FIELDS[kind]]
    fields = decoded(data[kind != LEGACY :], "a transaction")
    if not isinstance(fields, list) or len(fields) != len(names):
        raise CodecError("this is no transaction", expected=f"{len(names)} fields for type {kind}", found="others")
    to, called = fields[names.index("to")], fields[names.index("input")]
    if isinstance(called, list) or isinstance(to, list) or len(to) not in (0, 20):
        raise CodecError("this is no transaction", expected="a receiver of 20 bytes, and an input", found="others")
    return Transaction(hash=keccak(data), sender=_signer(data), to=checksum(bytes(to)) if to else None, input=called)


def _signer(data: bytes) -> Address:
    # Imported here, because it takes long and hardly anybody needs it.
    from eth_account import Account

    try:
        return Address(Account.recover_transaction(data))
    except Exception as error:
        # The library has an error of its own for each way in which a transaction is wrong, and Python others.
        raise CodecError("a transaction is not signed", found=type(error).__name__) from error
