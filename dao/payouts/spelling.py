"""Addresses by the million, spelled with their EIP-55 checksum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import sha3

from dao.payouts.leaves import account_bytes

_BATCH = 1 << 17

LENGTH = 42
"""Characters of an address."""

_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)


def checksummed(accounts: Sequence[str]) -> npt.NDArray[np.uint8]:
    """`accounts` in the spelling of EIP-55, as an array of LENGTH ASCII characters each.

    A digit out of a to f is a capital where the same digit of the hash of the lower-case address is 8 or more. The same
    as `dao.abi.checksum`, of many at once.

    Raises CodecError where one is no address.
    """
    spelled = np.empty((len(accounts), LENGTH), np.uint8)
    for begin in range(0, len(accounts), _BATCH):
        packed = np.frombuffer(account_bytes(accounts[begin : begin + _BATCH]), np.uint8).reshape(-1, 20)
        letters = _DIGITS[_halves(packed)]
        lower = letters.tobytes()
        hashed = b"".join([sha3.keccak_256(lower[at : at + 40]).digest() for at in range(0, len(lower), 40)])
        high = _halves(np.frombuffer(hashed, np.uint8).reshape(-1, 32)[:, :20]) >= 8
        capital = high & (letters >= ord("a"))
        spelled[begin : begin + len(packed), :2] = np.frombuffer(b"0x", np.uint8)
        spelled[begin : begin + len(packed), 2:] = letters - np.where(capital, 32, 0).astype(np.uint8)
    return spelled


def texts(spelled: npt.NDArray[np.uint8]) -> list[str]:
    """Rows of characters as texts."""
    joined = spelled.tobytes().decode("ascii")
    return [joined[at : at + LENGTH] for at in range(0, len(joined), LENGTH)]


def text_order(spelled: npt.NDArray[np.uint8]) -> npt.NDArray[np.intp]:
    """The indices that put rows of characters in ascending order of their bytes."""
    return np.argsort(np.ascontiguousarray(spelled).view(f"S{LENGTH}").reshape(-1), kind="stable")


def _halves(packed: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Bytes as twice as many digits below 16."""
    return np.stack([packed >> 4, packed & 15], axis=2).reshape(len(packed), -1)
