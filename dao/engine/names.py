"""Numbers for addresses: every 32-byte word that names an account has one, in the order in which they appear.

They are found in an open hash table of arrays, many at once. Whoever writes logs chooses the words, so the multipliers
of the hash are drawn anew for each table: no choice of words makes them collide. Numbers do not depend on them. One
thread may number words while another asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from secrets import randbits
from threading import Lock
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dao.abi import checksum
from dao.engine.arrays import take
from dao.types import ZERO_ADDRESS, Address

Numbers: TypeAlias = npt.NDArray[np.int64]
"""Words by their number."""
Keys: TypeAlias = npt.NDArray[np.uint64]
"""Words as four numbers each, in the machine's order: shape (n, 4)."""

_PADDING = bytes(12)
_LEAST_BITS = 12
_ROOM = 4
"""The table has at least so many places for each word: hardly any are looked for at a second one."""


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
        self._lock = Lock()
        self._add(np.zeros((1, 4), np.uint64))

    def __len__(self) -> int:
        return self._count

    def number(self, address: Address) -> int:
        """The number of `address`, a new one where it has none."""
        number = self._known.get(address)
        if number is None:
            number = self._known[address] = int(self._numbers(_key(address))[0])
        return number

    def find(self, address: Address) -> int | None:
        """The number of `address`, None where it has none."""
        number = self._known.get(address)
        if number is None:
            with self._lock:
                number = int(self._found(_key(address))[0])
            if number < 0:
                return None
            self._known[address] = number
        return number

    def of(self, addresses: Sequence[Address]) -> Numbers:
        """The numbers of `addresses`, new ones where they have none."""
        words = [_PADDING + bytes.fromhex(address[2:]) for address in addresses]
        return self.numbers(pa.array(words, pa.binary(32)))

    def address(self, number: int) -> Address:
        """The address that has `number`, with its EIP-55 checksum."""
        found = self._addresses.get(number)
        if found is None:
            found = self._addresses[number] = checksum(self._keys[number].tobytes()[12:])
        return found

    def numbers(self, topics: pa.Array) -> Numbers:
        """The numbers of topics (32 bytes), new ones where they have none; -1 where one is null."""
        if not topics.null_count:
            return self._numbers(_keys(topics))
        there = np.flatnonzero(topics.is_valid().to_numpy(zero_copy_only=False))
        numbers = np.full(len(topics), -1, np.int64)
        numbers[there] = self._numbers(_keys(topics).take(there, axis=0))
        return numbers

    def are_addresses(self, numbers: Numbers, places: Numbers) -> bool:
        """Whether those at `places` are all of words that name an address: twelve zero bytes before it."""
        return not len(self._odd) or not bool(np.isin(take(numbers, places), self._odd).any())

    def _numbers(self, words: Keys) -> Numbers:
        """The number of each word, new ones where they have none."""
        with self._lock:
            numbers = self._found(words)
            missing = np.flatnonzero(numbers < 0)
            if len(missing):
                new = words.take(missing, axis=0)
                self._add(_unique(new))
                numbers[missing] = self._found(new)
        return numbers

    def _found(self, words: Keys) -> Numbers:
        """The number of each word, -1 where it has none."""
        slots = self._slots(words)
        numbers = take(self._table, slots)
        others = self._others(numbers, words, np.arange(len(words)))
        while len(others):
            slots[others] = (slots[others] + 1) & (len(self._table) - 1)
            numbers[others] = self._table[slots[others]]
            others = self._others(numbers, words, others)
        return numbers

    def _others(self, numbers: Numbers, words: Keys, places: Numbers) -> Numbers:
        """Those of `places` at which another word's number was found."""
        if len(places) < len(words):
            numbers, words = take(numbers, places), words.take(places, axis=0)
        held = self._keys.take(numbers, axis=0)
        differs = (held[:, 0] ^ words[:, 0]) | (held[:, 1] ^ words[:, 1])
        differs |= (held[:, 2] ^ words[:, 2]) | (held[:, 3] ^ words[:, 3])
        return np.asarray(places[(differs != 0) & (numbers >= 0)])

    def _add(self, words: Keys) -> None:
        """Gives new numbers to `words`, each of which comes once and has none."""
        first, self._count = self._count, self._count + len(words)
        if self._count > len(self._keys):
            self._keys = np.resize(self._keys, (2 * self._count, 4))
        self._keys[first : self._count] = words
        padding = self._keys[first : self._count].view(np.uint8)[:, : len(_PADDING)]
        self._odd = np.append(self._odd, first + np.flatnonzero(padding.any(axis=1)))
        if _ROOM * self._count > len(self._table):
            self._bits = int(2 * _ROOM * self._count).bit_length()
            self._table = np.full(1 << self._bits, -1, np.int64)
            first = 0
        self._place(np.arange(first, self._count))

    def _place(self, numbers: Numbers) -> None:
        """Puts numbers that are in no slot into the first free one from where each belongs."""
        slots = self._slots(self._keys[numbers])
        while len(numbers):
            free = self._table[slots] < 0
            # Of several for one slot the last gets it.
            self._table[slots[free]] = numbers[free]
            left = self._table[slots] != numbers
            numbers, slots = numbers[left], (slots[left] + 1) & (len(self._table) - 1)

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


def _unique(words: Keys) -> Keys:
    """Each of `words` once, in the order in which they come first."""
    data = pa.py_buffer(np.ascontiguousarray(words))
    return _keys(pa.FixedSizeBinaryArray.from_buffers(pa.binary(32), len(words), [None, data]).unique())
