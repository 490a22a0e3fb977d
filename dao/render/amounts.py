"""Amounts of any policy as they are shown: in the unit that it is in, exactly, with a sign where they differ."""

from __future__ import annotations

from dao.document.quantities import Units, format_amount
from dao.render.text import escape


def amount(value: int | None, unit: Units) -> str:
    """`value`, in the smallest unit, such as `15_000 RWD`; what waits for a report is said to."""
    if value is None:
        return "waits for a report"
    return escape(format_amount(value, symbol=unit.symbol, decimals=unit.decimals))


def signed(value: int, unit: Units) -> str:
    """A difference with its sign: `+15_000 RWD`, `−15_000 RWD`, `0 RWD`."""
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return sign + amount(abs(value), unit)


def number(value: int, unit: Units) -> str:
    """`value` in tokens, exactly, in digits alone: `15000.5`."""
    whole, fraction = divmod(value, 10**unit.decimals)
    return f"{whole}.{fraction:0{unit.decimals}d}".rstrip("0").rstrip(".") if unit.decimals else str(whole)
