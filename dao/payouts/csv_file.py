"""Reads a CSV file of contributions in blocks, with the line number of every row, and says where it is broken.

UTF-8 with or without a byte order mark, RFC 4180 with either line end; blank lines are passed over. A cell holds no
line break, so that every line is a row: blocks are cut at line ends and parsed side by side. A block that does not
come out with a row for each line is read again line by line, to name the line that is wrong.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as arrow
import pyarrow.csv as arrow_csv

from dao.errors import DocumentError
from dao.payouts.source import BLOCK, Block, Fingerprint, check_header, unreadable

MAX_LINE = 1 << 20
"""The longest line, in bytes."""

_MARK = b"\xef\xbb\xbf"

# A quote that neither opens nor closes a cell nor stands beside another one; readers disagree on what it means.
_STRAY_QUOTE = re.compile(rb'[^,\n"]"[^,\r\n"]')


class CsvFile:
    """A CSV file that is open; its fingerprint is that of exactly the bytes that were parsed.

    Raises DocumentError where the file cannot be read or its header is wrong.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._digest = hashlib.sha256()
        self._size = 0
        try:
            self._file = path.open("rb")
            first = self._file.readline(MAX_LINE)
        except OSError as error:
            raise unreadable(path, error) from None
        self._count(first)
        if not first.removeprefix(_MARK).strip():
            self.close()
            what = "the first line is blank" if first.strip(b"\r\n") != first else "the file is empty"
            raise DocumentError(what, path=str(path), expected="a header that names the columns")
        try:
            self.header = tuple(self._line(first.removeprefix(_MARK), 1))
            check_header(path, self.header, line=1)
        except DocumentError:
            self.close()
            raise

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    @property
    def fingerprint(self) -> Fingerprint:
        """Of what was read so far."""
        return Fingerprint(self._digest.digest(), self._size)

    def pieces(self) -> Iterator[Callable[[], Block]]:
        """The rows, in order, as functions that parse them. Both raise DocumentError, which names the line."""
        for line, data in self._cut():
            yield partial(self._parse, data, line)

    def _cut(self) -> Iterator[tuple[int, bytes]]:
        """Whole lines of about BLOCK bytes, and the number of the first."""
        line, rest = 2, b""
        while True:
            try:
                read = self._file.read(BLOCK)
            except OSError as error:
                raise unreadable(self._path, error) from None
            self._count(read)
            data = rest + read
            end = data.rfind(b"\n") + 1 if read else len(data)
            rest = data[end:]
            if len(rest) > MAX_LINE:
                number = line + data.count(b"\n")
                raise self._broken(number, "a line is too long", expected=f"{MAX_LINE} bytes at most")
            if end:
                block = data[:end] if read or data.endswith(b"\n") else data + b"\n"
                yield line, block
                line += block.count(b"\n")
            if not read:
                return

    def _parse(self, data: bytes, line: int) -> Block:
        count = data.count(b"\n")
        try:
            table = None if b'"' in data and _STRAY_QUOTE.search(data) else self._table(data)
        except arrow.ArrowInvalid:
            table = None
        if table is not None and table.num_rows == count:
            lines = np.arange(line, line + count)
        else:
            filled = self._examine(data, line)
            table = table or self._table(data)
            if table.num_rows != len(filled):
                raise self._broken(
                    line, "lines and rows do not go together", expected=len(filled), found=table.num_rows
                )
            lines = np.asarray(filled)
        return Block(lines, tuple(column.combine_chunks() for column in table.columns))

    def _table(self, data: bytes) -> arrow.Table:
        names = [str(index) for index in range(len(self.header))]
        if data.isspace() and not data.strip(b"\r\n"):
            return arrow.table({name: arrow.array([], arrow.string()) for name in names})
        return arrow_csv.read_csv(
            arrow.BufferReader(data),
            read_options=arrow_csv.ReadOptions(column_names=names, use_threads=False, block_size=len(data) + 1),
            parse_options=arrow_csv.ParseOptions(newlines_in_values=False, ignore_empty_lines=True),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, arrow.string()), strings_can_be_null=False, check_utf8=True
            ),
        )

    def _examine(self, data: bytes, line: int) -> list[int]:
        """The numbers of the lines that are not blank. Raises DocumentError for the first that is no row."""
        filled = []
        for number, raw in enumerate(data.split(b"\n")[:-1], line):
            text = raw.removesuffix(b"\r")
            if text:
                cells = self._line(text, number)
                if len(cells) != len(self.header):
                    raise self._broken(
                        number, "a row has another number of cells", expected=len(self.header), found=len(cells)
                    )
                filled.append(number)
        return filled

    def _line(self, raw: bytes, number: int) -> list[str]:
        try:
            text = raw.decode().removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError as error:
            found = f"the byte 0x{raw[error.start]:02x}"
            raise self._broken(number, "the line is not UTF-8", expected="text in UTF-8", found=found) from None
        if "\r" in text:
            raise self._broken(number, "a line break stands inside a line", expected="CR LF or LF at its end")
        if _STRAY_QUOTE.search(raw):
            raise self._broken(number, "quotes do not go together", expected=_QUOTES, found=text)
        try:
            (cells,) = csv.reader([text], strict=True)
        except (csv.Error, ValueError):
            raise self._broken(number, "quotes do not go together", expected=_QUOTES, found=text) from None
        return cells

    def _broken(self, line: int, what: str, *, expected: object, found: object = None) -> DocumentError:
        return DocumentError(what, path=str(self._path), line=line, expected=expected, found=found)

    def _count(self, read: bytes) -> None:
        self._digest.update(read)
        self._size += len(read)


_QUOTES = "a cell in quotes that ends on its line, with each quote inside it doubled"
