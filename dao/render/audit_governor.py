"""The audit of a governor that is not this project's, for a person: what was trusted, verdict, findings, proposals."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from dao.audit.governor_report import GovernorReport
from dao.render import units
from dao.render.audit import findings_view
from dao.render.audit_notices import notices_view
from dao.render.tables import Table
from dao.render.text import plain


def governor_view(report: GovernorReport) -> RenderableType:
    """The whole report; its first line says what was taken on trust."""
    rules = _table("check", "compared", "findings", "holds")
    for rule in report.rules:
        found = Text(str(rule.findings), style="bold red" if rule.findings else "green")
        rules.add_row(rule.check, str(rule.compared), found, plain(rule.sentence, "dim"))
    parts: list[RenderableType] = [
        _trust(report),
        Panel(_verdict(report), title="audit", title_align="left"),
        _kind(report),
        rules,
        *findings_view(report.findings),
        *notices_view(report.notices, report.patterns),
    ]
    if report.proposals:
        proposals = _table("proposal", "state", "for", "against", "abstain", "quorum", "ballots", "title")
        for proposal in report.proposals:
            by = f" by {proposal.canceled_by}" if proposal.canceled_by is not None else ""
            proposals.add_row(
                units.short_id(proposal.id),
                proposal.state.name.lower() + by,
                f"{proposal.tally.for_votes:_}",
                f"{proposal.tally.against_votes:_}",
                f"{proposal.tally.abstain_votes:_}",
                "–" if proposal.quorum is None else f"{proposal.quorum:_}",
                str(proposal.ballots),
                plain(proposal.title.lstrip("# ")[:80]),
            )
        parts += [Text(), proposals]
    return Group(*parts)


def _trust(report: GovernorReport) -> Text:
    """What the replay took from the word of the node, or of whoever collected the bundle."""
    source = "the node" if report.asked_contracts else "the bundle"
    said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in report.trusted)
    kept = f"; no log tells {said}" if said else ""
    return Text(f"trusted: that {source} left out no log, and what kind of governor its views say it is{kept}")


def _verdict(report: GovernorReport) -> Text:
    span = f"{report.logs} logs of blocks {report.from_block} to {report.to_block}"
    if report.findings:
        return Text(f"DISAGREES: {len(report.findings)} findings in {span}", style="bold red")
    text = f"AGREES: recomputed with {report.compared} comparisons over {span}; no finding"
    return Text(text, style="bold green")


def _kind(report: GovernorReport) -> Text:
    deployment, profile = report.deployment, report.deployment.profile
    timelock = "no timelock" if deployment.timelock is None else f"{profile.timelock_kind} {deployment.timelock}"
    counts = "blocks" if profile.clock == "blocknumber" else "seconds"
    return Text(
        f"{profile.family} governor {deployment.governor}, {profile.counting} counting, clock in {counts}; "
        f"{profile.token_kind} {deployment.token}; {timelock}",
        style="dim",
    )


def _table(*headings: str) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
