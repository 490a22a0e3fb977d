"""The logs of a bundle as proofs read them: part by part out of its files, so that long ones need little memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import overload

import pyarrow as pa
import pyarrow.compute as pc

from dao.engine.replay import replay_columns, replay_raw
from dao.events.log import RawLog
from dao.evidence.logs import to_raw
from dao.replay.state import GovernanceState
from dao.types import Address, Addresses

Claim = tuple[int, bytes, int]
"""Number, hash (32 bytes) and timestamp of the block that a log says it lies in."""


@dataclass(frozen=True, slots=True)
class StoredLogs(Sequence[RawLog]):
    """Logs that are read anew each time that they are gone through; one of them takes as long as all before it.

    Args:
        batches: Gives all rows of `dao.evidence.logs.SCHEMA` in their order, each time that it is called.
        size: How many rows that are.
    """

    batches: Callable[[], Iterable[pa.RecordBatch]]
    size: int

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[RawLog]:
        for rows in self.batches():
            yield from to_raw(rows)

    @overload
    def __getitem__(self, index: int) -> RawLog: ...

    @overload
    def __getitem__(self, index: slice) -> list[RawLog]: ...

    def __getitem__(self, index: int | slice) -> RawLog | list[RawLog]:
        if isinstance(index, slice):
            return list(self)[index]
        return next(islice(self, range(self.size)[index], None))


def state_after(logs: Sequence[RawLog], addresses: Addresses) -> GovernanceState:
    """The state that the logs make. Raises ReplayError when a log comes from another contract."""
    if isinstance(logs, StoredLogs):
        return replay_columns(logs.batches, addresses)
    return replay_raw(logs, addresses)


def claims(logs: Sequence[RawLog]) -> Iterator[Claim]:
    """What each log says of its block."""
    if not isinstance(logs, StoredLogs):
        yield from ((log.block_number, log.block_hash, log.timestamp) for log in logs)
        return
    for rows in logs.batches():
        yield from zip(*(rows.column(name).to_pylist() for name in _CLAIM), strict=True)


def between(logs: Sequence[RawLog], first: int, last: int) -> Iterator[RawLog]:
    """The logs of the blocks from `first` to `last`."""
    if not isinstance(logs, StoredLogs):
        yield from (log for log in logs if first <= log.block_number <= last)
        return
    for rows in logs.batches():
        number = rows.column("block_number")
        inside = pc.and_(
            pc.greater_equal(number, pa.scalar(first, pa.uint64())), pc.less_equal(number, pa.scalar(last, pa.uint64()))
        )
        yield from to_raw(rows.filter(inside))


def of_contract(logs: Sequence[RawLog], contract: Address) -> Iterator[RawLog]:
    """The logs of one contract."""
    if not isinstance(logs, StoredLogs):
        yield from (log for log in logs if log.address == contract)
        return
    address = pa.scalar(bytes.fromhex(contract[2:]), pa.binary(20))
    for rows in logs.batches():
        yield from to_raw(rows.filter(pc.equal(rows.column("address"), address)))


_CLAIM = ("block_number", "block_hash", "timestamp")
