"""Reads the reward policy from the chain: as it stands, in an epoch, and who changed what by which proposal."""

from __future__ import annotations

from dataclasses import dataclass

from dao.chain.logs import fetch
from dao.errors import PolicyError, ReplayError
from dao.events.decode import Place, decode_log, place_of
from dao.events.model import ProposalExecuted, StreamAdded
from dao.events.policy import written
from dao.lifecycle.session import Session
from dao.rewards.changes import AddStream, Change
from dao.rewards.decoding import read_change
from dao.rewards.policy import Policy
from dao.rewards.streams import ROOT, stream_id
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
    paths = {stream_id(ROOT): ROOT}
    changes = []
    for event, place in decoded:
        write = written(event)
        if write is None or (isinstance(event, StreamAdded) and event.stream == stream_id(ROOT)):
            continue
        try:
            change = read_change(*write, paths)
        except PolicyError as error:
            raise ReplayError("the logs tell of a change that cannot be", found=error) from error
        if isinstance(change, AddStream):
            paths[stream_id(change.path)] = change.path
        # A proposal's effects are logged before its ProposalExecuted.
        after = [index for index in executed.get(place.transaction, []) if index > place.log_index]
        proposal_id = by_place[place.transaction, min(after)] if after else None
        changes.append(PolicyChange(change=change, place=place, proposal_id=proposal_id))
    return changes
