"""What a proposal changes for contributors: streams, accounts by how much they lose or gain, and both as JSON."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dao.document.quantities import Units
from dao.lifecycle.impact import AccountImpact, Impact, Paid
from dao.lifecycle.subject import Subject
from dao.render.amounts import amount, signed
from dao.render.text import plain

SHOWN = 20
"""How many accounts are shown; JSON has all."""


def impact_view(before: Subject, after: Subject, impact: Impact, unit: Units) -> RenderableType:
    """The streams, and the accounts that the proposal changes most."""
    streams = _table("stream", "pool before", "pool after", "difference", "nobody gets, after")
    for stream in impact.streams:
        streams.add_row(plain(stream.stream), *_paid(stream.pool, unit), amount(stream.unpaid.after, unit))
    moved = sorted(impact.accounts, key=lambda entry: (-abs(entry.total.difference), entry.account))
    accounts = _table("account", "before", "after", "difference", "")
    for entry in moved[:SHOWN]:
        accounts.add_row(entry.account, *_paid(entry.total, unit), percent(entry.total))
    gain = sum(entry.total.difference > 0 for entry in impact.accounts)
    lose = sum(entry.total.difference < 0 for entry in impact.accounts)
    same = len(impact.accounts) - gain - lose
    summary = f"{len(impact.accounts)} contributors: {gain} gain, {lose} lose, {same} get the same"
    more = [Text(f"the {SHOWN} that change most of {len(moved)}; --json has all", style="dim")]
    return Group(
        _head(before, after, impact), "", streams, "", accounts, *(more if len(moved) > SHOWN else ()), "", summary
    )


def account_view(before: Subject, after: Subject, impact: Impact, entry: AccountImpact, unit: Units) -> RenderableType:
    """One contributor, stream by stream."""
    table = _table("stream", "before", "after", "difference", "")
    for stream, paid in entry.streams.items():
        table.add_row(plain(stream), *_paid(paid, unit), percent(paid))
    if len(entry.streams) > 1:
        table.add_row(Text("all", style="bold"), *_paid(entry.total, unit), percent(entry.total))
    return Group(_head(before, after, impact), Text(entry.account, style="bold"), "", table)


def impact_json(
    before: Subject, after: Subject, impact: Impact, accounts: tuple[AccountImpact, ...], unit: Units
) -> dict[str, Any]:
    """The same for programs; amounts in the smallest unit, as decimal strings."""
    return {
        "before": {"name": before.name, "policy_hash": "0x" + before.policy.hash.hex()},
        "after": {"name": after.name, "policy_hash": "0x" + after.policy.hash.hex()},
        "epoch": impact.epoch,
        "symbol": unit.symbol,
        "decimals": unit.decimals,
        "streams": [
            {"stream": stream.stream, "pool": _paid_json(stream.pool), "unpaid": _paid_json(stream.unpaid)}
            for stream in impact.streams
        ],
        "accounts": [
            {
                "account": entry.account,
                **_paid_json(entry.total),
                "streams": {stream: _paid_json(paid) for stream, paid in entry.streams.items()},
            }
            for entry in accounts
        ],
    }


def percent(paid: Paid) -> str:
    """The difference as a part of what was paid before, rounded towards zero to hundredths of a percent."""
    if paid.before == 0:
        return "new" if paid.after else "–"
    points = abs(paid.difference) * 10_000 // paid.before
    sign = "+" if paid.difference > 0 else "−" if paid.difference < 0 else ""
    return f"{sign}{points // 100}.{points % 100:02d}%"


def _head(before: Subject, after: Subject, impact: Impact) -> Text:
    return Text.assemble(plain(before.name, "bold"), " → ", plain(after.name, "bold"), f"  epoch {impact.epoch}")


def _paid(paid: Paid, unit: Units) -> tuple[str, str, str]:
    return amount(paid.before, unit), amount(paid.after, unit), signed(paid.difference, unit)


def _paid_json(paid: Paid) -> dict[str, str]:
    return {"before": str(paid.before), "after": str(paid.after), "difference": str(paid.difference)}


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column(first, no_wrap=True)
    for heading in others:
        table.add_column(heading, justify="right", overflow="fold")
    return table
