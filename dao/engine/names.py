"""Numbers for addresses: every 32-byte word that names an account has one, in the order in which they appear."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dao.abi import checksum
from dao.types import ZERO_ADDRESS, Address

Numbers: TypeAlias = npt.NDArray[np.int64]
"""Words by their number."""

_PADDING = bytes(12)


def encode(columns: Sequence[pa.Array]) -> pa.DictionaryArray:
    """Columns of topics (32 bytes), one after the other, as places in a list of those that there are; -1 for null."""
    encoded = pa.concat_arrays(columns).dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices.fill_null(-1), encoded.dictionary, safe=False)


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

    def numbers(self, encoded: pa.DictionaryArray) -> Numbers:
        """The numbers of topics as `encode` has them; -1 where one is null."""
        words = _words(encoded.dictionary)
        known = list(map(self._numbers.get, words))
        if None in known:
            known = [
                self._number(word) if number is None else number for number, word in zip(known, words, strict=True)
            ]
        # Null is the last, which is where -1 leads.
        return np.asarray(np.array([*known, -1], np.int64)[encoded.indices.to_numpy()])

    def are_addresses(self, numbers: Numbers) -> bool:
        """Whether all of `numbers` are of words that name an address: twelve zero bytes before it."""
        return not self._odd or not bool(np.isin(numbers, list(self._odd)).any())

    def _number(self, word: bytes) -> int:
        number = self._numbers.get(word)
        if number is None:
            number = self._numbers[word] = len(self._words)
            self._words.append(word)
            if word[:12] != _PADDING:
                self._odd.add(number)
        return number


def _words(column: pa.Array) -> list[bytes]:
    """The values of a column of 32 bytes without nulls."""
    data = column.buffers()[1].to_pybytes()
    start = 32 * column.offset
    return [data[place : place + 32] for place in range(start, start + 32 * len(column), 32)]
