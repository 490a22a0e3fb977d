"""Makes the report's file out of an audit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from dao.audit.concentration import moments, share, thinned
from dao.audit.document import (
    ChangeEntry,
    CheckLine,
    Contracts,
    Payouts,
    PolicyState,
    ProposalEntry,
    PublicationEntry,
    ReportDocument,
    StreamTotal,
    TierWord,
    sealed,
)
from dao.audit.emission import emission
from dao.audit.lines import (
    STATES,
    account_entries,
    ballot_line,
    clean,
    finding_lines,
    hexed,
    notice_lines,
    pattern_lines,
    standing_lines,
    token_of,
    votes_of,
)
from dao.audit.payouts import PayoutsSummary, PublicationSummary
from dao.audit.report import ProposalSummary
from dao.audit.run import Audited
from dao.document.quantities import Units
from dao.proving.verdict import Line
from dao.replay.proposal_state import proposal_deadline
from dao.replay.state import GovernanceState, PolicyChange
from dao.rewards.changes import Change, describe
from dao.rewards.values import to_plain
from dao.tiers import Tier
from dao.types import Address

_TIERS: dict[Tier, TierWord] = {
    Tier.STANDARD: "standard",
    Tier.ISSUANCE: "issuance",
    Tier.CONSTITUTIONAL: "constitutional",
}


def compose(audited: Audited, lines: Sequence[Line], unit: Units) -> ReportDocument:
    """The report of `audited`, sealed with the hash of its content; the same input gives the same bytes.

    Args:
        audited: Of a node or of a bundle.
        lines: What was proved, recomputed and trusted.
        unit: The token's symbol and decimals.
    """
    report, state = audited.report, audited.state
    changes = _changes(state)
    snapshots = [made.snapshot for made in report.proposals]
    voters = {ballot.voter for made in state.proposals.values() for ballot in made.ballots}
    made_by: dict[int, list[int]] = {}
    for number, change in enumerate(changes):
        if change.proposal is not None:
            made_by.setdefault(change.proposal, []).append(number)
    return sealed(
        ReportDocument(
            content_hash="0" * 64,
            verdict=report.verdict,
            chain_id=report.chain_id,
            from_block=report.from_block,
            to_block=report.to_block,
            timestamp=report.timepoint,
            clock="timestamp",
            governor=None,
            addresses=Contracts(**asdict(report.addresses)),
            token=token_of(unit),
            logs=report.logs,
            asked_contracts=report.asked_contracts,
            compared=report.compared,
            standings=standing_lines(lines),
            checks=tuple(CheckLine(**asdict(check)) for check in report.checks),
            findings=finding_lines(report.findings),
            patterns=pattern_lines(report.patterns),
            notices=notice_lines(report.notices),
            proposals=tuple(
                _proposal(state, made, made_by.get(made.id, ()), report.timepoint) for made in report.proposals
            ),
            policy=None
            if report.policy is None
            else PolicyState(
                hash="0x" + report.policy.hash.hex(),
                genesis=report.policy.genesis,
                epoch_length=report.policy.epoch_length,
                supply_cap=report.policy.supply_cap,
                streams=report.policy.streams,
            ),
            policy_changes=changes,
            emission=tuple(emission(report.policy, report.payouts, report.timepoint)),
            payouts=None if report.payouts is None else _payouts(report.payouts),
            moments=tuple(moments(state, audited.logs(), thinned(snapshots, report.timepoint))),
            accounts=account_entries(state.token, list(state.proposals.values()), voters),
        )
    )


def _changes(state: GovernanceState) -> tuple[ChangeEntry, ...]:
    by_operation = {made.operation: made.id for made in state.proposals.values() if made.operation is not None}
    return tuple(
        _change(change, by_operation)
        for change in state.policy_changes
        if not state.constructing(state.addresses.policy, change.place)
    )


def _change(made: PolicyChange, by_operation: Mapping[tuple[Address, bytes], int]) -> ChangeEntry:
    return ChangeEntry(
        what=clean(describe(made.change)),
        values=json.dumps(to_plain(made.change, Change), sort_keys=True),
        hash="0x" + made.hash.hex(),
        block=made.place.block,
        timestamp=made.place.timestamp,
        transaction="0x" + made.place.transaction.hex(),
        proposal=None if made.operation is None else by_operation.get(made.operation),
    )


def _proposal(
    state: GovernanceState, summary: ProposalSummary, changes: Sequence[int], timepoint: int
) -> ProposalEntry:
    made = state.proposals[summary.id]
    supply = state.token.supply.upper_lookup(made.snapshot) if made.snapshot < timepoint else None
    return ProposalEntry(
        id=summary.id,
        title=clean(summary.title),
        proposer=summary.proposer,
        state=STATES[summary.state],
        tier=_TIERS[summary.tier],
        block=summary.block,
        transaction="0x" + made.created.transaction.hex(),
        snapshot=summary.snapshot,
        deadline=proposal_deadline(made),
        votes=votes_of(summary.tally),
        approval=summary.approval,
        quorum=summary.quorum,
        supply=supply,
        turnout=None if supply is None else share(summary.tally.total, supply),
        execution=hexed(summary.execution),
        changes=tuple(changes),
        ballots=tuple(ballot_line(ballot, ballot.counted) for ballot in made.ballots),
    )


def _payouts(payouts: PayoutsSummary) -> Payouts:
    return Payouts(
        minted=payouts.minted,
        streams=tuple(StreamTotal(**asdict(stream)) for stream in payouts.streams),
        publications=tuple(_publication(made) for made in payouts.publications),
    )


def _publication(made: PublicationSummary) -> PublicationEntry:
    values = {**asdict(made), "root": hexed(made.root), "transaction": hexed(made.transaction)}
    return PublicationEntry.model_validate(values)
