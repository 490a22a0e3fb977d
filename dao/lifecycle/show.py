"""One proposal with everything a voter wants to know of it."""

from __future__ import annotations

from dataclasses import dataclass

from dao.chain.contracts import Standing
from dao.errors import DaoError, ProposalError
from dao.lifecycle.effect import Effect, effect_of
from dao.lifecycle.prepare import context_of
from dao.lifecycle.proposals import ChainProposal, standing
from dao.lifecycle.session import Session
from dao.proposal.actions import Action
from dao.proposal.decoding import decode_calls
from dao.proposal.description import parse_description
from dao.proposal.document import ProposalDocument
from dao.rewards.policy import Policy
from dao.rewards.streams import stream_id
from dao.types import Call, ProposalState


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A proposal on chain, decoded.

    Args:
        proposal: As the chain holds it.
        standing: Where it stands.
        quorum: Votes needed for and abstaining, in the token's smallest unit; None until the snapshot is over.
        actions: Its calls, decoded from the bytes.
        document: What its description carries; None when another tool wrote it.
        effect: What it would do to the reward policy now; None when it is over, or would fail.
        effect_error: Why it would fail.
    """

    proposal: ChainProposal
    standing: Standing
    quorum: int | None
    actions: tuple[Action, ...]
    document: ProposalDocument | None
    effect: Effect | None
    effect_error: str | None


def show(session: Session, proposal: ChainProposal) -> Shown:
    """`proposal` decoded, with its tally and what it would change."""
    now = standing(session, proposal)
    block = session.connection.block()
    policy = session.contracts.policy.read(block=block.number)
    quorum = None
    if now.state is not ProposalState.PENDING and block.timestamp > now.snapshot:
        quorum = session.contracts.governor.quorum(proposal.proposal_id)
    try:
        document: ProposalDocument | None = parse_description(proposal.text).document
    except ProposalError:
        document = None
    effect, effect_error = None, None
    if now.state in (ProposalState.PENDING, ProposalState.ACTIVE, ProposalState.SUCCEEDED, ProposalState.QUEUED):
        try:
            effect = effect_of(
                proposal.calls,
                policy,
                contract=session.deployment.addresses.policy,
                first_open=policy.first_open_epoch(block.timestamp),
            )
        except DaoError as error:
            effect_error = f"executed now, it would fail: {error}"
    return Shown(
        proposal=proposal,
        standing=now,
        quorum=quorum,
        actions=decode(session, proposal.calls, policy),
        document=document,
        effect=effect,
        effect_error=effect_error,
    )


def decode(session: Session, calls: tuple[Call, ...], policy: Policy) -> tuple[Action, ...]:
    """The actions that `calls` are, streams named by their paths."""
    return decode_calls(calls, context_of(session), {stream_id(path): path for path in policy.streams})
