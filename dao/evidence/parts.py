"""Parts of a bundle as files: written beside and renamed, so that none is ever half-written, and hashed."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dao.errors import CodecError, FileError
from dao.evidence import headers, logs, receipts, transactions
from dao.evidence.manifest import Kind, Part

ROWS = 65_536
"""Rows of a part at least, all but the last of its kind: it ends where a block does, so that each can be read alone."""

_TABLES: dict[Kind, ModuleType] = {
    Kind.LOGS: logs,
    Kind.HEADERS: headers,
    Kind.RECEIPTS: receipts,
    Kind.TRANSACTIONS: transactions,
}
_UNFINISHED = ".part"


def schema_of(kind: Kind) -> pa.Schema:
    """The columns of a part of `kind`, which is no JSON."""
    schema: pa.Schema = _TABLES[kind].SCHEMA
    return schema


def parquet_bytes(table: pa.Table) -> bytes:
    """The bytes of a Parquet file that holds `table`: the same for the same rows, however they are chunked."""
    sink = io.BytesIO()
    pq.write_table(
        table.combine_chunks(),
        sink,
        row_group_size=max(table.num_rows, 1),
        compression="lz4",
        # LZ4 finds what repeats by itself: dictionaries made files hardly shorter, and slower to read.
        use_dictionary=False,
        write_statistics=False,
        store_schema=True,
    )
    return sink.getvalue()


def read_parquet(data: bytes | pa.Buffer | Path, kind: Kind) -> pa.Table:
    """The rows of a Parquet file. Raises CodecError when it is none, or has other columns than `kind`."""
    source = data if isinstance(data, Path) else pa.BufferReader(data)
    schema = schema_of(kind)
    try:
        # Not `read_table`, which loads the machinery for many files at once.
        with pq.ParquetFile(source, memory_map=False, pre_buffer=True) as file:
            table = file.read()
    except (pa.ArrowException, OSError) as error:
        raise CodecError(f"a part with {kind.value} is no Parquet", found=str(error)[:200]) from error
    if table.schema.remove_metadata() != schema:
        raise CodecError(f"a part with {kind.value} has other columns", expected=schema.names, found=table.schema.names)
    if any(table.column(field.name).null_count for field in schema if not field.nullable):
        raise CodecError(f"a part with {kind.value} lacks values", expected="a value in every row")
    return table


def save(path: Path, data: bytes) -> None:
    """Writes a file whole or not at all, and waits until it is on the disk. Raises FileError."""
    beside = path.with_name(path.name + _UNFINISHED)
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        _sync(path.parent)
    except OSError as error:
        raise unwritable(path, error) from None


def append(path: Path, data: bytes) -> None:
    """Adds to a file, and waits until it is on the disk. Raises FileError."""
    try:
        with path.open("ab") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise unwritable(path, error) from None


def unwritable(path: Path, error: OSError) -> FileError:
    """The error for a file that cannot be written."""
    return FileError(
        f"{path} cannot be written",
        found=error.strerror or type(error).__name__,
        remedy="free space, or name another folder with --output",
    )


def sha256(data: bytes) -> bytes:
    """SHA-256, 32 bytes."""
    return hashlib.sha256(data).digest()


def write_tables(folder: Path, kind: Kind, tables: Iterable[pa.Table]) -> list[Part]:
    """Writes the rows of `tables`, one after the other, as parts of ROWS rows or few more. Raises FileError."""
    parts = []
    column = "number" if kind is Kind.HEADERS else "block_number"
    for place, rows in enumerate(_regular(tables, column)):
        data = parquet_bytes(rows)
        name = f"{kind.value}-{place:05}.parquet"
        save(folder.joinpath(name), data)
        blocks = rows.column(column)
        parts.append(
            Part(
                file=name,
                kind=kind,
                rows=rows.num_rows,
                size=len(data),
                sha256=sha256(data),
                first_block=blocks[0].as_py(),
                last_block=blocks[-1].as_py(),
            )
        )
    return parts


def write_json(folder: Path, kind: Kind, data: bytes, *, block: int) -> Part:
    """Writes `data`, a JSON document about `block`, as the part of `kind`. Raises FileError."""
    name = f"{kind.value}.json"
    save(folder.joinpath(name), data)
    return Part(
        file=name,
        kind=kind,
        rows=1,
        size=len(data),
        sha256=sha256(data),
        first_block=block,
        last_block=block,
    )


def _regular(tables: Iterable[pa.Table], column: str) -> Iterator[pa.Table]:
    """The same rows in tables of ROWS rows and what is left of the block of the last, whose number is in `column`."""
    pending: list[pa.Table] = []
    count = 0
    for table in tables:
        pending.append(table)
        count += table.num_rows
        while count > ROWS:
            whole = pa.concat_tables(pending).combine_chunks()
            blocks = whole.column(column).to_numpy()
            end = ROWS + int(np.searchsorted(blocks[ROWS:], blocks[ROWS - 1], side="right"))
            if end == count:
                # The block may go on in the next table.
                pending = [whole]
                break
            yield whole.slice(0, end)
            pending, count = [whole.slice(end)], count - end
    if count:
        yield pa.concat_tables(pending)


def _sync(folder: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
