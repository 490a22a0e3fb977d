"""What a reader of contribution files yields, and how a file is bound by its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from dao.errors import DocumentError

REQUIRED = ("account", "stream", "units")
"""Columns that every file has; the others hold what the parameters of a stream read, or anything."""

BLOCK = 16 << 20
"""Bytes that are read at once."""


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of one file, one behind the other.

    Args:
        lines: Arrow or numpy array of their line numbers.
        cells: Arrow array of texts for each column, in the order of the header.
    """

    lines: Any
    cells: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a file was when it was read: its SHA-256, and its size in bytes."""

    sha256: bytes
    size: int


class Source(Protocol):
    """A contribution file that is open."""

    @property
    def header(self) -> tuple[str, ...]:
        """Names of its columns."""

    @property
    def fingerprint(self) -> Fingerprint:
        """Of what was read so far."""

    def pieces(self) -> Iterator[Callable[[], Block]]:
        """Its rows, in order, once: functions that make the blocks, each of which any thread may call.

        Iterating and calling raise DocumentError, which names line and field.
        """

    def close(self) -> None:
        """Releases the file."""


def check_header(path: Path, header: tuple[str, ...], *, line: int) -> None:
    """Raises DocumentError unless `header` names the required columns and others, each once.

    Args:
        path: The file.
        header: What it names.
        line: Where it does; 0 where a file has no lines.
    """
    if "" in header:
        raise DocumentError(
            "a column has no name",
            path=str(path),
            line=line,
            expected="a name for each column",
            found=", ".join(header),
        )
    twice = next((name for index, name in enumerate(header) if name in header[:index]), None)
    if twice is not None:
        raise DocumentError("two columns have one name", path=str(path), line=line, field=twice, expected="each once")
    missing = next((name for name in REQUIRED if name not in header), None)
    if missing is not None:
        raise DocumentError(
            "a column is missing",
            path=str(path),
            line=line,
            field=missing,
            expected=f"{', '.join(REQUIRED)} and others",
            found=", ".join(header),
        )


def fingerprint(path: Path) -> Fingerprint:
    """The fingerprint of the file as it is now. Raises DocumentError where it cannot be read."""
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
                size += len(block)
    except OSError as error:
        raise unreadable(path, error) from None
    return Fingerprint(digest.digest(), size)


def unreadable(path: Path, error: OSError) -> DocumentError:
    """What to raise where the system does not give the file."""
    return DocumentError("the file cannot be read", path=str(path), found=error.strerror or str(error))


def changed(path: Path, before: Fingerprint, after: Fingerprint) -> DocumentError:
    """What to raise where the file was changed while it was read."""
    return DocumentError(
        "the file changed while it was read",
        path=str(path),
        expected=f"SHA-256 {before.sha256.hex()}, {before.size} bytes",
        found=f"SHA-256 {after.sha256.hex()}, {after.size} bytes",
        remedy="let whatever writes it finish, or take a copy of it, and compute again",
    )
