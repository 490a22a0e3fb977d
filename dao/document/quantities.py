"""Amounts, shares, durations and dates: exact from text to integer and back, or an error with what was expected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from dao.document.text import is_safe
from dao.errors import AmountError
from dao.types import BASIS_POINTS

MAX_AMOUNT = 2**256 - 1
SMALLEST = "wei"
"""Unit of an amount in a token's smallest unit."""

_NUMBER = r"(?:0|[1-9][0-9]{0,2}(?:_[0-9]{3}){1,26}|[1-9][0-9]{0,79})"
_DECIMAL = rf"(?P<whole>{_NUMBER})(?:\.(?P<fraction>[0-9]{{1,80}}))?"
_AMOUNT = re.compile(rf"{_DECIMAL} +(?P<unit>\S{{1,64}})\Z")
_SHARE = re.compile(rf"{_DECIMAL} ?%\Z")
_DURATION = re.compile(rf"(?P<count>{_NUMBER}) +(?P<unit>[a-z]{{1,10}})\Z")
_INTEGER = re.compile(rf"{_NUMBER}\Z")
_TIMESTAMP = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T([0-9]{2}):([0-9]{2}):([0-9]{2})Z)?\Z")

_SECONDS = {"week": 604_800, "day": 86_400, "hour": 3_600, "minute": 60, "second": 1, "s": 1}
_PLURALS = {f"{unit}s": unit for unit in _SECONDS if unit != "s"}
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Amount:
    """An exact decimal number with its unit, before it is known how many decimals the token has.

    Args:
        digits: The number without its decimal point, at least 0.
        places: How many of the digits stand behind the point. Trailing zeros are dropped, so that equal numbers are
            equal values.
        unit: A token's symbol, `ETH` or `wei`.
    """

    digits: int
    places: int
    unit: str

    def __post_init__(self) -> None:
        digits, places = self.digits, self.places
        while places > 0 and digits % 10 == 0:
            digits, places = digits // 10, places - 1
        object.__setattr__(self, "digits", digits)
        object.__setattr__(self, "places", places)

    def __str__(self) -> str:
        """The canonical text, such as `15_000.5 RWD`."""
        return f"{_decimal(self.digits, self.places)} {self.unit}"

    @classmethod
    def parse(cls, text: str) -> Amount:
        """The amount in `text`: a number, a space, a unit. Raises AmountError for anything else.

        Thousands are separated by `_` or not at all; there are no signs, exponents or leading zeros.
        """
        found = _AMOUNT.match(text)
        if found is None:
            bare = re.fullmatch(_DECIMAL, text) is not None
            raise AmountError(
                "an amount has no unit" if bare else "this is no amount",
                expected="a number and its unit, such as `15_000 RWD` or `0.5 ETH`",
                found=text,
                remedy="name the unit; a bare number could mean tokens or wei" if bare else None,
            )
        digits, places = _read(found)
        return cls(digits, places, found["unit"])


@dataclass(frozen=True, slots=True)
class Units:
    """The unit that amounts of one token are written in.

    Args:
        symbol: The token's symbol.
        decimals: How many decimals one token has.
    """

    symbol: str
    decimals: int

    def resolve(self, amount: Amount) -> int:
        """`amount` in the smallest unit. Raises AmountError when it is in another unit, not exact, or too large."""
        if amount.unit == SMALLEST:
            decimals = 0
        elif amount.unit == self.symbol:
            decimals = self.decimals
        else:
            raise AmountError("the amount is in another unit", expected=f"{self.symbol} or {SMALLEST}", found=amount)
        if amount.places > decimals:
            raise AmountError(
                f"the amount is not exact in {amount.unit}",
                expected=f"at most {decimals} decimals",
                found=f"{amount} with {amount.places} decimals",
            )
        value: int = amount.digits * 10 ** (decimals - amount.places)
        if value > MAX_AMOUNT:
            raise AmountError("the amount is too large", expected=f"at most {MAX_AMOUNT} {SMALLEST}", found=amount)
        return value

    def amount(self, value: int) -> Amount:
        """`value`, in the smallest unit, as it is written: in wei where the symbol cannot be written."""
        if not 0 <= value <= MAX_AMOUNT:
            raise AmountError("the amount is out of range", expected=f"0 to {MAX_AMOUNT}", found=value)
        if not is_symbol(self.symbol):
            return Amount(value, 0, SMALLEST)
        return Amount(value, self.decimals, self.symbol)


ETHER = Units("ETH", 18)
"""Ether, in which a call's value is written."""


def parse_amount(text: str, *, symbol: str, decimals: int) -> int:
    """The amount in `text` in the token's smallest unit. Raises AmountError when it is not exact."""
    return Units(symbol, decimals).resolve(Amount.parse(text))


def format_amount(value: int, *, symbol: str, decimals: int) -> str:
    """`value`, in the smallest unit, as the canonical text that `parse_amount` reads back."""
    return str(Units(symbol, decimals).amount(value))


def parse_share(text: str) -> int:
    """Basis points in a percentage from `0%` to `100%`. Raises AmountError unless it is exact in basis points."""
    found = _SHARE.match(text)
    if found is None:
        raise AmountError("this is no share", expected="a percentage such as `27.5%`", found=text)
    digits, places = _read(found)
    scale: int = 10**places
    points, rest = divmod(digits * 100, scale)
    if rest:
        raise AmountError("the share is not exact in basis points", expected="at most 2 decimals", found=text)
    if points > BASIS_POINTS:
        raise AmountError("the share is more than the whole", expected="at most 100%", found=text)
    return points


def format_share(basis_points: int) -> str:
    """`basis_points` as a percentage, such as `27.5%`; `parse_share` reads it back."""
    if not 0 <= basis_points <= BASIS_POINTS:
        raise AmountError("the share is out of range", expected=f"0 to {BASIS_POINTS}", found=basis_points)
    whole, hundredths = divmod(basis_points, 100)
    return f"{whole}.{hundredths:02d}".rstrip("0").rstrip(".") + "%"


def parse_duration(text: str) -> int:
    """Seconds in `7 days`, `12 hours`, `2_628_000 s` and the like. Raises AmountError for anything else."""
    found = _DURATION.match(text)
    factor = _SECONDS.get(found["unit"]) or _SECONDS.get(_PLURALS.get(found["unit"], "")) if found else None
    if found is None or factor is None:
        raise AmountError(
            "this is no duration",
            expected="a whole number of weeks, days, hours, minutes or s, such as `7 days`",
            found=text,
        )
    return int(found["count"]) * factor


def format_duration(seconds: int) -> str:
    """`seconds` in the largest of days, hours, minutes and s that divides it; `parse_duration` reads it back."""
    if seconds < 0:
        raise AmountError("a duration is negative", expected="0 or more seconds", found=seconds)
    for name in ("day", "hour", "minute"):
        count, rest = divmod(seconds, _SECONDS[name])
        if count and not rest:
            return f"{count:_} {name}" + ("" if count == 1 else "s")
    return f"{seconds:_} s"


def parse_timestamp(text: str) -> int:
    """Seconds since the Unix epoch at `2023-08-01T00:00:00Z`, or at the beginning of the day `2023-08-01` (UTC).

    Raises AmountError for another form, another zone, or a day that does not exist.
    """
    found = _TIMESTAMP.match(text)
    try:
        if found is None:
            raise ValueError(text)
        moment = datetime(*(int(part or 0) for part in found.groups()), tzinfo=timezone.utc)  # type: ignore[misc,arg-type]
    except ValueError as error:
        raise AmountError(
            "this is no moment in UTC", expected="such as `2023-08-01T00:00:00Z` or `2023-08-01`", found=text
        ) from error
    seconds = (moment - _EPOCH) // timedelta(seconds=1)
    if seconds < 0:
        raise AmountError("the moment lies before the Unix epoch", expected="1970-01-01 or later", found=text)
    return seconds


def format_timestamp(seconds: int) -> str:
    """`seconds` since the Unix epoch as `2023-08-01T00:00:00Z`. Raises AmountError beyond the year 9999."""
    try:
        if seconds < 0:
            raise OverflowError
        moment = _EPOCH + timedelta(seconds=seconds)
    except OverflowError as error:
        raise AmountError("the moment cannot be written", expected="the years 1970 to 9999", found=seconds) from error
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def parse_integer(text: str) -> int:
    """A whole number of at most 80 digits, thousands separated by `_` or not at all. Raises AmountError otherwise."""
    if _INTEGER.match(text) is None:
        raise AmountError("this is no whole number", expected="digits, such as `14` or `1_000`", found=text)
    return int(text)


def _read(found: re.Match[str]) -> tuple[int, int]:
    fraction = found["fraction"] or ""
    return int(found["whole"].replace("_", "") + fraction), len(fraction)


def _decimal(digits: int, places: int) -> str:
    whole, fraction = divmod(digits, 10**places)
    return f"{whole:_}" + (f".{fraction:0{places}d}" if places else "")


def is_symbol(symbol: str) -> bool:
    """Whether amounts can be written in `symbol`: visible characters, no space, and not `wei`."""
    plain = symbol.isprintable() and " " not in symbol and is_safe(symbol, lines=False)
    return plain and symbol != SMALLEST and re.fullmatch(r"\S{1,64}", symbol) is not None
