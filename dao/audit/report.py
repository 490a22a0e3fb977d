"""What an audit hands on: what was compared, what was found, every proposal, the policy in force, and what was paid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypedDict

from dao.audit.check import Scene
from dao.audit.findings import Finding
from dao.audit.notice import Notice, PatternResult
from dao.audit.payouts import PayoutsSummary, summarise_payouts
from dao.replay.proposal_state import proposal_approval, proposal_quorum, proposal_state
from dao.replay.state import PolicyChange, Proposal
from dao.replay.tally import Tally
from dao.rewards.changes import Budget, Parameters, Rail, Reporter, Split, Weights, describe
from dao.rewards.policy import Policy
from dao.rewards.schedule import Segment
from dao.rewards.values import to_plain
from dao.tiers import Tier
from dao.types import Address, Addresses, ProposalState

Verdict = Literal["agrees", "disagrees"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One check: its name, what it proves, how much was compared, and how many findings it has."""

    name: str
    proves: str
    compared: int
    findings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalSummary:
    """One proposal at the end of the audit.

    Args:
        id: Its id.
        proposer: Who made it.
        title: First line of its description, with bytes that are no UTF-8 escaped. Hostile text.
        state: Its state at the end block.
        snapshot: Timepoint whose voting power counts (seconds).
        tally: Votes (wei).
        tier: Its impact tier.
        approval: Basis points of the votes for and against that those for must exceed.
        quorum: Votes (wei) that it needs; None until the snapshot is over.
        ballots: How many ballots were cast.
        block: Block in which it was made.
        execution: Hash of the transaction that executed its calls, 32 bytes; None unless it is executed.
    """

    id: int
    proposer: Address
    title: str
    state: ProposalState
    snapshot: int
    tally: Tally
    tier: Tier
    approval: int
    quorum: int | None
    ballots: int
    block: int
    execution: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChangeSummary:
    """One change of the policy after its creation, and the proposal that made it; None where none did."""

    what: str
    hash: bytes
    block: int
    timestamp: int
    transaction: bytes
    proposal: int | None


class Summary(TypedDict):
    """The part of a report that tells of the replayed state."""

    proposals: tuple[ProposalSummary, ...]
    policy: Policy | None
    policy_changes: tuple[PolicyChangeSummary, ...]
    payouts: PayoutsSummary | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """The result of an audit.

    Args:
        chain_id: The chain.
        from_block: First block of the logs.
        to_block: Last block of the logs, and the one at which the contracts were asked.
        timepoint: Its timestamp (seconds).
        addresses: The deployment.
        logs: How many logs were replayed.
        asked_contracts: Whether the contracts were asked, or the logs alone compared.
        checks: Every check, in its order.
        findings: Every contradiction, by check.
        patterns: Every pattern that was looked for, in its order.
        notices: Every pattern that was seen, which contradicts nothing.
        proposals: Every proposal, in the order in which they were made.
        policy: The policy as its events made it; None where it was never created.
        policy_changes: What changed it since its creation, in order.
        payouts: What was published and claimed; None where there is no distributor.
    """

    chain_id: int
    from_block: int
    to_block: int
    timepoint: int
    addresses: Addresses
    logs: int
    asked_contracts: bool
    checks: tuple[CheckResult, ...]
    findings: tuple[Finding, ...]
    patterns: tuple[PatternResult, ...]
    notices: tuple[Notice, ...]
    proposals: tuple[ProposalSummary, ...]
    policy: Policy | None
    policy_changes: tuple[PolicyChangeSummary, ...]
    payouts: PayoutsSummary | None

    @property
    def compared(self) -> int:
        """How many comparisons were made in all."""
        return sum(check.compared for check in self.checks)

    @property
    def verdict(self) -> Verdict:
        """`agrees` where nothing contradicts: logs, replay and contracts say the same."""
        return "disagrees" if self.findings else "agrees"

    def as_dict(self) -> dict[str, object]:
        """The report as JSON holds it; ids and amounts are decimal strings, as they exceed what most readers keep."""
        return {
            "verdict": self.verdict,
            "chain_id": self.chain_id,
            "from_block": self.from_block,
            "to_block": self.to_block,
            "timepoint": self.timepoint,
            "addresses": asdict(self.addresses),
            "logs": self.logs,
            "asked_contracts": self.asked_contracts,
            "compared": self.compared,
            "checks": [asdict(check) for check in self.checks],
            "findings": [finding.as_dict() for finding in self.findings],
            "patterns": [asdict(pattern) for pattern in self.patterns],
            "notices": [notice.as_dict() for notice in self.notices],
            "proposals": [_proposal_dict(proposal) for proposal in self.proposals],
            "policy": None if self.policy is None else _policy_dict(self.policy),
            "policy_changes": [_change_dict(change) for change in self.policy_changes],
            "payouts": None if self.payouts is None else self.payouts.as_dict(),
        }


def summarise(scene: Scene) -> Summary:
    """The proposals, the policy and the payouts of the replayed state, at the end of the audit."""
    return Summary(
        proposals=tuple(_summary(scene, proposal) for proposal in scene.state.proposals.values()),
        policy=scene.state.policy,
        policy_changes=tuple(
            _change(scene, change)
            for change in scene.state.policy_changes
            if not scene.state.constructing(scene.state.addresses.policy, change.place)
        ),
        payouts=summarise_payouts(scene),
    )


def _summary(scene: Scene, proposal: Proposal) -> ProposalSummary:
    state = scene.state
    operation = state.operations.get(proposal.operation) if proposal.operation else None
    executed = proposal.executed or (operation.done if operation else None)
    lines = proposal.description.decode("utf-8", "backslashreplace").strip().splitlines()
    return ProposalSummary(
        id=proposal.id,
        proposer=proposal.proposer,
        title=lines[0] if lines else "",
        state=proposal_state(state, proposal, scene.timepoint),
        snapshot=proposal.snapshot,
        tally=proposal.tally,
        tier=proposal.tier,
        approval=proposal_approval(state, proposal),
        quorum=proposal_quorum(state, proposal) if proposal.snapshot < scene.timepoint else None,
        ballots=len(proposal.ballots),
        block=proposal.created.block,
        execution=executed.transaction if executed else None,
    )


def _change(scene: Scene, made: PolicyChange) -> PolicyChangeSummary:
    proposal = scene.state.proposal_of(made.operation)
    return PolicyChangeSummary(
        what=describe(made.change),
        hash=made.hash,
        block=made.place.block,
        timestamp=made.place.timestamp,
        transaction=made.place.transaction,
        proposal=proposal.id if proposal else None,
    )


def _proposal_dict(proposal: ProposalSummary) -> dict[str, object]:
    return {
        "id": str(proposal.id),
        "proposer": proposal.proposer,
        "title": proposal.title,
        "state": proposal.state.name.lower(),
        "snapshot": proposal.snapshot,
        "against": str(proposal.tally.against_votes),
        "for": str(proposal.tally.for_votes),
        "abstain": str(proposal.tally.abstain_votes),
        "tier": proposal.tier.word,
        "approval": proposal.approval,
        "quorum": None if proposal.quorum is None else str(proposal.quorum),
        "ballots": proposal.ballots,
        "block": proposal.block,
        "execution": _hex(proposal.execution),
    }


def _change_dict(change: PolicyChangeSummary) -> dict[str, object]:
    return {
        "what": change.what,
        "hash": _hex(change.hash),
        "block": change.block,
        "timestamp": change.timestamp,
        "transaction": _hex(change.transaction),
        "proposal": None if change.proposal is None else str(change.proposal),
    }


def _policy_dict(policy: Policy) -> dict[str, Any]:
    return {
        "genesis": policy.genesis,
        "epoch_length": policy.epoch_length,
        "hash": _hex(policy.hash),
        "streams": list(policy.streams),
        "supply_cap": str(policy.supply_cap),
        "schedules": _dict(policy.schedules, tuple[Segment, ...]),
        "splits": _dict(policy.splits, tuple[Split, ...]),
        "budgets": _dict(policy.budgets, tuple[Budget, ...]),
        "weights": _dict(policy.weights, tuple[Weights, ...]),
        "parameters": _dict(policy.parameters, tuple[Parameters, ...]),
        "reporters": _dict(policy.reporters, Reporter),
        "rails": _dict(policy.rails, Rail),
        "reported_until": {stream: reports.until for stream, reports in policy.reports.items()},
    }


def _dict(values: Mapping[str, object], hint: Any) -> dict[str, Any]:
    return {stream: to_plain(value, hint) for stream, value in values.items()}


def _hex(data: bytes | None) -> str | None:
    return None if data is None else "0x" + data.hex()
