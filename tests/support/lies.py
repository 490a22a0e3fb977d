"""Ways to change an answer of a node: lists that lack, repeat or reorder entries, and fields with other values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dao.abi import keccak
from dao.blocks import headers

Lie = Callable[[Any], Any]
"""From an honest result, a copy of its own, to another one; None where it has nothing to lie about."""


def flipped(text: str) -> str:
    """The same digits but for the last."""
    return text[:-1] + ("1" if text[-1] != "1" else "2") if len(text) > 2 else "0x01"


def dropped(items: Any) -> Any:
    """Without the one in the middle."""
    return items[: len(items) // 2] + items[len(items) // 2 + 1 :] if len(items) > 1 else None


def doubled(items: Any) -> Any:
    """With the one in the middle twice."""
    return [*items, items[len(items) // 2]] if items else None


def swapped(items: Any) -> Any:
    """With the first and the last in each other's place."""
    return [*items[-1:], *items[1:-1], *items[:1]] if len(items) > 1 else None


def cut(items: Any) -> Any:
    """Without the last two."""
    return items[: len(items) - 2] if len(items) > 2 else None


LISTS: dict[str, Lie] = {"dropped": dropped, "doubled": doubled, "swapped": swapped, "cut": cut}


def of_one(change: Callable[[Any], Any], place: int | None = None) -> Lie:
    """A lie about one entry of a list: the one at `place`, or in the middle."""

    def lie(items: Any) -> Any:
        here = len(items or ()) // 2 if place is None else place
        if not items or here >= len(items):
            return None
        changed = change(items[here])
        if changed is None:
            return None
        items[here] = changed
        return items

    return lie


def field(name: str, value: Any = flipped) -> Lie:
    """A lie about a field, which has another value then: what `value` makes of it, or `value` itself."""

    def change(entry: Any) -> Any:
        if not isinstance(entry, dict) or (entry.get(name) is None and callable(value)):
            return None
        entry[name] = value(entry[name]) if callable(value) else value
        return entry

    return change


def rehashed(header: Any) -> Any:
    """A header whose hash is that of its fields, whatever they are."""
    fields = [*headers.FIELDS, *(entry for entry in headers.LATER if header.get(entry[0]) is not None)]
    values = [int(header[name], 16) if number else bytes.fromhex(header[name][2:]) for name, number in fields]
    return {**header, "hash": "0x" + keccak(headers.encode(values)).hex()}


def within(name: str, lie: Lie) -> Lie:
    """A lie about the list in a field."""

    def change(entry: Any) -> Any:
        changed = lie(entry[name]) if isinstance(entry, dict) and entry.get(name) else None
        return None if changed is None else {**entry, name: changed}

    return change


def first_with(lie: Lie) -> Lie:
    """The lie about the first entry of a list about which there is one to tell."""

    def change(items: Any) -> Any:
        for place, entry in enumerate(items or ()):
            changed = lie(entry)
            if changed is not None:
                return [*items[:place], changed, *items[place + 1 :]]
        return None

    return change
