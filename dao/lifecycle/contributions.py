"""Reads contribution records: a CSV file with one row for each account, stream and resource class."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from dao.abi import checksum
from dao.errors import DocumentError
from dao.rewards.accounts.columns import Contributions
from dao.types import is_hex_address

REQUIRED = ("account", "stream", "units")
"""Columns that every file has; the others hold names or integers that the parameters of a stream read."""

_INTEGER = re.compile(r"(?:0|[1-9][0-9]{0,77})\Z")


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    account: str
    units: int
    others: tuple[str, ...]


def load_contributions(path: Path) -> Mapping[str, Contributions]:
    """The contributions in the CSV file at `path` (UTF-8, RFC 4180, with a header), by stream.

    Accounts are addresses, in any case without a checksum or with the right one. Units are whole numbers. Beside the
    required columns there may be any others: one whose cells are all whole numbers is a measure, else it holds names.

    Raises DocumentError, which names line and field.
    """
    streams: dict[str, list[_Row]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = tuple(next(reader, ()))
            names = _other_columns(path, header)
            for cells in reader:
                if cells:
                    stream, row = _row(path, reader.line_num, header, cells)
                    streams.setdefault(stream, []).append(row)
    except OSError as error:
        raise DocumentError("the file cannot be read", path=str(path), found=error.strerror) from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise DocumentError("the file is no CSV in UTF-8", path=str(path), found=error) from None
    if not streams:
        raise DocumentError("the file holds no contribution", path=str(path), expected="a row below the header")
    return MappingProxyType({stream: _columns(rows, names) for stream, rows in sorted(streams.items())})


def _other_columns(path: Path, header: tuple[str, ...]) -> tuple[str, ...]:
    missing = [name for name in REQUIRED if name not in header]
    if missing or len(set(header)) != len(header) or "" in header:
        raise DocumentError(
            "the header does not name the columns",
            path=str(path),
            line=1,
            expected=f"{', '.join(REQUIRED)} and others, each once",
            found=", ".join(header) or "nothing",
        )
    return tuple(name for name in header if name not in REQUIRED)


def _row(path: Path, line: int, header: tuple[str, ...], cells: list[str]) -> tuple[str, _Row]:
    if len(cells) != len(header):
        raise DocumentError(
            "a row has another number of cells", path=str(path), line=line, expected=len(header), found=len(cells)
        )
    row = dict(zip(header, cells, strict=True))
    account, units = row["account"], row["units"]
    if not is_hex_address(account) or account not in (account.lower(), checksum(account)):
        raise DocumentError(
            "this is no address", path=str(path), line=line, field="account", expected="0x and 40 digits", found=account
        )
    if _INTEGER.match(units) is None:
        raise DocumentError(
            "units are no whole number",
            path=str(path),
            line=line,
            field="units",
            expected="digits, such as 1200",
            found=units,
            remedy="count in a smaller unit, such as GPU-seconds for fractions of a GPU-hour",
        )
    others = tuple(row[name] for name in header if name not in REQUIRED)
    return row["stream"], _Row(line, checksum(account), int(units), others)


def _columns(rows: list[_Row], names: tuple[str, ...]) -> Contributions:
    columns = dict(zip(names, zip(*(row.others for row in rows), strict=True), strict=True)) if names else {}
    whole = {name for name, cells in columns.items() if all(_INTEGER.match(cell) for cell in cells)}
    return Contributions(
        accounts=[row.account for row in rows],
        units=[row.units for row in rows],
        labels={name: list(cells) for name, cells in columns.items() if name not in whole},
        measures={name: [int(cell) for cell in columns[name]] for name in whole},
    )
