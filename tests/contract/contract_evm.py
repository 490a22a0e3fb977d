"""Time, refused calls and other accounts' senders on the chain that Brownie started."""

from __future__ import annotations

from functools import cache
from typing import Any

import brownie
from brownie.network.account import Account

from dao.abi import ContractAbi, decode

Error = tuple[str, tuple[Any, ...]]
"""A custom error's name and values."""

ZERO = "0x" + "0" * 40


def rpc(method: str, *params: Any) -> Any:
    """The result of one JSON-RPC call to the node."""
    answer = brownie.web3.provider.make_request(method, list(params))
    assert "error" not in answer, answer
    return answer["result"]


def now() -> int:
    """Timestamp of the latest block."""
    return int(brownie.web3.eth.get_block("latest")["timestamp"])


def next_at(timestamp: int) -> None:
    """The next block, and so the next transaction, has exactly this timestamp."""
    rpc("evm_setNextBlockTimestamp", hex(timestamp))


def go_to(timestamp: int) -> None:
    """Mines a block with exactly this timestamp: views and refusals see it as the present."""
    next_at(timestamp)
    rpc("evm_mine")
    assert now() == timestamp


def sender(address: Any) -> Account:
    """`address` as a sender, although nobody here holds its key."""
    return brownie.accounts.at(str(address), force=True)


def refused(method: Any, *arguments: Any, by: Any, value: int = 0) -> Error:
    """The error that a contract's method reverts with when `by` calls it now. Fails if it does not revert."""
    call = {"from": str(by), "to": method._address, "data": method.encode_input(*arguments), "value": hex(value)}
    return _error(brownie.web3.provider.make_request("eth_call", [call, "latest"]))


def refused_creation(container: Any, *arguments: Any) -> Error:
    """The error that a contract's constructor reverts with. Fails if it does not revert."""
    call = {"from": str(brownie.accounts[0]), "data": container.deploy.encode_input(*arguments)}
    return _error(brownie.web3.provider.make_request("eth_call", [call, "latest"]))


def decode_error(data: bytes) -> Error:
    """The name and values of a revert, by the errors of every contract in the project."""
    if data[:4] == bytes.fromhex("4e487b71"):
        return "Panic", decode(("uint256",), data[4:])
    if data[:4] == bytes.fromhex("08c379a0"):
        return "Error", decode(("string",), data[4:])
    signature = _errors()[data[:4]]
    return signature.name, decode(signature.input_types, data[4:])


def _error(answer: dict[str, Any]) -> Error:
    assert "error" in answer, f"the call was not refused: {answer}"
    return decode_error(bytes.fromhex(answer["error"]["data"][2:]))


@cache
def _errors() -> dict[bytes, Any]:
    entries = [entry for build in project()._build._contracts.values() for entry in build["abi"]]
    return ContractAbi(entries).errors


def project() -> Any:
    """The loaded Brownie project."""
    return brownie.project.get_loaded_projects()[0]
