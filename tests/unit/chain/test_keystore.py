"""Keystores: bounded before they are opened, written whole and for one's own eyes, read as other tools write them."""

from __future__ import annotations

import json
import os
import stat
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from dao.chain import keystore
from dao.chain.keystore import new_key, open_keystore, parse_key, read_keystore, write_keystore
from dao.errors import AccountError
from dao.types import Address
from tests.support.chain import ACCOUNTS

PASSWORD = "correct horse 🔑"
KEY = "5e" * 32
ADDRESS = Address(Account.from_key(KEY).address)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """A keystore, with so few rounds that it opens at once."""
    return dict(Account.encrypt(KEY, PASSWORD, kdf="scrypt", iterations=2))


def store(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


# ------------------------------------------------------------ writing


def test_what_is_written_is_strong_and_private(tmp_path: Path) -> None:
    folder = tmp_path / "below" / "keystores"
    os.umask(0)
    try:
        written = write_keystore(folder, "alice", bytes.fromhex(KEY), PASSWORD)
    finally:
        os.umask(0o022)
    assert written.path == folder / "alice.json"
    assert written.address == ADDRESS
    assert written.mode == 0o600
    assert not written.open_to_others
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    parameters = json.loads(written.path.read_text(encoding="utf-8"))["crypto"]["kdfparams"]
    assert parameters["n"] >= 2**18
    assert written.memory == 128 * parameters["n"] * parameters["r"] == 256 * 2**20
    assert [path.name for path in folder.iterdir()] == ["alice.json"]
    assert bytes(open_keystore(written.path, PASSWORD).key) == bytes.fromhex(KEY)


def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keystore, "WORK_FACTOR", 2)


def test_no_account_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)
    first = write_keystore(tmp_path, "alice", bytes.fromhex(KEY), PASSWORD).path.read_bytes()
    with pytest.raises(AccountError, match="already"):
        write_keystore(tmp_path, "alice", new_key(), PASSWORD)
    assert (tmp_path / "alice.json").read_bytes() == first
    # Somebody else is writing it, between our look and our rename.
    (tmp_path / ".bob.json.tmp").write_text("", encoding="utf-8")
    with pytest.raises(AccountError, match="in the way"):
        write_keystore(tmp_path, "bob", new_key(), PASSWORD)
    assert not (tmp_path / "bob.json").exists()
    assert (tmp_path / ".bob.json.tmp").exists()


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AccountError, match="cannot be written"):
        write_keystore(tmp_path, "alice", bytes.fromhex(KEY), PASSWORD)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "a\0b", "-a", ".a", "a" * 65, "ä", "a b", "a\n"])
def test_names_that_are_none(tmp_path: Path, name: str) -> None:
    with pytest.raises(AccountError, match="no name for an account"):
        write_keystore(tmp_path, name, bytes.fromhex(KEY), PASSWORD)
    assert list(tmp_path.iterdir()) == []


def test_a_password_is_needed(tmp_path: Path) -> None:
    with pytest.raises(AccountError, match="needs a password"):
        write_keystore(tmp_path, "alice", bytes.fromhex(KEY), "")


def test_a_folder_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(AccountError, match="cannot be written"):
        write_keystore(tmp_path / "file", "alice", bytes.fromhex(KEY), PASSWORD)


# ------------------------------------------------------------ keys


@pytest.mark.parametrize("text", [KEY, f"0x{KEY}", f"  {KEY.upper()}\n"])
def test_a_key(text: str) -> None:
    assert parse_key(text) == bytes.fromhex(KEY)


ORDER = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"


@pytest.mark.parametrize("text", ["", "0x", KEY[1:], KEY + "0", "0" * 64, ORDER, "f" * 64, "zz" * 32, "one two three"])
def test_no_key_is_not_shown(text: str) -> None:
    with pytest.raises(AccountError) as error:
        parse_key(text)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__ or error.value.__context__ is None
    assert len(text) < 3 or text not in str(error.value)


def test_new_keys_differ() -> None:
    assert len({new_key() for _ in range(20)}) == 20
    assert {len(new_key()) for _ in range(20)} == {32}


# ------------------------------------------------------------ bounds


def changed(document: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    crypto = document["crypto"]
    return {**document, "crypto": {**crypto, "kdfparams": {**crypto["kdfparams"], **parameters}}}


HEAVY: dict[str, dict[str, Any]] = {
    "memory": {"n": 2**23},
    "just above 512 MiB": {"n": 2**19 + 1, "r": 8},
    "block size": {"r": 2**20},
    "lanes": {"p": 2**24},
    "length": {"dklen": 2**40},
    "as text": {"n": str(2**30)},
}


@pytest.mark.parametrize("parameters", HEAVY.values(), ids=HEAVY)
def test_too_heavy_is_refused_before_it_runs(
    tmp_path: Path, document: dict[str, Any], parameters: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ran(*_: Any) -> None:
        pytest.fail("the derivation ran")

    monkeypatch.setattr(Account, "decrypt", ran)
    path = store(tmp_path / "key", changed(document, **parameters))
    tracemalloc.start()
    for read in (lambda: open_keystore(path, PASSWORD), lambda: read_keystore(path)):
        with pytest.raises(AccountError, match="too much memory or time") as error:
            read()
        assert "512 MiB" in str(error.value.expected)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_exactly_512_mib_is_let_through(tmp_path: Path, document: dict[str, Any]) -> None:
    assert read_keystore(store(tmp_path / "key", changed(document, n=2**19, r=8))).memory == 512 * 2**20


def test_pbkdf2(tmp_path: Path) -> None:
    made = dict(Account.encrypt(KEY, PASSWORD, kdf="pbkdf2", iterations=3))
    path = store(tmp_path / "key", made)
    assert open_keystore(path, PASSWORD).address == ADDRESS
    assert read_keystore(path).derivation == "pbkdf2, 3 rounds"
    with pytest.raises(AccountError, match="too much memory or time"):
        open_keystore(store(path, changed(made, c=10_000_001)), PASSWORD)


@pytest.mark.parametrize("twist", ["version", "kdf", "second crypto", "second parameter"])
def test_no_spelling_leads_around_the_bounds(tmp_path: Path, document: dict[str, Any], twist: str) -> None:
    """What is looked at is what is opened, however a file writes it twice."""
    heavy = changed(document, n=2**40)
    crypto = heavy["crypto"]
    path = tmp_path / "key"
    if twist == "version":
        body = {"kdf": {"function": "scrypt", "params": crypto["kdfparams"]}, "cipher": {}, "checksum": {}}
        store(path, {"version": 3, "Version": 4, "crypto": {**crypto, **body}})
    elif twist == "kdf":
        store(path, {**heavy, "crypto": {**crypto, "kdf": "SCRYPT"}})
    elif twist == "second crypto":
        path.write_text(json.dumps(document)[:-1] + f', "CRYPTO": {json.dumps(crypto)}}}', encoding="utf-8")
    else:
        text = json.dumps(document).replace('"n": 2,', f'"n": 2, "N": {2**40},')
        assert "1099511627776" in text
        path.write_text(text, encoding="utf-8")
    with pytest.raises(AccountError):
        open_keystore(path, PASSWORD)


def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "key"
    with path.open("wb") as file:
        file.truncate(10 * 2**30)
    tracemalloc.start()
    with pytest.raises(AccountError, match="is no keystore"):
        read_keystore(path)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


# ------------------------------------------------------------ what other tools write


def test_without_an_address_as_foundry_writes_it(tmp_path: Path, document: dict[str, Any]) -> None:
    path = store(tmp_path / "key", {key: value for key, value in document.items() if key != "address"})
    assert read_keystore(path).address is None
    assert open_keystore(path, PASSWORD).address == ADDRESS


def test_another_address_is_found_after_opening(tmp_path: Path, document: dict[str, Any]) -> None:
    path = store(tmp_path / "key", {**document, "address": ACCOUNTS[0][2:].lower()})
    with pytest.raises(AccountError, match="another address than the file claims"):
        open_keystore(path, PASSWORD)
    # Only after: whoever lacks the password learns nothing.
    with pytest.raises(AccountError, match="does not open"):
        open_keystore(path, "another")


def test_a_key_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, document: dict[str, Any]) -> None:
    path = store(tmp_path / "key", document)
    for key in (bytes(32), bytes.fromhex(ORDER), b"short"):
        monkeypatch.setattr(Account, "decrypt", lambda *_, key=key: key)
        with pytest.raises(AccountError, match="holds no private key"):
            open_keystore(path, PASSWORD)


# The test vectors of the Web3 Secret Storage Definition, which name no address.
VECTORS: dict[str, dict[str, Any]] = {
    "scrypt": {
        "cipherparams": {"iv": "83dbcc02d8ccb40e466191a123791e0e"},
        "ciphertext": "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
        "kdfparams": {
            "dklen": 32,
            "n": 262144,
            "p": 8,
            "r": 1,
            "salt": "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19",
        },
        "mac": "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097",
    },
    "pbkdf2": {
        "cipherparams": {"iv": "6087dab2f9fdbbfaddc31a909735c1e6"},
        "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
        "kdfparams": {
            "c": 262144,
            "dklen": 32,
            "prf": "hmac-sha256",
            "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
        },
        "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
    },
}


@pytest.mark.parametrize("kdf", VECTORS)
@pytest.mark.parametrize("name", ["crypto", "Crypto"])
def test_published_vectors(tmp_path: Path, kdf: str, name: str) -> None:
    crypto = {"cipher": "aes-128-ctr", "kdf": kdf, **VECTORS[kdf]}
    identity = "3198bc9c-6672-5ab3-d995-4942343ae5b6"
    path = store(tmp_path / "key", {name: crypto, "id": identity, "version": 3})
    expected = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d"
    assert bytes(open_keystore(path, "testpassword").key).hex() == expected
    assert read_keystore(path).address is None
