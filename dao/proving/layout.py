"""Where a contract's state variables lie in its storage, and the words that their values make.

Implements "Layout of State Variables in Storage" of the Solidity documentation, for the layouts that solc gave with the
shipped artifacts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from dao.errors import ArtifactError
from dao.proving.hashing import keccak
from dao.types import Address

WORD = 32
ALL = bytes([0xFF]) * WORD
"""The mask of a word of which every bit is known."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A word of storage that the replayed state implies.

    Args:
        account: The contract.
        key: The slot, 32 bytes.
        expected: The word, 32 bytes.
        what: What it is, for a finding.
        mask: The bits of the word that the state says something of; the others may be anything.
    """

    account: Address
    key: bytes
    expected: bytes
    what: str
    mask: bytes = ALL


@dataclass(frozen=True, slots=True)
class Member:
    """A variable of a contract or struct: its first slot, its lowest byte in it, its size in bytes, its type."""

    label: str
    slot: int
    offset: int
    size: int
    type: str


@dataclass(frozen=True, slots=True)
class Layout:
    """One contract's variables, its structs' members by the struct's name, and what its runtime code leaves open.

    Args:
        contract: Its name in the sources.
        variables: In the order of their slots.
        structs: By the name that solc gives them, such as `struct Governor.ProposalCore`.
        immutables: Offsets in the runtime code at which 32 bytes of each immutable stand, by its name.
        links: The same of the 20 bytes of each library's address.
    """

    contract: str
    variables: tuple[Member, ...]
    structs: Mapping[str, tuple[Member, ...]]
    immutables: Mapping[str, tuple[int, ...]]
    links: Mapping[str, tuple[int, ...]]

    def variable(self, label: str, type_: str | None = None) -> Member:
        """The variable `label`; its type tells two of one name apart. Raises ArtifactError unless there is one."""
        found = [entry for entry in self.variables if entry.label == label and type_ in (None, entry.type)]
        if len(found) != 1:
            raise ArtifactError(f"{self.contract} has no such variable", expected="one", found=f"{label}: {len(found)}")
        return found[0]

    def slot(self, label: str, type_: str | None = None) -> int:
        """The first slot of the variable `label`."""
        return self.variable(label, type_).slot

    def member(self, struct: str, label: str) -> Member:
        """One member of a struct. Raises ArtifactError when there is none."""
        for member in self.structs.get(struct, ()):
            if member.label == label:
                return member
        raise ArtifactError(f"{self.contract} has no such member", expected=label, found=struct)


@cache
def layout(contract: str) -> Layout:
    """The layout of a shipped contract. Raises ArtifactError when there is none or it cannot be read."""
    try:
        path = resources.files("dao.artifacts").joinpath("layouts").joinpath(f"{contract}.json")
        document = json.loads(path.read_text(encoding="utf-8"))
        return Layout(
            contract=contract,
            variables=tuple(_members(document["storage"])),
            structs={name: tuple(_members(entries)) for name, entries in document["structs"].items()},
            immutables={name: tuple(places) for name, places in document["immutables"].items()},
            links={name: tuple(places) for name, places in document["links"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtifactError(
            f"the storage layout of {contract} is damaged",
            found=error,
            remedy="install reward-dao again, or run `make artifacts` in a checkout",
        ) from error


def _members(entries: list[dict[str, object]]) -> Iterator[Member]:
    for entry in entries:
        label, kind, slot, offset, size = (entry[key] for key in ("label", "type", "slot", "offset", "bytes"))
        if not (isinstance(slot, int) and isinstance(offset, int) and isinstance(size, int)):
            raise ValueError(f"{label} has no place")
        yield Member(str(label), slot, offset, size, str(kind))


def at_key(slot: int, key: bytes | int | Address) -> int:
    """The slot of a mapping's value: keccak256(key . slot), the key padded as it is on the stack."""
    return int.from_bytes(keccak(_word(key) + slot.to_bytes(WORD, "big")), "big")


def at_index(slot: int, index: int, stride: int = 1) -> int:
    """The first slot of an entry of a dynamic array whose entries take `stride` slots each."""
    return (int.from_bytes(keccak(slot.to_bytes(WORD, "big")), "big") + index * stride) % 2**256


def number(value: int | bool) -> bytes:
    """A number as a word. One that no word can hold wraps, as one that logs without their like imply does."""
    return (int(value) % 2**256).to_bytes(WORD, "big")


def account_word(account: Address) -> bytes:
    """An address as a word."""
    return bytes(12) + bytes.fromhex(account[2:])


def packed(members: tuple[Member, ...], values: Mapping[str, int | None]) -> Iterator[tuple[int, bytes, bytes]]:
    """The words that members make together: their slot, counted from the first, the word and the mask of what is known.

    A member whose value is None, or that is not named, is unknown. A word of which nothing is known is left out. A
    value that does not fit, as logs without their like imply, becomes the largest, which no contract here ever holds.
    """
    words: dict[int, tuple[int, int]] = {}
    for member in members:
        value = values.get(member.label)
        if value is None:
            continue
        word, mask = words.get(member.slot, (0, 0))
        shift, ones = 8 * member.offset, (1 << 8 * member.size) - 1
        words[member.slot] = word | (value if 0 <= value <= ones else ones) << shift, mask | ones << shift
    # Bits that no member has are zero.
    for slot, (word, mask) in words.items():
        taken = sum(((1 << 8 * m.size) - 1) << 8 * m.offset for m in members if m.slot == slot)
        free = (2**256 - 1) ^ taken
        yield slot, word.to_bytes(WORD, "big"), (mask | free).to_bytes(WORD, "big")


def _word(key: bytes | int | Address) -> bytes:
    if isinstance(key, int):
        return key.to_bytes(WORD, "big")
    if isinstance(key, str):
        return account_word(key)
    # Fixed bytes stand at the high end.
    return key.ljust(WORD, b"\x00")
