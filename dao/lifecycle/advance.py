"""Moves a proposal on, by queue, execute, cancel or purge, and checks what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from dao.chain.contracts import Standing
from dao.chain.transaction import Receipt
from dao.document.moments import moment, roughly
from dao.errors import ProposalError, TransactionFailed
from dao.lifecycle.outgoing import Confirm, transact, unasked
from dao.lifecycle.proposals import ChainProposal, standing
from dao.lifecycle.session import Session
from dao.types import ProposalState


@dataclass(frozen=True, slots=True)
class Advanced:
    """Where the proposal stands afterwards, and the transaction that brought it there."""

    standing: Standing
    receipt: Receipt


def queue(session: Session, proposal: ChainProposal, *, confirm: Confirm = unasked) -> Advanced:
    """Schedules a succeeded proposal in the timelock; `Governor.queue`."""
    _require(session, proposal, {ProposalState.SUCCEEDED}, "queued")
    return _advance(session, proposal, "queue", ProposalState.QUEUED, confirm)


def execute(session: Session, proposal: ChainProposal, *, confirm: Confirm = unasked) -> Advanced:
    """Executes a queued proposal whose delay is over; `Governor.execute`."""
    now = _require(session, proposal, {ProposalState.QUEUED}, "executed")
    timestamp = session.connection.ahead().timestamp
    if timestamp < now.eta:
        raise ProposalError(
            "the timelock's delay is not over",
            expected=f"{moment(now.eta)} or later",
            found=moment(timestamp),
            remedy=f"wait {roughly(now.eta - timestamp)}",
            values={"eta": now.eta, "now": timestamp},
        )
    return _advance(session, proposal, "execute", ProposalState.EXECUTED, confirm)


def cancel(session: Session, proposal: ChainProposal, *, confirm: Confirm = unasked) -> Advanced:
    """Cancels a proposal, and its timelock operation if it is queued; `Governor.cancel`.

    The proposer may while it is pending, the guardian until it is executed.
    """
    open_states = set(ProposalState) - {ProposalState.CANCELED, ProposalState.EXPIRED, ProposalState.EXECUTED}
    _require(session, proposal, open_states, "canceled")
    return _advance(session, proposal, "cancel", ProposalState.CANCELED, confirm)


def purge(session: Session, proposal: ChainProposal, *, confirm: Confirm = unasked) -> Advanced:
    """Removes the timelock operation of an expired proposal; `RewardGovernor.purge`. Anyone may."""
    _require(session, proposal, {ProposalState.EXPIRED}, "purged")
    return _advance(session, proposal, "purge", ProposalState.EXPIRED, confirm)


def _require(session: Session, proposal: ChainProposal, states: set[ProposalState], verb: str) -> Standing:
    ahead = session.connection.ahead()
    now = standing(session, proposal, block=ahead.ref)
    if now.state not in states:
        raise ProposalError(
            f"the proposal cannot be {verb} now",
            expected=" or ".join(sorted(state.name.lower() for state in states)),
            found=now.state.name.lower(),
            remedy=_way_out(now, ahead.timestamp),
            values={"proposal_id": str(proposal.proposal_id), "state": now.state.name.lower()},
        )
    return now


def _way_out(now: Standing, timestamp: int) -> str:
    """What can be done with a proposal that stands at `now`, at `timestamp`."""
    if now.state is ProposalState.PENDING:
        return f"it can be voted on from {moment(now.snapshot + 1, timestamp)}"
    if now.state is ProposalState.ACTIVE:
        return f"if it succeeds, it can be queued from {moment(now.deadline + 1, timestamp)}"
    if now.state is ProposalState.SUCCEEDED:
        return f"queue it with `dao proposal queue` before {moment(now.expiry, timestamp)}"
    if now.state is ProposalState.QUEUED:
        return f"execute it with `dao proposal execute` from {moment(now.eta, timestamp)}"
    if now.state is ProposalState.EXECUTED:
        return "nothing is left to do; see `dao policy show`"
    return "this is final: propose it again in a new file"


def _advance(
    session: Session, proposal: ChainProposal, function: str, becomes: ProposalState, confirm: Confirm
) -> Advanced:
    receipt = transact(
        session, session.contracts.governor, function, *proposal.arguments, title=proposal.title, confirm=confirm
    )
    after = standing(session, proposal)
    if after.state is not becomes:
        raise TransactionFailed(
            f"{function} was mined, but the proposal is in another state",
            expected=becomes.name.lower(),
            found=after.state.name.lower(),
        )
    return Advanced(after, receipt)
