"""A folder for work in progress, gone when the work ends, however it ends: what a killed process left is removed."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_END = ".part"


@contextmanager
def scratch(parent: Path, name: str) -> Iterator[Path]:
    """A new hidden folder in `parent`, called after `name`, which is removed at the end unless it was renamed.

    Its process holds a lock on it, so that one without is abandoned and removed by the next of the same name. Raises
    OSError where it cannot be made.
    """
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob(f".{name}.*{_END}"):
        with suppress(FileNotFoundError), _locked(left) as alone:
            if alone:
                shutil.rmtree(left, ignore_errors=True)
    made = parent / f".{name}.{secrets.token_hex(8)}{_END}"
    new = made.with_suffix(".new")
    new.mkdir()
    try:
        # Locked before it has the name by which others look for what is abandoned.
        with _locked(new):
            new.rename(made)
            yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Holds the lock of `folder`; whether nobody else did."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)
