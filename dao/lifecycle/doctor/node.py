"""Symptoms of the node: reachable, on the right chain, in time, and with every method that is used."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from dao.chain.connection import Connection, quantity
from dao.chain.node import CHAIN_ID
from dao.chain.transport import shown_url
from dao.document.moments import roughly
from dao.errors import CallReverted, ChainError, DaoError, RpcError
from dao.lifecycle.doctor.symptom import Setup, Symptom, failure, good, refused, skipped, warning
from dao.types import ZERO_ADDRESS

_DRIFT = 120
"""How far the newest block may be from this computer's clock (seconds); the slowest chains make a block in 30."""

_NOWHERE = "0x" + "00" * 32
_CALL: dict[str, Any] = {"to": ZERO_ADDRESS, "data": "0x"}
_NO_METHOD = (-32601, -32004)
_MISSING = "missing"

METHODS: dict[str, list[Any]] = {
    "eth_accounts": [],
    "eth_call": [_CALL, "latest"],
    "eth_chainId": [],
    "eth_estimateGas": [_CALL],
    "eth_getBalance": [ZERO_ADDRESS, "latest"],
    "eth_getBlockByNumber": ["latest", False],
    "eth_getCode": [ZERO_ADDRESS, "latest"],
    "eth_getLogs": [{"fromBlock": "latest", "toBlock": "latest", "address": ZERO_ADDRESS}],
    "eth_getTransactionByHash": [_NOWHERE],
    "eth_getTransactionCount": [ZERO_ADDRESS, "pending"],
    "eth_getTransactionReceipt": [_NOWHERE],
    "eth_maxPriorityFeePerGas": [],
    # No transaction at all: refused by every node that would take one.
    "eth_sendRawTransaction": ["0x"],
}
"""The methods that commands use, with a harmless request for each."""

_DISPENSABLE = {"eth_accounts": "only --from without --signer needs it"}


def examine(setup: Setup) -> Generator[Symptom, None, Connection | None]:
    """The symptoms; returns the connection, None where there is none that can be used."""
    try:
        connection = Connection.open(setup.url, patience=setup.patience)
    except DaoError as error:
        yield refused("node", error, "check --rpc")
        for check in ("chain", "methods", "clock"):
            yield skipped(check, "the node does not answer")
        return None
    yield good("node", f"{shown_url(setup.url)} answers")
    usable = True
    if setup.chain_id is not None and setup.chain_id != connection.chain_id:
        usable = False
        yield failure(
            "chain",
            f"chain {connection.chain_id}; expected chain {setup.chain_id}",
            "give the RPC address of the right network (--rpc, network.rpc in dao.yaml)",
        )
    else:
        yield good("chain", f"chain {connection.chain_id}")
    yield _methods(connection)
    yield _clock(setup, connection)
    return connection if usable else None


def _methods(connection: Connection) -> Symptom:
    problems = {method: _problem(connection, method, params) for method, params in METHODS.items()}
    missing = [method for method, problem in problems.items() if problem == _MISSING]
    failed = [f"{method}: {problem}" for method, problem in problems.items() if problem not in (None, _MISSING)]
    try:
        connection.batch([("eth_chainId", [])] * 2)
    except ChainError:
        missing.append("batches of requests")
    needed = [method for method in missing if method not in _DISPENSABLE]
    if failed:
        return failure("methods", "; ".join(failed[:3]), "try again, or take another node (--rpc)")
    if needed:
        return failure("methods", f"the node lacks {', '.join(needed)}", "take another node or provider (--rpc)")
    if missing:
        lacking = ", ".join(f"{method}: {_DISPENSABLE[method]}" for method in missing)
        return warning("methods", f"the node lacks {lacking}", "sign with --account, --keystore or --signer")
    return good("methods", f"all {len(METHODS)} that are used, and batches")


def _problem(connection: Connection, method: str, params: list[Any]) -> str | None:
    """What is wrong with `method`; None where it is there, whatever it says of a request for nothing."""
    try:
        connection.rpc(method, params)
    except RpcError as error:
        return _MISSING if error.values.get("code") in _NO_METHOD else None
    except CallReverted:
        return None
    except ChainError as error:
        return error.what
    return None


def _clock(setup: Setup, connection: Connection) -> Symptom:
    try:
        newest = connection.block()
        at = _syncing(connection)
    except ChainError as error:
        return refused("clock", error, "take another node (--rpc)")
    if at is not None:
        return failure("clock", f"the node is still syncing, at block {at}", "wait until it is synced")
    drift = newest.timestamp - setup.now
    if abs(drift) <= _DRIFT:
        return good("clock", f"block {newest.number} is within {_DRIFT} s of this computer's clock")
    if connection.chain_id == CHAIN_ID:
        return good("clock", f"a local chain, {roughly(abs(drift))} {'ahead' if drift > 0 else 'behind'}")
    if drift < 0:
        return warning(
            "clock",
            f"the newest block, {newest.number}, is {roughly(-drift)} old",
            "the node is behind or its chain has halted: take another node (--rpc), or set this computer's clock",
        )
    return warning(
        "clock",
        f"the newest block, {newest.number}, is {roughly(drift)} ahead of this computer's clock",
        "set this computer's clock (by NTP); deadlines are those of the chain",
    )


def _syncing(connection: Connection) -> int | None:
    """The block at which the node is while it catches up; None where it does not, or does not say."""
    try:
        answer = connection.rpc("eth_syncing")
    except RpcError as error:
        if error.values.get("code") in _NO_METHOD:
            return None
        raise
    return quantity(answer.get("currentBlock"), "currentBlock") if isinstance(answer, dict) else None
