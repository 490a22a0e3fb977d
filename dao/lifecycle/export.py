"""Takes a policy out of the chain: as a policy file, or as one row for each stream and epoch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dao.lifecycle.session import Session
from dao.lifecycle.writes import policy_writes
from dao.rewards.file import PolicyFile
from dao.rewards.outlook import Horizon, decided
from dao.rewards.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one stream gets in one epoch.

    Args:
        stream: Path of the stream.
        epoch: Number of the epoch.
        start: Timestamp at which it begins (seconds).
        amount: What the stream may pay in it (wei); None while it waits for a report.
        allocation: `none`, `carve-out`, `share` or `residual`.
        share: Basis points of what the parent's carve-outs leave.
        leaf: Whether the stream itself is paid; the others are sums of those below.
    """

    stream: str
    epoch: int
    start: int
    amount: int | None
    allocation: str
    share: int
    leaf: bool


def policy_file(session: Session, *, block: int | None = None) -> PolicyFile:
    """The deployment's policy with every write that made it, from the logs up to `block`, else the newest.

    Raises PolicyError where the logs do not make the policy that the contract answers with: the node keeps some back.
    """
    number = session.connection.block("latest" if block is None else block).number
    policy = session.contracts.policy.read(block=number)
    return PolicyFile.of(policy, policy_writes(session, to_block=number))


def rows(policy: Policy, horizon: Horizon) -> Iterator[Row]:
    """One row for each epoch of `horizon` and each stream, by epoch, then in the order of the streams."""
    for epoch in horizon.epochs:
        for stream in policy.streams:
            allocation, share = policy.share(stream, epoch)
            yield Row(
                stream=stream,
                epoch=epoch,
                start=policy.start_of(epoch),
                amount=decided(policy, stream, epoch),
                allocation=allocation.name.lower().replace("_", "-"),
                share=share,
                leaf=policy.is_leaf(stream, epoch),
            )
