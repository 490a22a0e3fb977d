"""Makes the report's file out of the audit of another project's governor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from dao.audit.concentration import moments_of, share, thinned, transfers
from dao.audit.document import (
    CheckLine,
    ClockWord,
    Contracts,
    GovernorKind,
    NamedNumber,
    ProposalEntry,
    ReportDocument,
    sealed,
)
from dao.audit.governor import AuditedGovernor
from dao.audit.governor_report import ForeignProposal, GovernorReport
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
from dao.document.quantities import Units
from dao.governors.counting import ballots_at_end
from dao.governors.proposal_state import HALF
from dao.governors.state import GovernorState, Proposal
from dao.proving.verdict import Line


def compose_governor(audited: AuditedGovernor, lines: Sequence[Line], unit: Units) -> ReportDocument:
    """The report of `audited`, sealed with the hash of its content; the same input gives the same bytes.

    It has no policy, emission or payouts: what such a governor decides of rewards, its logs do not tell.

    Args:
        audited: Of a node or of a bundle.
        lines: What was proved, recomputed and trusted.
        unit: The token's symbol and decimals.
    """
    report, state = audited.report, audited.state
    deployment, profile = report.deployment, report.deployment.profile
    now = state.timepoint(audited.end)
    clock = cast(ClockWord, profile.clock)
    movements = transfers(audited.logs, deployment.token, clock=clock, erc721=profile.token_kind == "erc721")
    snapshots = [made.snapshot for made in report.proposals]
    made = list(state.proposals.values())
    voters = {ballot.voter for each in made for ballot in (*each.ballots, *each.overrides)}
    return sealed(
        ReportDocument(
            content_hash="0" * 64,
            verdict="disagrees" if report.findings else "agrees",
            chain_id=report.chain_id,
            from_block=report.from_block,
            to_block=report.to_block,
            timestamp=audited.end.timestamp,
            clock=clock,
            governor=_kind(report),
            addresses=Contracts(
                token=deployment.token,
                timelock=deployment.timelock,
                governor=deployment.governor,
                policy=None,
                wraps=None,
                distributor=None,
            ),
            token=token_of(unit),
            logs=report.logs,
            asked_contracts=report.asked_contracts,
            compared=report.compared,
            standings=standing_lines(lines),
            checks=tuple(_checks(report)),
            findings=finding_lines(report.findings),
            patterns=pattern_lines(report.patterns),
            notices=notice_lines(report.notices),
            proposals=tuple(_proposal(state, state.proposals[each.id], each, now) for each in report.proposals),
            policy=None,
            policy_changes=(),
            emission=(),
            payouts=None,
            moments=tuple(moments_of(state.token, movements, thinned(snapshots, now))),
            accounts=account_entries(state.token, made, voters),
        )
    )


def _kind(report: GovernorReport) -> GovernorKind:
    profile = report.deployment.profile
    return GovernorKind.model_validate(
        {
            "family": profile.family,
            "counting": profile.counting,
            "token_kind": profile.token_kind,
            "quorum": profile.quorum,
            "timelock_kind": profile.timelock_kind,
            "trusted": tuple(NamedNumber(name=name, value=value) for name, value in report.trusted),
        }
    )


def _checks(report: GovernorReport) -> Iterator[CheckLine]:
    """The rules that were compared, by the check that reports them."""
    for name in dict.fromkeys(rule.check for rule in report.rules):
        rules = [rule for rule in report.rules if rule.check == name]
        yield CheckLine(
            name=name,
            proves="; ".join(rule.sentence for rule in rules),
            compared=sum(rule.compared for rule in rules),
            findings=sum(rule.findings for rule in rules),
        )


def _proposal(state: GovernorState, made: Proposal, summary: ForeignProposal, now: int) -> ProposalEntry:
    supply = state.token.supply.upper_lookup(made.snapshot) if made.snapshot < now else None
    operation = None if made.operation is None else state.operations.get((state.settings.timelock, made.operation[1]))
    executed = made.executed or (operation.done if operation is not None else None)
    return ProposalEntry(
        id=made.id,
        title=clean(summary.title),
        proposer=made.proposer,
        state=STATES[summary.state],
        tier=None,
        block=summary.block,
        transaction="0x" + made.created.transaction.hex(),
        snapshot=made.snapshot,
        deadline=summary.deadline,
        votes=votes_of(made.tally),
        approval=HALF,
        quorum=summary.quorum,
        supply=supply,
        turnout=None if supply is None else share(made.tally.total, supply),
        execution=None if executed is None else hexed(executed.transaction),
        changes=(),
        ballots=tuple(ballot_line(ballot, counted) for ballot, counted in ballots_at_end(made)),
    )
