"""Reads a list of accounts: a CSV file with a column `account`."""

from __future__ import annotations

import csv
from pathlib import Path

from dao.abi import checksum
from dao.errors import DocumentError
from dao.types import Address, is_hex_address

COLUMN = "account"


def load_accounts(path: Path) -> tuple[Address, ...]:
    """The accounts in the CSV file at `path` (UTF-8, RFC 4180, with a header), each once, in the order of the file.

    Accounts are addresses, in any case without a checksum or with the right one; one that stands twice counts once.
    Other columns are not read. Raises DocumentError, which names line and field.
    """
    found: dict[Address, None] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            if header.count(COLUMN) != 1:
                raise DocumentError(
                    "the header does not name the column of accounts",
                    path=str(path),
                    line=1,
                    expected=f"a column {COLUMN}, once",
                    found=", ".join(header) or "nothing",
                )
            place = header.index(COLUMN)
            for cells in reader:
                if cells:
                    found[_account(path, reader.line_num, cells, place, len(header))] = None
    except OSError as error:
        raise DocumentError("the file cannot be read", path=str(path), found=error.strerror) from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise DocumentError("the file is no CSV in UTF-8", path=str(path), found=error) from None
    if not found:
        raise DocumentError("the file holds no account", path=str(path), expected="a row below the header")
    return tuple(found)


def _account(path: Path, line: int, cells: list[str], place: int, columns: int) -> Address:
    if len(cells) != columns:
        raise DocumentError(
            "a row has another number of cells", path=str(path), line=line, expected=columns, found=len(cells)
        )
    text = cells[place]
    if not is_hex_address(text) or text not in (text.lower(), checksum(text)):
        raise DocumentError(
            "this is no address",
            path=str(path),
            line=line,
            field=COLUMN,
            expected="0x and 40 hexadecimal digits, in lower case or with the right checksum",
            found=text,
        )
    return checksum(text)
