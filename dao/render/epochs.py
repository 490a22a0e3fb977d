"""Publications of epochs: what is to be published, what stands, and what is still to come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from dao.lifecycle.epochs.overview import Overview
from dao.lifecycle.epochs.publish import Due, Published
from dao.lifecycle.epochs.published import Publication, Stage
from dao.lifecycle.journal import Deployment
from dao.payouts.summary import EpochSummary
from dao.render import units
from dao.render.tables import Table
from dao.render.text import plain

_STYLES = {Stage.OPEN: "green", Stage.DISPUTED: "yellow", Stage.VOIDED: "red", Stage.LAPSED: "dim", Stage.PAID: "dim"}


def overview_view(found: Overview, deployment: Deployment) -> RenderableType:
    """Who signs and voids, every publication, and the epochs that wait for one."""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    facts.add_column(overflow="fold")
    facts.add_row("distributor", found.distributor)
    facts.add_row("payouts", "minted when claimed" if found.minted else "drawn from the treasury when published")
    facts.add_row("reporters", f"{found.threshold} of {', '.join(found.reporters)}")
    facts.add_row("guardian", found.guardian)
    window, hold = units.duration(found.terms.challenge_window), units.duration(found.terms.dispute_hold)
    facts.add_row(
        "terms",
        f"challenge window {window}, disputes hold at most {hold} more, "
        f"unclaimed after {units.duration(found.terms.claim_period)} lapses",
    )
    facts.add_row("epoch", "not begun" if found.current is None else str(found.current))
    parts: list[RenderableType] = [facts, Text()]
    if found.publications:
        parts.append(publications_table(found.publications, deployment))
        parts += [line for publication in found.publications for line in _notes(publication)]
    else:
        parts.append(Text("nothing is published", style="dim"))
    if found.unpublished:
        waiting = Table(box=None, title="over, and not published", title_justify="left", title_style="dim")
        for name in ("epoch", "stream", "emission"):
            waiting.add_column(name)
        for each in found.unpublished:
            emission = "waits for a report" if each.emission is None else units.amount(each.emission, deployment)
            waiting.add_row(str(each.epoch), plain(each.stream), emission)
        parts += [Text(), waiting]
    return Group(*parts)


def publications_table(publications: Sequence[Publication], deployment: Deployment) -> RenderableType:
    """A line for each publication."""
    table = Table(box=None)
    for name in ("epoch", "stream", "total", "claimed", "stands", "until"):
        table.add_column(name)
    for each in publications:
        series = f" +{each.series.series}" if each.series.series else ""
        revision = f", revision {each.revision}" if each.revision else ""
        table.add_row(
            f"{each.series.epoch}{series}",
            plain(each.series.stream),
            units.amount(each.total, deployment),
            units.amount(each.paid, deployment),
            Text(each.stage.value + revision, style=_STYLES.get(each.stage, "")),
            _until(each),
        )
    return table


def due_view(summary: EpochSummary, dues: Sequence[Due], deployment: Deployment) -> RenderableType:
    """What is about to be signed, stream by stream."""
    table = Table(box=None)
    for name in ("epoch", "stream", "total", "accounts", "root"):
        table.add_column(name)
    for due in dues:
        wanted = due.to_publish
        table.add_row(
            str(wanted.series.epoch),
            plain(wanted.series.stream),
            units.amount(wanted.total, deployment),
            str(summary.of(wanted.series.stream).accounts),
            f"0x{wanted.root.hex()}",
        )
    uri = dues[0].to_publish.data_uri
    return Group(table, plain(f"contributions 0x{summary.data_hash.hex()} at {uri}"))


def published_view(published: Sequence[Published], deployment: Deployment) -> RenderableType:
    """What was sent, and what stood already."""
    table = Table(box=None)
    for name in ("epoch", "stream", "total", "transaction", "gas"):
        table.add_column(name)
    for each in published:
        wanted, receipt = each.to_publish, each.receipt
        table.add_row(
            str(wanted.series.epoch),
            plain(wanted.series.stream),
            units.amount(wanted.total, deployment),
            "stands already" if receipt is None else f"0x{receipt.hash.hex()}",
            "" if receipt is None else str(receipt.gas_used),
        )
    return table


def published_json(published: Sequence[Published]) -> list[dict[str, Any]]:
    """The same as JSON; amounts as decimal strings."""
    return [
        {
            "stream": each.to_publish.series.stream,
            "epoch": each.to_publish.series.epoch,
            "series": each.to_publish.series.series,
            "revision": each.to_publish.revision,
            "root": "0x" + each.to_publish.root.hex(),
            "total": str(each.to_publish.total),
            "transaction": None if each.receipt is None else "0x" + each.receipt.hash.hex(),
            "gas_used": None if each.receipt is None else each.receipt.gas_used,
        }
        for each in published
    ]


def publication_json(publication: Publication) -> dict[str, Any]:
    """One publication as JSON; amounts as decimal strings, times in seconds."""
    return {
        "stream": publication.series.stream,
        "epoch": publication.series.epoch,
        "series": publication.series.series,
        "revision": publication.revision,
        "stage": publication.stage.name.lower(),
        "root": "0x" + publication.root.hex(),
        "total": str(publication.total),
        "paid": str(publication.paid),
        "left": str(publication.left),
        "lapsed": str(publication.lapsed),
        "opens_at": publication.opens_at,
        "held_until": publication.held_until,
        "lapses_at": publication.lapses_at,
        "data_hash": "0x" + publication.data_hash.hex(),
        "data_uri": publication.data_uri,
        "block": publication.place.block,
        "disputes": [
            {"account": dispute.account, "reason": dispute.reason, "answer": dispute.answer}
            for dispute in publication.disputes
        ],
        "void_reason": publication.void_reason if publication.voided is not None else None,
    }


def overview_json(found: Overview) -> dict[str, Any]:
    """The overview as JSON."""
    return {
        "distributor": found.distributor,
        "minted": found.minted,
        "reporters": list(found.reporters),
        "threshold": found.threshold,
        "guardian": found.guardian,
        "terms": {
            "challenge_window": found.terms.challenge_window,
            "dispute_hold": found.terms.dispute_hold,
            "claim_period": found.terms.claim_period,
        },
        "epoch": found.current,
        "timestamp": found.timestamp,
        "publications": [publication_json(each) for each in found.publications],
        "unpublished": [
            {
                "stream": each.stream,
                "epoch": each.epoch,
                "emission": None if each.emission is None else str(each.emission),
            }
            for each in found.unpublished
        ],
    }


def _notes(publication: Publication) -> Iterator[Text]:
    """Where the contributions are, who disputed and what was answered, and why it was voided."""
    series = publication.series
    named = f"{series.stream} of epoch {series.epoch}" + (f", series {series.series}" if series.series else "")
    yield plain(f"{named}: contributions at {publication.data_uri}", "dim")
    for dispute in publication.disputes:
        answered = dispute.answer is not None
        style = "yellow" if not answered and publication.voided is None else "dim"
        yield plain(f"{named}: disputed by {dispute.account}: {dispute.reason}", style)
        if answered:
            yield plain(f"{named}: answered to {dispute.account}: {dispute.answer}", "dim")
    if publication.voided is not None:
        yield plain(f"{named}: voided: {publication.void_reason}", "red")


def _until(publication: Publication) -> str:
    match publication.stage:
        case Stage.WAITING:
            return f"opens {units.moment(publication.opens_at)}"
        case Stage.DISPUTED:
            return f"opens {units.moment(publication.held_until)} at the latest"
        case Stage.OPEN:
            return f"lapses {units.moment(publication.lapses_at)}"
    return ""
