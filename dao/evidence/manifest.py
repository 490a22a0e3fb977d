"""What a bundle of evidence says of itself: chain, contracts, blocks, anchor, and every part with its checksum."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from dao.abi import checksum
from dao.errors import CodecError
from dao.types import Address, Addresses, is_hex_address

FORMAT = "reward-dao evidence 1"

REWARD_DAO, GOVERNOR = "reward-dao", "governor"
"""Kinds of contracts: a deployment of this project, or any governor with its token and timelock."""

_DEPLOYMENT = ("token", "timelock", "governor", "policy")
_OPTIONAL = ("wraps", "distributor")
_ANY = ("governor", "token")
_ANY_OPTIONAL = ("timelock",)
_LARGEST = 2**64 - 1


class Kind(str, Enum):
    """What a part holds."""

    LOGS = "logs"
    HEADERS = "headers"
    RECEIPTS = "receipts"
    TRANSACTIONS = "transactions"
    STATE = "state"
    CODE = "code"
    TARGETS = "targets"


@dataclass(frozen=True, slots=True)
class Contracts:
    """Whose evidence this is.

    Args:
        kind: REWARD_DAO or GOVERNOR.
        named: Name and address of each contract, by name.
        profile: What is known of the governor of another project, as JSON text; empty for this project's own.
    """

    kind: str
    named: tuple[tuple[str, Address], ...]
    profile: str = ""

    @classmethod
    def of_deployment(cls, addresses: Addresses) -> Contracts:
        """The contracts of a deployment of this project."""
        every = {name: getattr(addresses, name) for name in (*_DEPLOYMENT, *_OPTIONAL)}
        return cls(REWARD_DAO, tuple(sorted((name, address) for name, address in every.items() if address is not None)))

    @classmethod
    def of_governor(
        cls, *, governor: Address, token: Address, timelock: Address | None = None, profile: str = ""
    ) -> Contracts:
        """The contracts of any governor."""
        every = {"governor": governor, "token": token, "timelock": timelock}
        named = tuple(sorted((name, address) for name, address in every.items() if address is not None))
        return cls(GOVERNOR, named, profile)

    def get(self, name: str) -> Address | None:
        """The address of the contract called `name`; None where there is none."""
        return dict(self.named).get(name)

    @property
    def governor(self) -> Address:
        """The governor's address."""
        return dict(self.named)["governor"]

    def deployment(self) -> Addresses:
        """The deployment of this project. Raises CodecError when it is another governor."""
        if self.kind != REWARD_DAO:
            raise CodecError("the evidence is of another project's governor", expected=REWARD_DAO, found=self.kind)
        return Addresses(**dict(self.named))


@dataclass(frozen=True, slots=True)
class Anchor:
    """The end block to which everything else is tied. `hash` has 32 bytes."""

    number: int
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file of a bundle.

    Args:
        file: Its name in the bundle's folder.
        kind: What it holds.
        rows: How many rows it has; 1 for a JSON document.
        size: Its length in bytes.
        sha256: Its checksum, 32 bytes.
        first_block: The lowest block that it is about.
        last_block: The highest.
    """

    file: str
    kind: Kind
    rows: int
    size: int
    sha256: bytes
    first_block: int
    last_block: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A bundle's table of contents.

    Args:
        chain_id: The chain.
        contracts: Whose logs were collected.
        from_block: First block.
        to_block: Last block, which is the anchor's.
        anchor: Where the collection was pinned.
        parts: The files, by kind and name.
        asked: How many nodes were asked.
        agreed: How many of them had to agree.
    """

    chain_id: int
    contracts: Contracts
    from_block: int
    to_block: int
    anchor: Anchor
    parts: tuple[Part, ...]
    asked: int
    agreed: int

    def of_kind(self, kind: Kind) -> tuple[Part, ...]:
        """The parts that hold `kind`, in their order."""
        return tuple(part for part in self.parts if part.kind is kind)

    def rows(self, kind: Kind) -> int:
        """How many rows of `kind` there are in all."""
        return sum(part.rows for part in self.of_kind(kind))

    def with_parts(self, *parts: Part) -> Manifest:
        """The same with these parts, each instead of one of the same name."""
        kept = {part.file: part for part in (*self.parts, *parts)}
        order = list(Kind)
        return replace(self, parts=tuple(sorted(kept.values(), key=lambda part: (order.index(part.kind), part.file))))

    def content_hash(self) -> bytes:
        """SHA-256 of everything else in the manifest as canonical JSON, 32 bytes."""
        return hashlib.sha256(canonical(self._document())).digest()

    def encode(self) -> bytes:
        """The file's bytes: JSON with sorted keys, and its content hash."""
        document = {**self._document(), "content_hash": self.content_hash().hex()}
        return (json.dumps(document, indent=2, sort_keys=True, ensure_ascii=True) + "\n").encode()

    def _document(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "chain_id": self.chain_id,
            "contracts": contracts_document(self.contracts),
            "from_block": self.from_block,
            "to_block": self.to_block,
            "anchor": {"number": self.anchor.number, "hash": "0x" + self.anchor.hash.hex()},
            "parts": [
                {
                    "file": part.file,
                    "kind": part.kind.value,
                    "rows": part.rows,
                    "bytes": part.size,
                    "sha256": part.sha256.hex(),
                    "first_block": part.first_block,
                    "last_block": part.last_block,
                }
                for part in self.parts
            ],
            "sources": {"asked": self.asked, "agreed": self.agreed},
        }


def canonical(document: Mapping[str, Any]) -> bytes:
    """JSON in one spelling: keys sorted, no space, ASCII."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def contracts_document(contracts: Contracts) -> dict[str, Any]:
    """The contracts as they stand in JSON."""
    return {"kind": contracts.kind, "addresses": dict(contracts.named), "profile": contracts.profile}


def read_manifest(data: bytes) -> Manifest:
    """The manifest in a file's bytes. Raises CodecError when it is none, or its content hash is another."""
    try:
        document = json.loads(data)
        if document["format"] != FORMAT:
            raise CodecError("the bundle has another format", expected=FORMAT, found=document["format"])
        manifest = Manifest(
            chain_id=_number(document["chain_id"]),
            contracts=read_contracts(document["contracts"]),
            from_block=_number(document["from_block"]),
            to_block=_number(document["to_block"]),
            anchor=Anchor(
                _number(document["anchor"]["number"]), _digest(document["anchor"]["hash"].removeprefix("0x"))
            ),
            parts=tuple(_part(entry) for entry in document["parts"]),
            asked=_number(document["sources"]["asked"]),
            agreed=_number(document["sources"]["agreed"]),
        )
        claimed = _digest(document["content_hash"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CodecError("the bundle's manifest is malformed", found=f"{type(error).__name__}: {error}") from error
    if claimed != manifest.content_hash() or manifest.encode() != data:
        raise CodecError(
            "the bundle's manifest was changed",
            expected=f"the content hash {manifest.content_hash().hex()}, written as this program writes it",
            found=claimed.hex(),
            remedy="take the bundle anew from where it was collected",
        )
    return manifest


def read_contracts(document: Any) -> Contracts:
    """The contracts in parsed JSON. Raises ValueError, KeyError or TypeError where they are none."""
    kind, addresses, profile = document["kind"], document["addresses"], document["profile"]
    needed, more = (_DEPLOYMENT, _OPTIONAL) if kind == REWARD_DAO else (_ANY, _ANY_OPTIONAL)
    if kind not in (REWARD_DAO, GOVERNOR) or not set(needed) <= set(addresses) <= {*needed, *more}:
        raise ValueError(f"contracts of kind {kind!r} with {sorted(addresses)}")
    if not isinstance(profile, str):
        raise TypeError("the profile is no text")
    for address in addresses.values():
        if not is_hex_address(address) or checksum(address) != address:
            raise ValueError(f"the address {address!r}")
    return Contracts(kind, tuple(sorted((name, Address(address)) for name, address in addresses.items())), profile)


def _part(entry: Any) -> Part:
    file = entry["file"]
    if not isinstance(file, str) or not file.replace("-", "").replace(".", "").isalnum() or file.startswith("."):
        # A name that led elsewhere would have another file read, and hashed, as evidence.
        raise ValueError(f"the file name {file!r}")
    return Part(
        file=file,
        kind=Kind(entry["kind"]),
        rows=_number(entry["rows"]),
        size=_number(entry["bytes"]),
        sha256=_digest(entry["sha256"]),
        first_block=_number(entry["first_block"]),
        last_block=_number(entry["last_block"]),
    )


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST:
        raise ValueError(f"the number {value!r}")
    return value


def _digest(value: Any) -> bytes:
    digest = bytes.fromhex(value)
    if len(digest) != 32:
        raise ValueError(f"the hash {value!r}")
    return digest
