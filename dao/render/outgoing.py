"""A transaction about to be sent, as decoded from its bytes."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel

from dao.document.quantities import format_amount
from dao.lifecycle.outgoing import Outgoing
from dao.lifecycle.vote import split_amounts
from dao.render.tables import Table
from dao.render.text import plain
from dao.types import Support

_LONG = 240
_PLAIN = (Support.AGAINST, Support.FOR, Support.ABSTAIN)


def outgoing_view(outgoing: Outgoing, *, symbol: str, decimals: int) -> RenderableType:
    """Who calls what with which arguments, and how many bytes that is."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("from", outgoing.sender)
    table.add_row("to", plain(f"{outgoing.contract} {outgoing.to}"))
    table.add_row("call", plain(outgoing.function, "bold"))
    if outgoing.title is not None:
        table.add_row("proposal", plain(outgoing.title, "bold"))
    if outgoing.function.startswith("castVote") and any(name == "support" for name, _ in outgoing.arguments):
        table.add_row("ballot", plain(_ballot(outgoing, symbol=symbol, decimals=decimals), "bold"))
    for name, value in outgoing.arguments:
        table.add_row(plain(f"  {name}"), plain(_argument(name, value)))
    if outgoing.value:
        table.add_row("ether", format_amount(outgoing.value, symbol="ETH", decimals=18))
    table.add_row("bytes", str(len(outgoing.data)))
    return Panel(Group(table), title="transaction", title_align="left", border_style="dim")


def _ballot(outgoing: Outgoing, *, symbol: str, decimals: int) -> str:
    """What a ballot's own bytes say, such as `for 2_400_000 RWD, against 1_600_000 RWD`."""
    arguments = dict(outgoing.arguments)

    def weighed(support: Support, weight: int) -> str:
        return f"{support.name.lower()} {format_amount(weight, symbol=symbol, decimals=decimals)}"

    support, params = arguments["support"], arguments.get("params", b"")
    parts = split_amounts(params)
    if support == Support.FRACTIONAL and parts is not None:
        order = (Support.FOR, Support.AGAINST, Support.ABSTAIN)
        return ", ".join(weighed(option, parts[option]) for option in order if parts[option]) or "nothing"
    if support in _PLAIN and not params:
        option = Support(support)
        return option.name.lower() if outgoing.weight is None else weighed(option, outgoing.weight)
    return "of a form that is not known here"


def _argument(name: str, value: Any) -> str:
    if name == "support" and value in set(Support):
        return f"{value} ({Support(value).name.lower()})"
    return _value(name, value)


def _value(name: str, value: Any) -> str:
    if isinstance(value, bytes):
        text = "0x" + value.hex()
    elif isinstance(value, tuple | list):
        text = "[" + ", ".join(_value(name, entry) for entry in value) + "]"
    else:
        text = str(value)
    return text if len(text) <= _LONG else f"{text[:_LONG]} … ({len(text)} characters)"
