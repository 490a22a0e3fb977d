"""Version 3 keystores: read, opened within bounds of memory and time, made, and written whole or not at all."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount

from dao.abi import checksum
from dao.errors import AccountError
from dao.types import Address

WORK_FACTOR = 2**18
"""scrypt's N of the keystores that are made here; with r = 8 the derivation fills 256 MiB."""

MAX_MEMORY = 512 * 2**20
"""The most memory that a keystore may ask for, in bytes. Wallets ask for 256 MiB at most."""

MAX_LANES = 1_024
"""The largest product of scrypt's r and p. Wallets have 8."""

MAX_ROUNDS = 10_000_000
"""The most rounds of PBKDF2. Wallets have up to 1,000,000."""

PRIVATE = 0o600
"""The mode of a file that its owner alone may read."""

_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
"""The number of points of secp256k1 (SEC 2, section 2.4.1)."""

_MAX_BYTES = 64 * 1024
_KEY_LENGTHS = range(32, 65)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_KEY = re.compile(r"(0x)?[0-9a-fA-F]{64}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keystore:
    """What a keystore file says without its password.

    Args:
        path: The file.
        address: The account it claims to hold; None where it names none, as those of Foundry do.
        derivation: How its password becomes a key, in words.
        memory: What that takes, in bytes.
        mode: The file's permission bits.
    """

    path: Path
    address: Address | None
    derivation: str
    memory: int
    mode: int

    @property
    def open_to_others(self) -> bool:
        """Whether anybody but its owner may read or write the file."""
        return bool(self.mode & 0o077)


def read_keystore(path: Path) -> Keystore:
    """What the keystore at `path` says. Raises AccountError when it is none, or takes too much to open."""
    document = _load(path)
    crypto = _crypto(document, path)
    derivation, memory = _affordable(crypto, path)
    return Keystore(
        path=path,
        address=_claimed(document),
        derivation=derivation,
        memory=memory,
        mode=stat.S_IMODE(path.stat().st_mode),
    )


def open_keystore(path: Path, password: str) -> LocalAccount:
    """The account in the keystore at `path`.

    Raises AccountError when the file is no keystore, its derivation would take more than any wallet asks for (found
    before it runs), the password is wrong, or the key has another address than the file claims.
    """
    document = _load(path)
    crypto = _crypto(document, path)
    _affordable(crypto, path)
    try:
        # What was looked at and nothing else: keys that differ in case only would be read differently elsewhere.
        key = bytes(Account.decrypt({"version": 3, "crypto": crypto}, password))
    except (AttributeError, ValueError, KeyError, TypeError, AssertionError, OverflowError):
        raise AccountError(f"the password does not open {path}", remedy="try again") from None
    if not _is_key(key):
        raise AccountError(f"{path} holds no private key", remedy="restore it from a copy")
    account: LocalAccount = Account.from_key(key)
    claimed = _claimed(document)
    if claimed is not None and checksum(account.address) != claimed:
        raise AccountError(
            f"the key in {path} has another address than the file claims",
            expected=claimed,
            found=account.address,
            remedy="do not use this file: somebody changed it",
        )
    return account


def parse_key(text: str) -> bytes:
    """The private key that `text` writes in hexadecimal. Raises AccountError, which never shows it."""
    text = text.strip()
    if not _KEY.match(text):
        raise AccountError("this is no private key", expected="64 hexadecimal digits, with or without 0x")
    key = bytes.fromhex(text.removeprefix("0x"))
    if not _is_key(key):
        raise AccountError("this is no private key", expected="a number below the order of secp256k1, not 0")
    return key


def _is_key(key: bytes) -> bool:
    """Whether `key` is a private key of secp256k1: eth-account takes others and makes addresses of them."""
    return len(key) == 32 and 0 < int.from_bytes(key, "big") < _ORDER


def new_key() -> bytes:
    """A private key that nobody has, from the system's source of randomness."""
    return bytes(Account.create(os.urandom(32).hex()).key)


def write_keystore(folder: Path, name: str, key: bytes, password: str) -> Keystore:
    """Encrypts `key` with `password` and writes it as `folder/name.json`, readable by its owner alone.

    The file appears whole or not at all, and replaces none. Raises AccountError when the name is taken or no name, the
    password is empty, or the file cannot be written.
    """
    if not _NAME.match(name):
        raise AccountError(
            "this is no name for an account",
            expected="letters, digits, dots, dashes and underscores, at most 64",
            found=name,
        )
    if not password:
        raise AccountError("a keystore needs a password", found="an empty one")
    path = folder / f"{name}.json"
    if path.exists():
        raise _taken(name, path)
    text = json.dumps(Account.encrypt(key, password, kdf="scrypt", iterations=WORK_FACTOR), indent=2) + "\n"
    temporary = folder / f".{name}.json.tmp"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise AccountError(f"{folder} cannot be written", found=error.strerror) from None
    try:
        # Nobody else writes this account while the temporary file is there.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    except FileExistsError:
        raise AccountError(
            f"{temporary} is in the way",
            remedy="another process writes this account, or was interrupted: remove the file if none does",
        ) from None
    except OSError as error:
        raise AccountError(f"{folder} cannot be written", found=error.strerror) from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), PRIVATE)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            raise _taken(name, path)
        temporary.replace(path)
    except OSError as error:
        raise AccountError(f"{path} cannot be written", found=error.strerror) from None
    finally:
        temporary.unlink(missing_ok=True)
    return read_keystore(path)


def _taken(name: str, path: Path) -> AccountError:
    return AccountError(f"there is an account {name} already", found=str(path), remedy="choose another name")


def _load(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
        lowered = _lowered(json.loads(data if len(data) <= _MAX_BYTES else b"null"))
        if lowered["version"] != 3:
            raise KeyError("version")
        if "address" in lowered:
            _claimed(lowered)
    except OSError as error:
        raise AccountError(f"{path} cannot be read", found=error.strerror) from None
    except (AttributeError, ValueError, KeyError, TypeError, RecursionError):
        raise AccountError(f"{path} is no keystore", expected="a version 3 keystore in JSON") from None
    return lowered


def _claimed(document: Mapping[str, Any]) -> Address | None:
    """The address in a keystore, with or without 0x; None where there is none. Raises ValueError when it is wrong."""
    if "address" not in document:
        return None
    digits = str(document["address"]).removeprefix("0x")
    if len(digits) != 40:
        raise ValueError("address")
    bytes.fromhex(digits)
    return checksum("0x" + digits)


def _crypto(document: Mapping[str, Any], path: Path) -> dict[str, Any]:
    try:
        crypto = _lowered(document["crypto"])
        return {**crypto, "kdfparams": _lowered(crypto["kdfparams"])}
    except (AttributeError, KeyError, TypeError):
        raise _damaged(path) from None


def _affordable(crypto: Mapping[str, Any], path: Path) -> tuple[str, int]:
    """The derivation in words and its memory in bytes (scrypt: RFC 7914; PBKDF2: RFC 8018).

    Raises AccountError when it would take more than any wallet asks for.
    """
    parameters = crypto["kdfparams"]
    try:
        length = int(parameters["dklen"])
        if crypto["kdf"] == "scrypt":
            n, r, p = (int(parameters[name]) for name in ("n", "r", "p"))
            # scrypt fills a table of 128·n·r bytes, after it has stretched the password to 128·r·p bytes.
            memory = 128 * n * r
            words = f"scrypt, n = {n}, r = {r}, p = {p}"
            heavy = memory > MAX_MEMORY or r * p > MAX_LANES
            small = min(n, r, p) < 1
        elif crypto["kdf"] == "pbkdf2":
            rounds = int(parameters["c"])
            memory, words = 0, f"pbkdf2, {rounds} rounds"
            heavy, small = rounds > MAX_ROUNDS, rounds < 1
        else:
            raise KeyError("kdf")
        if small:
            raise ValueError("no work")
    except (KeyError, TypeError, ValueError, OverflowError):
        raise _damaged(path) from None
    if heavy or length not in _KEY_LENGTHS:
        raise AccountError(
            f"the key in {path} takes too much memory or time to derive",
            expected=f"at most {MAX_MEMORY // 2**20} MiB (128·n·r), r·p at most {MAX_LANES}, {MAX_ROUNDS} rounds",
            found=f"{words}, {length} bytes",
            remedy="is the file from where you think? a usual wallet writes n = 262144, r = 8, p = 1",
        )
    return words, memory


def _damaged(path: Path) -> AccountError:
    return AccountError(f"{path} is no keystore", expected="the key's derivation and its parameters")


def _lowered(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """`mapping` with keys in lower case: wallets write `Crypto` as well."""
    return {str(key).lower(): value for key, value in mapping.items()}
