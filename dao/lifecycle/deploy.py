"""Deploys a DAO from one file: plans every address first, journals each step, resumes, and never deploys twice.

The contracts are created by one transaction each, with consecutive nonces of the deployer, so that every address is
known before the first is sent (CREATE: keccak256(rlp([sender, nonce]))). The timelock's constructor can so name the
governor, which does not exist yet, as the only holder of its roles, and the deployer holds none at any moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dao import artifacts
from dao.abi import checksum, keccak
from dao.chain import transaction
from dao.chain.accounts import Signer
from dao.chain.connection import Connection, hex_bytes, quantity
from dao.chain.contracts import Underlying
from dao.chain.create import create_address
from dao.chain.transaction import Request
from dao.deployment.document import DeploymentDocument
from dao.errors import DeploymentError, RpcError
from dao.lifecycle import journal
from dao.lifecycle.journal import Deployment, Step
from dao.types import Address, Addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """One contract about to be created: where it will be and the creation code with its arguments."""

    contract: str
    address: Address
    nonce: int
    code: bytes


def deploy(
    connection: Connection,
    signer: Signer,
    document: DeploymentDocument,
    *,
    journal_path: Path,
    confirm: Callable[[tuple[Creation, ...]], None] = lambda creations: None,
    progress: Callable[[Step], None] = lambda step: None,
) -> Deployment:
    """Deploys `document`, or finishes what an earlier call began.

    Args:
        connection: The node.
        signer: The deployer.
        document: The deployment file.
        journal_path: Where the plan and its progress are written, before anything is sent.
        confirm: Sees what will be created before the first transaction of this call; raises to stop.
        progress: Called after each contract.

    Raises:
        DeploymentError: The journal belongs to another file, chain or deployer, or the deployer's nonces were used
            otherwise meanwhile.
        CallReverted: A constructor refuses its arguments; nothing was sent for it.
    """
    if journal_path.exists():
        deployment = journal.load(journal_path)
        _require_same(deployment, connection, signer, document, journal_path)
        creations = creations_of(deployment, document)
        missing = tuple(creation for creation in creations if not connection.code(creation.address))
        if deployment.complete:
            _require_present(missing)
            return deployment
        if missing:
            confirm(missing)
    else:
        deployment, creations = _plan(connection, signer, document)
        confirm(creations)
        journal.save(journal_path, deployment)
    for step, creation in zip(deployment.steps, creations, strict=True):
        done = _create(connection, signer, step, creation, deployment, journal_path)
        deployment = deployment.with_step(done)
        journal.save(journal_path, deployment)
        progress(done)
    return deployment


def creations_of(deployment: Deployment, document: DeploymentDocument) -> tuple[Creation, ...]:
    """What `deployment` creates, made anew from its file. Raises DeploymentError when that is not what was planned."""
    creations = creations_by(deployment, document)
    for step, creation in zip(deployment.steps, creations, strict=True):
        if "0x" + keccak(creation.code).hex() != step.creation_hash:
            raise DeploymentError(
                f"{step.contract} was planned with other code or arguments",
                expected=step.creation_hash,
                found="0x" + keccak(creation.code).hex(),
                remedy="resume with the same release of reward-dao and the same file",
            )
    return creations


def _code(contract: str, arguments: Sequence[Any], libraries: Mapping[str, Address]) -> bytes:
    return artifacts.load(contract).creation_code(*arguments, libraries=libraries)


def creations_by(deployment: Deployment, document: DeploymentDocument) -> tuple[Creation, ...]:
    """What `document` would create where `deployment` has its contracts, whether or not that is what was planned."""
    arguments = document.constructor_arguments(deployment.addresses, genesis=deployment.genesis)
    return tuple(
        Creation(
            contract=step.contract,
            address=step.address,
            nonce=step.nonce,
            code=_code(step.contract, arguments[step.contract], deployment.libraries),
        )
        for step in deployment.steps
    )


def _plan(
    connection: Connection, signer: Signer, document: DeploymentDocument
) -> tuple[Deployment, tuple[Creation, ...]]:
    head = connection.block()
    genesis = document.genesis if document.genesis is not None else head.timestamp
    first = connection.nonce(signer.address)
    order = document.contracts
    _require_underlying(connection, document)
    at = {name: create_address(signer.address, first + index) for index, name in enumerate(order)}
    addresses = Addresses(
        token=at[document.token_contract],
        timelock=at["TimelockController"],
        governor=at["RewardGovernor"],
        policy=at["RewardPolicy"],
        wraps=document.wraps,
        distributor=at.get("RewardDistributor"),
    )
    arguments = document.constructor_arguments(addresses, genesis=genesis)
    creations = tuple(
        Creation(
            contract=name,
            address=at[name],
            nonce=first + index,
            code=_code(name, arguments[name], at),
        )
        for index, name in enumerate(order)
    )
    deployment = Deployment(
        chain_id=connection.chain_id,
        document=document.path,
        document_hash=document.content_hash,
        deployer=signer.address,
        genesis=genesis,
        symbol=document.units.symbol,
        decimals=document.units.decimals,
        start_block=head.number,
        steps=tuple(
            Step(
                contract=creation.contract,
                address=creation.address,
                nonce=creation.nonce,
                creation_hash="0x" + keccak(creation.code).hex(),
            )
            for creation in creations
        ),
        wraps=document.wraps,
    )
    return deployment, creations


def _require_underlying(connection: Connection, document: DeploymentDocument) -> None:
    """Raises DeploymentError unless the token to wrap is there and counts in the file's decimals."""
    if document.wraps is None:
        return
    if not connection.code(document.wraps):
        raise DeploymentError("the token to wrap is not on this chain", expected="a contract", found=document.wraps)
    decimals = Underlying(connection, document.wraps).ask("decimals")
    if decimals != document.units.decimals:
        raise DeploymentError(
            "the token to wrap has other decimals than the file says",
            expected=document.units.decimals,
            found=decimals,
            remedy="set token.decimals to those of the token",
        )


def _create(
    connection: Connection,
    signer: Signer,
    step: Step,
    creation: Creation,
    deployment: Deployment,
    journal_path: Path,
) -> Step:
    if step.block is not None:
        return step
    used = connection.nonce(signer.address)
    if used > step.nonce:
        return _recover(connection, step, deployment)
    if used < step.nonce:
        raise DeploymentError(
            f"{step.contract} cannot be created yet: the deployer's earlier transactions are missing",
            expected=f"nonce {step.nonce}",
            found=f"nonce {used}",
            remedy="was the chain reset or reorganised? remove the deployment file to begin anew",
        )

    def sent(digest: str) -> None:
        journal.save(journal_path, deployment.with_step(replace(step, transaction=digest)))

    if step.transaction is not None and connection.rpc("eth_getTransactionByHash", [step.transaction]) is not None:
        # Sent before an interruption, and still waiting to be mined.
        receipt = transaction.wait(connection, step.transaction)
    else:
        # The fixed nonce makes a second attempt harmless: at most one of the two can be mined.
        request = Request(to=None, data=creation.code, nonce=step.nonce)
        receipt = transaction.send(connection, signer, request, chain_id=deployment.chain_id, sent=sent)
    if receipt.contract != step.address:
        raise DeploymentError(f"{step.contract} was created elsewhere", expected=step.address, found=receipt.contract)
    return replace(step, transaction="0x" + receipt.hash.hex(), block=receipt.block_number)


def _recover(connection: Connection, step: Step, deployment: Deployment) -> Step:
    """The step whose nonce is used already: by its own transaction, sent before an interruption, or by another."""
    created = _creation_transaction(connection, step, deployment)
    if created is not None and connection.code(step.address):
        return replace(step, transaction=created[0], block=created[1])
    raise DeploymentError(
        f"the deployer used nonce {step.nonce} for something else than {step.contract}",
        expected=f"a contract at {step.address}",
        found="another transaction",
        remedy="nothing is lost: no contract holds anything yet. Remove the deployment file and deploy anew, "
        "with an account that sends nothing else meanwhile",
    )


def _creation_transaction(connection: Connection, step: Step, deployment: Deployment) -> tuple[str, int] | None:
    """Hash and block of the mined transaction that created `step`; None where the nonce went to another one.

    The journaled hash is tried first. It is missing after an interruption between sending and journaling, and another
    where the transaction was sent twice with different fees.
    """
    if step.transaction is not None:
        entry = connection.rpc("eth_getTransactionByHash", [step.transaction])
        if entry is not None and (found := _mined(entry, step, deployment)):
            return found
    for number in range(deployment.start_block, connection.block().number + 1):
        block = connection.rpc("eth_getBlockByNumber", [hex(number), True])
        for entry in block["transactions"] if isinstance(block, dict) else ():
            if found := _mined(entry, step, deployment):
                return found
    return None


def _mined(entry: Any, step: Step, deployment: Deployment) -> tuple[str, int] | None:
    """Hash and block of the transaction `entry` if it is the one that creates `step`, and mined."""
    try:
        ours = (
            checksum(entry["from"]) == deployment.deployer
            and quantity(entry["nonce"], "nonce") == step.nonce
            and entry.get("to") is None
            and "0x" + keccak(hex_bytes(entry["input"], "input")).hex() == step.creation_hash
        )
        if not ours or entry["blockNumber"] is None:
            return None
        return str(entry["hash"]), quantity(entry["blockNumber"], "blockNumber")
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RpcError("a transaction is malformed", found=str(entry)[:200]) from error


def _require_present(missing: tuple[Creation, ...]) -> None:
    if missing:
        raise DeploymentError(
            "the deployment file is complete, but its contracts are not on this chain",
            expected=f"code at {missing[0].address}",
            found="no code",
            remedy="was the local node reset? remove the deployment file and deploy again",
        )


def _require_same(
    deployment: Deployment, connection: Connection, signer: Signer, document: DeploymentDocument, path: Path
) -> None:
    connection.require_chain(deployment.chain_id)
    for what, planned, given in (
        ("file", deployment.document_hash, document.content_hash),
        ("deployer", deployment.deployer, signer.address),
    ):
        if planned != given:
            raise DeploymentError(
                f"{path} records a deployment of another {what}",
                expected=planned,
                found=given,
                remedy=f"give the same {what} to resume or verify it, or another --deployment for a new one",
            )
