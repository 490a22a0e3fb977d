"""The compiled contracts that this release works with: ABI, bytecode, compiler settings, source hash."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any

from dao.abi import ContractAbi, encode
from dao.errors import ArtifactError

CONTRACTS = ("RewardToken", "VotesWrapper", "TimelockController", "RewardGovernor", "RewardPolicy")
"""Names of the shipped artifacts; a deployment has one of the first two as its token."""


@dataclass(frozen=True)
class Artifact:
    """One compiled contract.

    Args:
        name: Its name in the sources.
        bytecode: Creation code, without constructor arguments.
        deployed_bytecode: Runtime code, immutables zero.
        compiler: Version and settings that `brownie-config.yaml` gave.
        source_hash: SHA-256 over the contract's source and everything it imports.
        entries: The JSON ABI.
    """

    name: str
    bytecode: bytes
    deployed_bytecode: bytes
    compiler: dict[str, Any]
    source_hash: str
    entries: tuple[dict[str, Any], ...]

    @cached_property
    def abi(self) -> ContractAbi:
        """The parsed ABI."""
        return ContractAbi(self.entries)

    def creation_code(self, *arguments: Any) -> bytes:
        """Bytecode followed by the encoded constructor arguments. Raises CodecError when they do not fit."""
        return self.bytecode + encode(self.abi.constructor_types, arguments)


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
            compiler=document["compiler"],
            source_hash=document["source_hash"],
            entries=tuple(document["abi"]),
        )
    except (OSError, ValueError, KeyError) as error:
        raise ArtifactError(
            f"artifact {name} is damaged",
            found=error,
            remedy="install reward-dao again, or run `make artifacts` in a checkout",
        ) from error
