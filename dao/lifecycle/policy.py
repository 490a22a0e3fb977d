"""Reads the reward policy from the chain: as it stands, in an epoch, and who changed what by which proposal."""

from __future__ import annotations

from dataclasses import dataclass

from dao.chain.logs import fetch
from dao.errors import PolicyError, ReplayError
from dao.events.decode import Place, decode_log, place_of
from dao.events.model import Event, PolicyCreated, ProposalExecuted, ScheduleSet, SplitSet, StreamAdded
from dao.lifecycle.session import Session
from dao.rewards.policy import AddStream, Allocation, Change, Part, Policy, SetSchedule, SetSplit, Split, stream_id
from dao.rewards.schedule import Segment, decode_shape
from dao.types import MAX_EPOCH


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyAt:
    """The policy and the epoch asked about; `current` is the epoch of the latest block, None before the genesis."""

    policy: Policy
    epoch: int
    current: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """One change and where it happened. `proposal_id` is None for what the deployment itself set."""

    change: Change
    place: Place
    proposal_id: int | None


def read_policy(session: Session) -> Policy:
    """The whole policy as the contract holds it now."""
    return session.contracts.policy.read()


def policy_at(session: Session, epoch: int | None = None) -> PolicyAt:
    """The policy with the epoch asked for; the current one if None, or epoch 0 before the genesis."""
    block = session.connection.block()
    policy = session.contracts.policy.read(block=block.number)
    current = policy.epoch_at(block.timestamp) if block.timestamp >= policy.genesis else None
    chosen = (current or 0) if epoch is None else epoch
    if not 0 <= chosen <= MAX_EPOCH:
        raise PolicyError("no such epoch", expected=f"0 to {MAX_EPOCH}", found=chosen)
    return PolicyAt(policy=policy, epoch=chosen, current=current)


def policy_history(session: Session) -> list[PolicyChange]:
    """Every change of the policy, oldest first, each with the proposal whose execution made it.

    Raises ReplayError when the logs name a stream that was never added.
    """
    addresses = session.deployment.addresses
    logs = fetch(
        session.connection,
        [addresses.policy, addresses.governor],
        from_block=session.deployment.start_block,
        to_block=session.connection.block().number,
    )
    contract = {addresses.policy: "RewardPolicy", addresses.governor: "RewardGovernor"}
    decoded = [(decode_log(log, contract[log.address]), place_of(log)) for log in logs]
    executed: dict[bytes, list[int]] = {}
    for event, place in decoded:
        if isinstance(event, ProposalExecuted):
            executed.setdefault(place.transaction, []).append(place.log_index)
    by_place = {
        (place.transaction, place.log_index): event.proposal_id
        for event, place in decoded
        if isinstance(event, ProposalExecuted)
    }
    paths: dict[bytes, str] = {}
    changes = []
    for event, place in decoded:
        change = _change(event, paths)
        if change is None:
            continue
        # A proposal's effects are logged before its ProposalExecuted.
        after = [index for index in executed.get(place.transaction, []) if index > place.log_index]
        proposal_id = by_place[place.transaction, min(after)] if after else None
        changes.append(PolicyChange(change=change, place=place, proposal_id=proposal_id))
    return changes


def _change(event: Event, paths: dict[bytes, str]) -> Change | None:
    if isinstance(event, PolicyCreated):
        return None
    if isinstance(event, StreamAdded):
        path = event.path.decode(errors="replace")
        if stream_id(path) != event.stream:
            raise ReplayError("a stream's path does not hash to its id", expected=event.stream.hex(), found=path)
        paths[event.stream] = path
        return AddStream(path)
    if isinstance(event, ScheduleSet):
        segments = tuple(
            Segment(from_epoch, decode_shape(shape, params)) for from_epoch, shape, params in event.segments
        )
        return SetSchedule(_path(paths, event.stream), segments)
    if isinstance(event, SplitSet):
        try:
            parts = tuple(
                Part(_path(paths, stream), Allocation(allocation), share) for stream, allocation, share in event.parts
            )
        except ValueError as error:
            raise ReplayError("the logs name an allocation that does not exist", found=error) from None
        return SetSplit(_path(paths, event.parent), Split(event.from_epoch, parts))
    return None


def _path(paths: dict[bytes, str], stream: bytes) -> str:
    if stream not in paths:
        raise ReplayError("the logs name a stream that was never added", found="0x" + stream.hex())
    return paths[stream]
