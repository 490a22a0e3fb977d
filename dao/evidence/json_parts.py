"""How the JSON parts of a bundle are written, and read back from a file that may be anybody's."""

from __future__ import annotations

import json
from typing import Any

from dao.errors import CodecError

MAX_BYTES = 4 * 2**30
"""The longest of these files: some four million nodes."""


def encoded(document: dict[str, Any]) -> bytes:
    """The bytes of `document`: the same for the same one."""
    return (json.dumps(document, indent=0, sort_keys=True) + "\n").encode()


def document_in(data: bytes, what: str) -> dict[str, Any]:
    """The JSON object in `data`. Raises CodecError, which says `what` was none."""
    if len(data) > MAX_BYTES:
        raise CodecError(f"the {what} is too long", expected=f"at most {MAX_BYTES} bytes", found=len(data))
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise CodecError(f"the {what} is no JSON", found=type(error).__name__) from error
    if not isinstance(document, dict):
        raise CodecError(f"the {what} is no JSON object", found=type(document).__name__)
    return document


def hex_in(value: Any) -> bytes:
    """The bytes in `0x` and hexadecimal digits. Raises ValueError or AttributeError where it is something else."""
    if not value.startswith("0x"):
        raise ValueError("no hexadecimal bytes")
    return bytes.fromhex(value[2:])


def whole_in(value: Any) -> int:
    """A number from zero on. Raises ValueError where it is something else."""
    if type(value) is not int or value < 0:
        raise ValueError("no number")
    return value
