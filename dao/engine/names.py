"""Numbers for addresses: every 32-byte word that names an account has one, in the order in which they appear."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dao.abi import checksum
from dao.types import ZERO_ADDRESS, Address

_PADDING = bytes(12)


class Names:
    """Which number an address has; zero is that of the zero address."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {bytes(32): 0}
        self._words: list[bytes] = [bytes(32)]
        self._addresses: dict[int, Address] = {0: ZERO_ADDRESS}
        self._odd: set[int] = set()

    def __len__(self) -> int:
        return len(self._words)

    def number(self, address: Address) -> int:
        """The number of `address`, a new one where it has none."""
        return self._number(_PADDING + bytes.fromhex(address[2:]))

    def find(self, address: Address) -> int | None:
        """The number of `address`, None where it has none."""
        return self._numbers.get(_PADDING + bytes.fromhex(address[2:]))

    def address(self, number: int) -> Address:
        """The address that has `number`, with its EIP-55 checksum."""
        found = self._addresses.get(number)
        if found is None:
            found = self._addresses[number] = checksum(self._words[number][12:])
        return found

    def numbers(self, column: pa.Array) -> tuple[npt.NDArray[np.int64], bool]:
        """The numbers of a column of topics (32 bytes, none null), and whether all of them are addresses."""
        encoded = column.dictionary_encode()
        known = np.array([self._number(word) for word in encoded.dictionary.to_pylist()], np.int64)
        clean = not self._odd or not bool(np.isin(known, list(self._odd)).any())
        if not len(known):
            return known, clean
        return known[encoded.indices.to_numpy()], clean

    def _number(self, word: bytes) -> int:
        number = self._numbers.get(word)
        if number is None:
            number = self._numbers[word] = len(self._words)
            self._words.append(word)
            if word[:12] != _PADDING:
                self._odd.add(number)
        return number
