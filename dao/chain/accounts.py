"""Who signs: an account that the node manages, or a keystore file whose key never leaves this process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from eth_account import Account
from eth_account.signers.local import LocalAccount

from dao.abi import checksum
from dao.chain.connection import Connection
from dao.errors import AccountError, RpcError
from dao.types import Address

_MAX_MEMORY = 512 * 2**20
"""The most memory that a keystore may ask for, in bytes. Wallets ask for 256 MiB at most."""

_MAX_LANES = 1_024
"""The largest product of scrypt's r and p. Wallets have 8."""


class Signer(Protocol):
    """Somebody who can send a transaction."""

    @property
    def address(self) -> Address:
        """The sender."""

    def send(self, connection: Connection, transaction: Mapping[str, Any]) -> str:
        """Signs and sends `transaction` (hexadecimal JSON-RPC fields); returns its hash."""


class NodeSigner:
    """An account that the node itself signs for: a development account, clef, or a wallet that speaks JSON-RPC."""

    def __init__(self, address: Address) -> None:
        self._address = address

    @property
    def address(self) -> Address:
        """The sender."""
        return self._address

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

    def send(self, connection: Connection, transaction: Mapping[str, Any]) -> str:
        """Signs here and sends the raw transaction (`eth_sendRawTransaction`)."""
        fields = {key: value for key, value in transaction.items() if key != "from"}
        signed = self._account.sign_transaction(fields)
        return str(connection.rpc("eth_sendRawTransaction", ["0x" + bytes(signed.raw_transaction).hex()]))

    def __repr__(self) -> str:
        return f"KeySigner({self.address})"


def node_signer(connection: Connection, address: Address) -> NodeSigner:
    """The node's account `address`. Raises AccountError when the node does not manage it."""
    answer = connection.rpc("eth_accounts")
    try:
        managed = [checksum(entry) for entry in answer]
    except (TypeError, ValueError) as error:
        raise RpcError("eth_accounts is malformed", expected="a list of addresses", found=str(answer)[:80]) from error
    if address not in managed:
        raise AccountError(
            f"the node does not sign for {address}",
            expected=", ".join(managed[:10]) or "an account of the node; it manages none",
            remedy="give a keystore file with --keystore instead of --from",
        )
    return NodeSigner(address)


def keystore_address(path: Path) -> Address:
    """The address that a keystore file claims, without its password. Raises AccountError when it is no keystore."""
    return checksum("0x" + str(_keystore(path)["address"]).removeprefix("0x"))


def keystore_signer(path: Path, password: str) -> KeySigner:
    """The account in the keystore v3 file at `path`.

    Raises AccountError when the file is no keystore, the password is wrong, or the key has another address than the
    file claims.
    """
    document = _keystore(path)
    _require_affordable(document, path)
    try:
        key = Account.decrypt(document, password)
    except (AttributeError, ValueError, KeyError, TypeError):
        raise AccountError(f"the password does not open {path}", remedy="try again") from None
    account: LocalAccount = Account.from_key(key)
    if checksum(account.address) != keystore_address(path):
        raise AccountError(
            f"the key in {path} has another address than the file claims",
            expected=keystore_address(path),
            found=account.address,
        )
    return KeySigner(account)


def _require_affordable(document: Mapping[str, Any], path: Path) -> None:
    """Raises AccountError when deriving the key would take more than any wallet asks for (scrypt, RFC 7914)."""
    try:
        crypto = _lowered(_lowered(document)["crypto"])
        if str(crypto["kdf"]).lower() != "scrypt":
            return
        parameters = _lowered(crypto["kdfparams"])
        n, r, p = (int(parameters[name]) for name in ("n", "r", "p"))
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        raise AccountError(f"{path} is no keystore", expected="the key's derivation and its parameters") from None
    # scrypt fills a table of 128·n·r bytes, after it has stretched the password to 128·r·p bytes.
    if 128 * n * r > _MAX_MEMORY or r * p > _MAX_LANES:
        raise AccountError(
            f"the key in {path} takes too much memory or time to derive",
            expected=f"at most {_MAX_MEMORY // 2**20} MiB (128·n·r), and r·p at most {_MAX_LANES}",
            found=f"n = {n}, r = {r}, p = {p}",
            remedy="is the file from where you think? a usual wallet writes n = 262144, r = 8, p = 1",
        )


def _lowered(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """`mapping` with keys in lower case: wallets write `Crypto` as well."""
    return {str(key).lower(): value for key, value in mapping.items()}


def _keystore(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        int(str(document["address"]).removeprefix("0x"), 16)
        if document["version"] != 3 or len(str(document["address"]).removeprefix("0x")) != 40:
            raise KeyError("version")
    except OSError as error:
        raise AccountError(f"{path} cannot be read", found=error.strerror) from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise AccountError(f"{path} is no keystore", expected="a version 3 keystore in JSON with an address") from None
    return dict(document)
