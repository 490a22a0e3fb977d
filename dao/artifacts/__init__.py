"""The compiled contracts that this release works with: ABI, bytecode, compiler settings, source hash."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any

from dao.abi import ContractAbi, encode
from dao.errors import ArtifactError
from dao.types import Address

CONTRACTS = (
    "TimelockController",
    "RewardToken",
    "VotesWrapper",
    "RewardGovernor",
    "Schedules",
    "RewardPolicy",
    "RewardDistributor",
)
"""Names of the shipped artifacts, in the order of deployment; a deployment has RewardToken or VotesWrapper."""


@dataclass(frozen=True)
class Artifact:
    """One compiled contract.

    Args:
        name: Its name in the sources.
        bytecode: Creation code, without constructor arguments; addresses of libraries zero.
        deployed_bytecode: Runtime code; immutables and addresses of libraries zero.
        links: Offsets in `bytecode` at which the address of each library stands, by the library's name.
        compiler: Version and settings that `brownie-config.yaml` gave.
        source_hash: SHA-256 over the contract's source and everything it imports.
        entries: The JSON ABI.
    """

    name: str
    bytecode: bytes
    deployed_bytecode: bytes
    links: Mapping[str, tuple[int, ...]]
    compiler: dict[str, Any]
    source_hash: str
    entries: tuple[dict[str, Any], ...]

    @cached_property
    def abi(self) -> ContractAbi:
        """The parsed ABI."""
        return ContractAbi(self.entries)

    def creation_code(self, *arguments: Any, libraries: Mapping[str, Address] | None = None) -> bytes:
        """Bytecode, linked with `libraries`, followed by the encoded constructor arguments.

        Raises ArtifactError when a library is missing, CodecError when arguments do not fit.
        """
        code = bytearray(self.bytecode)
        for name, offsets in self.links.items():
            address = (libraries or {}).get(name)
            if address is None:
                raise ArtifactError(f"{self.name} cannot be linked", expected=f"the address of {name}", found="none")
            for offset in offsets:
                code[offset : offset + 20] = bytes.fromhex(address[2:])
        return bytes(code) + encode(self.abi.constructor_types, arguments)


@cache
def load(name: str) -> Artifact:
    """The shipped artifact `name`. Raises ArtifactError when there is none or it cannot be read."""
    if name not in CONTRACTS:
        raise ArtifactError("no such artifact", expected=", ".join(CONTRACTS), found=name)
    try:
        text = resources.files(__name__).joinpath(f"{name}.json").read_text(encoding="utf-8")
        document = json.loads(text)
        return Artifact(
            name=name,
            bytecode=bytes.fromhex(document["bytecode"]),
            deployed_bytecode=bytes.fromhex(document["deployed_bytecode"]),
            links={library: tuple(offsets) for library, offsets in document["links"].items()},
            compiler=document["compiler"],
            source_hash=document["source_hash"],
            entries=tuple(document["abi"]),
        )
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise ArtifactError(
            f"artifact {name} is damaged",
            found=error,
            remedy="install reward-dao again, or run `make artifacts` in a checkout",
        ) from error
