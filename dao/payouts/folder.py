"""A folder that is put in place whole or not at all: written beside, then renamed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from dao.errors import FileError
from dao.payouts.names import SUMMARY
from dao.payouts.scratch import scratch
from dao.payouts.summary import OutputFile

_CHUNK = 1 << 20


def put_in_place(folder: Path, write: Callable[[Path], None]) -> None:
    """Makes `folder` out of what `write` writes into a new folder beside it.

    A folder that is there already and holds the same, byte for byte, is left alone. Nothing of a failed attempt stays.

    Raises FileError where a folder of other content is in the way, or files cannot be written.
    """
    try:
        with scratch(folder.parent, folder.name) as beside:
            write(beside)
            for path in beside.iterdir():
                _sync(path)
            _sync(beside)
            if folder.exists():
                _require_same(folder, beside)
            else:
                beside.rename(folder)
                _sync(folder.parent)
    except OSError as error:
        raise FileError(
            "the epoch's files cannot be written", found=error.strerror, values={"path": str(folder)}
        ) from error


def described(path: Path) -> OutputFile:
    """A file with the SHA-256 of its bytes. Raises OSError where it cannot be read."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return OutputFile(path.name, digest.digest(), size)


def _require_same(folder: Path, beside: Path) -> None:
    if folder.is_dir():
        held, made = ({path.name: path for path in place.iterdir()} for place in (folder, beside))
        if held.keys() == made.keys() and all(_same(held[name], made[name]) for name in made):
            return
    raise FileError(
        "another folder is in the way of the epoch's files",
        expected="nothing there, or the same files",
        found=str(folder),
        remedy="move it away if it was never published or was voided, or name another folder with --epochs",
        values={"path": str(folder), "summary": str(folder.joinpath(SUMMARY))},
    )


def _same(held: Path, made: Path) -> bool:
    return held.is_file() and held.stat().st_size == made.stat().st_size and described(held) == described(made)


def _sync(path: Path) -> None:
    """Waits until a file, or the entries of a folder, are on the disk, where the system can say so."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
