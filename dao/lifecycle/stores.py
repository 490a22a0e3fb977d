"""Folders of keystores, our own and those of other tools where they are: listed, and searched by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dao.chain.keystore import Keystore, read_keystore
from dao.errors import AccountError

OWN = "dao"
"""The store that new accounts are written to."""


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of keystores. Its files end with `suffix`; without one, every file counts."""

    name: str
    folder: Path
    suffix: str = ".json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One keystore file. `keystore` is None where it cannot be used, and `problem` says why."""

    store: str
    name: str
    path: Path
    keystore: Keystore | None
    problem: str | None = None


def stores(*, own: Path, home: Path) -> tuple[Store, ...]:
    """Our own store in the folder `own`, and those of Brownie and Foundry below `home`."""
    return (
        Store(OWN, own),
        Store("brownie", home / ".brownie" / "accounts"),
        Store("foundry", home / ".foundry" / "keystores", suffix=""),
    )


def entries(among: Sequence[Store]) -> list[Entry]:
    """Every keystore file in the stores, by store and name."""
    return [entry for store in among for entry in _of(store)]


def find(among: Sequence[Store], reference: str) -> Entry:
    """The account that `reference` names: its name, or `store:name` where several stores have one of that name.

    Raises AccountError when there is none, several, or its file cannot be used.
    """
    store, _, name = reference.rpartition(":")
    found = [entry for entry in entries(among) if entry.name == name and store in ("", entry.store)]
    if not found:
        raise AccountError(
            "there is no such account",
            expected=f"one of {', '.join(entry.name for entry in entries(among)[:20]) or 'none: there is no account'}",
            found=reference,
            remedy="see `dao account list`, or name a file with --keystore",
        )
    if len(found) > 1:
        raise AccountError(
            f"several stores have an account {name}",
            expected=" or ".join(f"{entry.store}:{entry.name}" for entry in found),
            found=reference,
        )
    if found[0].keystore is None:
        read_keystore(found[0].path)
    return found[0]


def _of(store: Store) -> Iterator[Entry]:
    try:
        paths = sorted(path for path in store.folder.iterdir() if path.is_file() and not path.name.startswith("."))
    except OSError:
        # There is no such store here, or it is somebody else's.
        return
    for path in paths:
        if not path.name.endswith(store.suffix):
            continue
        name = path.name.removesuffix(store.suffix)
        try:
            yield Entry(store=store.name, name=name, path=path, keystore=read_keystore(path))
        except AccountError as error:
            yield Entry(store=store.name, name=name, path=path, keystore=None, problem=str(error))
