"""Symptoms of the deployment: its file, its contracts on the chain, and the artifacts of this release."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from dao import artifacts
from dao.chain.connection import Connection
from dao.chain.outbox import Outbox, outbox_path
from dao.errors import ChainError, DaoError
from dao.lifecycle.doctor.symptom import Setup, Symptom, failure, good, refused, skipped, warning
from dao.lifecycle.journal import Deployment, load_complete
from dao.lifecycle.session import Session


def examine(setup: Setup, connection: Connection | None) -> Generator[Symptom, None, Session | None]:
    """The symptoms; returns the deployment as the node has it, None where that cannot be used."""
    later = ("contracts", "artifacts")
    path = _path(setup, connection)
    if path is None:
        yield from (skipped(check, "which chain it is on is not known") for check in ("deployment", *later))
        return None
    try:
        deployment = load_complete(path)
    except DaoError as error:
        yield refused("deployment", error, "restore the file from a copy; its addresses are nowhere else")
        yield from (skipped(check, "there is no deployment file that can be read") for check in later)
        return None
    if connection is not None and deployment.chain_id != connection.chain_id:
        yield failure(
            "deployment",
            f"{path} is for chain {deployment.chain_id}, and the node is on chain {connection.chain_id}",
            "name the deployment file of this chain (--deployment), or a node of that chain (--rpc)",
        )
        yield from (skipped(check, "the node is on another chain") for check in later)
        return None
    yield good("deployment", f"{path}, chain {deployment.chain_id}")
    yield from _journal(path)
    if connection is None:
        yield from (skipped(check, "there is no node to ask") for check in later)
        return None
    try:
        codes = {step.contract: connection.code(step.address) for step in deployment.steps}
    except ChainError as error:
        yield refused("contracts", error, "take another node (--rpc)")
        yield skipped("artifacts", "the contracts' code is not known")
        return None
    missing = [contract for contract, code in codes.items() if not code]
    if missing:
        yield failure(
            "contracts",
            f"no code of {', '.join(missing)} at the addresses of {path}",
            "was the local node reset? remove the deployment file and deploy again; else check --rpc and --deployment",
        )
        yield skipped("artifacts", "contracts are missing")
        return None
    yield good("contracts", f"all {len(codes)} are there")
    yield _artifacts(codes)
    return _session(connection, deployment)


def _path(setup: Setup, connection: Connection | None) -> Path | None:
    if setup.deployment is not None:
        return setup.deployment
    chain_id = connection.chain_id if connection is not None else setup.chain_id
    return None if chain_id is None else setup.folder / f"{chain_id}.json"


def _journal(path: Path) -> Generator[Symptom, None, None]:
    """What was interrupted: transactions that were signed and whose receipts nobody saw."""
    outbox = Outbox(outbox_path(path))
    try:
        waiting = outbox.attempts()
    except DaoError as error:
        yield refused("journal", error, "remove the file")
        return
    if waiting:
        nonces = ", ".join(f"nonce {attempt.nonce} of {attempt.sender}" for attempt in waiting[:5])
        yield warning(
            "journal",
            f"{len(waiting)} transactions were interrupted: {nonces}",
            f"run the commands that were interrupted again: each is sent once. Or remove {outbox.path}",
        )


def _artifacts(codes: dict[str, bytes]) -> Symptom:
    differing = []
    try:
        for contract, code in codes.items():
            shipped = artifacts.load(contract).deployed_bytecode
            # Immutables and libraries' addresses are zero in what is shipped; everything else is as it is deployed.
            if len(code) != len(shipped) or any(
                one not in (0, other) for one, other in zip(shipped, code, strict=True)
            ):
                differing.append(contract)
    except DaoError as error:
        return refused("artifacts", error, "install reward-dao again")
    if differing:
        return failure(
            "artifacts",
            f"the code of {', '.join(differing)} is not what this release ships",
            "use the release that deployed it, or compare with `dao deploy verify deploy.yaml`",
        )
    return good("artifacts", "the code is what this release ships, immutables aside")


def _session(connection: Connection, deployment: Deployment) -> Session | None:
    try:
        return Session.of(connection, deployment)
    except DaoError:
        return None
