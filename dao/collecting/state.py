"""Asks a node for the proofs of storage words at one block, and for the code of contracts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from dao.abi import keccak
from dao.blocks.headers import Header, read_header
from dao.chain.connection import Connection, hex_bytes
from dao.errors import ProofError, RpcError
from dao.evidence.bundle import Bundle, extend
from dao.evidence.manifest import Kind
from dao.evidence.state import StateEvidence, code_bytes, evidence, state_bytes
from dao.proving.bundle import read_evidence
from dao.proving.code import libraries_in, proxy_slots
from dao.proving.layout import Slot
from dao.proving.logs import state_after
from dao.proving.slots import slots
from dao.proving.state import contract_names
from dao.replay.state import GovernanceState
from dao.types import Address

KEYS_AT_ONCE = 200
"""How many slots one `eth_getProof` asks for; providers refuse more than some hundreds."""

_HASHED = 32
"""Nodes of so many bytes or more are named by their hash (Yellow Paper, appendix D)."""

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


def add_state(connection: Connection, bundle: Bundle, progress: Progress | None = None) -> Bundle:
    """The bundle with proofs of the state and the code that its logs imply at its end block, sealed anew.

    Raises:
        ProofError: The bundle is not of this project's contracts, or lacks the header of its end block.
        RpcError: The node does not give proofs, or gives those of another block.
    """
    held = read_evidence(bundle)
    header = next((entry for entry in held.headers if entry.hash == held.end_hash), None)
    if header is None:
        raise ProofError("the bundle lacks the header of its end block", expected=f"block {held.to_block}")
    if held.addresses is None:
        # Of another project's storage nothing is known: there is nothing to ask for.
        return bundle
    state = state_after(held.logs, held.addresses)
    parts = collect_parts(connection, read_header(header.rlp), state, progress)
    made = extend(bundle, Kind.STATE, state_bytes(parts.state))
    return extend(made, Kind.CODE, code_bytes(parts.codes))


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
    # Shorter ones stand within their parents; whether a node lists them as well is its own matter.
    return evidence(header.number, header.hash, (node for node in nodes if len(node) >= _HASHED))


def collect_code(connection: Connection, header: Header, accounts: Sequence[Address]) -> tuple[bytes, ...]:
    """The runtime code of `accounts` at the block of `header`, in their order; empty where there is none."""
    return tuple(connection.code(account, block=header.number) for account in accounts)


def _proof(connection: Connection, header: Header, account: Address, keys: list[bytes]) -> set[bytes]:
    try:
        answer = connection.rpc("eth_getProof", [account, ["0x" + key.hex() for key in keys], hex(header.number)])
    except RpcError as error:
        raise RpcError(
            f"the node proves nothing of {account} at block {header.number}",
            expected="an answer to eth_getProof",
            found=error.found,
            remedy="give another node (--rpc), one that keeps the state of that block, or collect with --no-proofs",
        ) from error
    if not isinstance(answer, dict) or not isinstance(answer.get("storageProof"), list):
        raise _malformed(header, account, "accountProof and storageProof", answer)
    account_proof = _nodes(header, account, answer.get("accountProof"))
    if not account_proof or keccak(account_proof[0]) != header.state_root:
        raise RpcError(
            f"the node proves {account} in the state of another block",
            expected=f"state root 0x{header.state_root.hex()} of block {header.number}",
            found="0x" + keccak(account_proof[0]).hex() if account_proof else "no proof",
            remedy="a node that keeps the state of that block is needed: choose a newer block, or an archive node",
        )
    found = set(account_proof)
    if len(answer["storageProof"]) != len(keys):
        raise RpcError(
            f"not every slot of {account} was proven at block {header.number}",
            expected=f"{len(keys)} slots",
            found=len(answer["storageProof"]),
            remedy="take another node (--rpc)",
        )
    for entry in answer["storageProof"]:
        found.update(_nodes(header, account, entry.get("proof") if isinstance(entry, dict) else None))
    return found


def _nodes(header: Header, account: Address, value: Any) -> list[bytes]:
    if not isinstance(value, list):
        raise _malformed(header, account, "a list of nodes", value)
    try:
        return [hex_bytes(node, "a node of a proof") for node in value]
    except RpcError as error:
        raise _malformed(header, account, "nodes as hexadecimal bytes", error.found) from error


def _malformed(header: Header, account: Address, expected: str, found: object) -> RpcError:
    return RpcError(
        f"a proof of the storage of {account} at block {header.number} is malformed",
        expected=expected,
        found=str(found)[:80],
        remedy="take another node (--rpc)",
    )
