"""Reads the reward policy from the chain: as it stands, in an epoch, and who changed what by which proposal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dao import artifacts
from dao.chain.logs import fetch
from dao.errors import PolicyError, ReplayError
from dao.events.decode import Place, decode_log, place_of
from dao.events.model import PolicyCreated, ProposalExecuted, StreamAdded
from dao.events.policy import written
from dao.lifecycle.proposals import all_proposals
from dao.lifecycle.session import Session
from dao.rewards.changes import AddStream, Change, stream_of
from dao.rewards.decoding import read_change
from dao.rewards.policy import Policy
from dao.rewards.streams import ROOT, stream_id
from dao.types import MAX_EPOCH, Address


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyAt:
    """The policy and the epoch asked about; `current` is the epoch of the latest block, None before the genesis."""

    policy: Policy
    epoch: int
    current: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """One change and where it happened.

    Args:
        change: What changed.
        place: Where the log of it stands.
        deployed: Whether the deployment itself set it.
        proposal_id: The proposal whose execution made it; None where none did.
        proposer: Who made that proposal.
        title: First line of its description. Hostile text.
    """

    change: Change
    place: Place
    deployed: bool = False
    proposal_id: int | None = None
    proposer: Address | None = None
    title: str = ""


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


def policy_history(session: Session, stream: str | None = None) -> list[PolicyChange]:
    """Every change of the policy, or of `stream` alone, oldest first, each with the proposal that made it.

    Raises ReplayError when the logs name a stream that was never added, PolicyError when there is no such stream.
    """
    addresses = session.deployment.addresses
    logs = fetch(
        session.connection,
        [addresses.policy],
        from_block=session.deployment.start_block,
        to_block=session.connection.block().number,
    )
    decoded = [(decode_log(log, "RewardPolicy"), place_of(log)) for log in logs]
    created = {place.transaction for event, place in decoded if isinstance(event, PolicyCreated)}
    executions = _executions(session)
    proposals = {proposal.proposal_id: proposal for proposal in all_proposals(session)}
    paths = {stream_id(ROOT): ROOT}
    changes = []
    for event, place in decoded:
        write = written(event)
        if write is None or (isinstance(event, StreamAdded) and event.stream == stream_id(ROOT)):
            continue
        change = _read(write, paths)
        if isinstance(change, AddStream):
            paths[stream_id(change.path)] = change.path
        # A proposal's effects are logged before its ProposalExecuted.
        by = [identity for index, identity in executions.get(place.transaction, ()) if index > place.log_index]
        proposal = proposals.get(by[0]) if by else None
        changes.append(
            PolicyChange(
                change=change,
                place=place,
                deployed=place.transaction in created,
                proposal_id=by[0] if by else None,
                proposer=proposal.proposer if proposal else None,
                title=proposal.title if proposal else "",
            )
        )
    if stream is not None and stream not in paths.values():
        raise PolicyError("there is no such stream", expected=", ".join(paths.values()), found=stream)
    return [change for change in changes if stream in (None, stream_of(change.change))]


def _executions(session: Session) -> dict[bytes, list[tuple[int, int]]]:
    """Places in their blocks and ids of the proposals that each transaction executed, in order."""
    event = artifacts.load("RewardGovernor").abi.event("ProposalExecuted")
    logs = fetch(
        session.connection,
        [session.deployment.addresses.governor],
        from_block=session.deployment.start_block,
        to_block=session.connection.block().number,
        topics=[event.hash],
    )
    executions: dict[bytes, list[tuple[int, int]]] = {}
    for log in logs:
        executed = decode_log(log, "RewardGovernor")
        if isinstance(executed, ProposalExecuted):
            executions.setdefault(log.transaction_hash, []).append((log.log_index, executed.proposal_id))
    return executions


def _read(write: tuple[str, tuple[Any, ...]], paths: dict[bytes, str]) -> Change:
    try:
        return read_change(*write, paths)
    except PolicyError as error:
        raise ReplayError("the logs tell of a change that cannot be", found=error) from error
