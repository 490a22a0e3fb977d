"""Brings contribution files, CSV or Parquet, into one Parquet that either engine reads.

Memory stays bounded: a few blocks are held at a time. Nothing is judged here but what makes a file unreadable; every
cell is kept as it was written, so that the engine can say what is wrong with it.
"""

from __future__ import annotations

import stat
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet

from dao.errors import DocumentError, FileError, PolicyError
from dao.payouts.csv_file import CsvFile
from dao.payouts.keys import KEYS, MIXED_CASE, encode_accounts
from dao.payouts.parquet_file import MAGIC, ParquetFile
from dao.payouts.source import REQUIRED, Block, Fingerprint, Source, changed, fingerprint, unreadable
from dao.payouts.values import ContributionFile

FILE, LINE, KIND, CASE, TEXT = "file", "line", "kind", "case", "text"
"""Staged columns beside `KEYS` and the cells: place of the file, line in it, and what `encode_accounts` says."""

MAX_ROWS = 2**40
"""The most rows of one epoch; the bound that sums in 128 bits rest on."""

_WORKERS = 2


@dataclass(frozen=True, slots=True)
class Staged:
    """Contribution files as they were staged.

    Args:
        folder: Holds one Parquet file for each of them, all with the same columns.
        paths: The files, in the order of `FILE`.
        files: What each was.
        columns: Names of all their columns but `account`, ascending: the column number n is staged as `c<n>`, and is
            empty in the rows of a file that lacks it.
        rows: Rows in all.
        mixed: Whether an account is spelled in both cases.
    """

    folder: Path
    paths: tuple[Path, ...]
    files: tuple[ContributionFile, ...]
    columns: tuple[str, ...]
    rows: int
    mixed: bool

    def cell(self, column: str) -> str:
        """The staged name of the column `column`, which is not `account`."""
        return f"c{self.columns.index(column)}"

    def check_unchanged(self) -> None:
        """Raises DocumentError where a file is no longer what was read."""
        for path, file in zip(self.paths, self.files, strict=True):
            before, after = Fingerprint(file.sha256, file.size), fingerprint(path)
            if before != after:
                raise changed(path, before, after)


def stage(paths: Sequence[Path], folder: Path) -> Staged:
    """Writes what `paths` hold into `folder`, which is empty.

    Raises DocumentError where a file cannot be read, is broken, or is given twice; PolicyError for no file or more than
    `MAX_ROWS` rows.
    """
    if not paths:
        raise PolicyError("no file of contributions is given", expected="one or more")
    ordered = sorted(paths, key=lambda path: (path.name, fingerprint(path).sha256 if _shared(path, paths) else b""))
    sources: list[Source] = []
    try:
        sources += (_open(path) for path in ordered)
        columns = tuple(sorted({name for source in sources for name in source.header if name != "account"}))
        try:
            written = [_write(source, columns, place, folder) for place, source in enumerate(sources)]
        except OSError as error:
            raise FileError(
                "the contributions cannot be staged",
                found=f"{folder}: {error.strerror or error}",
                remedy="free space where temporary files go, or name another folder with TMPDIR",
            ) from None
        files = tuple(
            ContributionFile(path.name, source.fingerprint.sha256, source.fingerprint.size, rows)
            for path, source, (rows, _) in zip(ordered, sources, written, strict=True)
        )
    finally:
        for source in sources:
            source.close()
    _each_once(ordered, files)
    rows = sum(count for count, _ in written)
    if rows > MAX_ROWS:
        raise PolicyError("an epoch has too many rows", expected=f"{MAX_ROWS} at most", found=rows)
    return Staged(folder, tuple(ordered), files, columns, rows, any(mixed for _, mixed in written))


def _shared(path: Path, paths: Sequence[Path]) -> bool:
    return sum(other.name == path.name for other in paths) > 1


def _open(path: Path) -> Source:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise DocumentError("this is no file that can be read twice", path=str(path), expected="a regular file")
        with path.open("rb") as file:
            head = file.read(len(MAGIC))
    except OSError as error:
        raise unreadable(path, error) from None
    if head and (head == MAGIC or path.suffix.lower() == ".parquet"):
        return ParquetFile(path)
    return CsvFile(path)


def _each_once(paths: Sequence[Path], files: Sequence[ContributionFile]) -> None:
    """Raises DocumentError where two files hold the same bytes: their rows would count twice."""
    by_hash = sorted(zip((file.sha256 for file in files), map(str, paths), strict=True))
    for (before, first), (after, second) in pairwise(by_hash):
        if before == after:
            raise DocumentError(
                "two files hold the same contributions", path=second, expected="each file once", found=first
            )


def _write(source: Source, columns: tuple[str, ...], place: int, folder: Path) -> tuple[int, bool]:
    """How many rows `source` holds, and whether an account is spelled in both cases."""
    schema = arrow.schema(
        [
            (FILE, arrow.int32()),
            (LINE, arrow.int64()),
            *((name, arrow.int64()) for name in (*KEYS, CASE)),
            (KIND, arrow.int8()),
            (TEXT, arrow.string()),
            *((f"c{index}", arrow.string()) for index in range(len(columns))),
        ]
    )
    repeated = [f"c{index}" for index, name in enumerate(columns) if name not in (*REQUIRED[2:], "id")]
    rows, mixed = 0, False
    with parquet.ParquetWriter(
        folder / f"part-{place:05}.parquet",
        schema,
        compression="none",
        use_dictionary=[FILE, CASE, KIND, TEXT, *repeated],
        column_encoding={LINE: "DELTA_BINARY_PACKED"},
        write_statistics=False,
    ) as writer:
        for table, spelled in _tables(source, columns, place, schema):
            writer.write_table(table)
            rows += table.num_rows
            mixed = mixed or spelled
    return rows, mixed


def _tables(source: Source, columns: tuple[str, ...], place: int, schema: Any) -> Iterator[tuple[Any, bool]]:
    places = {name: index for index, name in enumerate(source.header)}

    def made(piece: Callable[[], Block]) -> tuple[Any, bool]:
        block = piece()
        count = len(block.lines)
        encoded = encode_accounts(block.cells[places["account"]])
        cells = [block.cells[places[name]] if name in places else arrow.repeat("", count) for name in columns]
        staged = [np.full(count, place, np.int32), block.lines, *(encoded[name] for name in (*KEYS, CASE, KIND, TEXT))]
        return arrow.table([*staged, *cells], schema=schema), bool((encoded[KIND] == MIXED_CASE).any())

    with ThreadPoolExecutor(_WORKERS) as pool:
        pending: deque[Future[tuple[Any, bool]]] = deque()
        try:
            for piece in source.pieces():
                pending.append(pool.submit(made, piece))
                if len(pending) > _WORKERS:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()
