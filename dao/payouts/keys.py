"""Account texts to integers that sort and group fast, and back, over whole columns.

The 20 bytes of an account become three integers, of its first 7, next 7 and last 6 bytes, big-endian: in the order of
the three, accounts ascend. Beside them stand which of its digits are upper-case letters, so that the text as it was
written comes back exactly, and what kind of spelling it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as arrow
import pyarrow.compute as compute
import sha3

from dao.errors import PolicyError

KEYS = ("a0", "a1", "a2")
"""The columns of an account's three integers."""

NO_ACCOUNT, ONE_CASE, MIXED_CASE = 0, 1, 2
"""Kinds of spelling: no account, `0x` and 40 digits with letters of one case, or of both, which must be EIP-55."""

_TEXT, _DIGITS = 42, 40
_NO_DIGIT = 255
_ZERO = "0x" + "0" * _DIGITS


def _digit_values() -> np.ndarray[Any, Any]:
    table = np.full(256, _NO_DIGIT, np.uint8)
    for value, digit in enumerate(b"0123456789abcdef"):
        table[digit] = value
    for value, digit in enumerate(b"ABCDEF", 10):
        table[digit] = value
    return table


_VALUES = _digit_values()
_LETTER = 10
_LOWER = ord("a")


def encode_accounts(texts: Any) -> dict[str, Any]:
    """Columns out of an Arrow array of texts without nulls: `a0`, `a1`, `a2`, `case`, `kind`, and `text`.

    `case` has a bit for each digit, the first the highest of 40: whether it is an upper-case letter. `text` is the
    text itself where it is no account, whose integers are zero; empty elsewhere.
    """
    fits = compute.equal(compute.binary_length(texts), _TEXT)
    whole = compute.all(fits).as_py() is not False
    raw = _bytes(texts if whole else compute.if_else(fits, texts, _ZERO))
    body = raw[:, 2:]
    values = _VALUES[body]
    known = (raw[:, 0] == ord("0")) & (raw[:, 1] == ord("x")) & (values.max(axis=1, initial=0) != _NO_DIGIT)
    if not whole:
        known &= np.asarray(fits)
    spoiled = not known.all()
    if spoiled:
        values[~known] = 0
    letters = values >= _LETTER
    upper = letters & (body < _LOWER)
    lower = letters & ~upper
    mixed = upper.any(axis=1) & lower.any(axis=1)
    kind = np.where(known, np.where(mixed, MIXED_CASE, ONE_CASE), NO_ACCOUNT).astype(np.int8)
    keys = _integers((values[:, ::2] << 4) | values[:, 1::2])
    text = compute.if_else(arrow.array(known), "", texts) if spoiled else arrow.repeat("", len(texts))
    return {**dict(zip(KEYS, keys, strict=True)), "case": _mask(upper), "kind": kind, "text": text.cast(arrow.string())}


def decode_accounts(columns: Sequence[Any]) -> list[str]:
    """The accounts, in lower case, that stand in Arrow arrays `a0`, `a1` and `a2`."""
    digits = account_bytes(columns).tobytes().hex()
    return ["0x" + digits[start : start + _DIGITS] for start in range(0, len(digits), _DIGITS)]


def key_columns(accounts: Sequence[str]) -> dict[str, Any]:
    """The columns `a0`, `a1` and `a2` of `accounts`. Raises PolicyError for one that is not in lower case."""
    columns = encode_accounts(arrow.array(accounts, arrow.string()))
    wrong = next((text for text in accounts if text != text.lower()), None)
    wrong = next((text for text in columns["text"].to_pylist() if text), wrong)
    if wrong is not None:
        raise PolicyError(
            "an account is not spelled as state has it", expected="0x and 40 lower-case digits", found=wrong
        )
    return {name: columns[name] for name in KEYS}


def spelled(columns: Sequence[Any], case: Sequence[int]) -> list[str]:
    """The accounts as they were written: their integers, and each one's `case`."""
    return [_in_case(text, bits) if bits else text for text, bits in zip(decode_accounts(columns), case, strict=True)]


def checksum_case(columns: Sequence[Any]) -> Any:
    """What `case` is in the EIP-55 spelling of each account, as a numpy array.

    Source: EIP-55: a letter is upper-case where the same digit of the keccak-256 of the lower-case text is 8 or more.
    """
    raw = account_bytes(columns)
    digits = raw.tobytes().hex().encode()
    hashes = b"".join(
        sha3.keccak_256(digits[start : start + _DIGITS]).digest()[:20] for start in range(0, len(digits), _DIGITS)
    )
    return _mask((_nibbles(raw) >= _LETTER) & (_nibbles(np.frombuffer(hashes, np.uint8).reshape(-1, 20)) >= 8))


def account_bytes(columns: Sequence[Any]) -> Any:
    """The 20 bytes of each account, as a numpy array of n × 20."""
    first, middle, last = (np.asarray(column).astype(">u8").view(np.uint8).reshape(-1, 8) for column in columns)
    return np.concatenate([first[:, 1:], middle[:, 1:], last[:, 2:]], axis=1)


def _bytes(texts: Any) -> Any:
    texts = texts.cast(arrow.string())
    if not len(texts):
        return np.zeros((0, _TEXT), np.uint8)
    _, offsets, data = texts.buffers()
    start = int(np.frombuffer(offsets, np.int32, 1, texts.offset * 4)[0])
    return np.frombuffer(data, np.uint8, len(texts) * _TEXT, start).reshape(-1, _TEXT)


def _integers(raw: Any) -> list[Any]:
    padded = np.zeros((len(raw), 24), np.uint8)
    padded[:, 1:8], padded[:, 9:16], padded[:, 18:24] = raw[:, :7], raw[:, 7:14], raw[:, 14:]
    return list(padded.view(">u8").astype(np.int64).T)


def _mask(bits: Any) -> Any:
    padded = np.zeros((len(bits), 8), np.uint8)
    padded[:, 3:] = np.packbits(bits, axis=1)
    return padded.view(">u8").astype(np.int64).reshape(-1)


def _nibbles(raw: Any) -> Any:
    return np.stack([raw >> 4, raw & 15], axis=2).reshape(len(raw), -1)


def _in_case(text: str, case: int) -> str:
    digits = text[2:]
    bits = f"{case:040b}"
    return "0x" + "".join(digit.upper() if bit == "1" else digit for digit, bit in zip(digits, bits, strict=True))
