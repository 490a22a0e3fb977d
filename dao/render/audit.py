"""An audit's report for a person: verdict, comparisons, findings, proposals, changes of the policy, payouts."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from dao.audit.findings import Finding
from dao.audit.payouts import PublicationSummary
from dao.audit.report import AuditReport
from dao.document.quantities import Units
from dao.lifecycle.journal import Deployment
from dao.render import units
from dao.render.audit_notices import notices_view
from dao.render.tables import Table
from dao.render.text import plain

_SHOWN_FINDINGS = 50
_SHOWN_PUBLICATIONS = 20


def verdict_view(report: AuditReport) -> RenderableType:
    """The verdict in a line."""
    span = f"{report.logs} logs of blocks {report.from_block} to {report.to_block}"
    if report.findings:
        return Text(f"DISAGREES: {len(report.findings)} findings in {span}", style="bold red")
    against = "the logs' claims and the contracts' answers" if report.asked_contracts else "the logs' claims"
    return Text(f"AGREES: {report.compared} comparisons over {span}; no finding against {against}", style="bold green")


def report_view(report: AuditReport, unit: Deployment | Units) -> RenderableType:
    """The whole report."""
    parts: list[RenderableType] = [Panel(verdict_view(report), title="audit", title_align="left")]
    checks = Table(box=None, header_style="dim", pad_edge=False)
    checks.add_column("check")
    checks.add_column("compared", justify="right")
    checks.add_column("findings", justify="right")
    checks.add_column("proves", overflow="fold")
    for check in report.checks:
        found = Text(str(check.findings), style="bold red" if check.findings else "green")
        checks.add_row(check.name, str(check.compared), found, plain(check.proves, "dim"))
    parts.append(checks)
    parts += findings_view(report.findings)
    parts += notices_view(report.notices, report.patterns)
    if report.proposals:
        proposals = Table(box=None, header_style="dim", pad_edge=False)
        for heading in ("proposal", "state", "for", "against", "abstain", "ballots", "title"):
            proposals.add_column(heading, overflow="fold")
        for proposal in report.proposals:
            tally = proposal.tally
            proposals.add_row(
                units.short_id(proposal.id),
                proposal.state.name.lower(),
                units.amount(tally.for_votes, unit),
                units.amount(tally.against_votes, unit),
                units.amount(tally.abstain_votes, unit),
                str(proposal.ballots),
                plain(proposal.title.lstrip("# ")[:80]),
            )
        parts += [Text(), proposals]
    if report.policy_changes:
        changes = Table(box=None, header_style="dim", pad_edge=False)
        for heading in ("policy change", "when", "authorised by"):
            changes.add_column(heading, overflow="fold")
        for change in report.policy_changes:
            by = "nobody" if change.proposal is None else f"proposal {units.short_id(change.proposal)}"
            changes.add_row(plain(change.what), units.moment(change.timestamp), by)
        parts += [Text(), changes]
    return Group(*parts, *_payouts(report, unit))


def _payouts(report: AuditReport, unit: Deployment | Units) -> list[RenderableType]:
    """Sums by stream, then the last publications with the votes behind them."""
    if report.payouts is None or not report.payouts.publications:
        return []
    streams = Table(box=None, header_style="dim", pad_edge=False)
    for heading in ("payouts of", "published", "claimed", "lapsed", "open"):
        streams.add_column(heading, overflow="fold")
    for stream in report.payouts.streams:
        sums = (stream.published, stream.claimed, stream.lapsed, stream.open)
        streams.add_row(plain(stream.stream), *(units.amount(value, unit) for value in sums))
    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in ("publication", "epoch", "total", "claimed", "accounts", "authorised by"):
        table.add_column(heading, overflow="fold")
    shown = report.payouts.publications[-_SHOWN_PUBLICATIONS:]
    for made in shown:
        table.add_row(
            plain(made.stream + (f" ({made.series})" if made.series else "") + ("" if made.stands else ", voided")),
            str(made.epoch),
            units.amount(made.total, unit),
            units.amount(made.claimed, unit),
            str(made.accounts),
            _authority(made),
        )
    rest = len(report.payouts.publications) - len(shown)
    more = [Text(f"and {rest} earlier ones; --json has them all", style="dim")] if rest else []
    return [Text(), streams, Text(), table, *more]


def _authority(made: PublicationSummary) -> str:
    return made.authority if made.proposal is None else f"proposal {units.short_id(made.proposal)}"


def findings_view(findings: Sequence[Finding]) -> list[RenderableType]:
    """The first findings as a table, and how many more there are; nothing where there are none."""
    if not findings:
        return []
    table = Table(header_style="dim")
    for heading in ("check", "what", "expected", "found", "block", "transaction"):
        table.add_column(heading, overflow="fold")
    for finding in findings[:_SHOWN_FINDINGS]:
        table.add_row(
            finding.check,
            plain(finding.what),
            plain(finding.expected),
            plain(finding.found),
            str(finding.block),
            "–" if finding.transaction is None else "0x" + finding.transaction.hex(),
        )
    rest = len(findings) - _SHOWN_FINDINGS
    return [table] if rest <= 0 else [table, Text(f"and {rest} more; --json has them all", style="dim")]
