"""A history cut into chunks, none of which ends within a transaction, and whether its logs stand in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from dao.evidence.logs import SCHEMA


def chunks(tables: Iterable[pa.Table | pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    """The logs in tables of about so many rows; every column in one piece.

    A table that is as long and ends where a transaction does is passed on as it is.
    """
    waiting: list[pa.Table] = []
    for table in _pieces(tables, rows):
        if waiting and (_count(waiting) >= rows and _hash(waiting[-1], -1) != _hash(table, 0)):
            yield _whole(waiting)
            waiting = []
        waiting.append(table)
        if _count(waiting) >= 2 * rows:
            whole = _whole(waiting)
            end = _last_start(whole)
            if end:
                yield _whole([whole.slice(0, end)])
            waiting = [whole.slice(end)]
    if waiting:
        yield _whole(waiting)


def in_order(table: pa.Table, last: pa.Table | None) -> bool:
    """Whether each log stands behind the one before it: by block and index, in time, and alike within a block.

    Args:
        table: A chunk.
        last: The log before it, a table of one row; None where there is none.
    """
    if last is not None and not _follow(_whole([last, table.slice(0, 1)])):
        return False
    return _follow(table)


def fixed(table: pa.Table, name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint64]]:
    """A column of 32 bytes without nulls, in one piece, as four numbers each in the machine's order: shape (n, 4)."""
    column = table.column(name).chunk(0)
    data = np.frombuffer(column.buffers()[1], np.uint8)
    return data[32 * column.offset : 32 * (column.offset + len(column))].view(np.uint64).reshape(-1, 4)


def starts(table: pa.Table) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Whether a log is the first of its transaction. The first log of all counts as one."""
    hashes = fixed(table, "transaction_hash")
    first = np.ones(len(hashes), np.bool_)
    first[1:] = False
    for part in range(4):
        first[1:] |= hashes[1:, part] != hashes[:-1, part]
    return first


def _follow(table: pa.Table) -> bool:
    block, index, time, order = (
        table.column(name).chunk(0).to_numpy()
        for name in ("block_number", "log_index", "timestamp", "transaction_index")
    )
    hashes = fixed(table, "block_hash")
    same = block[1:] == block[:-1]
    alike = (time[1:] == time[:-1]) & (order[1:] >= order[:-1]) & (index[1:] > index[:-1])
    for part in range(4):
        alike &= hashes[1:, part] == hashes[:-1, part]
    return bool((((block[1:] > block[:-1]) & (time[1:] >= time[:-1])) | (same & alike)).all())


def _pieces(tables: Iterable[pa.Table | pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    for part in tables:
        table = pa.Table.from_batches([part]) if isinstance(part, pa.RecordBatch) else part
        if table.schema != SCHEMA:
            table = table.cast(SCHEMA)
        if table.num_rows < 2 * rows:
            if table.num_rows:
                yield table
        else:
            for start in range(0, table.num_rows, rows):
                yield table.slice(start, rows)


def _count(tables: Iterable[pa.Table]) -> int:
    return sum(table.num_rows for table in tables)


def _whole(tables: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables).combine_chunks()


def _hash(table: pa.Table, row: int) -> bytes:
    return bytes(table.column("transaction_hash")[row].as_py())


def _last_start(table: pa.Table) -> int:
    return int(np.flatnonzero(starts(table))[-1])
