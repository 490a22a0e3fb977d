"""What an audit of any governor hands on: what was trusted, compared and found, and every proposal."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from dao.audit.findings import Finding
from dao.audit.notice import Notice, PatternResult
from dao.governors.profile import GovernorDeployment
from dao.replay.tally import Tally
from dao.types import Address, ProposalState


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignProposal:
    """One proposal at the end of the audit.

    Args:
        id: Its id.
        proposer: Who made it.
        title: First line of its description, with bytes that are no UTF-8 escaped. Hostile text.
        state: Its state at the end block.
        snapshot: Timepoint whose voting power counts, in the unit of the governor's clock.
        deadline: Last timepoint at which ballots count.
        tally: Votes.
        quorum: Votes that it needs by the rules of its snapshot; None where nobody knows yet.
        ballots: How many ballots were cast.
        canceled_by: Who may have cancelled it, as far as logs say; None where it is not cancelled.
        block: Block in which it was made.
    """

    id: int
    proposer: Address
    title: str
    state: ProposalState
    snapshot: int
    deadline: int
    tally: Tally
    quorum: int | None
    ballots: int
    canceled_by: str | None
    block: int

    def as_dict(self) -> dict[str, object]:
        """The proposal as JSON holds it; ids and votes are decimal strings."""
        return {
            "id": str(self.id),
            "proposer": self.proposer,
            "title": self.title,
            "state": self.state.name.lower(),
            "snapshot": self.snapshot,
            "deadline": self.deadline,
            "for": str(self.tally.for_votes),
            "against": str(self.tally.against_votes),
            "abstain": str(self.tally.abstain_votes),
            "quorum": None if self.quorum is None else str(self.quorum),
            "ballots": self.ballots,
            "canceled_by": self.canceled_by,
            "block": self.block,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """One rule of the replay, or the contracts' answers: how much was compared, how many findings there are."""

    check: str
    sentence: str
    compared: int
    findings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GovernorReport:
    """The result of an audit of a governor that is not this project's.

    Args:
        chain_id: The chain.
        from_block: First block of the logs.
        to_block: Last block of the logs, and the one at which the contracts were asked.
        deployment: The contracts, and what kind they are.
        logs: How many logs were replayed.
        unknown: How many of them are events that the deployment added.
        asked_contracts: Whether the contracts were asked, or the logs alone compared.
        trusted: What was taken from views because no log tells it, by name.
        rules: Everything that was compared.
        findings: Every contradiction.
        patterns: Every pattern that was looked for, in its order.
        notices: Every pattern that was seen, which contradicts nothing.
        proposals: Every proposal, in the order in which they were made.
    """

    chain_id: int
    from_block: int
    to_block: int
    deployment: GovernorDeployment
    logs: int
    unknown: int
    asked_contracts: bool
    trusted: tuple[tuple[str, int], ...]
    rules: tuple[RuleResult, ...]
    findings: tuple[Finding, ...]
    patterns: tuple[PatternResult, ...]
    notices: tuple[Notice, ...]
    proposals: tuple[ForeignProposal, ...]

    @property
    def compared(self) -> int:
        """How many comparisons were made in all."""
        return sum(rule.compared for rule in self.rules)

    @property
    def verdict(self) -> str:
        """`agrees` where nothing contradicts."""
        return "disagrees" if self.findings else "agrees"

    def as_dict(self) -> dict[str, object]:
        """The report as JSON holds it."""
        return {
            "verdict": self.verdict,
            "chain_id": self.chain_id,
            "from_block": self.from_block,
            "to_block": self.to_block,
            "deployment": self.deployment.to_dict(),
            "logs": self.logs,
            "unknown": self.unknown,
            "asked_contracts": self.asked_contracts,
            "trusted": {name: str(value) for name, value in self.trusted},
            "compared": self.compared,
            "rules": [
                {"check": r.check, "sentence": r.sentence, "compared": r.compared, "findings": r.findings}
                for r in self.rules
            ],
            "findings": [finding.as_dict() for finding in self.findings],
            "patterns": [asdict(pattern) for pattern in self.patterns],
            "notices": [notice.as_dict() for notice in self.notices],
            "proposals": [proposal.as_dict() for proposal in self.proposals],
        }
