"""What is checked before anybody votes: a proposal file or a proposal on chain, as one value."""

from __future__ import annotations

from dataclasses import dataclass

from dao.chain.connection import Block
from dao.chain.contracts import Standing
from dao.errors import DaoError, ProposalError
from dao.lifecycle.effect import Effect, effect_of
from dao.lifecycle.prepare import Compiled, Prepared
from dao.lifecycle.proposals import ChainProposal, standing
from dao.lifecycle.session import Session
from dao.proposal.description import parse_description
from dao.proposal.document import ProposalDocument
from dao.rewards.policy import Policy
from dao.tiers import Tier, TierRules
from dao.types import Address, Call, ProposalState

OPEN = frozenset(
    {ProposalState.PENDING, ProposalState.ACTIVE, ProposalState.SUCCEEDED, ProposalState.QUEUED},
)
"""The states in which a proposal may still be executed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A proposal under examination. Its texts are hostile.

    Args:
        title: Its title.
        text: Everything that a voter reads of it, without the title and the repeated document.
        calls: What it does.
        tier: Its impact tier.
        rules: What that tier needs.
        document: The file, or what the description on chain carries; None where another tool wrote it.
        proposer: Who submits or submitted it; None where a file's proposer is not known.
        proposal_id: The governor's id; None where the proposer is not known.
        chain: The proposal on chain; None for a file.
        standing: Where it stands; None for a file.
        effect: What it does to the policy now; None where the policy would refuse it.
        refusal: Why the policy would refuse it now.
    """

    title: str
    text: str
    calls: tuple[Call, ...]
    tier: Tier
    rules: TierRules
    document: ProposalDocument | None
    proposer: Address | None
    proposal_id: int | None
    chain: ChainProposal | None
    standing: Standing | None
    effect: Effect | None
    refusal: DaoError | None

    @property
    def is_over(self) -> bool:
        """Whether it can never be executed any more."""
        return self.standing is not None and self.standing.state not in OPEN


def examine(session: Session, subject: Compiled | ChainProposal, policy: Policy, block: Block) -> Examined:
    """`subject` as the checks see it.

    Args:
        session: The deployment.
        subject: A compiled file, or a proposal on chain.
        policy: The policy at `block`.
        block: The block at which everything is read.
    """
    if isinstance(subject, Compiled):
        known = subject if isinstance(subject, Prepared) else None
        document = subject.document
        return Examined(
            title=document.title,
            text="\n".join(filter(None, (document.summary, document.discussion))),
            calls=subject.calls,
            tier=subject.tier,
            rules=subject.rules,
            document=document,
            proposer=None if known is None else known.proposer,
            proposal_id=None if known is None else known.identity.proposal_id,
            chain=None,
            standing=None,
            effect=subject.effect,
            refusal=None,
        )
    now = standing(session, subject, block=block.number)
    carried = document_of(subject)
    effect, refusal = None, None
    try:
        effect = effect_of(
            subject.calls,
            policy,
            contract=session.deployment.addresses.policy,
            first_open=policy.first_open_epoch(block.timestamp),
        )
    except DaoError as error:
        refusal = error
    return Examined(
        title=title_of(subject) if carried is None else carried.title,
        text=readable(subject),
        calls=subject.calls,
        tier=now.tier,
        rules=now.rules,
        document=carried,
        proposer=subject.proposer,
        proposal_id=subject.proposal_id,
        chain=subject,
        standing=now,
        effect=effect,
        refusal=refusal,
    )


def document_of(proposal: ChainProposal) -> ProposalDocument | None:
    """The document that the description carries; None where another tool wrote it."""
    try:
        return parse_description(proposal.text).document
    except ProposalError:
        return None


def title_of(proposal: ChainProposal) -> str:
    """The first line of a description, without Markdown's heading mark; empty where it says nothing."""
    return proposal.text.lstrip().split("\n", 1)[0].lstrip("# ").strip()[:200]


def readable(proposal: ChainProposal) -> str:
    """What a voter reads of a proposal on chain besides the title: the summary and the discussion, or all of it."""
    document = document_of(proposal)
    if document is not None:
        return "\n".join(filter(None, (document.summary, document.discussion)))
    lines = proposal.text.lstrip().split("\n", 1)
    return lines[1] if len(lines) > 1 else ""
