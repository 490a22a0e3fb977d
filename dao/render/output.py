"""Writes a result to a file, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dao.errors import DocumentError


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path` when the block ends well, and is gone when it does not.

    Raises DocumentError where it cannot be written.
    """
    temporary = path.with_name(path.name + ".tmp")
    try:
        with temporary.open("wb") as file:
            yield file
        temporary.replace(path)
    except OSError as error:
        raise DocumentError("the file cannot be written", path=str(path), found=error.strerror) from None
    finally:
        temporary.unlink(missing_ok=True)


def save(path: Path, text: str) -> None:
    """Writes `text` in UTF-8, line ends as they are. Raises DocumentError where it cannot be written."""
    with replacing(path) as file:
        file.write(text.encode())


def save_all(files: Mapping[Path, str]) -> None:
    """Writes each text in UTF-8 to its path, whole or not at all, and the folders that it needs.

    Raises DocumentError where one cannot be written.
    """
    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DocumentError("the folder cannot be made", path=str(path.parent), found=error.strerror) from None
        save(path, text)
