"""One transaction from simulation to receipt: nothing is sent that did not succeed when simulated."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dao.abi import checksum
from dao.chain.accounts import Signer
from dao.chain.connection import Connection, hex_bytes, quantity
from dao.chain.logs import to_logs
from dao.errors import RpcError, TransactionFailed
from dao.events.log import RawLog
from dao.types import Address

GAS_LIMIT_CAP = 16_777_216
"""The most gas that one transaction may use (EIP-7825)."""

_POLL_SECONDS = 0.02
_POLL_SECONDS_MAX = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be sent. Without `to`, `data` is creation code. `value` is in wei; a set `nonce` fixes an address."""

    to: Address | None
    data: bytes
    value: int = 0
    nonce: int | None = None


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
    fields: dict[str, Any] = {"from": sender, "data": "0x" + request.data.hex(), "value": hex(request.value)}
    if request.to is not None:
        fields["to"] = request.to
    return hex_bytes(connection.rpc("eth_call", [fields, connection.ahead().ref]), "eth_call")


def send(
    connection: Connection,
    signer: Signer,
    request: Request,
    *,
    chain_id: int,
    timeout: float = 180,
    sent: Callable[[str], None] | None = None,
) -> Receipt:
    """Simulates `request`, sends it and waits until it is mined.

    Args:
        connection: The node.
        signer: The sender.
        request: What to send.
        chain_id: The chain it is meant for: the deployment's.
        timeout: Seconds to wait for the receipt.
        sent: Called with the transaction's hash as soon as it is sent.

    Raises:
        WrongChain: The node is on another chain; nothing was sent.
        CallReverted: The simulation failed; nothing was sent.
        TransactionFailed: It was mined and failed, or was not mined in time.
    """
    connection.require_chain(chain_id)
    simulate(connection, signer.address, request)
    transaction = _fields(connection, signer.address, request, chain_id)
    digest = signer.send(connection, transaction)
    if sent:
        sent(digest)
    return wait(connection, digest, timeout=timeout)


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
    call = {key: value for key, value in fields.items() if key != "chainId"}
    answer = connection.rpc("eth_estimateGas", [call, connection.ahead().ref])
    estimate = quantity(answer, "eth_estimateGas")
    fields["gas"] = hex(min(estimate + estimate // 5, max(estimate, GAS_LIMIT_CAP)))
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
