"""Compares a deployment on chain with the shipped artifacts and the file it was made from."""

from __future__ import annotations

from dataclasses import dataclass

from dao.abi import checksum, decode
from dao.artifacts import load
from dao.chain.connection import hex_bytes, quantity
from dao.chain.contracts import MINTER_ROLE, TIMELOCK_ROLES
from dao.chain.logs import fetch
from dao.deployment.document import DeploymentDocument
from dao.errors import CallReverted, CodecError, RpcError
from dao.events.decode import decode_log
from dao.events.model import RoleGranted, RoleRevoked
from dao.lifecycle.constructor import differing_values
from dao.lifecycle.deploy import Creation, creations_by
from dao.lifecycle.session import Session
from dao.types import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One thing that was compared. `ok` is whether it is as it should be; `sides` is what the two values are."""

    subject: str
    what: str
    ok: bool
    expected: str
    found: str
    sides: tuple[str, str] = ("expected", "found")


def verify_deployment(session: Session, document: DeploymentDocument) -> list[Comparison]:
    """Compares, for each contract: the transaction that created it, its code with its immutables, and its roles.

    The creating transaction must carry the shipped bytecode and the constructor arguments of the file, byte for byte.
    The code on chain must be what that very constructor returns when it is run again at the contract's address over
    empty storage, immutables included. Roles are counted from the logs, so that no holder is overlooked.

    Where a constructor was given other values than the file has, each value that differs is a comparison of its own.
    """
    comparisons: list[Comparison] = []
    steps = {step.contract: step for step in session.deployment.steps}
    for creation in creations_by(session.deployment, document):
        created, differing = _created_by(session, creation, steps[creation.contract].transaction)
        comparisons += [created, *differing, _runtime(session, creation)]
    comparisons += _timelock_roles(session)
    comparisons += _token_roles(session, document)
    comparisons += _owners(session)
    return comparisons


def _created_by(session: Session, creation: Creation, digest: str | None) -> tuple[Comparison, list[Comparison]]:
    """The comparison of the creating transaction, and one for each constructor value that is another."""
    answer = session.connection.rpc("eth_getTransactionByHash", [digest])
    found = str(answer["input"]) if isinstance(answer, dict) and "input" in answer else "no such transaction"
    ok = (
        found == "0x" + creation.code.hex()
        and answer.get("to") is None
        and quantity(answer.get("nonce"), "nonce") == creation.nonce
    )
    differing = [] if ok else _differing(session, creation, found)
    other = f"{len(differing)} other values, as follows" if differing else f"{len(found) // 2 - 1} other bytes"
    comparison = Comparison(
        subject=creation.contract,
        what="created with the shipped bytecode and the file's constructor values",
        ok=ok,
        expected=f"{len(creation.code)} bytes at nonce {creation.nonce}",
        found="the same" if ok else other if found.startswith("0x") else found,
    )
    return comparison, differing


def _differing(session: Session, creation: Creation, found: str) -> list[Comparison]:
    """Each constructor value in the transaction's bytes `found` that is another than the file's."""
    artifact = load(creation.contract)
    bytecode = "0x" + creation.code[: len(artifact.bytecode)].hex()
    if not found.startswith(bytecode):
        return []
    types = artifact.abi.constructor_types
    try:
        given = decode(types, hex_bytes("0x" + found.removeprefix(bytecode), "input"))
    except (CodecError, RpcError):
        return []
    wanted = decode(types, creation.code[len(artifact.bytecode) :])
    return [
        Comparison(
            subject=creation.contract,
            what=value.name,
            ok=False,
            expected=value.expected,
            found=value.found,
            sides=("file", "chain"),
        )
        for value in differing_values(artifact.abi.constructor, wanted, given, session.deployment)
    ]


def _runtime(session: Session, creation: Creation) -> Comparison:
    deployed = session.connection.code(creation.address)
    call = {"from": session.deployment.deployer, "to": creation.address, "data": "0x"}
    # The constructor runs in place: its code stands at the contract's own address, where it finds its arguments at its
    # end as in a creation, and what it returns is the code to be deployed.
    override = {creation.address: {"code": "0x" + creation.code.hex(), "state": {}}}
    try:
        expected = hex_bytes(session.connection.rpc("eth_call", [call, "latest", override]), "eth_call")
    except (CallReverted, RpcError) as error:
        return Comparison(
            subject=creation.contract,
            what="code and immutables",
            ok=False,
            expected="a node that runs the constructor again (eth_call with state overrides)",
            found=str(error),
        )
    return Comparison(
        subject=creation.contract,
        what="code and immutables",
        ok=deployed == expected,
        expected=f"{len(expected)} bytes",
        found="the same" if deployed == expected else f"{len(deployed)} other bytes",
    )


def _timelock_roles(session: Session) -> list[Comparison]:
    addresses = session.deployment.addresses
    intended = {name: {addresses.governor} for name in TIMELOCK_ROLES} | {"DEFAULT_ADMIN_ROLE": {addresses.timelock}}
    return _compare_roles(session, "TimelockController", addresses.timelock, TIMELOCK_ROLES, intended)


def _token_roles(session: Session, document: DeploymentDocument) -> list[Comparison]:
    addresses = session.deployment.addresses
    if addresses.wraps is not None:
        return []
    roles = {"DEFAULT_ADMIN_ROLE": bytes(32), "MINTER_ROLE": MINTER_ROLE}
    arguments = document.constructor_arguments(addresses, genesis=session.deployment.genesis)["RewardToken"]
    intended = {"DEFAULT_ADMIN_ROLE": {addresses.timelock}, "MINTER_ROLE": set(arguments[5])}
    return _compare_roles(session, "RewardToken", addresses.token, roles, intended)


def _compare_roles(
    session: Session,
    contract: str,
    address: Address,
    roles: dict[str, bytes],
    intended: dict[str, set[Address]],
) -> list[Comparison]:
    holders: dict[bytes, set[Address]] = {}
    latest = session.connection.block().number
    for log in fetch(session.connection, [address], from_block=session.deployment.start_block, to_block=latest):
        event = decode_log(log, contract)
        if isinstance(event, RoleGranted):
            holders.setdefault(event.role, set()).add(event.account)
        elif isinstance(event, RoleRevoked):
            holders.setdefault(event.role, set()).discard(event.account)
    names = {role: name for name, role in roles.items()}
    everyone = {names.get(role, "0x" + role.hex()): accounts for role, accounts in holders.items() if accounts}
    return [
        Comparison(
            subject=contract,
            what=f"holders of {name}",
            ok=everyone.get(name, set()) == intended.get(name, set()),
            expected=", ".join(sorted(intended.get(name, set()))) or "nobody",
            found=", ".join(sorted(everyone.get(name, set()))) or "nobody",
        )
        for name in sorted(set(everyone) | set(intended))
    ]


def _owners(session: Session) -> list[Comparison]:
    expected = session.deployment.addresses.timelock
    owned = {"RewardPolicy": session.contracts.policy, "RewardDistributor": session.contracts.distributor}
    owners = {name: checksum(contract.ask("owner")) for name, contract in owned.items() if contract is not None}
    return [
        Comparison(subject=name, what="owner", ok=owner == expected, expected=expected, found=owner)
        for name, owner in owners.items()
    ]
