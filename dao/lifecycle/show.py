"""One proposal with everything a voter wants to know of it."""

from __future__ import annotations

from dataclasses import dataclass

from dao.chain.connection import Block
from dao.chain.contracts import Standing
from dao.errors import ConnectionFailed, DaoError, ProposalError
from dao.lifecycle.actions import decode
from dao.lifecycle.check import check
from dao.lifecycle.effect import Effect, effect_of
from dao.lifecycle.examined import OPEN
from dao.lifecycle.proposals import ChainProposal, standing
from dao.lifecycle.session import Session
from dao.lifecycle.verdict import CheckResult
from dao.lifecycle.voter import Voter, voter
from dao.proposal.actions import Action
from dao.proposal.description import parse_description
from dao.proposal.document import ProposalDocument
from dao.types import Address, ProposalState


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
        block: The block at which all of this was read.
        voter: How the account that was asked for stands to it; None where none was.
        checks: What the checks of it say; None where they were not run.
        unchecked: Why they were not run.
    """

    proposal: ChainProposal
    standing: Standing
    quorum: int | None
    actions: tuple[Action, ...]
    document: ProposalDocument | None
    effect: Effect | None
    effect_error: str | None
    block: Block
    voter: Voter | None = None
    checks: tuple[CheckResult, ...] | None = None
    unchecked: str = ""


def show(session: Session, proposal: ChainProposal, *, account: Address | None = None, checked: bool = False) -> Shown:
    """`proposal` decoded, with its tally and what it would change.

    Args:
        session: The deployment.
        proposal: The proposal.
        account: Whose power and ballot, and whose delegate's ballot, are wanted besides.
        checked: Whether its checks are run, which executes it in a copy of the chain where it is not over.
    """
    block = session.connection.block()
    now = standing(session, proposal, block=block.number)
    policy = session.contracts.policy.read(block=block.number)
    quorum = None
    if now.state is not ProposalState.PENDING and block.timestamp > now.snapshot:
        quorum = session.contracts.governor.quorum(proposal.proposal_id, block=block.number)
    try:
        document: ProposalDocument | None = parse_description(proposal.text).document
    except ProposalError:
        document = None
    effect, effect_error = None, None
    if now.state in OPEN:
        try:
            effect = effect_of(
                proposal.calls,
                policy,
                contract=session.deployment.addresses.policy,
                first_open=policy.first_open_epoch(block.timestamp),
            )
        except DaoError as error:
            effect_error = f"executed now, it would fail: {error}"
    checks, unchecked = _checks(session, proposal, now) if checked else (None, "not asked for")
    return Shown(
        proposal=proposal,
        standing=now,
        quorum=quorum,
        actions=decode(session, proposal.calls, policy),
        document=document,
        effect=effect,
        effect_error=effect_error,
        block=block,
        voter=None if account is None else voter(session, proposal, account, block=block),
        checks=checks,
        unchecked=unchecked,
    )


def _checks(session: Session, proposal: ChainProposal, now: Standing) -> tuple[tuple[CheckResult, ...] | None, str]:
    """What the checks of `proposal` say; or nothing, and why."""
    if now.state not in OPEN:
        return None, f"it is {now.state.name.lower()}, and cannot be executed any more"
    try:
        return tuple(check(session, proposal)), ""
    except ConnectionFailed:
        raise
    except DaoError as error:
        return None, f"they could not be run: {error}"
