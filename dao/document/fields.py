"""The kinds of field that documents are made of, each with its parser, its canonical text and its JSON Schema."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from dao.abi import checksum
from dao.document.model import kind_of, parsed, refusal
from dao.document.quantities import (
    Amount,
    format_duration,
    format_share,
    format_timestamp,
    is_symbol,
    parse_duration,
    parse_integer,
    parse_share,
    parse_timestamp,
)
from dao.document.text import character_name, unsafe_at
from dao.errors import AmountError, DocumentError
from dao.rewards.policy import MAX_DEPTH, ROOT, Allocation
from dao.types import MAX_EPOCH, is_hex_address

CONTRACT_NAMES = ("treasury", "token", "governor", "policy")
"""Names by which documents call the contracts of their deployment. The treasury is the timelock."""

_PATH = re.compile(r"[a-z0-9._-]{1,31}(?:/[a-z0-9._-]{1,31})*\Z")
_HASH = re.compile(r"0x[0-9a-f]{64}\Z")
_HEX = re.compile(r"0x(?:[0-9a-f]{2})*\Z")
_RATIO = re.compile(r"([1-9][0-9]{0,9})/([1-9][0-9]{0,9})\Z")
_URL = re.compile(r"https?://[A-Za-z0-9\[][^\s<>\"\\^`{}|]{0,2000}\Z")

DEPLOYMENT = "deployment"
"""The genesis of a policy whose epoch 0 begins when it is deployed."""

_UINT32 = 2**32 - 1
_UINT48 = 2**48 - 1


@dataclass(frozen=True, slots=True)
class Ratio:
    """A proper fraction as it was written; it is not reduced."""

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


def parse_ratio(text: str) -> Ratio:
    """A proper fraction such as `85/100`, as the geometric shape takes it. Raises AmountError otherwise."""
    found = _RATIO.match(text)
    if found is None or not int(found[1]) < int(found[2]) <= _UINT32:
        raise AmountError("this is no ratio", expected="a fraction below 1, such as `85/100`", found=text)
    return Ratio(int(found[1]), int(found[2]))


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


def _bounded(parse: Any, maximum: int, *, minimum: int = 0) -> Any:
    def check(text: str) -> int:
        value = int(parse(text))
        if not minimum <= value <= maximum:
            raise AmountError("the value is out of range", expected=f"{minimum} to {maximum}", found=text)
        return value

    return check


def _line(maximum: int) -> Any:
    def check(text: str) -> str:
        return _text(text, maximum, lines=False)

    return check


def _prose(text: str) -> str:
    return _text(text, 20_000, lines=True)


def _text(text: str, maximum: int, *, lines: bool) -> str:
    stripped = "\n".join(line.rstrip(" ") for line in text.strip(" \n").split("\n"))
    index = unsafe_at(stripped, lines=lines)
    if index is not None:
        raise _error("a character does not belong here", expected="visible text", found=character_name(stripped[index]))
    if not 1 <= len(stripped) <= maximum:
        raise _error("the text is too short or too long", expected=f"1 to {maximum} characters", found=len(stripped))
    return stripped


def _url(text: str) -> str:
    if not text.isascii() or _URL.match(text) is None:
        raise _error("this is no web address", expected="https://…", found=text)
    return text


def _base(text: str) -> str:
    if text != "current" and _HASH.match(text) is None:
        raise _error("this names no policy", expected="current, or a policy hash", found=text)
    return text


def _signed(text: str) -> int:
    value = -parse_integer(text[1:]) if text.startswith("-") else parse_integer(text)
    if not -30 <= value <= 36:
        raise AmountError("the value is out of range", expected="-30 to 36", found=text)
    return value


def _flag(value: Any) -> bool:
    if value not in ("true", "false", True, False):
        raise refusal("this is no truth value", expected="true or false", found=kind_of(value))
    return value in ("true", True)


def _symbol(text: str) -> str:
    if not is_symbol(text) or len(text) > 32:
        raise _error("this is no symbol", expected="1 to 32 visible characters other than `wei`", found=text)
    return text


def _hex_text(value: bytes) -> str:
    return "0x" + value.hex()


def _schema(pattern: str, description: str, *, integer: bool = False) -> WithJsonSchema:
    kind: Any = ["integer", "string"] if integer else "string"
    return WithJsonSchema({"type": kind, "pattern": pattern, "description": description})


_JSON_INTEGER = r"^(0|[1-9][0-9]*|[1-9][0-9]{0,2}(_[0-9]{3})+)$"
_JSON_NUMBER = r"(0|[1-9][0-9]*|[1-9][0-9]{0,2}(_[0-9]{3})+)"
_JSON_ADDRESS = r"0x[0-9a-fA-F]{40}"
_text_of = PlainSerializer(str, when_used="json")

TokenAmount = Annotated[
    Amount,
    parsed(Amount.parse, Amount),
    _text_of,
    _schema(rf"^{_JSON_NUMBER}(\.[0-9]+)? +\S+$", "An amount with its unit, such as 15_000 RWD."),
]
"""An amount of the deployment's token."""

EtherAmount = Annotated[
    Amount,
    parsed(Amount.parse, Amount),
    _text_of,
    _schema(rf"^{_JSON_NUMBER}(\.[0-9]+)? +(ETH|wei)$", "An amount of ether, such as 0.5 ETH."),
]
"""An amount of ether."""

Share = Annotated[
    int,
    parsed(parse_share, int, format_share),
    PlainSerializer(format_share, when_used="json"),
    _schema(rf"^{_JSON_NUMBER}(\.[0-9]+)? ?%$", "A percentage, exact in basis points, such as 27.5%."),
]
"""Basis points, 0 to 10,000."""

Duration = Annotated[
    int,
    parsed(_bounded(parse_duration, _UINT48), int, format_duration),
    PlainSerializer(format_duration, when_used="json"),
    _schema(rf"^{_JSON_NUMBER} +(s|(second|minute|hour|day|week)s?)$", "A duration such as 7 days or 3_600 s."),
]
"""Seconds; fits 48 bits."""

ShortDuration = Annotated[
    int,
    parsed(_bounded(parse_duration, _UINT32, minimum=1), int, format_duration),
    PlainSerializer(format_duration, when_used="json"),
    _schema(rf"^{_JSON_NUMBER} +(s|(second|minute|hour|day|week)s?)$", "A duration such as 7 days or 3_600 s."),
]
"""Seconds, at least one; fits 32 bits."""

EpochNumber = Annotated[
    int,
    parsed(_bounded(parse_integer, MAX_EPOCH), int),
    _text_of,
    _schema(_JSON_INTEGER, "The number of an epoch, counted from 0 at the policy's genesis.", integer=True),
]
"""An epoch."""

EpochCount = Annotated[
    int,
    parsed(_bounded(parse_integer, _UINT32, minimum=1), int),
    _text_of,
    _schema(_JSON_INTEGER, "A number of epochs, at least 1.", integer=True),
]
"""A number of epochs, at least 1."""

Decimals = Annotated[
    int,
    parsed(_bounded(parse_integer, 36), int),
    _text_of,
    _schema(_JSON_INTEGER, "How many decimals one token has.", integer=True),
]
"""Number of decimals, 0 to 36."""

Genesis = Annotated[
    int | str,
    parsed(lambda text: text if text == DEPLOYMENT else parse_timestamp(text), int, format_timestamp),
    _schema(
        rf"^({DEPLOYMENT}|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}Z)?)$",
        "When epoch 0 begins, in UTC; deployment: at the block of the deployment.",
    ),
]
"""Seconds since the Unix epoch, or `deployment`."""

Digits = Annotated[
    int,
    parsed(_signed, int),
    _text_of,
    _schema(r"^-?[0-9]{1,2}$", "How many decimals are printed; negative before the point.", integer=True),
]
"""A number of decimals, -30 to 36."""

Flag = Annotated[bool, PlainValidator(_flag), WithJsonSchema({"type": "boolean"})]
"""`true` or `false`."""

Symbol = Annotated[str, parsed(_symbol), _schema(r"^\S{1,32}$", "A token's symbol.")]
"""A token's symbol, as amounts are written in it."""

StreamPath = Annotated[
    str,
    parsed(parse_stream),
    _schema(r"^[a-z0-9._-]{1,31}(/[a-z0-9._-]{1,31}){0,7}$", "A stream, such as compute/jobs; root for the root."),
]
"""Path of a stream."""

NewStreamPath = Annotated[
    str,
    parsed(parse_new_stream),
    _schema(r"^[a-z0-9._-]{1,31}(/[a-z0-9._-]{1,31}){0,7}$", "A stream below the root, such as compute/jobs."),
]
"""Path of a stream other than the root."""

Account = Annotated[
    str,
    parsed(parse_account),
    _schema(
        rf"^({'|'.join(CONTRACT_NAMES)}|{_JSON_ADDRESS})$",
        "A quoted address with its EIP-55 checksum, or treasury, token, governor or policy.",
    ),
]
"""An address, or the name of a contract of the deployment."""

RatioText = Annotated[
    Ratio, parsed(parse_ratio, Ratio), _text_of, _schema(r"^[0-9]+/[0-9]+$", "A fraction below 1, such as 85/100.")
]
"""A proper fraction."""

AllotmentText = Annotated[
    Allotment,
    parsed(parse_allotment, Allotment),
    _text_of,
    _schema(
        rf"^(carve-out|residual|{_JSON_NUMBER}(\.[0-9]+)? ?%)$",
        "carve-out: what the stream's own schedule says, taken first; a percentage of what the carve-outs leave; "
        "residual: everything else.",
    ),
]
"""How a part of a split gets its tokens."""

HexBytes = Annotated[
    bytes,
    parsed(parse_hex, bytes, _hex_text),
    PlainSerializer(_hex_text, when_used="json"),
    _schema(r"^0x([0-9a-f]{2})*$", "Bytes: 0x and hexadecimal digits, quoted."),
]
"""Bytes."""

Title = Annotated[str, parsed(_line(120)), _schema("^.{1,120}$", "One line, up to 120 characters.")]
"""One line of 1 to 120 characters."""

Line = Annotated[str, parsed(_line(1_000)), _schema("^.{1,1000}$", "One line.")]
"""One line of 1 to 1,000 characters."""

ContractName = Annotated[str, parsed(_line(31)), _schema("^.{1,31}$", "A name, up to 31 characters.")]
"""One line of 1 to 31 characters."""

Prose = Annotated[str, parsed(_prose), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 20_000})]
"""Lines of text, 1 to 20,000 characters; space at the ends of lines and of the text is dropped."""

WebAddress = Annotated[str, parsed(_url), _schema("^https?://", "A web address.")]
"""An http or https address."""

Base = Annotated[
    str, parsed(_base), _schema("^(current|0x[0-9a-f]{64})$", "The policy that this was written against: current.")
]
"""`current`, or a policy hash."""


class Items:
    """Marks a field that a document writes as a mapping and a program holds as a tuple of pairs.

    Order matters on chain, and a `dict` would compare equal in any order.
    """

    def __init__(self, key: Any, value: Any) -> None:
        self._mapping: Any = dict[key, value]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validates a mapping, or pairs, and holds pairs."""
        mapping = handler.generate_schema(self._mapping)
        pairs = core_schema.no_info_after_validator_function(lambda value: tuple(value.items()), mapping)
        return core_schema.no_info_before_validator_function(
            _as_mapping,
            pairs,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda value: {str(key): _dump(item) for key, item in value}, when_used="json"
            ),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The schema of the mapping."""
        return handler(schema)


def _dump(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    return [_dump(item) for item in value] if isinstance(value, tuple) else str(value)


def _as_mapping(value: Any) -> Any:
    if not isinstance(value, tuple):
        return value
    mapping = dict(value)
    if len(mapping) != len(value):
        raise refusal("a key stands twice", found=", ".join(str(key) for key, _ in value))
    return mapping
