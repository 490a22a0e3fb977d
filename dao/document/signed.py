"""The forms of fields in signed files: numbers as decimal texts, addresses in full, and texts kept to the letter."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema

from dao.document.forms import parse_address
from dao.document.model import kind_of, parsed, refusal
from dao.types import Address

_NUMBER = re.compile(r"0|[1-9][0-9]{0,77}")


def _number(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**256:
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value) and int(value) < 2**256:
        return int(value)
    raise refusal("this is no number", expected="a decimal number in quotes, below 2^256", found=kind_of(value))


def encodable(value: str) -> str:
    """`value`, which UTF-8 can hold; the refusal of a field otherwise."""
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


LetterText = Annotated[str, Field(strict=True), AfterValidator(encodable)]
"""A text, to the letter: hostile."""
