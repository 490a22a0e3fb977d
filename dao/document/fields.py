"""The kinds of field that documents are made of, each with its parser, its canonical text and its JSON Schema."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, TypeVar

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from dao.document.forms import (
    CONTRACT_NAMES,
    DEPLOYMENT,
    Allotment,
    Fixed,
    Ratio,
    bounded,
    format_cell,
    format_level,
    format_limit,
    format_month,
    hex_text,
    line_of_text,
    parse_account,
    parse_address,
    parse_allotment,
    parse_base,
    parse_cell,
    parse_class,
    parse_factor,
    parse_fixed,
    parse_hash,
    parse_hex,
    parse_level,
    parse_limit,
    parse_month,
    parse_new_stream,
    parse_parameter_name,
    parse_prose,
    parse_ratio,
    parse_reading,
    parse_signed,
    parse_signed_fixed,
    parse_stream,
    parse_symbol,
    parse_url,
)
from dao.document.model import kind_of, parsed, refusal
from dao.document.quantities import (
    Amount,
    format_duration,
    format_share,
    format_timestamp,
    parse_duration,
    parse_integer,
    parse_share,
    parse_timestamp,
)
from dao.errors import AmountError
from dao.rewards.accounts.caps import Cut, Scope
from dao.types import MAX_EPOCH, Address

_UINT32 = 2**32 - 1
_UINT48 = 2**48 - 1
_Member = TypeVar("_Member", bound=Enum)


def _flag(value: Any) -> bool:
    if value not in ("true", "false", True, False):
        raise refusal("this is no truth value", expected="true or false", found=kind_of(value))
    return value in ("true", True)


def _word(member: Enum) -> str:
    return member.name.lower().replace("_", "-")


def _member(kind: type[_Member], text: str) -> _Member:
    members = {_word(member): member for member in kind}
    if text not in members:
        raise AmountError("another word belongs here", expected=" | ".join(members), found=text)
    return members[text]


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
    parsed(bounded(parse_duration, _UINT48), int, format_duration),
    PlainSerializer(format_duration, when_used="json"),
    _schema(rf"^{_JSON_NUMBER} +(s|(second|minute|hour|day|week)s?)$", "A duration such as 7 days or 3_600 s."),
]
"""Seconds; fits 48 bits."""

ShortDuration = Annotated[
    int,
    parsed(bounded(parse_duration, _UINT32, minimum=1), int, format_duration),
    PlainSerializer(format_duration, when_used="json"),
    _schema(rf"^{_JSON_NUMBER} +(s|(second|minute|hour|day|week)s?)$", "A duration such as 7 days or 3_600 s."),
]
"""Seconds, at least one; fits 32 bits."""

GraceDuration = Annotated[
    int,
    parsed(bounded(parse_duration, _UINT48, minimum=2), int, format_duration),
    PlainSerializer(format_duration, when_used="json"),
    _schema(rf"^{_JSON_NUMBER} +(s|(second|minute|hour|day|week)s?)$", "A duration such as 7 days or 3_600 s."),
]
"""Seconds, at least two, as `RewardGovernor.setGracePeriod` demands; fits 48 bits."""

EpochNumber = Annotated[
    int,
    parsed(bounded(parse_integer, MAX_EPOCH), int),
    _text_of,
    _schema(_JSON_INTEGER, "The number of an epoch, counted from 0 at the policy's genesis.", integer=True),
]
"""An epoch."""

EpochCount = Annotated[
    int,
    parsed(bounded(parse_integer, _UINT32, minimum=1), int),
    _text_of,
    _schema(_JSON_INTEGER, "A number of epochs, at least 1.", integer=True),
]
"""A number of epochs, at least 1."""

Decimals = Annotated[
    int,
    parsed(bounded(parse_integer, 36), int),
    _text_of,
    _schema(_JSON_INTEGER, "How many decimals one token has.", integer=True),
]
"""Number of decimals, 0 to 36."""

ReporterCount = Annotated[
    int,
    parsed(bounded(parse_integer, 32, minimum=1), int),
    _text_of,
    _schema(_JSON_INTEGER, "How many reporters must sign.", integer=True),
]
"""A number of reporters, 1 to 32."""

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
    parsed(parse_signed, int),
    _text_of,
    _schema(r"^-?[0-9]{1,2}$", "How many decimals are printed; negative before the point.", integer=True),
]
"""A number of decimals, -30 to 36."""

Flag = Annotated[bool, PlainValidator(_flag), WithJsonSchema({"type": "boolean"})]
"""`true` or `false`."""

Symbol = Annotated[str, parsed(parse_symbol), _schema(r"^\S{1,32}$", "A token's symbol.")]
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

AddressText = Annotated[
    Address, parsed(parse_address), _schema(r"^0x[0-9a-fA-F]{40}$", "An address with its checksum, quoted.")
]
"""An address, with its checksum."""

Factor = Annotated[
    Ratio,
    parsed(parse_factor, Ratio),
    _text_of,
    _schema(r"^[0-9]+/[0-9]+$", "A fraction, such as 85/100, or 103/100 for growth."),
]
"""A fraction, proper or not."""

RatioText = Annotated[
    Ratio, parsed(parse_ratio, Ratio), _text_of, _schema(r"^[0-9]+/[0-9]+$", "A fraction below 1, such as 85/100.")
]
"""A proper fraction."""

FineRatio = Annotated[
    Ratio,
    parsed(lambda text: parse_ratio(text, below=2**96), Ratio),
    _text_of,
    _schema(r"^[0-9]+/[0-9]+$", "A fraction below 1, such as 1/2, with a denominator below 2^96."),
]
"""A proper fraction with up to 28 digits."""

Month = Annotated[
    int,
    parsed(parse_month, int, format_month),
    PlainSerializer(format_month, when_used="json"),
    _schema(r"^[0-9]{4}-[0-9]{2}$", "A calendar month in UTC, such as 2023-08."),
]
"""A calendar month: 12 times the year and the number of the month from 0."""

FixedText = Annotated[
    Fixed,
    parsed(parse_fixed, Fixed),
    _text_of,
    WithJsonSchema({"type": ["number", "string"], "description": "A decimal number, such as 0.85."}),
]
"""A decimal number, exact to 18 decimals."""

Reading = Annotated[
    Any,
    parsed(parse_reading, (Fixed, Amount)),
    _text_of,
    WithJsonSchema(
        {"type": ["number", "string"], "description": "A reported value: an amount with its unit, or a number."}
    ),
]
"""A reported value: `Amount` or `Fixed`."""

Count = Annotated[
    int,
    parsed(bounded(parse_integer, 2**96 - 1), int),
    _text_of,
    _schema(_JSON_INTEGER, "A whole number.", integer=True),
]
"""A whole number, below 2^96."""

Level = Annotated[
    int,
    parsed(parse_level, int, format_level),
    PlainSerializer(format_level, when_used="json"),
    WithJsonSchema(
        {
            "type": ["integer", "string"],
            "pattern": rf"^{_JSON_NUMBER}((\.[0-9]+)? ?%)?$",
            "description": "A count such as 36, or a percentage of a ratio such as 70%.",
        }
    ),
]
"""A count, or parts of 10^18."""

SignedText = Annotated[
    Fixed,
    parsed(parse_signed_fixed, Fixed),
    _text_of,
    WithJsonSchema({"type": ["number", "string"], "description": "A decimal number, such as -0.0485."}),
]
"""A decimal number that may be negative, exact to 18 decimals."""

ParameterName = Annotated[
    str,
    parsed(parse_parameter_name),
    _schema(r"^[a-z0-9._-]{1,31}$", "A name out of a-z, 0-9, '-', '_' and '.', such as a column's."),
]
"""A name in a stream's parameters."""

Cell = Annotated[
    Any,
    parsed(parse_cell, (int, Amount), format_cell),
    PlainSerializer(format_cell, when_used="json"),
    WithJsonSchema({"type": ["integer", "string"], "description": "A count, a percentage, an amount or a name."}),
]
"""An entry in a row of contributions: an integer, `Amount` or text."""

CapLimit = Annotated[
    Any,
    parsed(parse_limit, (int, Amount), format_limit),
    PlainSerializer(format_limit, when_used="json"),
    _schema(rf"^{_JSON_NUMBER}(\.[0-9]+)?( ?%| +\S+)$", "An amount with its unit, or a percentage."),
]
"""`Amount`, or basis points."""

ScopeName = Annotated[
    Scope,
    parsed(lambda text: _member(Scope, text), Scope, _word),
    PlainSerializer(_word, when_used="json"),
    WithJsonSchema({"enum": [_word(member) for member in Scope]}),
]
"""What a cap holds for."""

CutName = Annotated[
    Cut,
    parsed(lambda text: _member(Cut, text), Cut, _word),
    PlainSerializer(_word, when_used="json"),
    WithJsonSchema({"enum": [_word(member) for member in Cut]}),
]
"""What happens to what a cap cuts off."""

ClassName = Annotated[str, parsed(parse_class), _schema(r"^[!-~]{1,31}$", "A resource class, such as H100.")]
"""Name of a resource class."""

Hash = Annotated[
    bytes,
    parsed(parse_hash, bytes, hex_text),
    PlainSerializer(hex_text, when_used="json"),
    _schema("^0x[0-9a-f]{64}$", "A hash: 0x and 64 hexadecimal digits, quoted."),
]
"""A hash of 32 bytes."""

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
    parsed(parse_hex, bytes, hex_text),
    PlainSerializer(hex_text, when_used="json"),
    _schema(r"^0x([0-9a-f]{2})*$", "Bytes: 0x and hexadecimal digits, quoted."),
]
"""Bytes."""

Title = Annotated[str, parsed(line_of_text(120)), _schema("^.{1,120}$", "One line, up to 120 characters.")]
"""One line of 1 to 120 characters."""

Line = Annotated[str, parsed(line_of_text(1_000)), _schema("^.{1,1000}$", "One line.")]
"""One line of 1 to 1,000 characters."""

ContractName = Annotated[str, parsed(line_of_text(31)), _schema("^.{1,31}$", "A name, up to 31 characters.")]
"""One line of 1 to 31 characters."""

Prose = Annotated[str, parsed(parse_prose), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 20_000})]
"""Lines of text, 1 to 20,000 characters; space at the ends of lines and of the text is dropped."""

WebAddress = Annotated[str, parsed(parse_url), _schema("^https?://", "A web address.")]
"""An http or https address."""

Base = Annotated[
    str, parsed(parse_base), _schema("^(current|0x[0-9a-f]{64})$", "The policy that this was written against: current.")
]
"""`current`, or a policy hash."""
