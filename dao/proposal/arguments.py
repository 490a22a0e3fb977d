"""Typed arguments of a call: the texts of a document to the values of a Solidity signature, and back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dao.document.forms import parse_account, parse_hex
from dao.document.names import account_of, address_of
from dao.document.quantities import Amount, Units, parse_integer
from dao.document.where import at
from dao.errors import AmountError, CodecError
from dao.proposal.actions import Argument
from dao.types import Address, Addresses

_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]{0,63}\Z")
_ELEMENTARY = frozenset(
    ["address", "bool", "string", "bytes"]
    + [f"bytes{size}" for size in range(1, 33)]
    + [f"{sign}int{bits}" for sign in ("", "u") for bits in range(8, 257, 8)]
)
_ARRAY = re.compile(r"\[([1-9][0-9]{0,3})?\]")
_MAX_NESTING = 12


@dataclass(frozen=True, slots=True)
class Kind:
    """A Solidity type.

    Args:
        text: Its canonical name.
        item: What it is an array of, or None.
        length: The length of a fixed array, or None.
        components: The types in a tuple, or None.
    """

    text: str
    item: Kind | None = None
    length: int | None = None
    components: tuple[Kind, ...] | None = None


def parse_signature(text: str) -> tuple[str, tuple[Kind, ...]]:
    """Name and parameter types in a canonical signature. Raises CodecError for any other text."""
    name, bracket, rest = text.partition("(")
    kinds, end = _tuple(rest, 0, 0) if bracket else ((), -1)
    if not _NAME.match(name) or end != len(rest):
        raise _no_signature(text)
    return name, kinds


def parse_kind(text: str) -> Kind:
    """The type of this canonical name. Raises CodecError for any other text."""
    kind, end = _kind(text, 0, 0)
    if end != len(text):
        raise _no_signature(text)
    return kind


def _tuple(text: str, start: int, depth: int) -> tuple[tuple[Kind, ...], int]:
    """The types from `start`, behind an opening bracket, and the index behind the closing one."""
    if text[start : start + 1] == ")":
        return (), start + 1
    kinds = []
    while True:
        kind, start = _kind(text, start, depth + 1)
        kinds.append(kind)
        separator, start = text[start : start + 1], start + 1
        if separator == ")":
            return tuple(kinds), start
        if separator != ",":
            raise _no_signature(text)


def _kind(text: str, start: int, depth: int) -> tuple[Kind, int]:
    if depth > _MAX_NESTING:
        raise _no_signature(text)
    if text[start : start + 1] == "(":
        components, end = _tuple(text, start + 1, depth)
        kind = Kind(text[start:end], components=components)
    else:
        word = re.match(r"[a-z0-9]+", text[start : start + 16])
        if word is None or word[0] not in _ELEMENTARY:
            raise _no_signature(text)
        end = start + len(word[0])
        kind = Kind(word[0])
    for _ in range(_MAX_NESTING):
        array = _ARRAY.match(text, end)
        if array is None:
            break
        end = array.end()
        kind = Kind(text[start:end], item=kind, length=int(array[1]) if array[1] else None)
    return kind, end


def _no_signature(text: str) -> CodecError:
    return CodecError(
        "this is no canonical signature", expected="such as `transfer(address,uint256)`, without spaces", found=text
    )


@dataclass(frozen=True, slots=True)
class Names:
    """How documents call the accounts and amounts of one deployment."""

    addresses: Addresses
    units: Units

    def address(self, account: str) -> Address:
        """The address of an account as a document writes it."""
        return address_of(account, self.addresses)

    def account(self, address: str) -> str:
        """`address` as a document writes it: by its name if it is a contract of the deployment."""
        return account_of(address, self.addresses)

    def value(self, kind: Kind, argument: Argument, *, amount: bool = False) -> Any:
        """The value of `argument` as eth-abi takes it.

        Args:
            kind: The type of the parameter.
            argument: What the document says.
            amount: Whether the parameter is an amount of the token, which must carry its unit.

        Raises AmountError, CodecError or DocumentError when the argument is no such value.
        """
        if kind.item is not None or kind.components is not None:
            return self._compound(kind, argument)
        if not isinstance(argument, str):
            raise CodecError("a text belongs here", expected=kind.text, found="a list")
        if amount:
            return self.units.resolve(Amount.parse(argument))
        if kind.text == "address":
            return self.address(parse_account(argument))
        if kind.text == "bool":
            if argument not in ("true", "false"):
                raise CodecError("this is no truth value", expected="true or false", found=argument)
            return argument == "true"
        if kind.text == "string":
            return argument
        if kind.text.startswith("bytes"):
            return self._bytes(kind, argument)
        return self._integer(kind, argument)

    def _compound(self, kind: Kind, argument: Argument) -> Any:
        kinds: Sequence[Kind] | None = kind.components
        length = len(kinds) if kinds is not None else kind.length
        if isinstance(argument, str) or (length is not None and len(argument) != length):
            raise CodecError(
                "a list belongs here",
                expected=f"{kind.text}" + (f": {length} items" if length is not None else ""),
                found="a text" if isinstance(argument, str) else f"{len(argument)} items",
            )
        if kinds is None:
            kinds = [kind.item or kind] * len(argument)
        values = []
        for index, (part, item) in enumerate(zip(kinds, argument, strict=True)):
            with at(str(index)):
                values.append(self.value(part, item))
        return tuple(values) if kind.components is not None else values

    @staticmethod
    def _bytes(kind: Kind, argument: str) -> bytes:
        value = parse_hex(argument)
        length = kind.text.removeprefix("bytes")
        if length and len(value) != int(length):
            raise CodecError("the bytes have another length", expected=kind.text, found=f"{len(value)} bytes")
        return value

    def _integer(self, kind: Kind, argument: str) -> int:
        signed = kind.text.startswith("int")
        bits = int(kind.text.removeprefix("u").removeprefix("int"))
        if " " in argument:
            value = self.units.resolve(Amount.parse(argument))
        elif argument.startswith("-") and argument != "-0":
            value = -parse_integer(argument[1:])
        else:
            value = parse_integer(argument)
        low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
        if not low <= value <= high:
            raise AmountError("the number does not fit its type", expected=kind.text, found=argument)
        return value

    def text(self, kind: Kind, value: Any, *, amount: bool = False) -> Argument:
        """`value` as a document writes it; `Names.value` reads it back."""
        if kind.components is not None:
            return tuple(self.text(part, item) for part, item in zip(kind.components, value, strict=True))
        if kind.item is not None:
            return tuple(self.text(kind.item, item) for item in value)
        if amount:
            return str(self.units.amount(value))
        if kind.text == "address":
            return self.account(value)
        if kind.text == "bool":
            return "true" if value else "false"
        if kind.text.startswith("bytes"):
            return "0x" + bytes(value).hex()
        return str(value)
