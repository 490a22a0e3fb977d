"""Reads a Parquet file of contributions in batches, every cell as the text that a CSV file would have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as arrow
import pyarrow.compute as compute
import pyarrow.parquet as parquet

from dao.errors import DocumentError
from dao.payouts.source import Block, Fingerprint, check_header, fingerprint, unreadable

MAGIC = b"PAR1"
"""What a Parquet file begins with."""

_ROWS = 250_000


class ParquetFile:
    """A Parquet file that is open. Lines are row numbers from 1, a null is an empty cell.

    Raises DocumentError where it cannot be read, its columns are wrong, or one holds something that is no cell.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.fingerprint: Fingerprint = fingerprint(path)
        try:
            self._file = parquet.ParquetFile(path)
        except (arrow.ArrowException, OSError) as error:
            raise self._damaged(error) from None
        schema = self._file.schema_arrow
        self.header: tuple[str, ...] = tuple(schema.names)
        try:
            check_header(path, self.header, line=0)
            for field in schema:
                self._check(field)
        except DocumentError:
            self.close()
            raise

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def pieces(self) -> Iterator[Callable[[], Block]]:
        """The rows, in order, as functions that make text of them. Both raise DocumentError."""
        line = 1
        batches = self._file.iter_batches(_ROWS)
        while True:
            try:
                batch = next(batches, None)
            except (arrow.ArrowException, OSError) as error:
                raise self._damaged(error) from None
            if batch is None:
                return
            yield partial(self._block, batch, line)
            line += len(batch)

    def _block(self, batch: Any, line: int) -> Block:
        try:
            cells = tuple(_text(column) for column in batch.columns)
        except arrow.ArrowException as error:
            raise self._damaged(error) from None
        return Block(np.arange(line, line + len(batch)), cells)

    def _check(self, field: Any) -> None:
        kind = field.type.value_type if arrow.types.is_dictionary(field.type) else field.type
        if field.name == "units" and not _is_whole(kind) and not _is_text(kind):
            raise DocumentError(
                "units are not stored as whole numbers",
                path=str(self._path),
                field="units",
                expected="a column of integers, of decimals without a fraction, or of text",
                found=str(field.type),
                remedy="count in a smaller unit, and store integers",
            )
        if arrow.types.is_nested(kind) or arrow.types.is_binary(kind) or arrow.types.is_fixed_size_binary(kind):
            raise DocumentError(
                "a column holds something else than cells",
                path=str(self._path),
                field=field.name,
                expected="numbers or text",
                found=str(field.type),
            )

    def _damaged(self, error: Exception) -> DocumentError:
        if isinstance(error, OSError) and error.errno is not None:
            return unreadable(self._path, error)
        return DocumentError(
            "the file is no Parquet, or not all of it",
            path=str(self._path),
            expected="a Parquet file with its footer",
            found=str(error).splitlines()[0] if str(error) else type(error).__name__,
            remedy="fetch or write the file again",
        )


def _is_text(kind: Any) -> bool:
    return any(test(kind) for test in (arrow.types.is_string, arrow.types.is_large_string, arrow.types.is_string_view))


def _is_whole(kind: Any) -> bool:
    return bool(arrow.types.is_integer(kind) or (arrow.types.is_decimal(kind) and kind.scale == 0))


def _text(column: Any) -> Any:
    if arrow.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    column = column.cast(arrow.string())
    return compute.fill_null(column, "") if column.null_count else column
