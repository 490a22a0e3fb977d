"""From the governor's logs, and the clock, to what happened to each proposal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from dao import artifacts
from dao.chain.connection import Block
from dao.chain.contracts import Standing
from dao.chain.logs import of_blocks, pages
from dao.errors import RpcError
from dao.events.decode import decode_log
from dao.events.log import RawLog
from dao.events.model import (
    Event,
    ProposalCanceled,
    ProposalCreated,
    ProposalExecuted,
    ProposalExtended,
    ProposalQueued,
    VoteCast,
    VoteCastWithParams,
)
from dao.lifecycle.proposals import logged
from dao.lifecycle.session import Session
from dao.lifecycle.voter import cast_by
from dao.lifecycle.watch.facts import Fact, Kind
from dao.types import ProposalState, Support

_BALLOTS = (VoteCast, VoteCastWithParams)
_WATCHED = (*_BALLOTS, ProposalCreated, ProposalExtended, ProposalQueued, ProposalExecuted, ProposalCanceled)
_REASON = 500
"""How many bytes of a reason are kept."""

_FINAL = frozenset(
    {ProposalState.EXECUTED, ProposalState.CANCELED, ProposalState.DEFEATED, ProposalState.EXPIRED},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is remembered of a proposal. `turnout` is for and abstain together; `quorum` is None until it was asked for.

    `is_final` says that nothing can happen to it any more.
    """

    title: str
    snapshot: int
    deadline: int
    turnout: int = 0
    quorum: int | None = None
    is_reached: bool = False
    is_final: bool = False


def logged_facts(
    session: Session,
    known: dict[int, Known],
    *,
    from_block: int,
    to_block: int,
    blocks: Sequence[Block] = (),
    ask_at: int,
) -> Iterator[Fact]:
    """What the governor's logs tell from `from_block` to `to_block`, both included, then in `blocks`, in their order.

    Args:
        session: The deployment.
        known: The proposals that were made before; it is brought up to date.
        from_block: First block.
        to_block: Last block before `blocks`.
        blocks: The blocks that follow it, whose hashes are known.
        ask_at: The block at which the governor is asked for what no log has.

    Raises RpcError when the node does not have one of `blocks`, or a log is of a proposal that no log made.
    """
    governor = session.contracts.governor
    abi = artifacts.load(governor.artifact).abi
    topics = [abi.event(event.__name__).hash for event in _WATCHED]
    alike: Counter[str] = Counter()
    connection, where = session.connection, [governor.address]
    early = pages(connection, where, from_block=from_block, to_block=to_block, topics=topics)
    for page in chain(early, [of_blocks(connection, where, blocks, topics=topics)]):
        events = [(log, decode_log(log, governor.artifact)) for log in page]
        quorums = _quorums(session, known, [event for _, event in events], ask_at)
        for log, event in events:
            for fact in _facts(log, event, known, quorums):
                alike[fact.key] += 1
                yield replace(fact, number=alike[fact.key] - 1)


def _facts(log: RawLog, event: Event, known: dict[int, Known], quorums: Mapping[int, int]) -> Iterator[Fact]:
    """What one log tells."""
    if isinstance(event, ProposalCreated):
        made = logged(log)
        known[event.proposal_id] = Known(title=made.title, snapshot=event.vote_start, deadline=event.vote_end)
        new = _fact(log, Kind.PROPOSED, event.proposal_id, made.title)
        yield replace(new, account=event.proposer, begins=event.vote_start, ends=event.vote_end)
        return
    if not isinstance(event, _WATCHED):
        raise RpcError("the node answered with another event than it was asked for", found=type(event).__name__)
    number = event.proposal_id
    proposal = known.get(number)
    if proposal is None:
        raise RpcError(
            "the node left a log out",
            expected=f"the creation of proposal {number}",
            found=f"none before block {log.block_number}",
            remedy="ask another node",
        )
    if isinstance(event, _BALLOTS):
        yield from _ballot(log, event, known, quorums)
    elif isinstance(event, ProposalExtended):
        known[number] = replace(proposal, deadline=event.extended_deadline)
        yield replace(_fact(log, Kind.EXTENDED, number, proposal.title), ends=event.extended_deadline)
    elif isinstance(event, ProposalQueued):
        yield replace(_fact(log, Kind.QUEUED, number, proposal.title), ready=event.eta_seconds)
    elif isinstance(event, ProposalExecuted):
        yield _fact(log, Kind.EXECUTED, number, proposal.title)
    else:
        yield _fact(log, Kind.CANCELED, number, proposal.title)


def _ballot(
    log: RawLog, event: VoteCast | VoteCastWithParams, known: dict[int, Known], quorums: Mapping[int, int]
) -> Iterator[Fact]:
    number, proposal, votes = event.proposal_id, known[event.proposal_id], cast_by(event)
    yield replace(
        _fact(log, Kind.VOTED, number, proposal.title),
        account=event.voter,
        votes=tuple(sorted(votes.items())),
        reason=event.reason[:_REASON].decode("utf-8", errors="replace"),
    )
    quorum = quorums[number] if proposal.quorum is None else proposal.quorum
    turnout = proposal.turnout + votes.get(Support.FOR, 0) + votes.get(Support.ABSTAIN, 0)
    is_reached = turnout >= quorum
    known[number] = replace(proposal, turnout=turnout, quorum=quorum, is_reached=is_reached)
    if is_reached and not proposal.is_reached:
        yield replace(_fact(log, Kind.QUORUM, number, proposal.title), quorum=quorum)


def _fact(log: RawLog, kind: Kind, proposal_id: int, title: str) -> Fact:
    return Fact(
        kind=kind,
        proposal_id=proposal_id,
        title=title,
        block=log.block_number,
        timestamp=log.timestamp,
        transaction=log.transaction_hash,
    )


def _quorums(session: Session, known: Mapping[int, Known], events: Sequence[Event], ask_at: int) -> dict[int, int]:
    """`proposalQuorum` of what is voted on and whose quorum is not known; it is fixed once votes are cast."""
    voted = {event.proposal_id for event in events if isinstance(event, _BALLOTS)}
    asked = [number for number in sorted(voted) if number not in known or known[number].quorum is None]
    governor = session.contracts.governor
    answers = session.connection.views([governor.view("proposalQuorum", number) for number in asked], block=ask_at)
    return {number: int(answer[0]) for number, answer in zip(asked, answers, strict=True)}


def timed_facts(session: Session, known: dict[int, Known], *, since: Block, blocks: Sequence[Block]) -> list[Fact]:
    """What the clock did after the block `since`, up to the last of `blocks`, the newest of those that follow it.

    Where a block is not among `blocks`, because it lies too far back, the first of them stands for it. Brings `known`
    up to date: what is over for good is not asked for again.
    """
    head = blocks[-1]
    asked = [number for number, proposal in known.items() if not proposal.is_final]
    found = []
    for standing in session.contracts.governor.standings(asked, block=head.number):
        proposal = known[standing.proposal_id]
        for kind, moment in _moments(standing):
            if since.timestamp < moment <= head.timestamp:
                place = next(block for block in blocks if block.timestamp >= moment)
                found.append(
                    Fact(
                        kind=kind,
                        proposal_id=standing.proposal_id,
                        title=proposal.title,
                        block=place.number,
                        timestamp=moment,
                    )
                )
        known[standing.proposal_id] = replace(proposal, is_final=standing.state in _FINAL)
    return found


def _moments(standing: Standing) -> Iterator[tuple[Kind, int]]:
    """What the clock does to a proposal, and the first timestamp at which it is so; `RewardGovernor.state`."""
    if standing.state is ProposalState.CANCELED:
        return
    yield Kind.OPENED, standing.snapshot + 1
    if standing.state not in (ProposalState.PENDING, ProposalState.ACTIVE):
        is_defeated = standing.state is ProposalState.DEFEATED
        yield Kind.DEFEATED if is_defeated else Kind.SUCCEEDED, standing.deadline + 1
    if standing.state is ProposalState.EXPIRED:
        yield Kind.EXPIRED, standing.expiry
