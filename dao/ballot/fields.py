"""The forms of fields in ballot files: numbers as decimal texts, and texts that are kept to the letter."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema

from dao.document.forms import parse_address
from dao.document.model import kind_of, parsed, refusal
from dao.types import Address

MAX_REASON = 10_000
"""The longest reason, in characters."""

MAX_NAME = 256
"""The longest name of a governor, in characters."""

_NUMBER = re.compile(r"0|[1-9][0-9]{0,77}")


def _number(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**256:
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value) and int(value) < 2**256:
        return int(value)
    raise refusal("this is no number", expected="a decimal number in quotes, below 2^256", found=kind_of(value))


def _encodable(value: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise refusal("this is no text", expected="characters that UTF-8 can hold", found="a lone surrogate") from None
    return value


Number = Annotated[
    int,
    PlainValidator(_number),
    PlainSerializer(str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^(0|[1-9][0-9]{0,77})$"}),
]
"""A whole number from 0 to 2²⁵⁶ − 1; in JSON a decimal text, so that no reader rounds it."""

HexAddress = Annotated[
    Address,
    parsed(parse_address),
    WithJsonSchema({"type": "string", "pattern": "^0x[0-9a-fA-F]{40}$"}),
]
"""An address; where it has letters of both cases, its checksum must be right."""

Natural = Annotated[int, Field(strict=True, ge=0, lt=2**53)]
"""A whole number that every reader of JSON holds exactly."""

Name = Annotated[str, Field(strict=True, min_length=1, max_length=MAX_NAME), AfterValidator(_encodable)]
"""A name, to the letter: hostile."""

Reason = Annotated[str, Field(strict=True, max_length=MAX_REASON), AfterValidator(_encodable)]
"""The text that goes with a ballot, to the letter: hostile."""
