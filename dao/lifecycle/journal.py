"""The deployment file: the plan before the first transaction, its progress, and afterwards where everything is."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dao import artifacts
from dao.abi import checksum
from dao.chain.create import create_address
from dao.errors import DeploymentError
from dao.types import Address, Addresses

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One contract to create: who it is, where it will be, and what was done about it.

    `nonce` is the deployer's, which fixes the address (CREATE). `creation_hash` is the keccak-256 hash of the creation
    code with its arguments. `transaction` is known once it was sent, `block` once it was mined.
    """

    contract: str
    address: Address
    nonce: int
    creation_hash: str
    transaction: str | None = None
    block: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One deployment on one chain.

    Args:
        chain_id: The chain.
        document: The YAML file as it was named, and `document_hash` the SHA-256 of its content, so that an
            interrupted deployment resumes with the same file only.
        deployer: Who creates the contracts. It holds no role, at no moment.
        genesis: Timestamp at which the policy's epoch 0 begins (seconds).
        symbol: The token's symbol, and `decimals` its number of decimals.
        start_block: The block before which no log of this deployment can be.
        steps: The contracts in the order of their creation.
        wraps: The token that the votes wrapper wraps; None where the token is RewardToken.
    """

    chain_id: int
    document: str
    document_hash: str
    deployer: Address
    genesis: int
    symbol: str
    decimals: int
    start_block: int
    steps: tuple[Step, ...]
    wraps: Address | None = None

    @property
    def complete(self) -> bool:
        """Whether every contract is there."""
        return all(step.block is not None for step in self.steps)

    @property
    def addresses(self) -> Addresses:
        """Where the contracts are, or will be."""
        at = {step.contract: step.address for step in self.steps}
        return Addresses(
            token=at["RewardToken" if self.wraps is None else "VotesWrapper"],
            timelock=at["TimelockController"],
            governor=at["RewardGovernor"],
            policy=at["RewardPolicy"],
            wraps=self.wraps,
            distributor=at.get("RewardDistributor"),
        )

    @property
    def libraries(self) -> dict[str, Address]:
        """Where every contract is, by its name: what creation code is linked with."""
        return {step.contract: step.address for step in self.steps}

    def with_step(self, step: Step) -> Deployment:
        """The same deployment with `step` in the place of the one for the same contract."""
        steps = tuple(step if old.contract == step.contract else old for old in self.steps)
        return replace(self, steps=steps)


def load(path: Path) -> Deployment:
    """The deployment in `path`, finished or not. Raises DeploymentError when it is missing or damaged."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            raise ValueError(f"format {document['format']}")
        steps = tuple(
            Step(
                contract=str(step["contract"]),
                address=checksum(step["address"]),
                nonce=int(step["nonce"]),
                creation_hash=str(step["creation_hash"]),
                transaction=None if step["transaction"] is None else str(step["transaction"]),
                block=None if step["block"] is None else int(step["block"]),
            )
            for step in document["steps"]
        )
        deployment = Deployment(
            chain_id=int(document["chain_id"]),
            document=str(document["document"]),
            document_hash=str(document["document_hash"]),
            deployer=checksum(document["deployer"]),
            genesis=int(document["genesis"]),
            symbol=str(document["symbol"]),
            decimals=int(document["decimals"]),
            start_block=int(document["start_block"]),
            steps=steps,
            wraps=None if document["wraps"] is None else checksum(document["wraps"]),
        )
        created = [step.contract for step in steps]
        other = "VotesWrapper" if deployment.wraps is None else "RewardToken"
        if sorted({*created, "RewardDistributor"}) != sorted(set(artifacts.CONTRACTS) - {other}) or len(
            set(created)
        ) != len(created):
            raise ValueError("not one step for each contract")
        for step in steps:
            if step.address != create_address(deployment.deployer, step.nonce):
                raise ValueError(f"{step.contract} cannot be at {step.address}")
        return deployment
    except FileNotFoundError:
        raise DeploymentError(
            "there is no deployment here",
            expected=str(path),
            remedy="run `dao deploy deploy.yaml` first, or name the deployment file with --deployment",
        ) from None
    except OSError as error:
        raise DeploymentError(f"{path} cannot be read", found=error.strerror) from None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise DeploymentError(
            f"{path} is no deployment file", expected=f"format {FORMAT}", found=f"{type(error).__name__}: {error}"
        ) from None


def load_complete(path: Path) -> Deployment:
    """The deployment in `path`. Raises DeploymentError also when it is not finished."""
    deployment = load(path)
    if not deployment.complete:
        raise DeploymentError(
            f"the deployment in {path} was interrupted",
            expected=f"{len(deployment.steps)} contracts",
            found=f"{sum(step.block is not None for step in deployment.steps)} of them",
            remedy="run `dao deploy` with the same file again: it goes on where it stopped",
        )
    return deployment


def save(path: Path, deployment: Deployment) -> None:
    """Writes `deployment` to `path`, whole or not at all. Raises DeploymentError when it cannot be written."""
    document: dict[str, Any] = {"format": FORMAT, **asdict(deployment)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(path.name + ".tmp")
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(document, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise DeploymentError(
            f"the deployment file {path} cannot be written",
            found=error.strerror or type(error).__name__,
            remedy="name another with --deployment, or make its folder writable; the same command then goes on",
        ) from None
