"""The reward policy in force as other programs read it: from a chain, from an audit's replay, or from an exported file.

    >>> from dao import RewardPolicy
    >>> policy = RewardPolicy.from_chain("http://127.0.0.1:8545", "deployments/31337.json")
    >>> epoch = policy.epoch_at(timestamp)
    >>> policy.emission("compute/jobs", epoch)
    1500000000000

Amounts are integers in the token's smallest unit (wei), timestamps and durations are in seconds, shares are in basis
points. A stream is named by its path (`"compute/jobs"`, `"root"`) or by its id on chain, the keccak-256 hash of the
path: 32 bytes, or `0x` and 64 hexadecimal digits. The three sources give equal objects for equal policies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from dao.abi import checksum
from dao.chain.connection import BlockRef, Connection
from dao.chain.policy import RewardPolicyContract
from dao.errors import (
    CallReverted,
    ConnectionFailed,
    DeploymentError,
    DocumentError,
    NotReported,
    PolicyError,
    RpcError,
    WrongChain,
)
from dao.lifecycle.journal import Deployment, load_complete
from dao.rewards.changes import Allocation
from dao.rewards.file import load
from dao.rewards.policy import Policy
from dao.rewards.reports import Reports
from dao.rewards.streams import ROOT, parent_of, stream_id
from dao.types import Address, is_hex_address

__all__ = [
    "Allocation",
    "ConnectionFailed",
    "DeploymentError",
    "DocumentError",
    "NotReported",
    "PolicyError",
    "RewardPolicy",
    "RpcError",
    "Share",
    "WrongChain",
]


class Replayed(Protocol):
    """What a replay ends with: an audit's report, or the state that it was made of."""

    @property
    def policy(self) -> Policy | None:
        """The policy as its events made it; None where it was never created."""


@dataclass(frozen=True, slots=True)
class Share:
    """How a stream is allotted its part of its parent's emission.

    Args:
        allocation: By a carve-out, a share, as the residual, or not at all.
        basis_points: The share of what the parent's carve-outs leave, out of 10,000; 0 for a carve-out.
    """

    allocation: Allocation
    basis_points: int


@dataclass(frozen=True)
class RewardPolicy:
    """A reward policy through all epochs, those that were and those that are planned. Frozen; equal by content.

    Made by `from_chain`, `from_replay` or `from_file`.

    Args:
        policy: The policy itself, for what this class does not offer.
    """

    policy: Policy = field(compare=False, repr=False)
    _paths: Mapping[bytes, str] = field(init=False, repr=False, compare=False)
    _written: tuple[bytes, tuple[tuple[str, Reports], ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        paths = {stream_id(path): path for path in self.policy.streams}
        object.__setattr__(self, "_paths", MappingProxyType(paths))
        # The hash covers everything but the reports: what it is equal by.
        reports = ((stream, made) for stream, made in sorted(self.policy.reports.items()) if made.until)
        object.__setattr__(self, "_written", (self.policy.hash, tuple(reports)))

    def __repr__(self) -> str:
        """The policy by its hash."""
        return f"<RewardPolicy 0x{self.hash.hex()}: {', '.join(self.streams)}>"

    # ------------------------------------------------------------ where it is read from

    @classmethod
    def from_chain(
        cls,
        node: str | Connection,
        deployment: str | Path | Deployment | Address,
        *,
        block: BlockRef = "latest",
    ) -> RewardPolicy:
        """The policy that the contract holds at a block.

        Args:
            node: A node's JSON-RPC address (http or https), or an open connection.
            deployment: The deployment file that `dao deploy` wrote, its content, or the address of the RewardPolicy
                contract. The file also says which chain it is for; an address is believed.
            block: A block number, or the newest. An old block takes a node that keeps old states.

        Raises:
            ConnectionFailed: The node does not answer.
            WrongChain: It is on another chain than the deployment.
            DeploymentError: The deployment file is missing, damaged or unfinished.
            RpcError: The node refuses, has no such block, or no RewardPolicy answers at the address.
        """
        connection = node if isinstance(node, Connection) else Connection.open(node)
        if isinstance(deployment, str) and is_hex_address(deployment):
            address = checksum(deployment)
        else:
            known = deployment if isinstance(deployment, Deployment) else load_complete(Path(deployment))
            connection.require_chain(known.chain_id)
            address = known.addresses.policy
        # All reads of one policy are of one block, also where the chain grows meanwhile.
        number = connection.block().number if block == "latest" else block
        try:
            return cls(RewardPolicyContract(connection, address).read(block=number))
        except CallReverted as error:
            raise RpcError("no RewardPolicy answers at this address", found=address) from error

    @classmethod
    def from_replay(cls, replayed: Replayed | Policy) -> RewardPolicy:
        """The policy that the logs make.

        Args:
            replayed: An AuditReport of `dao.audit.run`, a GovernanceState of `dao.replay.replay`, or the policy in one.

        Raises PolicyError where the logs never create one.
        """
        policy = replayed if isinstance(replayed, Policy) else replayed.policy
        if policy is None:
            raise PolicyError("the replayed logs never create a reward policy")
        return cls(policy)

    @classmethod
    def from_file(cls, path: str | Path, *, expected_hash: bytes | str | None = None) -> RewardPolicy:
        """The policy in a file that `dao policy export` wrote.

        Args:
            path: The file.
            expected_hash: The `policyHash` that it must have: 32 bytes, or `0x` and 64 hexadecimal digits. Without it,
                the file is only known to be whole, not to be anybody's policy in force.

        Raises DocumentError when it cannot be read, was changed after it was written, or holds another policy;
        PolicyError for an `expected_hash` that is no hash.
        """
        wanted = None if expected_hash is None else _word(expected_hash, "this is no policy hash")
        return cls(load(Path(path), expected_hash=wanted).policy)

    # ------------------------------------------------------------ what it is

    @property
    def genesis(self) -> int:
        """Timestamp at which epoch 0 begins (seconds since the Unix epoch)."""
        return self.policy.genesis

    @property
    def epoch_length(self) -> int:
        """Seconds in an epoch."""
        return self.policy.epoch_length

    @property
    def hash(self) -> bytes:
        """`RewardPolicy.policyHash`: the chain of hashes over every change so far, 32 bytes."""
        return self.policy.hash

    @property
    def streams(self) -> tuple[str, ...]:
        """The paths of all streams in the order in which they were added, the root first."""
        return self.policy.streams

    def path(self, stream: str | bytes) -> str:
        """The path of `stream`, which is named by path or id. Raises PolicyError when there is none."""
        if isinstance(stream, str) and stream in self.policy.streams:
            return stream
        if isinstance(stream, bytes) or stream.startswith("0x"):
            identity = _word(stream, "this is no stream's id")
            if identity in self._paths:
                return self._paths[identity]
        shown = "0x" + stream.hex() if isinstance(stream, bytes) else stream
        raise PolicyError("no such stream", expected=", ".join(self.streams), found=shown)

    def id(self, stream: str | bytes) -> bytes:
        """The id of `stream` on chain, 32 bytes. Raises PolicyError when there is no such stream."""
        return stream_id(self.path(stream))

    def parent(self, stream: str | bytes) -> str | None:
        """The path of the stream above `stream`; None for the root. Raises PolicyError for an unknown stream."""
        path = self.path(stream)
        return None if path == ROOT else parent_of(path)

    def children(self, stream: str | bytes, epoch: int) -> tuple[str, ...]:
        """The paths that the emission of `stream` is split over in `epoch`, in the order of the split.

        Raises PolicyError for an unknown stream.
        """
        return tuple(part.stream for part in self.policy.parts(self.path(stream), epoch))

    # ------------------------------------------------------------ when

    def epoch_at(self, timestamp: int) -> int:
        """The epoch that contains `timestamp` (seconds). Raises PolicyError before the genesis."""
        return self.policy.epoch_at(timestamp)

    def start_of(self, epoch: int) -> int:
        """Timestamp at which `epoch` begins (seconds)."""
        return self.policy.start_of(epoch)

    # ------------------------------------------------------------ how much

    def emission(self, stream: str | bytes, epoch: int) -> int:
        """What `stream` may pay in `epoch` (wei); `IRewardPolicy.emission`.

        Raises PolicyError for an unknown stream and for an epoch out of range, NotReported for an epoch whose amount
        depends on a report that was not made.
        """
        return self.policy.emission(self.path(stream), epoch)

    def leaves(self, epoch: int) -> Mapping[str, int]:
        """What every stream that is paid in `epoch` may pay (wei), by path; the values sum to the root's emission.

        A stream without children that no split leads to is left out: it gets nothing.
        """
        amounts: dict[str, int] = {}
        waiting = [ROOT]
        while waiting:
            stream = waiting.pop()
            below = self.children(stream, epoch)
            if below:
                waiting += reversed(below)
            else:
                amounts[stream] = self.emission(stream, epoch)
        return MappingProxyType(amounts)

    def share(self, stream: str | bytes, epoch: int) -> Share:
        """How `stream` is allotted its part of its parent in `epoch`; `IRewardPolicy.share`.

        Raises PolicyError for an unknown stream.
        """
        return Share(*self.policy.share(self.path(stream), epoch))

    def fraction(self, stream: str | bytes, epoch: int) -> Fraction:
        """The part of the root's emission that `stream` gets in `epoch`, exactly; 0 where the root emits nothing.

        `weight` is another thing: that of a resource class. Raises like `emission`.
        """
        whole = self.emission(ROOT, epoch)
        return Fraction(self.emission(stream, epoch), whole) if whole else Fraction(0)

    def is_leaf(self, stream: str | bytes, epoch: int) -> bool:
        """Whether `stream` has no children in `epoch`; only leaves are paid.

        Raises PolicyError for an unknown stream.
        """
        return self.policy.is_leaf(self.path(stream), epoch)

    def weight(self, stream: str | bytes, resource_class: str, epoch: int) -> int:
        """The weight of a unit of `resource_class` in `stream` in `epoch`, times 10^18; `IRewardPolicy.weight`.

        Zero where the stream has no such class. Raises PolicyError for an unknown stream.
        """
        return self.policy.weight(self.path(stream), resource_class, epoch)

    def weights(self, stream: str | bytes, epoch: int) -> Mapping[str, int]:
        """The weight of a unit of every resource class of `stream` in `epoch`, times 10^18, by the class's name.

        Raises PolicyError for an unknown stream.
        """
        classes = self.policy.classes(self.path(stream), epoch)
        return MappingProxyType({made.name: made.weight for made in classes})

    def parameters(self, stream: str | bytes, epoch: int) -> bytes:
        """The encoded parameters of `stream` in `epoch`, as `dao.rewards.parameters` reads them; no bytes for none.

        Raises PolicyError for an unknown stream.
        """
        return self.policy.parameters_at(self.path(stream), epoch)


def _word(value: bytes | str, what: str) -> bytes:
    """The 32 bytes of a hash. Raises PolicyError, with `what`, when it is none."""
    try:
        word = bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else value
    except ValueError:
        word = b""
    if len(word) != 32:
        shown = "0x" + value.hex() if isinstance(value, bytes) else value
        raise PolicyError(what, expected="32 bytes, or 0x and 64 hexadecimal digits", found=shown)
    return word
