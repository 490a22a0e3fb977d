"""Turns an error's values into what a person or a program reads; nowhere else is that done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from dao.errors import DaoError, DocumentError, Unsent
from dao.render.text import escape

# Further refusals that one error can carry, such as the other errors of the same file.
_OTHERS = "others"


def error_view(error: DaoError) -> Text:
    """The error in lines: where, what, expected, found, what to do next."""
    view = Text()
    view.append("error: ", style="bold red")
    if isinstance(error, DocumentError):
        place = f"{error.path}:{error.line}" if error.line else error.path
        view.append(escape(place), style="bold")
        if error.field:
            view.append(f" {escape(error.field)}", style="cyan")
        view.append(": ")
    view.append(escape(error.what, lines=True))
    for label, value in (("expected", error.expected), ("found", error.found)):
        if value is not None:
            view.append(f"\n  {label:<9}", style="dim")
            view.append(escape(str(value), limit=2_000))
    if error.remedy:
        view.append("\n  next     ", style="dim")
        view.append(escape(error.remedy))
    others = error.values.get(_OTHERS)
    if isinstance(others, list | tuple):
        for other in others:
            view.append("\n  also     ", style="dim")
            view.append(escape(str(other), limit=500))
    return view


def error_json(error: DaoError) -> dict[str, Any]:
    """The error as a JSON document."""
    return {
        "error": {
            "kind": type(error).__name__,
            "what": error.what,
            "expected": _plain(error.expected),
            "found": _plain(error.found),
            "remedy": error.remedy,
            "values": _plain(error.values),
        }
    }


def unsent_view(result: Unsent) -> Text:
    """What was written instead of being sent, and what to do with it."""
    view = Text(escape(result.what))
    view.append(f"\n  checksum {result.checksum}", style="dim")
    view.append(f"\n  next     {escape(result.remedy or '')}", style="dim")
    return view


def unsent_json(result: Unsent) -> dict[str, Any]:
    """The same as JSON."""
    return {"unsigned": result.path, "transactions": result.transactions, "checksum": result.checksum}


def _plain(value: object) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return str(value)
