"""The events of OpenZeppelin's and Compound's contracts, as all versions that are replayed emit them.

Where our own contracts emit the same event, its value is the one of `dao.events.model`. Other events of such a contract
are let pass: deployments add their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from dao.abi import keccak
from dao.events import model
from dao.events.decode import Layout, decode_as
from dao.events.log import RawLog
from dao.events.model import Event
from dao.types import Address


class Kind(Enum):
    """What emits a log."""

    ERC20 = "erc20"
    ERC721 = "erc721"
    OPENZEPPELIN = "openzeppelin"
    BRAVO = "bravo"
    CONTROLLER = "controller"
    COMPOUND = "compound"


@dataclass(frozen=True, slots=True)
class OverrideVoteCast(Event):
    """`voter` took `weight` (wei), its own balance, back from its delegate and cast it itself."""

    voter: Address
    proposal_id: int
    support: int
    weight: int
    reason: bytes


@dataclass(frozen=True, slots=True)
class VoteReduced(Event):
    """The ballot of `delegate` lost `weight` (wei) to one whose tokens it had voted with."""

    delegate: Address
    proposal_id: int
    support: int
    weight: int


@dataclass(frozen=True, slots=True)
class SuperQuorumNumeratorUpdated(Event):
    """Votes for that end a vote early, as a fraction of the supply."""

    old_super_quorum_numerator: int
    new_super_quorum_numerator: int


@dataclass(frozen=True, slots=True)
class WhitelistAccountExpirationSet(Event):
    """`account` may propose below the threshold until `expiration` (seconds)."""

    account: Address
    expiration: int


@dataclass(frozen=True, slots=True)
class WhitelistGuardianSet(Event):
    """Who manages the whitelist, and cancels the proposals of those on it."""

    old_guardian: Address
    new_guardian: Address


@dataclass(frozen=True, slots=True)
class QueueTransaction(Event):
    """A call of Compound's timelock waits, and may be made from `eta` (seconds) on."""

    hash: bytes
    target: Address
    value: int
    signature: bytes
    data: bytes
    eta: int


@dataclass(frozen=True, slots=True)
class ExecuteTransaction(Event):
    """A waiting call of Compound's timelock was made."""

    hash: bytes
    target: Address
    value: int
    signature: bytes
    data: bytes
    eta: int


@dataclass(frozen=True, slots=True)
class CancelTransaction(Event):
    """A call of Compound's timelock waits no longer, whether or not it did."""

    hash: bytes
    target: Address
    value: int
    signature: bytes
    data: bytes
    eta: int


@dataclass(frozen=True, slots=True)
class NewDelay(Event):
    """Least seconds between queueing and execution in Compound's timelock."""

    delay: int


@dataclass(frozen=True, slots=True)
class Initialized(Event):
    """A contract behind a proxy got what others get from their constructor; `Initializable`."""

    version: int


def _one_token(source: Address, to: Address, _: int) -> Event:
    return model.Transfer(source, to, 1)


_PROXY: dict[str, Callable[..., Event]] = {"Initialized(uint8)": Initialized, "Initialized(uint64)": Initialized}

_VOTES: dict[str, Callable[..., Event]] = {
    **_PROXY,
    "DelegateChanged(address*,address*,address*)": model.DelegateChanged,
    "DelegateVotesChanged(address*,uint256,uint256)": model.DelegateVotesChanged,
}

_PROPOSALS: dict[str, Callable[..., Event]] = {
    **_PROXY,
    "ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],uint256,uint256,string)": (
        model.ProposalCreated
    ),
    "ProposalCanceled(uint256)": model.ProposalCanceled,
    "ProposalExecuted(uint256)": model.ProposalExecuted,
    "ProposalQueued(uint256,uint256)": model.ProposalQueued,
    "VoteCast(address*,uint256,uint8,uint256,string)": model.VoteCast,
    "VotingDelaySet(uint256,uint256)": model.VotingDelaySet,
    "VotingPeriodSet(uint256,uint256)": model.VotingPeriodSet,
    "ProposalThresholdSet(uint256,uint256)": model.ProposalThresholdSet,
}

_TRANSACTION = "(bytes32*,address*,uint256,string,bytes,uint256)"

EVENTS: dict[Kind, dict[str, Callable[..., Event]]] = {
    Kind.ERC20: {**_VOTES, "Transfer(address*,address*,uint256)": model.Transfer},
    Kind.ERC721: {**_VOTES, "Transfer(address*,address*,uint256*)": _one_token},
    Kind.OPENZEPPELIN: {
        **_PROPOSALS,
        "VoteCastWithParams(address*,uint256,uint8,uint256,string,bytes)": model.VoteCastWithParams,
        "OverrideVoteCast(address*,uint256,uint8,uint256,string)": OverrideVoteCast,
        "VoteReduced(address*,uint256,uint8,uint256)": VoteReduced,
        "ProposalExtended(uint256*,uint64)": model.ProposalExtended,
        "QuorumNumeratorUpdated(uint256,uint256)": model.QuorumNumeratorUpdated,
        "SuperQuorumNumeratorUpdated(uint256,uint256)": SuperQuorumNumeratorUpdated,
        "LateQuorumVoteExtensionSet(uint64,uint64)": model.LateQuorumVoteExtensionSet,
        "ProposalGuardianSet(address,address)": model.ProposalGuardianSet,
        "TimelockChange(address,address)": model.TimelockChange,
    },
    Kind.BRAVO: {
        **_PROPOSALS,
        "WhitelistAccountExpirationSet(address,uint256)": WhitelistAccountExpirationSet,
        "WhitelistGuardianSet(address,address)": WhitelistGuardianSet,
    },
    Kind.CONTROLLER: {
        **_PROXY,
        "CallScheduled(bytes32*,uint256*,address,uint256,bytes,bytes32,uint256)": model.CallScheduled,
        "CallSalt(bytes32*,bytes32)": model.CallSalt,
        "CallExecuted(bytes32*,uint256*,address,uint256,bytes)": model.CallExecuted,
        "Cancelled(bytes32*)": model.Cancelled,
        "MinDelayChange(uint256,uint256)": model.MinDelayChange,
        "RoleGranted(bytes32*,address*,address*)": model.RoleGranted,
        "RoleRevoked(bytes32*,address*,address*)": model.RoleRevoked,
        "RoleAdminChanged(bytes32*,bytes32*,bytes32*)": model.RoleAdminChanged,
    },
    Kind.COMPOUND: {
        f"QueueTransaction{_TRANSACTION}": QueueTransaction,
        f"ExecuteTransaction{_TRANSACTION}": ExecuteTransaction,
        f"CancelTransaction{_TRANSACTION}": CancelTransaction,
        "NewDelay(uint256*)": NewDelay,
    },
}
"""By emitter and declaration, `*` marking what is a topic: what makes the event's value of its parameters."""


def topic(name: str, kind: Kind) -> bytes:
    """The first topic of the event of that name, 32 bytes."""
    return next(found for found, layout in _LAYOUTS[kind].items() if layout.name == name)


def decode_foreign(log: RawLog, kind: Kind) -> Event:
    """The event in `log`, as `dao.events.decode.decode_log`. Raises CodecError where it is not exactly its encoding."""
    return decode_as(log, _LAYOUTS[kind].get(log.topics[0]) if log.topics else None)


def _layout(declaration: str, event: Callable[..., Event]) -> tuple[bytes, Layout]:
    name, _, rest = declaration.partition("(")
    types = rest.removesuffix(")").split(",")
    plain = [kind.removesuffix("*") for kind in types]
    return keccak(f"{name}({','.join(plain)})".encode()), Layout(
        name=name,
        event=event,
        is_indexed=tuple(kind.endswith("*") for kind in types),
        topic_types=tuple(kind[:-1] for kind in types if kind.endswith("*")),
        data_types=tuple(kind.replace("string", "bytes") for kind in types if not kind.endswith("*")),
    )


_LAYOUTS = {kind: dict(_layout(*entry) for entry in events.items()) for kind, events in EVENTS.items()}
