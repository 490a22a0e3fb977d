"""The forms that texts in documents have: each read into a value, or refused with what was expected."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from dao.abi import checksum
from dao.document.quantities import Amount, format_share, is_symbol, parse_integer, parse_share
from dao.document.text import character_name, unsafe_at
from dao.errors import AmountError, DocumentError
from dao.rewards.changes import Allocation
from dao.rewards.streams import CLASS_NAME, MAX_DEPTH, ROOT
from dao.types import is_hex_address

CONTRACT_NAMES = ("treasury", "token", "governor", "policy", "distributor")
"""Names by which documents call the contracts of their deployment. The treasury is the timelock."""

_PATH = re.compile(r"[a-z0-9._-]{1,31}(?:/[a-z0-9._-]{1,31})*\Z")
_HASH = re.compile(r"0x[0-9a-f]{64}\Z")
_HEX = re.compile(r"0x(?:[0-9a-f]{2})*\Z")
_RATIO = re.compile(r"([1-9][0-9]{0,28})/([1-9][0-9]{0,28})\Z")
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})\Z")
_FIXED = re.compile(r"([0-9][0-9_]*)(?:\.([0-9]{1,18}))?\Z")
_URL = re.compile(r"https?://[A-Za-z0-9\[][^\s<>\"\\^`{}|]{0,2000}\Z")

DEPLOYMENT = "deployment"
"""The genesis of a policy whose epoch 0 begins when it is deployed."""

_UINT32 = 2**32 - 1
_BASIS_POINT = 10**14
_PARAMETER = re.compile(r"[a-z0-9._-]{1,31}\Z")


@dataclass(frozen=True, slots=True)
class Ratio:
    """A fraction as it was written; it is not reduced."""

    numerator: int
    denominator: int

    def __str__(self) -> str:
        """The canonical text, such as `85/100`."""
        return f"{self.numerator}/{self.denominator}"


@dataclass(frozen=True, slots=True)
class Allotment:
    """How a part of a split gets its tokens. `share` is in basis points, zero unless the allocation is SHARE."""

    allocation: Allocation
    share: int = 0

    def __str__(self) -> str:
        """The canonical text: `carve-out`, `residual` or a percentage."""
        if self.allocation is Allocation.SHARE:
            return format_share(self.share)
        return "carve-out" if self.allocation is Allocation.CARVE_OUT else "residual"


def parse_account(text: str) -> str:
    """An address with a correct EIP-55 checksum, or one of CONTRACT_NAMES. Raises DocumentError otherwise."""
    if text in CONTRACT_NAMES:
        return text
    return parse_address(text)


def parse_address(text: str) -> str:
    """An address with a correct EIP-55 checksum. Raises DocumentError otherwise."""
    if not is_hex_address(text):
        raise _error("this is no address", expected="0x and 40 hexadecimal digits", found=text)
    if checksum(text) != text:
        raise _error(
            "the address has a wrong checksum",
            expected="upper and lower case as EIP-55 has them",
            found=text,
            remedy="copy the address again from where it is known to be right",
        )
    return text


def parse_stream(text: str) -> str:
    """A stream's path, `root` for the root. Raises DocumentError otherwise."""
    steps = text.split("/")
    if _PATH.match(text) is None or len(steps) > MAX_DEPTH:
        raise _error(
            "this is no stream's path",
            expected=f"up to {MAX_DEPTH} names of 1 to 31 characters out of a-z, 0-9, '-', '_' and '.', joined by '/'",
            found=text,
        )
    if steps[0] == ROOT and len(steps) > 1:
        raise _error("a path begins below the root", expected="/".join(steps[1:]), found=text)
    return text


def parse_new_stream(text: str) -> str:
    """The path of a stream other than the root. Raises DocumentError otherwise."""
    if text == ROOT:
        raise _error("the root exists from the beginning", expected="a path below the root", found=text)
    return parse_stream(text)


def parse_factor(text: str) -> Ratio:
    """A fraction such as `85/100` or `103/100`, whose parts fit 32 bits. Raises AmountError otherwise."""
    found = _RATIO.match(text)
    if found is None or not max(int(found[1]), int(found[2])) < 2**32:
        raise AmountError(
            "this is no ratio", expected="a fraction such as `85/100` or `103/100`, of numbers below 2^32", found=text
        )
    return Ratio(int(found[1]), int(found[2]))


def parse_ratio(text: str, *, below: int = 2**32) -> Ratio:
    """A proper fraction such as `85/100`, whose denominator is less than `below`. Raises AmountError otherwise."""
    found = _RATIO.match(text)
    if found is None or not int(found[1]) < int(found[2]) < below:
        expected = f"a fraction below 1, such as `85/100`, with a denominator below {below}"
        raise AmountError("this is no ratio", expected=expected, found=text)
    return Ratio(int(found[1]), int(found[2]))


def parse_month(text: str) -> int:
    """A calendar month such as `2023-08`, as 12 times the year and the number of the month from 0.

    Raises AmountError otherwise.
    """
    found = _MONTH.match(text)
    if found is None or not 1 <= int(found[2]) <= 12:
        raise AmountError("this is no month", expected="a year and a month, such as `2023-08`", found=text)
    return 12 * int(found[1]) + int(found[2]) - 1


def format_month(month: int) -> str:
    """The text of a month, such as `2023-08`."""
    return f"{month // 12:04}-{month % 12 + 1:02}"


@dataclass(frozen=True, slots=True)
class Fixed:
    """A plain decimal number, held as `value` times 10^-18: a weight, a fraction, a count."""

    value: int

    def __str__(self) -> str:
        """The canonical text: no more decimals than there are."""
        whole, rest = divmod(abs(self.value), 10**18)
        decimals = f"{rest:018}".rstrip("0")
        return ("-" if self.value < 0 else "") + f"{whole:_}" + (f".{decimals}" if decimals else "")


def parse_fixed(text: str) -> Fixed:
    """A decimal number such as `0.85` or `1_000`, up to 18 decimals and 128 bits. Raises AmountError otherwise."""
    found = _FIXED.match(text)
    if found is None:
        raise AmountError("this is no number", expected="a decimal number such as `0.85`", found=text)
    value = parse_integer(found[1]) * 10**18 + int((found[2] or "").ljust(18, "0"))
    if value >= 2**128:
        raise AmountError("the number is too large", expected="less than 2^128 / 10^18", found=text)
    return Fixed(value)


def parse_signed_fixed(text: str) -> Fixed:
    """A decimal number that may be negative, such as `-0.0485`. Raises AmountError otherwise."""
    if text.startswith("-") and text != "-0":
        return Fixed(-parse_fixed(text[1:]).value)
    return parse_fixed(text)


def parse_level(text: str) -> int:
    """A count such as `36` as it is, or a percentage such as `70%` in parts of 10^18, up to 16 decimals and 128 bits.

    Raises AmountError otherwise.
    """
    if not text.endswith("%"):
        value = parse_integer(text)
    else:
        scaled = parse_fixed(text[:-1].rstrip(" ")).value
        value, rest = divmod(scaled, 100)
        if rest:
            raise AmountError("the percentage is not exact", expected="at most 16 decimals", found=text)
    if value >= 2**128:
        raise AmountError("the number is too large", expected="less than 2^128", found=text)
    return value


def format_level(value: int) -> str:
    """`value` as a percentage where that has at most two decimals, else as a count; `parse_level` reads it back."""
    if value == 0 or value % _BASIS_POINT or value * 100 >= 2**128:
        return str(value)
    return f"{Fixed(value * 100)}%"


def parse_parameter_name(text: str) -> str:
    """A name in a stream's parameters, such as a column's. Raises DocumentError otherwise."""
    if not _PARAMETER.match(text):
        raise _error("this is no name", expected="1 to 31 characters out of a-z, 0-9, '-', '_' and '.'", found=text)
    return text


def parse_limit(text: str) -> int | Amount:
    """A cap's limit: basis points in a percentage, or an amount. Raises AmountError otherwise."""
    return parse_share(text) if text.endswith("%") else Amount.parse(text)


def format_limit(value: int | Amount) -> str:
    """`value` as a percentage or an amount; `parse_limit` reads it back."""
    return format_share(value) if isinstance(value, int) else str(value)


def parse_cell(text: str) -> int | Amount | str:
    """An entry in a row of contributions: a count, a percentage, an amount or a name, such as a resource class's.

    Raises AmountError otherwise.
    """
    if (_PARAMETER.match(text) and not text[0].isdecimal()) or (CLASS_NAME.match(text) and text[0].isalpha()):
        return text
    return Amount.parse(text) if " " in text else parse_level(text)


def format_cell(value: int | Amount | str) -> str:
    """`value` as a text; `parse_cell` reads it back."""
    return format_level(value) if isinstance(value, int) else str(value)


def parse_reading(text: str) -> Fixed | Amount:
    """A reported value: an amount with its unit, or a plain number. Raises AmountError otherwise."""
    return parse_fixed(text) if _FIXED.match(text) else Amount.parse(text)


def parse_allotment(text: str) -> Allotment:
    """`carve-out`, `residual` or a percentage above zero. Raises AmountError otherwise."""
    if text == "carve-out":
        return Allotment(Allocation.CARVE_OUT)
    if text == "residual":
        return Allotment(Allocation.RESIDUAL)
    try:
        share = parse_share(text)
    except AmountError as error:
        raise AmountError(
            "this is no allotment", expected="carve-out, residual or a percentage such as `27.5%`", found=text
        ) from error
    if share == 0:
        raise AmountError("a share of nothing", expected="more than 0%", found=text, remedy="leave the stream out")
    return Allotment(Allocation.SHARE, share)


def parse_hex(text: str) -> bytes:
    """Bytes from `0x` and lower-case hexadecimal digits. Raises DocumentError otherwise."""
    if _HEX.match(text) is None:
        raise _error("these are no bytes", expected="0x and pairs of digits out of 0-9 and a-f", found=text)
    return bytes.fromhex(text[2:])


def _error(what: str, *, expected: object, found: object, remedy: str | None = None) -> DocumentError:
    return DocumentError(what, path="", expected=expected, found=found, remedy=remedy)


def bounded(parse: Callable[[str], int], maximum: int, *, minimum: int = 0) -> Callable[[str], int]:
    """`parse`, held to `minimum` to `maximum`: AmountError beyond."""

    def check(text: str) -> int:
        value = parse(text)
        if not minimum <= value <= maximum:
            raise AmountError("the value is out of range", expected=f"{minimum} to {maximum}", found=text)
        return value

    return check


def line_of_text(maximum: int) -> Callable[[str], str]:
    """A parser of one line of 1 to `maximum` characters, without space around it. It raises DocumentError otherwise."""

    def check(text: str) -> str:
        return _text(text, maximum, lines=False)

    return check


def parse_prose(text: str) -> str:
    """Lines of text; space at the ends of lines and around the text is dropped. Raises DocumentError otherwise."""
    return _text(text, 20_000, lines=True)


def _text(text: str, maximum: int, *, lines: bool) -> str:
    stripped = "\n".join(line.rstrip(" ") for line in text.strip(" \n").split("\n"))
    index = unsafe_at(stripped, lines=lines)
    if index is not None:
        raise _error("a character does not belong here", expected="visible text", found=character_name(stripped[index]))
    if not 1 <= len(stripped) <= maximum:
        raise _error("the text is too short or too long", expected=f"1 to {maximum} characters", found=len(stripped))
    return stripped


def parse_url(text: str) -> str:
    """An http or https address in ASCII. Raises DocumentError otherwise."""
    if not text.isascii() or _URL.match(text) is None:
        raise _error("this is no web address", expected="https://…", found=text)
    return text


def parse_base(text: str) -> str:
    """`current`, or a policy hash in lower case. Raises DocumentError otherwise."""
    if text != "current" and _HASH.match(text) is None:
        raise _error("this names no policy", expected="current, or a policy hash", found=text)
    return text


def parse_signed(text: str) -> int:
    """A number of decimals, -30 to 36. Raises AmountError otherwise."""
    value = -parse_integer(text[1:]) if text.startswith("-") else parse_integer(text)
    if not -30 <= value <= 36:
        raise AmountError("the value is out of range", expected="-30 to 36", found=text)
    return value


def parse_symbol(text: str) -> str:
    """A symbol that amounts can be written in, up to 32 characters. Raises DocumentError otherwise."""
    if not is_symbol(text) or len(text) > 32:
        raise _error("this is no symbol", expected="1 to 32 visible characters other than `wei`", found=text)
    return text


def parse_hash(text: str) -> bytes:
    """32 bytes in lower-case hexadecimal. Raises DocumentError otherwise."""
    if _HASH.match(text) is None:
        raise _error("this is no hash", expected="0x and 64 lower-case hexadecimal digits", found=text)
    return bytes.fromhex(text[2:])


def parse_class(text: str) -> str:
    """Name of a resource class. Raises DocumentError otherwise."""
    if not CLASS_NAME.match(text):
        raise _error("this is no class", expected="1 to 31 visible ASCII characters", found=text)
    return text


def hex_text(value: bytes) -> str:
    """`value` as 0x and lower-case hexadecimal digits."""
    return "0x" + value.hex()
