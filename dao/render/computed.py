"""What an epoch was computed to pay: per stream and class, top accounts, concentration, beside the epoch before."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from dao.lifecycle.epochs.compute import Computed
from dao.lifecycle.journal import Deployment
from dao.payouts.concentration import GINI_UNIT
from dao.payouts.summary import StreamSummary
from dao.render import units
from dao.render.tables import Table
from dao.render.text import plain


def computed_view(computed: Computed, deployment: Deployment) -> RenderableType:
    """The epoch, stream by stream, and where it was written."""
    summary = computed.summary
    parts: list[RenderableType] = [_streams(computed, deployment)]
    for stream in summary.streams:
        if stream.accounts:
            parts += [Text(), _stream(stream, deployment)]
    if computed.comparison:
        parts += [Text(), _comparison(computed, deployment)]
    bad = summary.quarantined
    parts.append(Text())
    if bad.rows:
        share = units.share(bad.share)
        parts.append(Text(f"{bad.rows} rows set apart, {share} of all units: they count for nothing", "yellow"))
    if computed.claimed:
        parts.append(Text(f"{computed.claimed} accounts left out, which claimed of a voided publication", "yellow"))
    rows = sum(file.rows for file in summary.contributions)
    parts.append(plain(f"{rows} rows, contributions 0x{summary.data_hash.hex()}"))
    parts.append(plain(f"wrote {computed.folder}"))
    if not computed.over:
        parts.append(Text("the epoch is not over: it can be published when it is", "yellow"))
    return Group(*parts)


def _streams(computed: Computed, deployment: Deployment) -> RenderableType:
    table = Table(box=None)
    for name in ("stream", "pool", "paid", "residual", "accounts", "Gini", "Nakamoto"):
        table.add_column(name)
    for stream in computed.summary.streams:
        table.add_row(
            plain(stream.stream),
            units.amount(stream.pool, deployment),
            units.amount(stream.total, deployment),
            units.amount(stream.residual, deployment),
            str(stream.accounts),
            _gini(stream) if stream.accounts else "–",
            str(stream.nakamoto) if stream.accounts else "–",
        )
    return table


def _stream(stream: StreamSummary, deployment: Deployment) -> RenderableType:
    table = Table(box=None, title=plain(stream.stream), title_justify="left")
    for name in ("top accounts", "paid", "of the total"):
        table.add_column(name)
    for payee in stream.top:
        table.add_row(payee.account, units.amount(payee.amount, deployment), units.share_of(payee.amount, stream.total))
    named = [each for each in stream.classes if each.name]
    if not named:
        return table
    classes = Table(box=None)
    for name in ("class", "rows", "units"):
        classes.add_column(name)
    for each in named:
        classes.add_row(plain(each.name), str(each.rows), str(each.units))
    return Group(table, classes)


def _comparison(computed: Computed, deployment: Deployment) -> RenderableType:
    before = computed.summary.epoch - 1
    table = Table(box=None, title=f"beside epoch {before}", title_justify="left", title_style="dim")
    for name in ("stream", "paid before", "paid now", "accounts", "new", "gone"):
        table.add_column(name)
    for each in computed.comparison:
        table.add_row(
            plain(each.stream),
            units.amount(each.total_before, deployment),
            units.amount(each.total, deployment),
            f"{each.accounts_before} → {each.accounts}",
            str(each.new),
            str(each.gone),
        )
    return table


def _gini(stream: StreamSummary) -> str:
    return f"0.{stream.gini * 10_000 // GINI_UNIT:04d}"


def computed_json(computed: Computed) -> dict[str, Any]:
    """The same as JSON; amounts as decimal strings, the Gini coefficient in parts of a million."""
    summary = computed.summary
    return {
        "folder": str(computed.folder),
        "epoch": summary.epoch,
        "series": summary.series,
        "over": computed.over,
        "data_hash": "0x" + summary.data_hash.hex(),
        "quarantined": {"rows": summary.quarantined.rows, "share": summary.quarantined.share},
        "claimed_before": computed.claimed,
        "streams": [
            {
                "stream": stream.stream,
                "pool": str(stream.pool),
                "total": str(stream.total),
                "residual": str(stream.residual),
                "root": None if stream.root is None else "0x" + stream.root.hex(),
                "accounts": stream.accounts,
                "contributors": stream.contributors,
                "gini": stream.gini,
                "nakamoto": stream.nakamoto,
                "classes": [
                    {"class": each.name, "rows": each.rows, "units": str(each.units)} for each in stream.classes
                ],
                "top": [{"account": payee.account, "amount": str(payee.amount)} for payee in stream.top],
            }
            for stream in summary.streams
        ],
        "comparison": [
            {
                "stream": each.stream,
                "total_before": str(each.total_before),
                "total": str(each.total),
                "accounts_before": each.accounts_before,
                "accounts": each.accounts,
                "new": each.new,
                "gone": each.gone,
                "changes": [
                    {"account": change.account, "before": str(change.before), "now": str(change.now)}
                    for change in each.changes
                ],
            }
            for each in computed.comparison
        ],
    }
