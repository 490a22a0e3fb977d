"""Asks a node for the proofs of storage words at one block, and for the code of contracts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from dao.abi import keccak
from dao.blocks.headers import Header
from dao.chain.connection import Connection, hex_bytes
from dao.errors import RpcError
from dao.evidence.state import StateEvidence, evidence
from dao.proving.code import libraries_in, proxy_slots
from dao.proving.layout import Slot
from dao.proving.slots import slots
from dao.proving.state import contract_names
from dao.replay.state import GovernanceState
from dao.types import Address

KEYS_AT_ONCE = 200
"""How many slots one `eth_getProof` asks for; providers refuse more than some hundreds."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class StateParts:
    """What `audit prove` needs of the end block: proofs of storage and accounts, and runtime codes."""

    state: StateEvidence
    codes: tuple[bytes, ...]


def collect_parts(
    connection: Connection, header: Header, state: GovernanceState, progress: Progress | None = None
) -> StateParts:
    """Everything that proves `state` and the code of its contracts, after the block of `header`.

    Raises RpcError when the node does not give proofs, or gives those of another block.
    """
    names = contract_names(state)
    codes = dict(zip(names, collect_code(connection, header, list(names)), strict=True))
    libraries = {
        address: name for account, code in codes.items() for name, address in libraries_in(code, names[account]).items()
    }
    codes |= dict(zip(libraries, collect_code(connection, header, list(libraries)), strict=True))
    wanted = chain(slots(state, header.timestamp), proxy_slots(list(codes)))
    return StateParts(collect_state(connection, header, wanted, progress), tuple(codes.values()))


def collect_state(
    connection: Connection,
    header: Header,
    wanted: Iterable[Slot],
    progress: Progress | None = None,
) -> StateEvidence:
    """The proofs of slots and of their accounts, in the state after the block of `header`.

    Args:
        connection: A node that has the state of that block.
        header: Whose state root every proof must begin with.
        wanted: What must be proven.
        progress: Told how many slots are done, and how many there are.

    Raises RpcError when the node does not give proofs, or gives those of another block.
    """
    by_account: dict[Address, list[bytes]] = {}
    for slot in wanted:
        by_account.setdefault(slot.account, []).append(slot.key)
    total, done = sum(map(len, by_account.values())), 0
    nodes: set[bytes] = set()
    for account, keys in by_account.items():
        for start in range(0, len(keys), KEYS_AT_ONCE):
            chunk = keys[start : start + KEYS_AT_ONCE]
            nodes |= _proof(connection, header, account, chunk)
            done += len(chunk)
            if progress is not None:
                progress("proofs", done, total)
    return evidence(header.number, header.hash, nodes)


def collect_code(connection: Connection, header: Header, accounts: Sequence[Address]) -> tuple[bytes, ...]:
    """The runtime code of `accounts` at the block of `header`, in their order; empty where there is none."""
    return tuple(connection.code(account, block=header.number) for account in accounts)


def _proof(connection: Connection, header: Header, account: Address, keys: list[bytes]) -> set[bytes]:
    answer = connection.rpc("eth_getProof", [account, ["0x" + key.hex() for key in keys], hex(header.number)])
    if not isinstance(answer, dict) or not isinstance(answer.get("storageProof"), list):
        raise RpcError("a proof of storage is malformed", expected="accountProof and storageProof", found=answer)
    account_proof = _nodes(answer.get("accountProof"))
    if not account_proof or keccak(account_proof[0]) != header.state_root:
        raise RpcError(
            f"the node proves {account} in the state of another block",
            expected=f"state root 0x{header.state_root.hex()} of block {header.number}",
            found="0x" + keccak(account_proof[0]).hex() if account_proof else "no proof",
            remedy="a node that keeps the state of that block is needed: choose a newer block, or an archive node",
        )
    found = set(account_proof)
    if len(answer["storageProof"]) != len(keys):
        raise RpcError("not every slot was proven", expected=len(keys), found=len(answer["storageProof"]))
    for entry in answer["storageProof"]:
        found.update(_nodes(entry.get("proof") if isinstance(entry, dict) else None))
    return found


def _nodes(value: Any) -> list[bytes]:
    if not isinstance(value, list):
        raise RpcError("a proof of storage is malformed", expected="a list of nodes", found=str(value)[:80])
    return [hex_bytes(node, "a node of a proof") for node in value]
