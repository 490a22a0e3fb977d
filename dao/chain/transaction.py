"""One transaction from simulation to receipt: nothing is sent that did not succeed when simulated."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from dao.abi import checksum, keccak
from dao.chain.accounts import Signer
from dao.chain.connection import Connection, hex_bytes, quantity
from dao.chain.logs import to_logs
from dao.chain.outbox import Attempt, Outbox
from dao.chain.request import Request
from dao.chain.reverts import revert_data, to_error
from dao.errors import RpcError, TransactionFailed
from dao.events.log import RawLog
from dao.types import Address

__all__ = [
    "GAS_LIMIT_CAP",
    "Receipt",
    "Request",
    "estimate",
    "resume",
    "send",
    "settle",
    "simulate",
    "simulate_all",
    "wait",
]

GAS_LIMIT_CAP = 16_777_216
"""The most gas that one transaction may use (EIP-7825)."""

SPARE_GAS = 100_000
"""What is added to an estimate at least: where it was made in the second of a checkpoint of votes (ERC20Votes), it does
not see that a later block writes a new one."""

_NO_METHOD = (-32601, -32004)
"""Error codes of a method that a node does not have (JSON-RPC 2.0, EIP-1474)."""

_POLL_SECONDS = 0.02
_POLL_SECONDS_MAX = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A mined transaction that succeeded. `gas_used` is in gas, `timestamp` in seconds."""

    hash: bytes
    block_number: int
    timestamp: int
    gas_used: int
    contract: Address | None
    logs: tuple[RawLog, ...]


def simulate(connection: Connection, sender: Address, request: Request) -> bytes:
    """What `request` would return in the next block. Raises CallReverted with the reason if it would fail."""
    answer = connection.rpc("eth_call", [_call(sender, request), connection.ahead().ref])
    return hex_bytes(answer, "eth_call")


def simulate_all(connection: Connection, sender: Address, requests: Sequence[Request]) -> None:
    """Raises CallReverted if one of `requests`, made one after the other in one block, would fail.

    A node without `eth_simulateV1` simulates the first alone.
    """
    simulate(connection, sender, requests[0])
    if len(requests) == 1:
        return
    calls = [_call(sender, request) for request in requests]
    try:
        answer = connection.rpc("eth_simulateV1", [{"blockStateCalls": [{"calls": calls}]}, "latest"])
    except RpcError as error:
        if error.values.get("code") in _NO_METHOD:
            return
        raise
    try:
        for result in answer[0]["calls"]:
            if quantity(result["status"], "status") != 1:
                raise to_error(revert_data(result.get("error")) or hex_bytes(result["returnData"], "returnData"))
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise RpcError("eth_simulateV1 is malformed", found=str(answer)[:200]) from error


def estimate(connection: Connection, sender: Address, request: Request) -> int:
    """The gas that `request` would need in the next block. Raises CallReverted with the reason if it would fail."""
    return _estimate(connection, _call(sender, request))


def _estimate(connection: Connection, call: dict[str, Any]) -> int:
    return quantity(connection.rpc("eth_estimateGas", [call, connection.ahead().ref]), "eth_estimateGas")


def _call(sender: Address, request: Request) -> dict[str, Any]:
    fields: dict[str, Any] = {"from": sender, "data": "0x" + request.data.hex(), "value": hex(request.value)}
    if request.to is not None:
        fields["to"] = request.to
    return fields


def send(
    connection: Connection,
    signer: Signer,
    request: Request,
    *,
    chain_id: int,
    timeout: float = 180,
    sent: Callable[[str], None] | None = None,
    outbox: Outbox | None = None,
) -> Receipt:
    """Simulates `request`, sends it and waits until it is mined.

    With an `outbox`, a transaction is written there before it leaves. Where one for the same request is found there,
    that one is sent, or another with its nonce: at most one of them can ever be mined.

    Args:
        connection: The node.
        signer: The sender.
        request: What to send.
        chain_id: The chain it is meant for: the deployment's.
        timeout: Seconds to wait for the receipt.
        sent: Called with the transaction's hash as soon as it is sent.
        outbox: Where transactions are recorded until their receipts are seen.

    Raises:
        WrongChain: The node is on another chain; nothing was sent.
        CallReverted: The simulation failed; nothing was sent.
        TransactionFailed: It was mined and failed, or was not mined in time.
    """
    connection.require_chain(chain_id)
    simulate(connection, signer.address, request)
    if outbox is None:
        digest = _dispatch(connection, signer, _fields(connection, signer.address, request, chain_id))
        if sent:
            sent(digest)
        return wait(connection, digest, timeout=timeout)
    with outbox.locked():
        attempt = outbox.find(signer.address, request)
        if attempt is None:
            # Behind what this account has sent elsewhere and is not mined yet.
            nonce = connection.nonce(signer.address, block="pending") if request.nonce is None else request.nonce
            attempt = Attempt.at(signer.address, request, nonce=nonce, block=connection.block().number)
        digest = _send_once(connection, signer, request, attempt, chain_id, outbox)
    if sent:
        sent(digest)
    return outbox.settle(attempt, partial(wait, connection, digest, timeout=timeout))


def resume(
    connection: Connection, sender: Address, request: Request, outbox: Outbox, *, timeout: float = 180
) -> Receipt | None:
    """The receipt of an earlier attempt at `request` that reached the chain; None where there is none.

    An attempt whose nonce went to another transaction is forgotten: it can never be mined.

    Raises:
        TransactionFailed: It was mined and failed, or it waits behind a transaction that the node does not have.
    """
    attempt = outbox.find(sender, request)
    if attempt is None:
        return None
    # In this order: what used the nonce until then is known by its hash afterwards.
    mined = connection.nonce(sender)
    found = next((digest for digest in attempt.hashes if _is_known(connection, digest)), None)
    if found is None and mined > attempt.nonce:
        found = _mined_as(connection, attempt)
        if found is None:
            outbox.forget(attempt)
            return None
    if found is not None:
        outbox.tell(attempt)
        return outbox.settle(attempt, partial(wait, connection, found, timeout=timeout))
    known = connection.nonce(sender, block="pending")
    if known < attempt.nonce:
        raise TransactionFailed(
            "an earlier attempt at this waits behind a transaction that the node does not have",
            expected=f"nonce {attempt.nonce}",
            found=f"nonce {known} comes next for {sender}",
            remedy="nothing was sent. Send what is missing, then run this again; "
            f"or, if the chain was reset, remove {outbox.path}",
            values={"nonce": attempt.nonce, "next": known},
        )
    return None


def settle(connection: Connection, sender: Address, to: Address, outbox: Outbox, *, timeout: float = 180) -> None:
    """Waits until everything that `sender` sent by earlier runs is mined, for whoever looks at the chain afresh then.

    What was signed and never reached the node is not sent: the next transaction takes its nonce. Attempts that are over
    are forgotten where they called `to`, and where another transaction took their nonce.

    Raises TransactionFailed when something is not mined in time.
    """
    for attempt in outbox.attempts():
        if attempt.sender != sender:
            continue
        deadline, pause = time.monotonic() + timeout, _POLL_SECONDS
        while (mined := connection.nonce(sender)) <= attempt.nonce < connection.nonce(sender, block="pending"):
            if time.monotonic() > deadline:
                raise TransactionFailed(
                    "an earlier transaction of this account is not mined yet",
                    expected=f"nonce {attempt.nonce} within {timeout:.0f} s",
                    found=f"nonce {mined} comes next",
                    remedy="nothing was sent; run this again when it is mined",
                )
            time.sleep(pause)
            pause = min(pause * 1.5, _POLL_SECONDS_MAX)
        if mined <= attempt.nonce:
            continue
        known = (connection.rpc("eth_getTransactionByHash", [digest]) for digest in attempt.hashes)
        found = next((entry for entry in known if isinstance(entry, dict)), None)
        if (found is None and attempt.raw is not None) or (found or {}).get("to", "").lower() == to.lower():
            outbox.forget(attempt)


def wait(connection: Connection, digest: str, *, timeout: float = 180) -> Receipt:
    """The receipt of the transaction `digest`. Raises TransactionFailed when it failed or is not mined in time."""
    deadline = time.monotonic() + timeout
    pause = _POLL_SECONDS
    while True:
        answer = connection.rpc("eth_getTransactionReceipt", [digest])
        if answer is not None:
            return _receipt(connection, answer)
        if time.monotonic() > deadline:
            raise TransactionFailed(
                "the transaction is not mined yet",
                expected=f"a receipt within {timeout:.0f} s",
                found=digest,
                remedy="it may still be mined: look it up before you send it again",
            )
        time.sleep(pause)
        pause = min(pause * 1.5, _POLL_SECONDS_MAX)


def _dispatch(connection: Connection, signer: Signer, fields: dict[str, Any]) -> str:
    """Signs and sends; the transaction's hash."""
    raw = signer.sign(fields)
    return signer.send(connection, fields) if raw is None else _broadcast(connection, raw)


def _send_once(
    connection: Connection, signer: Signer, request: Request, attempt: Attempt, chain_id: int, outbox: Outbox
) -> str:
    """Sends `attempt`, signed already or to be signed, so that no more than one of its nonce can be mined; its hash."""
    if attempt.raw is not None:
        try:
            return _broadcast(connection, attempt.raw)
        except RpcError:
            # Of fees that no longer suffice; signed again below, with the same nonce.
            pass
    fields = _fields(connection, signer.address, replace(request, nonce=attempt.nonce), chain_id)
    raw = signer.sign(fields)
    if raw is not None:
        outbox.put(attempt.signed(raw))
        return _broadcast(connection, raw)
    outbox.put(attempt)
    digest = signer.send(connection, fields)
    outbox.put(attempt.sent(digest))
    return digest


def _broadcast(connection: Connection, raw: bytes) -> str:
    """Sends a signed transaction; its hash. One that the node has already is no error."""
    digest = "0x" + keccak(raw).hex()
    try:
        connection.rpc("eth_sendRawTransaction", ["0x" + raw.hex()])
    except RpcError:
        if not _is_known(connection, digest):
            raise
    return digest


def _is_known(connection: Connection, digest: str) -> bool:
    """Whether the node has the transaction `digest`, mined or waiting."""
    return connection.rpc("eth_getTransactionByHash", [digest]) is not None


def _mined_as(connection: Connection, attempt: Attempt) -> str | None:
    """Hash of the mined transaction that carried `attempt` out under a hash that is not known; None if another did.

    Looked for in the blocks since the attempt, by sender and nonce: who signs elsewhere may send what was never heard
    of again.
    """
    if attempt.raw is not None:
        return None
    for number in range(attempt.block, connection.block().number + 1):
        block = connection.rpc("eth_getBlockByNumber", [hex(number), True])
        try:
            for entry in block["transactions"]:
                if checksum(entry["from"]) == attempt.sender and quantity(entry["nonce"], "nonce") == attempt.nonce:
                    return str(entry["hash"]) if _same(entry, attempt) else None
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise RpcError(f"block {number} is malformed", found=str(block)[:200]) from error
    return None


def _same(entry: Any, attempt: Attempt) -> bool:
    to = checksum(entry["to"]) if entry.get("to") else None
    data = hex_bytes(entry["input"], "input")
    return attempt.of(attempt.sender, Request(to=to, data=data, value=quantity(entry["value"], "value")))


def _fields(connection: Connection, sender: Address, request: Request, chain_id: int) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "from": sender,
        "data": "0x" + request.data.hex(),
        "value": hex(request.value),
        "chainId": hex(chain_id),
        "type": "0x2",
    }
    if request.to is not None:
        fields["to"] = request.to
    nonce = connection.nonce(sender) if request.nonce is None else request.nonce
    fields["nonce"] = hex(nonce)
    if request.gas is None:
        gas = _estimate(connection, {key: value for key, value in fields.items() if key != "chainId"})
        fields["gas"] = hex(min(gas + max(gas // 5, SPARE_GAS), max(gas, GAS_LIMIT_CAP)))
    else:
        fields["gas"] = hex(request.gas)
    header = connection.rpc("eth_getBlockByNumber", ["latest", False])
    if not isinstance(header, dict):
        raise RpcError("the node has no newest block", found=header)
    base_fee = quantity(header.get("baseFeePerGas") or "0x0", "baseFeePerGas")
    tip = quantity(connection.rpc("eth_maxPriorityFeePerGas"), "eth_maxPriorityFeePerGas")
    fields["maxPriorityFeePerGas"] = hex(tip)
    fields["maxFeePerGas"] = hex(2 * base_fee + tip)
    return fields


def _receipt(connection: Connection, answer: Any) -> Receipt:
    try:
        number = int(answer["blockNumber"], 16)
        succeeded = int(answer["status"], 16) == 1
        digest = bytes.fromhex(answer["transactionHash"][2:])
        gas_used = int(answer["gasUsed"], 16)
        raw = list(answer["logs"])
        emitters = sorted({checksum(entry["address"]) for entry in raw})
        contract = checksum(answer["contractAddress"]) if answer.get("contractAddress") else None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RpcError("a receipt is malformed", found=str(answer)[:200]) from error
    if not succeeded:
        raise TransactionFailed(
            "the transaction was mined and failed",
            found="0x" + digest.hex(),
            remedy="the chain changed between its simulation and its block: give the command again",
            values={"transaction": "0x" + digest.hex(), "block": number, "gas_used": gas_used},
        )
    return Receipt(
        hash=digest,
        block_number=number,
        timestamp=connection.block(number).timestamp,
        gas_used=gas_used,
        contract=contract,
        logs=tuple(to_logs(connection, raw, addresses=emitters, from_block=number, to_block=number)),
    )
