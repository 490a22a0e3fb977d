"""What runtime code can do, read off its instructions without running it."""

from __future__ import annotations

from collections.abc import Iterator

from dao.abi import keccak

NO_CODE = keccak(b"")
"""The code hash of an account without code."""

SELFDESTRUCT, DELEGATECALL, CALLCODE = 0xFF, 0xF4, 0xF2

_PUSH1, _PUSH32 = 0x60, 0x7F
_PROXY_HEAD = bytes.fromhex("363d3d373d3d3d363d73")
_DELEGATED_HEAD = bytes.fromhex("ef0100")
_ADDRESS = 20
_CBOR_MAPS = (0xA1, 0xA2, 0xA3, 0xA4)


def instructions(code: bytes) -> Iterator[int]:
    """The instructions of `code` in order, what they push left out, and so is the compiler's metadata at the end.

    Data that stands between instructions is read as instructions: what is found may never run.
    """
    body = without_metadata(code)
    at = 0
    while at < len(body):
        instruction = body[at]
        yield instruction
        at += 1 + (instruction - _PUSH1 + 1 if _PUSH1 <= instruction <= _PUSH32 else 0)


def without_metadata(code: bytes) -> bytes:
    """`code` without the CBOR map that Solidity appends, whose length stands in the last two bytes."""
    length = int.from_bytes(code[-2:], "big") + 2
    if 2 < length <= len(code) and code[-length] in _CBOR_MAPS:
        return code[:-length]
    return code


def cloned(code: bytes) -> bytes | None:
    """The address (20 bytes) that a minimal proxy (EIP-1167) delegates everything to; None for other code."""
    return code[10:30] if code.startswith(_PROXY_HEAD) and len(code) >= 45 else None


def delegated(code: bytes) -> bytes | None:
    """The address (20 bytes) whose code an account runs by the word of its owner (EIP-7702); None for other code."""
    head = len(_DELEGATED_HEAD)
    return code[head:] if code.startswith(_DELEGATED_HEAD) and len(code) == head + _ADDRESS else None
