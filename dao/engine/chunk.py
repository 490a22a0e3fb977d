"""One chunk of a history in columns: which log is of which kind, where each stands, and their words of data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dao.abi import checksum
from dao.engine.amounts import Limbs, Words, from_halves
from dao.engine.arrays import take
from dao.engine.chunks import fixed, in_order, starts
from dao.engine.names import Names, Numbers
from dao.events.decode import Place
from dao.types import Address

Rows: TypeAlias = npt.NDArray[np.int64]
"""Numbers of rows, ascending."""


class Kind(IntEnum):
    """How a log is treated: by columns, one by one with little work, or one by one by the specification."""

    OTHER = 0
    IGNORED = 1
    TRANSFER = 2
    DELEGATE_CHANGED = 3
    DELEGATE_VOTES_CHANGED = 4
    VOTE_CAST = 5
    VOTE_CAST_WITH_PARAMS = 6


@dataclass(frozen=True)
class Chunk:
    """The logs of a table, in their order.

    Args:
        table: The logs, of `dao.evidence.logs.SCHEMA`, each column in one piece.
        kinds: The kind of each event, by contract and first topic.
        names: Who has which number.
        last: The log before the first, a table of one row; None where there is none.
    """

    table: pa.Table
    kinds: Mapping[tuple[Address, bytes], Kind]
    names: Names
    last: pa.Table | None = None

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @cached_property
    def orderly(self) -> bool:
        """Whether each log stands behind the one before it."""
        return in_order(self.table, self.last)

    def column(self, name: str) -> pa.Array:
        """A column of the table."""
        return self.table.column(name).chunk(0)

    @cached_property
    def block(self) -> npt.NDArray[np.uint64]:
        """Number of each log's block."""
        return self._plain("block_number")

    @cached_property
    def timestamp(self) -> npt.NDArray[np.uint64]:
        """Timestamp of each log's block (seconds)."""
        return self._plain("timestamp")

    @cached_property
    def log_index(self) -> npt.NDArray[np.uint32]:
        """Position of each log in its block."""
        return self._plain("log_index")

    @cached_property
    def transaction(self) -> npt.NDArray[np.uint64]:
        """Hash of each log's transaction, as four numbers: shape (n, 4)."""
        return fixed(self.table, "transaction_hash")

    @cached_property
    def starts(self) -> npt.NDArray[np.bool_]:
        """Whether a log is the first of its transaction. The chunk's first log counts as one."""
        return starts(self.table)

    @cached_property
    def ordinal(self) -> npt.NDArray[np.int64]:
        """Number of each log's transaction within the chunk, from 1."""
        return np.cumsum(self.starts)

    @cached_property
    def emitters(self) -> tuple[Address, ...]:
        """The contracts in this chunk, by the numbers of `emitter`."""
        return tuple(checksum(address) for address in self._emitters.dictionary.to_pylist())

    @cached_property
    def emitter(self) -> npt.NDArray[np.int32]:
        """The contract of each log, as its place in `emitters`."""
        return np.asarray(self._emitters.indices.to_numpy())

    @cached_property
    def kind(self) -> npt.NDArray[np.int8]:
        """The `Kind` of each log."""
        topics = self.column("topic0").dictionary_encode()
        known = topics.dictionary.to_pylist()
        count = len(known) + 1
        table = np.full(len(self.emitters) * count, Kind.OTHER, np.int8)
        for number, address in enumerate(self.emitters):
            for place, topic in enumerate(known):
                table[number * count + place] = self.kinds.get((address, topic), Kind.OTHER)
        # A log without topics has no number, and becomes the last of its contract.
        places = topics.indices.fill_null(count - 1).to_numpy(zero_copy_only=False)
        return take(table, self.emitter.astype(np.int64) * count + places)

    def rows(self, *kinds: Kind) -> Rows:
        """The rows of `kinds`."""
        if kinds not in self._rows:
            self._rows[kinds] = np.flatnonzero(np.isin(self.kind, kinds))
        return self._rows[kinds]

    def has_topics(self, rows: Rows, count: int) -> bool:
        """Whether each of `rows`, which have a first topic, has exactly `count`, the others addresses."""
        if (take(self._topics, rows) != 2 ** (count - 1) - 1).any():
            return False
        return all(self.names.are_addresses(numbers, rows) for numbers in self.topics[: count - 1])

    @cached_property
    def lengths(self) -> npt.NDArray[np.int32]:
        """How many bytes of data each log has."""
        return np.diff(self._offsets)

    @cached_property
    def topics(self) -> tuple[Numbers, Numbers, Numbers]:
        """The second, third and fourth topic of each log by number; -1 where it has none."""
        first, second, third = (self.names.numbers(self.column(f"topic{place}")) for place in (1, 2, 3))
        return first, second, third

    def words(self, rows: Rows, place: int) -> Words:
        """Word number `place` of the data of `rows`, which must have it."""
        first, data = self._aligned
        starts = take(first, rows) + 4 * place
        return np.stack([take(data, starts + part) for part in range(4)]).astype(np.uint64)

    def amounts(self, rows: Rows, place: int) -> Limbs | None:
        """Word number `place` of the data of `rows`, which must have it; None where one has no room in limbs."""
        first, data = self._aligned
        starts = take(first, rows) + 4 * place
        if take(data, starts).any() or take(data, starts + 1).any():
            return None
        return from_halves(take(data, starts + 2).astype(np.uint64), take(data, starts + 3).astype(np.uint64))

    def bytes_of(self, rows: Rows, places: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        """The word of each row's data at its place, which it must have: shape (n, 32)."""
        first, data = self._aligned
        starts, plain = take(first, rows) + 4 * places, data.view(np.uint64)
        return np.stack([plain[starts + part] for part in range(4)], axis=1).view(np.uint8)

    def place(self, row: int) -> Place:
        """Where a log stands."""
        return Place(
            block=int(self.block[row]),
            timestamp=int(self.timestamp[row]),
            transaction=self.transaction[row].tobytes(),
            log_index=int(self.log_index[row]),
        )

    @cached_property
    def _rows(self) -> dict[tuple[Kind, ...], Rows]:
        return {}

    @cached_property
    def _topics(self) -> npt.NDArray[np.int8]:
        """Which of `topics` each log has, in the three lowest bits."""
        has = [(numbers >= 0).view(np.int8) << place for place, numbers in enumerate(self.topics)]
        return np.asarray(has[0] | has[1] | has[2])

    @cached_property
    def _emitters(self) -> pa.DictionaryArray:
        return self.column("address").dictionary_encode()

    @cached_property
    def _offsets(self) -> npt.NDArray[np.int32]:
        column = self.column("data")
        offsets = np.frombuffer(column.buffers()[1], np.int32)
        return offsets[column.offset : column.offset + len(column) + 1]

    @cached_property
    def _aligned(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any]]:
        """Where each log's data begins, counted in 8 bytes, and all data as such numbers."""
        offsets = self._offsets[:-1].astype(np.int64)
        buffer = self.column("data").buffers()[2]
        data = np.frombuffer(buffer, np.uint8) if buffer is not None else np.empty(0, np.uint8)
        if (offsets & 7).any():
            offsets, data = _padded(self._offsets, data)
        return offsets >> 3, data[: len(data) & ~7].view(">u8")

    def _plain(self, name: str) -> npt.NDArray[Any]:
        return np.asarray(self.column(name).to_numpy())


def _padded(
    offsets: npt.NDArray[np.int32], data: npt.NDArray[np.uint8]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Data whose every piece begins at a multiple of 8 bytes; where some log's length is none."""
    lengths = np.diff(offsets)
    ends = np.cumsum((lengths + 7) & ~7, dtype=np.int64)
    starts = ends - ((lengths + 7) & ~7)
    padded = np.zeros(int(ends[-1]) if len(ends) else 0, np.uint8)
    for source, target, length in zip(offsets[:-1].tolist(), starts.tolist(), lengths.tolist(), strict=True):
        padded[target : target + length] = data[source : source + length]
    return starts, padded
