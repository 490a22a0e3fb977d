"""Numbers for addresses: every 32-byte word that names an account has one, in the order in which they appear.

They are found in an open hash table of arrays, many at once. Whoever writes logs chooses the words, so the multipliers
of the hash are drawn anew for each table: no choice of words makes them collide. Numbers do not depend on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from secrets import randbits
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dao.abi import checksum
from dao.types import ZERO_ADDRESS, Address

Numbers: TypeAlias = npt.NDArray[np.int64]
"""Words by their number."""
Keys: TypeAlias = npt.NDArray[np.uint64]
"""Words as four numbers each, in the machine's order: shape (n, 4)."""

_PADDING = bytes(12)
_LEAST_BITS = 12
_ROOM = 4
"""The table has at least so many places for each word: hardly any are looked for at a second one."""


def encode(columns: Sequence[pa.Array]) -> pa.DictionaryArray:
    """Columns of topics (32 bytes), one after the other, as places in a list of those that there are; -1 for null."""
    encoded = pa.concat_arrays(columns).dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices.fill_null(-1), encoded.dictionary, safe=False)


class Names:
    """Which number an address has; zero is that of the zero address."""

    def __init__(self) -> None:
        self._multipliers = np.array([randbits(64) | 1 for _ in range(4)], np.uint64)
        self._bits = _LEAST_BITS
        self._table: Numbers = np.full(1 << self._bits, -1, np.int64)
        self._keys: Keys = np.zeros((1 << self._bits, 4), np.uint64)
        self._count = 0
        self._addresses: dict[int, Address] = {0: ZERO_ADDRESS}
        self._known: dict[Address, int] = {}
        self._odd: Numbers = np.empty(0, np.int64)
        self._numbered(np.zeros((1, 4), np.uint64))

    def __len__(self) -> int:
        return self._count

    def number(self, address: Address) -> int:
        """The number of `address`, a new one where it has none."""
        number = self.find(address)
        if number is None:
            number = self._known[address] = int(self._numbered(_key(address))[0])
        return number

    def find(self, address: Address) -> int | None:
        """The number of `address`, None where it has none."""
        number = self._known.get(address)
        if number is None:
            number = int(self._found(_key(address))[0][0])
            if number < 0:
                return None
            self._known[address] = number
        return number

    def of(self, addresses: Sequence[Address]) -> Numbers:
        """The numbers of `addresses`, new ones where they have none."""
        words = [_PADDING + bytes.fromhex(address[2:]) for address in addresses]
        return self.numbers(encode([pa.array(words, pa.binary(32))]))

    def address(self, number: int) -> Address:
        """The address that has `number`, with its EIP-55 checksum."""
        found = self._addresses.get(number)
        if found is None:
            found = self._addresses[number] = checksum(self._keys[number].tobytes()[12:])
        return found

    def numbers(self, encoded: pa.DictionaryArray) -> Numbers:
        """The numbers of topics as `encode` has them; -1 where one is null."""
        known = self._numbered(_keys(encoded.dictionary))
        # Null is the last, which is where -1 leads.
        return np.asarray(np.append(known, -1)[encoded.indices.to_numpy()])

    def are_addresses(self, numbers: Numbers) -> bool:
        """Whether all of `numbers` are of words that name an address: twelve zero bytes before it."""
        return not len(self._odd) or not bool(np.isin(numbers, self._odd).any())

    def _numbered(self, words: Keys) -> Numbers:
        """The numbers of `words`, none of which comes twice; new ones where they have none."""
        numbers, slots = self._found(words)
        new = np.flatnonzero(numbers < 0)
        if not len(new):
            return numbers
        numbers[new] = np.arange(self._count, self._count + len(new))
        first, self._count = self._count, self._count + len(new)
        if self._count > len(self._keys):
            self._keys = np.resize(self._keys, (2 * self._count, 4))
        self._keys[first : self._count] = words[new]
        padding = self._keys[first : self._count].view(np.uint8)[:, : len(_PADDING)]
        self._odd = np.append(self._odd, first + np.flatnonzero(padding.any(axis=1)))
        if _ROOM * self._count > len(self._table):
            self._bits = int(2 * _ROOM * self._count).bit_length()
            self._table = np.full(1 << self._bits, -1, np.int64)
            first = 0
            slots = self._slots(self._keys[: self._count])
        else:
            slots = slots[new]
        self._place(np.arange(first, self._count), slots)
        return numbers

    def _place(self, numbers: Numbers, slots: Numbers) -> None:
        """Puts numbers that are in no slot into the first free one from where each belongs."""
        while len(numbers):
            free = self._table[slots] < 0
            # Of several for one slot the last gets it.
            self._table[slots[free]] = numbers[free]
            left = self._table[slots] != numbers
            numbers, slots = numbers[left], (slots[left] + 1) & (len(self._table) - 1)

    def _found(self, words: Keys) -> tuple[Numbers, Numbers]:
        """The number of each word, -1 where it has none, and the slot in which it is or would be."""
        slots = self._slots(words)
        numbers = self._table[slots]
        others = self._others(numbers, words, np.arange(len(words)))
        while len(others):
            slots[others] = (slots[others] + 1) & (len(self._table) - 1)
            numbers[others] = self._table[slots[others]]
            others = self._others(numbers, words, others)
        return numbers, slots

    def _others(self, numbers: Numbers, words: Keys, places: Numbers) -> Numbers:
        """Those of `places` at which another word's number was found."""
        found, wanted = numbers[places], words[places]
        held = self._keys[found]
        differs = (held[:, 0] ^ wanted[:, 0]) | (held[:, 1] ^ wanted[:, 1])
        differs |= (held[:, 2] ^ wanted[:, 2]) | (held[:, 3] ^ wanted[:, 3])
        return np.asarray(places[(differs != 0) & (found >= 0)])

    def _slots(self, words: Keys) -> Numbers:
        """Where words belong in the table: the highest bits of their products' sum."""
        parts = [words[:, place] * self._multipliers[place] for place in range(4)]
        return np.asarray(((parts[0] + parts[1] + parts[2] + parts[3]) >> np.uint64(64 - self._bits)).astype(np.int64))


def _key(address: Address) -> Keys:
    return np.frombuffer(_PADDING + bytes.fromhex(address[2:]), np.uint64).reshape(1, 4)


def _keys(column: pa.Array) -> Keys:
    """The values of a column of 32 bytes without nulls."""
    if not len(column):
        return np.empty((0, 4), np.uint64)
    data = np.frombuffer(column.buffers()[1], np.uint64)
    return data[4 * column.offset : 4 * (column.offset + len(column))].reshape(-1, 4)
