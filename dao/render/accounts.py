"""Accounts and their keystores, without anything that is secret."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import RenderableType

from dao.lifecycle.stores import Entry
from dao.render.tables import Table
from dao.render.text import plain
from dao.types import Address

_UNKNOWN = "not said; --open finds it"


def entries_table(entries: Sequence[Entry]) -> RenderableType:
    """The accounts, one a line."""
    table = Table(box=None, header_style="dim", pad_edge=False)
    for column in ("account", "store", "address", "keystore"):
        table.add_column(column)
    for entry in entries:
        table.add_row(plain(entry.name), entry.store, _address(entry), plain(_state(entry), _style(entry)))
    return table


def entries_json(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """The same as JSON."""
    return [entry_json(entry) for entry in entries]


def entry_view(entry: Entry, *, opened: Address | None = None) -> RenderableType:
    """One account; `opened` is the address of its key where that was looked at."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("account", plain(entry.name, "bold"))
    table.add_row("address", opened or _address(entry))
    if opened is not None:
        table.add_row("key", "opened; it belongs to this address")
    table.add_row("keystore", plain(entry.path))
    if entry.keystore is not None:
        memory = entry.keystore.memory // 2**20
        table.add_row("derivation", plain(f"{entry.keystore.derivation}{f'; {memory} MiB' if memory else ''}"))
    table.add_row("protection", plain(_state(entry), _style(entry)))
    return table


def entry_json(entry: Entry, *, opened: Address | None = None) -> dict[str, Any]:
    """The same as JSON."""
    keystore = entry.keystore
    return {
        "account": entry.name,
        "store": entry.store,
        "address": opened or (keystore.address if keystore else None),
        "keystore": str(entry.path),
        "derivation": keystore.derivation if keystore else None,
        "memory": keystore.memory if keystore else None,
        "mode": f"{keystore.mode:04o}" if keystore else None,
        "opened": opened is not None,
        "problem": entry.problem,
    }


def _address(entry: Entry) -> str:
    if entry.keystore is None:
        return "–"
    return entry.keystore.address or _UNKNOWN


def _state(entry: Entry) -> str:
    if entry.keystore is None:
        return entry.problem or ""
    if entry.keystore.open_to_others:
        return f"mode {entry.keystore.mode:04o}: others can read it; run chmod 600"
    return f"mode {entry.keystore.mode:04o}"


def _style(entry: Entry) -> str:
    return "yellow" if entry.keystore is None or entry.keystore.open_to_others else "dim"
