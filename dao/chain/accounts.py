"""Who signs: an account that the node manages, or a keystore file whose key never leaves this process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from eth_account.signers.local import LocalAccount

from dao.abi import checksum
from dao.chain.connection import Connection
from dao.chain.keystore import open_keystore, read_keystore
from dao.chain.typed import TypedData
from dao.errors import AccountError, RpcError
from dao.types import Address


class Signer(Protocol):
    """Somebody who can send a transaction (hexadecimal JSON-RPC fields)."""

    @property
    def address(self) -> Address:
        """The sender."""

    def sign(self, transaction: Mapping[str, Any]) -> bytes | None:
        """The signed transaction; None where this account signs only what it sends itself."""

    def send(self, connection: Connection, transaction: Mapping[str, Any]) -> str:
        """Signs and sends `transaction`; returns its hash."""


class NodeSigner:
    """An account that the node itself signs for: a development account, clef, or a wallet that speaks JSON-RPC."""

    def __init__(self, address: Address) -> None:
        self._address = address

    @property
    def address(self) -> Address:
        """The sender."""
        return self._address

    def sign(self, transaction: Mapping[str, Any]) -> bytes | None:
        """Nothing: the node signs when it sends."""
        return None

    def send(self, connection: Connection, transaction: Mapping[str, Any]) -> str:
        """Asks the node to sign and send (`eth_sendTransaction`)."""
        return str(connection.rpc("eth_sendTransaction", [dict(transaction)]))


class KeySigner:
    """An account whose key was read from a keystore file."""

    def __init__(self, account: LocalAccount) -> None:
        self._account = account

    @property
    def address(self) -> Address:
        """The sender."""
        return checksum(self._account.address)

    def sign(self, transaction: Mapping[str, Any]) -> bytes | None:
        """Signs here."""
        fields = {key: value for key, value in transaction.items() if key != "from"}
        return bytes(self._account.sign_transaction(fields).raw_transaction)

    def sign_typed(self, data: TypedData) -> bytes:
        """Signs typed data here; 65 bytes."""
        return bytes(self._account.sign_message(data.signable()).signature)

    def send(self, connection: Connection, transaction: Mapping[str, Any]) -> str:
        """Signs here and sends the raw transaction (`eth_sendRawTransaction`)."""
        raw = self.sign(transaction) or b""
        return str(connection.rpc("eth_sendRawTransaction", ["0x" + raw.hex()]))

    def __repr__(self) -> str:
        return f"KeySigner({self.address})"


class NoSigner:
    """An account that only names who would send: a multisig, whose owners sign elsewhere."""

    def __init__(self, address: Address) -> None:
        self._address = address

    @property
    def address(self) -> Address:
        """The sender."""
        return self._address

    def sign(self, transaction: Mapping[str, Any]) -> bytes | None:
        """Raises AccountError."""
        raise AccountError(f"nobody here signs for {self._address}", remedy="give --unsigned FILE")

    def send(self, connection: Connection, transaction: Mapping[str, Any]) -> str:
        """Raises AccountError."""
        raise AccountError(f"nobody here signs for {self._address}", remedy="give --unsigned FILE")


def node_signer(connection: Connection, address: Address) -> NodeSigner:
    """The node's account `address`. Raises AccountError when the node does not manage it."""
    managed = addresses_of("eth_accounts", connection.rpc("eth_accounts"))
    if address not in managed:
        raise AccountError(
            f"the node does not sign for {address}",
            expected=", ".join(managed[:10]) or "an account of the node; it manages none",
            remedy="give a keystore with --account or --keystore, or another signer with --signer",
        )
    return NodeSigner(address)


def addresses_of(method: str, answer: Any) -> list[Address]:
    """The addresses in a node's or signer's answer to `method`. Raises RpcError when they are none."""
    try:
        if not isinstance(answer, list):
            raise TypeError(type(answer).__name__)
        return [checksum(entry) for entry in answer]
    except (AttributeError, TypeError, ValueError) as error:
        raise RpcError(f"{method} is malformed", expected="a list of addresses", found=str(answer)[:80]) from error


def keystore_address(path: Path) -> Address | None:
    """The address that a keystore file claims, without its password; None where it names none.

    Raises AccountError when it is no keystore.
    """
    return read_keystore(path).address


def keystore_signer(path: Path, password: str) -> KeySigner:
    """The account in the keystore file at `path`. Raises AccountError like `open_keystore`."""
    return KeySigner(open_keystore(path, password))
