"""Contract ABIs: named values to bytes and back, strictly.

Implements the contract ABI specification on top of eth-abi. Decoding refuses bytes that do not encode to themselves
again, so that what is shown is all that is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from eth_abi.abi import decode as _decode, encode as _encode
from eth_abi.exceptions import DecodingError, EncodingError
from eth_abi.grammar import ABIType, BasicType, TupleType, parse
from eth_hash.auto import keccak as _keccak
from eth_utils.address import to_checksum_address

from dao.errors import CodecError
from dao.types import Address

try:
    # Several of the extras install it, and it takes a sixth of the time.
    from sha3 import keccak_256
except ImportError:

    def keccak(data: bytes) -> bytes:
        """Keccak-256 of `data`, 32 bytes."""
        return bytes(_keccak(data))

else:

    def keccak(data: bytes) -> bytes:
        """Keccak-256 of `data`, 32 bytes."""
        return bytes(keccak_256(data).digest())


@lru_cache(maxsize=65_536)
def checksum(address: str | bytes) -> Address:
    """`address` with its EIP-55 checksum."""
    return Address(str(to_checksum_address(address)))


def encode(types: Sequence[str], values: Sequence[Any]) -> bytes:
    """ABI-encodes `values`. Raises CodecError when one does not fit its type."""
    try:
        return bytes(_encode(types, values))
    except (EncodingError, TypeError, ValueError, OverflowError) as error:
        raise CodecError("values do not fit their types", expected=f"({','.join(types)})", found=error) from error


def decode(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """ABI-decodes `data`; addresses come back with their checksum.

    Raises CodecError when `data` is not exactly the encoding of values of these types.
    """
    simple = _simple(tuple(types))
    if simple is not None:
        return _words(simple, types, data)
    try:
        values = tuple(_decode(types, data))
        exact = bytes(_encode(types, values)) == data
    except (DecodingError, EncodingError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        raise CodecError("bytes do not decode", expected=f"({','.join(types)})", found=error) from error
    if not exact:
        raise CodecError(
            "bytes decode, but are not the canonical encoding of their values",
            expected=f"({','.join(types)})",
            found=f"{len(data)} bytes",
        )
    if not any("address" in kind for kind in types):
        return values
    return tuple(_checksummed(parse(kind), value) for kind, value in zip(types, values, strict=True))


@lru_cache(maxsize=1_024)
def _simple(types: tuple[str, ...]) -> tuple[int, ...] | None:
    """How many bits each value has, where every one is an unsigned integer, an address (0) or 32 bytes (-1)."""
    bits = {"address": 0, "bytes32": -1} | {f"uint{size}": size for size in range(8, 257, 8)}
    return tuple(bits[kind] for kind in types) if all(kind in bits for kind in types) else None


def _words(simple: tuple[int, ...], types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """As `decode`, of values that are one word each: without eth-abi, in a tenth of the time."""
    if len(data) != 32 * len(simple):
        found = f"{len(data)} bytes"
        raise CodecError("bytes do not decode", expected=f"({','.join(types)})", found=found)
    values: list[Any] = []
    for place, bits in enumerate(simple):
        word = data[32 * place : 32 * place + 32]
        if bits < 0:
            values.append(bytes(word))
            continue
        number = int.from_bytes(word, "big")
        if number >> (bits or 160):
            found = f"0x{word.hex()}"
            raise CodecError("bytes do not decode", expected=f"({','.join(types)})", found=found)
        values.append(number if bits else checksum(bytes(word[12:])))
    return tuple(values)


def _checksummed(kind: ABIType, value: Any) -> Any:
    if kind.is_array:
        return tuple(_checksummed(kind.item_type, entry) for entry in value)
    if isinstance(kind, TupleType):
        return tuple(_checksummed(part, entry) for part, entry in zip(kind.components, value, strict=True))
    return checksum(value) if isinstance(kind, BasicType) and kind.base == "address" else value


@dataclass(frozen=True, slots=True)
class Parameter:
    """One input or output: its name in the source, its canonical type, its components if it is a tuple."""

    name: str
    type: str
    indexed: bool
    internal_type: str
    components: tuple[Parameter, ...]

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> Parameter:
        """From an entry of `inputs`, `outputs` or `components` in the JSON ABI."""
        components = tuple(cls.read(part) for part in entry.get("components", ()))
        kind = str(entry["type"])
        if kind.startswith("tuple"):
            kind = "(" + ",".join(part.type for part in components) + ")" + kind[len("tuple") :]
        return cls(
            name=str(entry.get("name", "")),
            type=kind,
            indexed=bool(entry.get("indexed", False)),
            internal_type=str(entry.get("internalType", entry["type"])),
            components=components,
        )


@dataclass(frozen=True)
class Signature:
    """A function, event or error: name and parameters."""

    kind: str
    name: str
    inputs: tuple[Parameter, ...]
    outputs: tuple[Parameter, ...]
    mutability: str

    @cached_property
    def text(self) -> str:
        """The canonical signature, such as `transfer(address,uint256)`."""
        return f"{self.name}({','.join(self.input_types)})"

    @cached_property
    def hash(self) -> bytes:
        """Keccak-256 of the canonical signature: an event's first topic."""
        return keccak(self.text.encode())

    @property
    def selector(self) -> bytes:
        """First four bytes of the hash: what a call or custom error begins with."""
        return self.hash[:4]

    @cached_property
    def input_types(self) -> tuple[str, ...]:
        """Canonical types of the inputs, in order."""
        return tuple(parameter.type for parameter in self.inputs)

    @cached_property
    def output_types(self) -> tuple[str, ...]:
        """Canonical types of the outputs, in order."""
        return tuple(parameter.type for parameter in self.outputs)

    def encode_call(self, *arguments: Any) -> bytes:
        """Selector and encoded arguments. Raises CodecError when they do not fit."""
        if len(arguments) != len(self.inputs):
            raise CodecError(
                f"{self.text} was given the wrong number of arguments",
                expected=len(self.inputs),
                found=len(arguments),
            )
        return self.selector + encode(self.input_types, arguments)

    def decode_call(self, calldata: bytes) -> tuple[Any, ...]:
        """The arguments in `calldata`. Raises CodecError when the selector or the encoding is another."""
        if calldata[:4] != self.selector:
            raise CodecError(
                "calldata is for another function",
                expected=f"{self.text} 0x{self.selector.hex()}",
                found="0x" + calldata[:4].hex(),
            )
        return decode(self.input_types, calldata[4:])

    def decode_output(self, data: bytes) -> tuple[Any, ...]:
        """The returned values. Raises CodecError when `data` does not decode as the outputs."""
        return decode(self.output_types, data)

    def decode_log(self, topics: Sequence[bytes], data: bytes) -> tuple[Any, ...]:
        """An event's values in the order of its parameters, indexed ones included.

        An indexed value of dynamic type comes back as its 32-byte hash. Raises CodecError when topics or data do not
        have the event's form.
        """
        indexed = [p for p in self.inputs if p.indexed]
        if len(topics) != len(indexed) + 1 or topics[0] != self.hash:
            raise CodecError(
                f"log is no {self.text}",
                expected=f"{len(indexed) + 1} topics, the first 0x{self.hash.hex()}",
                found=f"{len(topics)} topics" + (f", the first 0x{topics[0].hex()}" if topics else ""),
            )
        from_topics = iter(
            [decode([_topic_type(p.type)], topic)[0] for p, topic in zip(indexed, topics[1:], strict=True)]
        )
        from_data = iter(decode([p.type for p in self.inputs if not p.indexed], data))
        return tuple(next(from_topics) if p.indexed else next(from_data) for p in self.inputs)


def _topic_type(kind: str) -> str:
    dynamic = kind in ("string", "bytes") or kind.endswith("]") or kind.startswith("(")
    return "bytes32" if dynamic else kind


class ContractAbi:
    """The functions, events and errors of one contract, found by name, signature, selector or topic."""

    def __init__(self, entries: Iterable[Mapping[str, Any]]) -> None:
        self.functions: dict[bytes, Signature] = {}
        self.events: dict[bytes, Signature] = {}
        self.errors: dict[bytes, Signature] = {}
        self.constructor_types: tuple[str, ...] = ()
        self.constructor: tuple[Parameter, ...] = ()
        self._named: dict[tuple[str, str], Signature] = {}
        for entry in entries:
            inputs = tuple(Parameter.read(part) for part in entry.get("inputs", ()))
            signature = Signature(
                kind=str(entry["type"]),
                name=str(entry.get("name", "")),
                inputs=inputs,
                outputs=tuple(Parameter.read(part) for part in entry.get("outputs", ())),
                mutability=str(entry.get("stateMutability", "")),
            )
            if signature.kind == "function":
                self.functions[signature.selector] = signature
            elif signature.kind == "event":
                self.events[signature.hash] = signature
            elif signature.kind == "error":
                self.errors[signature.selector] = signature
            elif signature.kind == "constructor":
                self.constructor = inputs
                self.constructor_types = signature.input_types

    def function(self, name: str) -> Signature:
        """The function of this name or full signature. Raises CodecError when there is none, or several."""
        return self._one(self.functions, name, "function")

    def event(self, name: str) -> Signature:
        """The event of this name or full signature. Raises CodecError when there is none, or several."""
        return self._one(self.events, name, "event")

    def _one(self, signatures: Mapping[bytes, Signature], name: str, kind: str) -> Signature:
        known = self._named.get((kind, name))
        if known is not None:
            return known
        found = [s for s in signatures.values() if name in (s.name, s.text)]
        if len(found) != 1:
            raise CodecError(
                f"{kind} {name!r} cannot be told",
                expected="one in the ABI",
                found=", ".join(s.text for s in found) or "none",
            )
        self._named[kind, name] = found[0]
        return found[0]
