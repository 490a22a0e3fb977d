"""Figures as their sources print them: exact integers, half-up rounding, payouts of small examples."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from dao.rewards.accounts.allocate import allocate
from dao.rewards.accounts.columns import Contributions
from dao.rewards.accounts.fixed import WAD
from dao.rewards.accounts.operators import Operator


def wad(text: str | int) -> int:
    """`text`, a decimal number, in parts of WAD; exact or an error."""
    value = Fraction(str(text)) * WAD
    assert value.denominator == 1, f"{text} has more than 18 decimals"
    return value.numerator


def printed(value: int, like: str, *, unit: int = WAD) -> str:
    """`value / unit`, rounded half away from zero to as many decimals as `like` has."""
    digits = len(like.partition(".")[2])
    scaled = abs(Fraction(value, unit)) * 10**digits + Fraction(1, 2)
    whole = scaled.numerator // scaled.denominator
    return str(Decimal(-whole if value < 0 else whole).scaleb(-digits))


def paid(operators: list[Operator], rows: Contributions, pool: str, **more: Any) -> dict[str, int]:
    """What each account is paid out of `pool` tokens (wei)."""
    return dict(allocate(operators, rows, pool=wad(pool), **more).payouts)


def one(units: int, labels: dict[str, str] | None = None, **measures: int) -> Contributions:
    """A single row of the account `a`."""
    named = {name: [value] for name, value in (labels or {}).items()}
    return Contributions(["a"], [units], named, {name: [value] for name, value in measures.items()})
