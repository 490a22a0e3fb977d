"""Signing: by the node, or by a keystore file whose key and password never leave the process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from dao.chain import node, transaction
from dao.chain.accounts import KeySigner, keystore_address, keystore_signer, node_signer
from dao.chain.connection import Connection
from dao.chain.create import create_address
from dao.chain.transaction import Request
from dao.errors import AccountError
from dao.types import Address
from tests.support.chain import ACCOUNTS, DEPLOYER, ROOT

PASSWORD = "correct horse 🔑"
KEY = "0x" + "5e" * 32
ADDRESS = Address(Account.from_key(KEY).address)


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    with node.ephemeral(ROOT) as opened:
        yield opened


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """A keystore, with so few rounds that it opens at once."""
    return dict(Account.encrypt(KEY, PASSWORD, kdf="scrypt", iterations=2))


@pytest.fixture
def keystore(tmp_path: Path, document: dict[str, Any]) -> Path:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_a_keystore_signs(connection: Connection, keystore: Path) -> None:
    assert keystore_address(keystore) == ADDRESS
    signer = keystore_signer(keystore, PASSWORD)
    assert signer.address == ADDRESS
    connection.rpc("anvil_setBalance", [ADDRESS, hex(10**18)])
    request = Request(to=ACCOUNTS[0], data=b"", value=5)
    before = connection.balance(ACCOUNTS[0])
    transaction.send(connection, signer, request, chain_id=node.CHAIN_ID, timeout=30)
    assert connection.balance(ACCOUNTS[0]) == before + 5
    creation = Request(to=None, data=bytes.fromhex("6001600c60003960016000f300"))
    receipt = transaction.send(connection, signer, creation, chain_id=node.CHAIN_ID, timeout=30)
    assert receipt.contract == create_address(ADDRESS, 1)
    assert connection.nonce(ADDRESS) == 2


def test_a_signer_shows_no_secret(keystore: Path) -> None:
    signer = keystore_signer(keystore, PASSWORD)
    assert repr(signer) == f"KeySigner({ADDRESS})"
    assert str(signer) == repr(signer)


@pytest.mark.parametrize("password", ["", "another 9f3c", PASSWORD + " ", PASSWORD.upper()], ids=range(4))
def test_a_wrong_password(keystore: Path, password: str) -> None:
    with pytest.raises(AccountError, match="does not open") as error:
        keystore_signer(keystore, password)
    assert error.value.__cause__ is None
    assert not password or password not in str(error.value) + repr(error.value)
    assert KEY[2:] not in str(error.value)


def test_a_keystore_that_claims_another_address(keystore: Path, document: dict[str, Any]) -> None:
    keystore.write_text(json.dumps({**document, "address": ACCOUNTS[0][2:].lower()}), encoding="utf-8")
    with pytest.raises(AccountError, match="another address than the file claims") as error:
        keystore_signer(keystore, PASSWORD)
    assert (error.value.expected, error.value.found) == (ACCOUNTS[0], ADDRESS)


@pytest.mark.parametrize("prefix", ["", "0x"])
def test_the_address_may_have_a_prefix(keystore: Path, document: dict[str, Any], prefix: str) -> None:
    keystore.write_text(json.dumps({**document, "address": prefix + ADDRESS[2:]}), encoding="utf-8")
    assert isinstance(keystore_signer(keystore, PASSWORD), KeySigner)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 1},
        {"address": None},
        {"address": "12"},
        {"address": "zz" * 20},
        {"address": 5},
    ],
)
def test_a_file_that_is_no_keystore(keystore: Path, document: dict[str, Any], change: dict[str, Any]) -> None:
    keystore.write_text(json.dumps({**document, **change}), encoding="utf-8")
    with pytest.raises(AccountError, match="is no keystore"):
        keystore_signer(keystore, PASSWORD)


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"null", b"5", b'"x"', b"{}", b"\xff", b"[" * 100_000], ids=lambda text: text[:8]
)
def test_a_file_that_is_something_else(keystore: Path, text: bytes) -> None:
    keystore.write_bytes(text)
    with pytest.raises(AccountError, match="is no keystore"):
        keystore_address(keystore)


@pytest.mark.parametrize(
    "crypto",
    [None, "x", [], {}, {"kdf": "scrypt"}, {"kdf": "none"}, {"kdf": "scrypt", "kdfparams": 5, "ciphertext": 1}],
)
def test_a_keystore_with_damaged_contents(keystore: Path, document: dict[str, Any], crypto: Any) -> None:
    keystore.write_text(json.dumps({**document, "crypto": crypto}), encoding="utf-8")
    with pytest.raises(AccountError):
        keystore_signer(keystore, PASSWORD)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(AccountError, match="cannot be read"):
        keystore_address(tmp_path / "none.json")
    with pytest.raises(AccountError, match="cannot be read"):
        keystore_address(tmp_path)


def test_an_account_of_the_node(connection: Connection) -> None:
    assert node_signer(connection, DEPLOYER).address == DEPLOYER
    with pytest.raises(AccountError, match="does not sign for") as error:
        node_signer(connection, ADDRESS)
    assert ACCOUNTS[0] in str(error.value.expected)
    assert "--keystore" in str(error.value.remedy)


@pytest.mark.parametrize("name", ["crypto", "Crypto"])
@pytest.mark.parametrize("parameters", [{"n": 2**30}, {"r": 2**20}, {"p": 2**24}, {"n": 2**19 + 1, "r": 8}])
def test_a_keystore_that_would_take_all_memory(
    keystore: Path, document: dict[str, Any], name: str, parameters: dict[str, int]
) -> None:
    crypto = {**document["crypto"], "kdfparams": {**document["crypto"]["kdfparams"], **parameters}}
    rest = {key: value for key, value in document.items() if key != "crypto"}
    keystore.write_text(json.dumps({**rest, name: crypto}), encoding="utf-8")
    with pytest.raises(AccountError, match="too much memory or time") as error:
        keystore_signer(keystore, PASSWORD)
    assert "512 MiB" in str(error.value.expected)


def test_a_keystore_as_wallets_write_it_is_not_too_much(keystore: Path) -> None:
    usual = Account.encrypt(KEY, PASSWORD, kdf="scrypt", iterations=2**15)
    keystore.write_text(json.dumps(usual), encoding="utf-8")
    assert keystore_signer(keystore, PASSWORD).address == ADDRESS
