"""A transaction about to be sent, as decoded from its bytes."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table

from dao.document.quantities import format_amount
from dao.lifecycle.outgoing import Outgoing
from dao.render.text import plain

_LONG = 240


def outgoing_view(outgoing: Outgoing, *, symbol: str, decimals: int) -> RenderableType:
    """Who calls what with which arguments, and how many bytes that is."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("from", outgoing.sender)
    table.add_row("to", plain(f"{outgoing.contract} {outgoing.to}"))
    table.add_row("call", plain(outgoing.function, "bold"))
    for name, value in outgoing.arguments:
        table.add_row(plain(f"  {name}"), plain(_value(name, value)))
    if outgoing.value:
        table.add_row("ether", format_amount(outgoing.value, symbol="ETH", decimals=18))
    table.add_row("bytes", str(len(outgoing.data)))
    return Panel(Group(table), title="transaction", title_align="left", border_style="dim")


def _value(name: str, value: Any) -> str:
    if isinstance(value, bytes):
        text = "0x" + value.hex()
    elif isinstance(value, tuple | list):
        text = "[" + ", ".join(_value(name, entry) for entry in value) + "]"
    else:
        text = str(value)
    return text if len(text) <= _LONG else f"{text[:_LONG]} … ({len(text)} characters)"
