"""Everything that an account was paid and is to be paid: in the terminal, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from dao.document.moments import moment
from dao.document.quantities import Units
from dao.lifecycle.epochs.due import Entitlement, Standing
from dao.lifecycle.epochs.history import History, Part, Received
from dao.lifecycle.journal import Deployment
from dao.render import amounts, units
from dao.render.claims import entitlement_json
from dao.render.tables import Table
from dao.render.text import escape, plain

COLUMNS = (
    "epoch",
    "series",
    "stream",
    "standing",
    "amount",
    "tokens",
    "time",
    "block",
    "transaction",
    "receiver",
)
"""Of the CSV file: `amount` in the smallest unit, `tokens` the same in tokens, `time` in UTC."""


def history_view(found: History, deployment: Deployment) -> RenderableType:
    """A line for each payout, paid ones first, and the totals of each stream."""
    if not found.received and not found.others:
        return Text(f"{found.account} was paid nothing, and the epochs here have nothing for it")
    table = Table(box=None, header_style="dim", pad_edge=False)
    for column in ("epoch", "stream", "amount", "stands", "when", "where"):
        table.add_column(column)
    for received in found.received:
        table.add_row(
            _epoch(received.series.epoch, received.series.series),
            plain(received.series.stream),
            units.amount(received.amount, deployment),
            Text("paid", style="green"),
            units.moment(received.place.timestamp),
            _where(received, found),
        )
    for entry in found.others:
        table.add_row(
            _epoch(entry.series.epoch, entry.series.series),
            plain(entry.series.stream or "all"),
            "?" if entry.amount is None else units.amount(entry.amount, deployment),
            Text(_standing(entry), style="red" if entry.standing.wrong else "yellow"),
            "",
            escape(entry.reason or "", limit=500),
        )
    return Group(table, Text(), _totals(found, deployment))


def history_json(found: History) -> dict[str, Any]:
    """The same as JSON; amounts as decimal strings in the smallest unit, times in seconds."""
    return {
        "account": found.account,
        "paid": [
            {
                "epoch": received.series.epoch,
                "series": received.series.series,
                "stream": received.series.stream,
                "amount": str(received.amount),
                "receiver": received.receiver,
                "timestamp": received.place.timestamp,
                "block": received.place.block,
                "transaction": "0x" + received.place.transaction.hex(),
            }
            for received in found.received
        ],
        "others": [entitlement_json(entry) for entry in found.others],
        "totals": {
            stream: {part.name.lower(): str(value) for part, value in sums.items()}
            for stream, sums in found.totals().items()
        },
    }


def history_csv(found: History, unit: Units) -> str:
    """The same as CSV (RFC 4180) with a header."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(_rows(found, unit))
    return text.getvalue()


def _rows(found: History, unit: Units) -> Iterator[tuple[object, ...]]:
    for received in found.received:
        place = received.place
        yield (
            received.series.epoch,
            received.series.series,
            received.series.stream,
            "paid",
            received.amount,
            amounts.number(received.amount, unit),
            moment(place.timestamp),
            place.block,
            "0x" + place.transaction.hex(),
            received.receiver,
        )
    for entry in found.others:
        tokens = "" if entry.amount is None else amounts.number(entry.amount, unit)
        amount = "" if entry.amount is None else entry.amount
        yield (
            entry.series.epoch,
            entry.series.series,
            entry.series.stream,
            _standing(entry),
            amount,
            tokens,
            "",
            "",
            "",
            "",
        )


def _totals(found: History, deployment: Deployment) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("in all")
    sums = found.totals()
    shown = [part for part in Part if any(of[part] for of in sums.values())]
    for part in shown:
        table.add_column(part.value)
    for stream, of in sums.items():
        table.add_row(plain(stream), *(units.amount(of[part], deployment) for part in shown))
    return table


def _where(received: Received, found: History) -> str:
    to = "" if received.receiver == found.account else f", to {received.receiver}"
    return f"0x{received.place.transaction.hex()}{to}"


def _standing(entry: Entitlement) -> str:
    return "open" if entry.standing is Standing.DUE else entry.standing.value


def _epoch(epoch: int, series: int) -> str:
    return f"{epoch} +{series}" if series else str(epoch)
