"""Casts a ballot: for, against, abstain, or a split of the weight; and says why somebody cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dao import artifacts
from dao.chain.transaction import Receipt
from dao.document.moments import moment, roughly
from dao.errors import TransactionFailed, VoteRefused
from dao.lifecycle.outgoing import Confirm, transact, unasked
from dao.lifecycle.power import power
from dao.lifecycle.proposals import ChainProposal, standing
from dao.lifecycle.session import Session
from dao.lifecycle.wording import amount
from dao.types import BASIS_POINTS, ZERO_ADDRESS, Address, ProposalState, Support


@dataclass(frozen=True, slots=True)
class Split:
    """How much of the weight goes to one option, in basis points."""

    support: Support
    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CastVote:
    """A ballot that was counted. Weights are in the token's smallest unit."""

    proposal_id: int
    voter: Address
    against: int
    for_: int
    abstain: int
    receipt: Receipt


def cast(
    session: Session,
    proposal: ChainProposal,
    choice: Support | Sequence[Split],
    *,
    reason: str = "",
    confirm: Confirm = unasked,
) -> CastVote:
    """Casts the signer's ballot on `proposal` with all the weight that is left to it.

    Args:
        session: The deployment and the voter.
        proposal: What is voted on.
        choice: One option, or a split whose shares sum to 10,000 basis points; the last option of a split takes the
            rounding remainder.
        reason: Text to be recorded with the ballot.
        confirm: Sees the decoded transaction before it is sent.

    Raises:
        VoteRefused: Voting is not open, or this account has no weight (left); says why and what to do.
    """
    governor = session.contracts.governor
    weight = remaining_weight(session, proposal, session.sender)
    arguments: tuple[Any, ...]
    if isinstance(choice, Support):
        if reason:
            function, arguments = "castVoteWithReason", (choice, reason)
        else:
            function, arguments = "castVote", (choice,)
    else:
        function, arguments = (
            "castVoteWithReasonAndParams",
            (Support.FRACTIONAL, reason, split_params(choice, weight)),
        )
    receipt = transact(
        session,
        governor,
        function,
        proposal.proposal_id,
        *arguments,
        title=proposal.title,
        weight=weight,
        confirm=confirm,
    )
    return _counted(proposal, session.sender, receipt)


def split_params(splits: Sequence[Split], weight: int) -> bytes:
    """The 48 bytes by which `GovernorCounting` takes a split of `weight`: against, for, abstain.

    Raises VoteRefused when the shares do not sum to the whole, or an option is named twice.
    """
    total = sum(split.share for split in splits)
    options = [split.support for split in splits]
    negative = any(split.share < 0 for split in splits)
    if total != BASIS_POINTS or negative or len(set(options)) != len(options) or Support.FRACTIONAL in options:
        raise VoteRefused(
            "the split does not add up",
            expected="for, against and abstain at most once each, together 100%",
            found=", ".join(
                f"{split.support.name.lower()}={split.share // 100}.{split.share % 100:02d}%" for split in splits
            ),
        )
    amounts = {Support.AGAINST: 0, Support.FOR: 0, Support.ABSTAIN: 0}
    for split in splits[:-1]:
        amounts[split.support] = weight * split.share // BASIS_POINTS
    amounts[splits[-1].support] = weight - sum(amounts.values())
    return b"".join(amounts[option].to_bytes(16, "big") for option in (Support.AGAINST, Support.FOR, Support.ABSTAIN))


def split_amounts(params: bytes) -> dict[Support, int] | None:
    """What `split_params` wrote, in the token's smallest unit; None for bytes of another form."""
    if len(params) != 48:
        return None
    options = (Support.AGAINST, Support.FOR, Support.ABSTAIN)
    return {option: int.from_bytes(params[16 * index : 16 * index + 16], "big") for index, option in enumerate(options)}


def remaining_weight(session: Session, proposal: ChainProposal, voter: Address) -> int:
    """The weight that `voter` can still cast on `proposal`. Raises VoteRefused where it is zero or voting is closed."""
    ahead = session.connection.ahead()
    now = standing(session, proposal, block=ahead.ref)
    if now.state is not ProposalState.ACTIVE:
        if now.state is ProposalState.PENDING:
            raise VoteRefused(
                "voting has not begun",
                expected=f"a moment after {moment(now.snapshot)}",
                found=moment(ahead.timestamp),
                remedy=f"wait {roughly(now.snapshot + 1 - ahead.timestamp)}",
                values={"state": "pending", "opens": now.snapshot},
            )
        raise VoteRefused(
            f"voting is over: the proposal is {now.state.name.lower()}",
            expected=f"a ballot until {moment(now.deadline)}",
            found=moment(ahead.timestamp),
            remedy="see `dao proposal show` for the outcome",
            values={"state": now.state.name.lower(), "deadline": now.deadline},
        )
    used = int(session.contracts.governor.ask("usedVotes", proposal.proposal_id, voter, block=ahead.ref))
    at_snapshot = session.contracts.token.past_votes(voter, proposal.snapshot, block=ahead.ref)
    if at_snapshot > used:
        return at_snapshot - used
    if used:
        raise VoteRefused(
            f"{voter} has voted already, with all its weight",
            found=amount(used, session.deployment),
            remedy="a ballot cannot be changed; see `dao proposal show` for the tally",
            values={"used": str(used)},
        )
    raise _powerless(session, proposal, voter)


def _powerless(session: Session, proposal: ChainProposal, voter: Address) -> VoteRefused:
    own = power(session, voter, snapshot=proposal.snapshot)
    values = {
        "balance": str(own.balance),
        "delegate": own.delegate,
        "votes": str(own.votes),
        "snapshot": proposal.snapshot,
    }
    if own.votes:
        cause = "its voting power was acquired after the snapshot"
        remedy = "it counts from the next proposal on"
    elif own.balance == 0:
        cause = "it holds no tokens, and nobody delegated to it"
        remedy = "tokens count once they are delegated before a proposal's snapshot"
    elif own.delegate == ZERO_ADDRESS:
        cause = "its tokens were never delegated"
        remedy = "run `dao delegate self`: they count from the next proposal's snapshot on"
    else:
        cause = f"its tokens are delegated to {own.delegate}; whoever they were delegated to at the snapshot votes"
        remedy = "ask the delegate, or run `dao delegate self` before the next proposal's snapshot"
    return VoteRefused(f"{voter} has no voting power on this proposal: {cause}", remedy=remedy, values=values)


def _counted(proposal: ChainProposal, voter: Address, receipt: Receipt) -> CastVote:
    abi = artifacts.load("RewardGovernor").abi
    plain, with_params = abi.event("VoteCast"), abi.event("VoteCastWithParams")
    for log in receipt.logs:
        if log.topics and log.topics[0] == plain.hash:
            account, identity, support, weight, _ = plain.decode_log(log.topics, log.data)
            against, for_, abstain = (weight if support == option else 0 for option in (0, 1, 2))
        elif log.topics and log.topics[0] == with_params.hash:
            account, identity, _, _, _, params = with_params.decode_log(log.topics, log.data)
            against, for_, abstain = (int.from_bytes(params[start : start + 16], "big") for start in (0, 16, 32))
        else:
            continue
        if account == voter and identity == proposal.proposal_id:
            return CastVote(
                proposal_id=identity, voter=voter, against=against, for_=for_, abstain=abstain, receipt=receipt
            )
    raise TransactionFailed(
        "the transaction was mined, but the governor did not count the ballot",
        expected="a VoteCast event",
        found="0x" + receipt.hash.hex(),
    )
