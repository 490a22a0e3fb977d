"""How an account stands to a proposal: its power at the snapshot, its ballots, and those of its delegate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dao import artifacts
from dao.chain.connection import Block
from dao.chain.logs import fetch
from dao.errors import RpcError
from dao.events.decode import decode_log
from dao.events.model import DelegateChanged, VoteCast, VoteCastWithParams
from dao.lifecycle.proposals import ChainProposal
from dao.lifecycle.session import Session
from dao.lifecycle.vote import split_amounts
from dao.types import ZERO_ADDRESS, Address, Support

_BALLOTS = (VoteCast, VoteCastWithParams)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voting:
    """What an account can cast on a proposal and what it has cast, in the token's smallest unit.

    Args:
        account: The account.
        now: Its voting power now.
        power: Its voting power at the snapshot; None until that is over.
        used: What it has cast of that, as the governor counts it.
        votes: What its ballots said, by option, from the governor's logs.
        reasons: The reasons given with them, as text. Hostile.
    """

    account: Address
    now: int
    power: int | None
    used: int
    votes: dict[Support, int]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Voter:
    """An account and whoever votes with its tokens.

    Args:
        own: The account's own power and ballots.
        delegate: Who had its voting power at the snapshot, or has it now while that is not over; the zero address
            where nobody has, the account itself where it votes itself.
        delegated: The delegate's power and ballots; None where that is nobody or the account itself.
    """

    own: Voting
    delegate: Address
    delegated: Voting | None


def voter(session: Session, proposal: ChainProposal, account: Address, *, block: Block) -> Voter:
    """How `account` and its delegate stand to `proposal` at `block`.

    Raises RpcError when the node answers with other logs than it was asked for.
    """
    delegate = _delegate_at(session, account, min(proposal.snapshot, block.timestamp), block)
    others = [] if delegate in (ZERO_ADDRESS, account) else [delegate]
    own, *delegated = _votings(session, proposal, [account, *others], block)
    return Voter(own=own, delegate=delegate, delegated=delegated[0] if delegated else None)


def _votings(session: Session, proposal: ChainProposal, accounts: Sequence[Address], block: Block) -> list[Voting]:
    token, governor = session.contracts.token, session.contracts.governor
    is_over = block.timestamp > proposal.snapshot
    views = []
    for account in accounts:
        views += [token.view("getVotes", account), governor.view("usedVotes", proposal.proposal_id, account)]
        if is_over:
            views.append(token.view("getPastVotes", account, proposal.snapshot))
    answers = [int(answer[0]) for answer in session.connection.views(views, block=block.number)]
    step = len(views) // len(accounts)
    found = []
    for index, account in enumerate(accounts):
        now, used, *power = answers[index * step : (index + 1) * step]
        votes, reasons = _ballots(session, proposal, account, block) if used else ({}, ())
        found.append(
            Voting(account=account, now=now, power=power[0] if power else None, used=used, votes=votes, reasons=reasons)
        )
    return found


def _ballots(
    session: Session, proposal: ChainProposal, account: Address, block: Block
) -> tuple[dict[Support, int], tuple[str, ...]]:
    """What the ballots of `account` on `proposal` say together, and their reasons."""
    governor = session.contracts.governor
    abi = artifacts.load(governor.artifact).abi
    logs = fetch(
        session.connection,
        [governor.address],
        from_block=proposal.block_number,
        to_block=block.number,
        topics=[abi.event(kind.__name__).hash for kind in _BALLOTS],
        indexed=[_topic(account)],
    )
    votes: dict[Support, int] = {}
    reasons = []
    for log in logs:
        event = decode_log(log, governor.artifact)
        if not isinstance(event, _BALLOTS) or event.voter != account:
            raise RpcError("the node answered with another event than it was asked for", found=type(event).__name__)
        if event.proposal_id != proposal.proposal_id:
            continue
        for support, weight in cast_by(event).items():
            votes[support] = votes.get(support, 0) + weight
        if event.reason:
            reasons.append(event.reason.decode("utf-8", errors="replace"))
    return votes, tuple(reasons)


def cast_by(event: VoteCast | VoteCastWithParams) -> dict[Support, int]:
    """What one logged ballot adds to each option, in the token's smallest unit.

    Raises RpcError where no ballot that the governor counts is logged like this.
    """
    split = split_amounts(event.params) if isinstance(event, VoteCastWithParams) else None
    if event.support == Support.FRACTIONAL and split is not None:
        return {support: weight for support, weight in split.items() if weight}
    if event.support not in (Support.AGAINST, Support.FOR, Support.ABSTAIN):
        raise RpcError(
            "the node's log of a ballot is none that the governor makes",
            expected="support 0, 1 or 2, or 255 with three weights",
            found=event.support,
        )
    return {Support(event.support): event.weight}


def _delegate_at(session: Session, account: Address, timepoint: int, block: Block) -> Address:
    """Who had the voting power of `account` at `timepoint`: the last delegation until then, `Votes.delegates`."""
    token = session.contracts.token
    logs = fetch(
        session.connection,
        [token.address],
        from_block=session.deployment.start_block,
        to_block=block.number,
        topics=[artifacts.load(token.artifact).abi.event(DelegateChanged.__name__).hash],
        indexed=[_topic(account)],
    )
    delegate = ZERO_ADDRESS
    for log in logs:
        event = decode_log(log, token.artifact)
        if not isinstance(event, DelegateChanged) or event.delegator != account:
            raise RpcError("the node answered with another event than it was asked for", found=type(event).__name__)
        if log.timestamp > timepoint:
            break
        delegate = event.to_delegate
    return delegate


def _topic(account: Address) -> bytes:
    return bytes(12) + bytes.fromhex(account[2:])
