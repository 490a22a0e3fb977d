"""Calls and logs of any contract as text: by the deployment's own contracts, else by the functions that are common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from dao import artifacts
from dao.abi import decode, keccak
from dao.errors import CodecError
from dao.events.log import RawLog
from dao.lifecycle.journal import Deployment
from dao.proposal.arguments import parse_signature
from dao.types import Address, Call

MAX_NESTING = 4
"""How deep calls within calls are unpacked."""

_SHOWN = 200
_WORD = 32

COMMON = (
    "transfer(address,uint256)",
    "transferFrom(address,address,uint256)",
    "approve(address,uint256)",
    "mint(address,uint256)",
    "burn(uint256)",
    "grantRole(bytes32,address)",
    "revokeRole(bytes32,address)",
    "transferOwnership(address)",
    "acceptOwnership()",
    "renounceOwnership()",
    "setOwner(address)",
    "delegate(address)",
    "deposit()",
    "withdraw(uint256)",
    "pause()",
    "unpause()",
    "multicall(bytes[])",
    "upgradeTo(address)",
    "upgradeToAndCall(address,bytes)",
    "upgrade(address,address)",
    "upgradeAndCall(address,address,bytes)",
    "changeAdmin(address)",
    "changeProxyAdmin(address,address)",
    "setImplementation(address)",
    "setBeacon(address)",
    "diamondCut((address,uint8,bytes4[])[],address,bytes)",
)
"""Functions of the standards and of widely used contracts, which a target outside the deployment may have."""

_EVENTS = {
    "Transfer(address,address,uint256)": ("address", "address", "uint256"),
    "Approval(address,address,uint256)": ("address", "address", "uint256"),
    "RoleGranted(bytes32,address,address)": ("bytes32", "address", "address"),
    "RoleRevoked(bytes32,address,address)": ("bytes32", "address", "address"),
    "OwnershipTransferred(address,address)": ("address", "address"),
    "Upgraded(address)": ("address",),
    "AdminChanged(address,address)": ("address", "address"),
    "BeaconUpgraded(address)": ("address",),
}
TRANSFER = keccak(b"Transfer(address,address,uint256)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A call in words.

    Args:
        call: The call.
        contract: Name of the deployment's contract; empty for any other target.
        function: Canonical signature; empty where nobody knows it.
        arguments: The decoded arguments in order.
        depth: 0 for the proposal's own calls, more for calls within calls.
    """

    call: Call
    contract: str
    function: str
    arguments: tuple[Any, ...]
    depth: int

    @property
    def name(self) -> str:
        """The function's name; empty where nobody knows it."""
        return self.function.partition("(")[0]


@dataclass(frozen=True, slots=True)
class Transfer:
    """A logged movement of an ERC-20 token, in its smallest unit."""

    token: Address
    source: Address
    to: Address
    value: int


def decoded(calls: Sequence[Call], deployment: Deployment) -> Iterator[Decoded]:
    """Every call in `calls`, each followed by the calls that its arguments hold."""
    for call in calls:
        yield from _decoded(call, deployment, 0)


def named(address: str, deployment: Deployment) -> str:
    """`address`, by its name if it is a contract of the deployment."""
    contract = contract_at(address, deployment)
    name = {"TimelockController": "treasury"}.get(contract, contract)
    return name or address


def contract_at(address: str, deployment: Deployment) -> str:
    """The artifact behind `address`; empty where it is no contract of the deployment."""
    a = deployment.addresses
    names = {
        a.token: a.token_contract,
        a.timelock: "TimelockController",
        a.governor: "RewardGovernor",
        a.policy: "RewardPolicy",
    }
    return names.get(Address(address), "")


def call_text(one: Decoded, deployment: Deployment) -> str:
    """A call in a line. What it holds may be hostile."""
    target = named(one.call.target, deployment)
    paid = f" with {one.call.value} wei" if one.call.value else ""
    inner = "within it: " * bool(one.depth)
    if not one.call.calldata:
        return f"{inner}{target} receives {one.call.value} wei"
    if not one.function:
        return f"{inner}{target}: 0x{one.call.calldata[:_SHOWN].hex()}{paid}"
    return f"{inner}{target}.{one.name}({', '.join(value_text(v, deployment) for v in one.arguments)}){paid}"


def value_text(value: Any, deployment: Deployment) -> str:
    """A decoded value in a few characters. What it holds may be hostile."""
    if isinstance(value, bytes):
        text = "0x" + value.hex()
    elif isinstance(value, (tuple, list)):
        text = f"({', '.join(value_text(entry, deployment) for entry in value)})"
    else:
        text = named(str(value), deployment)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"


def log_text(log: RawLog, deployment: Deployment, streams: Mapping[bytes, str]) -> tuple[str, bool]:
    """A log in a line, and whether its event is known; streams are named by `streams`, paths by their ids."""
    emitter = named(log.address, deployment)
    contract = contract_at(log.address, deployment)
    topic = log.topics[0] if log.topics else b""
    signature = artifacts.load(contract).abi.events.get(topic) if contract else None
    try:
        if signature is not None:
            values = signature.decode_log(log.topics, log.data)
            inputs = zip(signature.inputs, values, strict=True)
            fields = ", ".join(
                f"{one.name} {streams.get(value) or value_text(value, deployment)}"
                if isinstance(value, bytes)
                else f"{one.name} {value_text(value, deployment)}"
                for one, value in inputs
            )
            return f"{emitter}: {signature.name}: {fields}", True
        common = _common_events().get(topic)
        if common is not None:
            name, types = common
            # A standard's event indexes some of its values; topics and data in order are the values in order.
            values = decode(types, b"".join(log.topics[1:]) + log.data)
            return f"{emitter}: {name}: {', '.join(value_text(value, deployment) for value in values)}", True
    except CodecError:
        pass
    topics = ", ".join("0x" + one.hex() for one in log.topics)
    return f"{emitter}: unknown event: topics {topics or 'none'}, {len(log.data)} bytes of data", False


def transfers(logs: Sequence[RawLog]) -> Iterator[Transfer]:
    """The movements of ERC-20 tokens in `logs`, whatever contract logged them."""
    for log in logs:
        if log.topics[:1] != (TRANSFER,):
            continue
        try:
            source, to, value = decode(
                _EVENTS["Transfer(address,address,uint256)"], b"".join(log.topics[1:]) + log.data
            )
        except CodecError:
            continue
        # An ERC-721's last value is indexed: it is a number of a thing, not an amount.
        if len(log.data) == _WORD:
            yield Transfer(token=log.address, source=source, to=to, value=value)


def _decoded(call: Call, deployment: Deployment, depth: int) -> Iterator[Decoded]:
    contract = contract_at(call.target, deployment)
    signature = artifacts.load(contract).abi.functions.get(call.calldata[:4]) if contract else None
    function, arguments = "", ()
    try:
        if signature is not None:
            function, arguments = signature.text, signature.decode_call(call.calldata)
        elif not contract and call.calldata[:4] in _common_functions():
            text, types = _common_functions()[call.calldata[:4]]
            function, arguments = text, decode(types, call.calldata[4:])
    except CodecError:
        function = ""
    one = Decoded(call=call, contract=contract, function=function, arguments=arguments, depth=depth)
    yield one
    if depth < MAX_NESTING:
        for inner in _inner(one):
            yield from _decoded(inner, deployment, depth + 1)


def _inner(one: Decoded) -> Iterator[Call]:
    """The calls that a call's arguments hold."""
    values = one.arguments
    if one.name == "relay":
        yield Call(values[0], values[1], values[2])
    elif one.name == "multicall":
        yield from (Call(one.call.target, 0, data) for data in values[0])
    elif one.name in ("executeBatch", "scheduleBatch"):
        yield from (Call(*entry) for entry in zip(*values[:3], strict=False))
    elif one.name in ("execute", "schedule") and len(values) > 4:
        yield Call(values[0], values[1], values[2])
    elif one.name == "upgradeToAndCall" and values[1]:
        yield Call(one.call.target, 0, values[1])


@cache
def _common_functions() -> dict[bytes, tuple[str, tuple[str, ...]]]:
    return {keccak(text.encode())[:4]: (text, tuple(kind.text for kind in parse_signature(text)[1])) for text in COMMON}


@cache
def _common_events() -> dict[bytes, tuple[str, tuple[str, ...]]]:
    return {keccak(text.encode()): (text.partition("(")[0], types) for text, types in _EVENTS.items()}
