"""Accounts out of the state trie: what a state root proves of a contract (Yellow Paper, section 4.1)."""

from __future__ import annotations

from dataclasses import dataclass

from dao.blocks.bytecode import NO_CODE
from dao.blocks.tries import EMPTY_ROOT, Nodes, decoded, value_at
from dao.errors import CodecError
from dao.proving.hashing import keccak
from dao.types import Address

_FIELDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a state root proves of an address. `balance` is in wei; roots and hashes have 32 bytes."""

    nonce: int
    balance: int
    storage_root: bytes
    code_hash: bytes


def account_at(state_root: bytes, address: Address, nodes: Nodes) -> Account | None:
    """The account of `address`, empty where it provably does not exist; None when a node of the proof is missing.

    Raises CodecError when what the root leads to is no account.
    """
    value = value_at(state_root, keccak(bytes.fromhex(address[2:])), nodes)
    if value is None:
        return None
    if not value:
        return Account(nonce=0, balance=0, storage_root=EMPTY_ROOT, code_hash=NO_CODE)
    fields = decoded(value, "an account")
    if not isinstance(fields, list) or len(fields) != _FIELDS or any(isinstance(field, list) for field in fields):
        raise CodecError("this is no account", expected=f"{_FIELDS} fields", found="others")
    nonce, balance, storage_root, code_hash = (bytes(field) for field in fields)
    return Account(
        nonce=int.from_bytes(nonce, "big"),
        balance=int.from_bytes(balance, "big"),
        storage_root=storage_root,
        code_hash=code_hash,
    )


def word_at(storage_root: bytes, key: bytes, nodes: Nodes) -> bytes | None:
    """The word (32 bytes) in slot `key`, zero where it provably holds nothing; None when a node is missing.

    Raises CodecError when what the root leads to is no word.
    """
    value = value_at(storage_root, keccak(key), nodes)
    if value is None:
        return None
    word = decoded(value, "a storage value") if value else b""
    if not isinstance(word, bytes) or len(word) > 32:
        raise CodecError("this is no storage value", expected="32 bytes at most", found=f"{len(value)} bytes")
    return word.rjust(32, b"\x00")
