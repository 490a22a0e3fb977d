"""Two policies beside each other: a table by stream and range of epochs, the sums, and both as JSON."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dao.document.quantities import Units
from dao.lifecycle.subject import Subject
from dao.render import units
from dao.render.amounts import amount, signed
from dao.render.text import plain
from dao.rewards.compare import Comparison, Difference, Pair, Total
from dao.rewards.policy import Policy


def comparison_view(before: Subject, after: Subject, comparison: Comparison, unit: Units) -> RenderableType:
    """Where `after` differs from `before`, and what that sums to."""
    horizon = comparison.horizon
    head = Text.assemble(plain(before.name, "bold"), " → ", plain(after.name, "bold"), f"  {horizon}")
    if not comparison.differences:
        return Group(head, Text("nothing differs in these epochs", style="green"))
    ranges = _table(
        "stream", "epochs", "from", *_right("before, per epoch", "after, per epoch", "difference, all epochs")
    )
    for difference in comparison.differences:
        ranges.add_row(
            plain(difference.stream),
            _epochs(difference),
            units.moment(after.policy.start_of(difference.first))[:10] if after.dated else "–",
            _moving(difference.begin[0], difference.end[0], unit),
            _moving(difference.begin[1], difference.end[1], unit),
            signed(difference.difference, unit) + (" *" if difference.waiting else ""),
        )
    sums = _table("stream", *_right("before", "after", "difference"))
    for total in comparison.totals:
        sums.add_row(
            plain(total.stream), amount(total.before, unit), amount(total.after, unit), signed(total.difference, unit)
        )
    notes: list[RenderableType] = ["", Text(f"Sums over {horizon}", style="dim"), sums]
    if any(difference.waiting for difference in comparison.differences):
        notes.append(Text("* without epochs whose amount waits for a report", style="dim"))
    if before.dated and after.dated and before.policy.genesis != after.policy.genesis:
        notes.append(Text("epochs are compared by number: the two policies begin at different moments", style="yellow"))
    return Group(head, "", ranges, *notes)


def comparison_json(before: Subject, after: Subject, comparison: Comparison, unit: Units) -> dict[str, Any]:
    """The same for programs; amounts in the smallest unit, as decimal strings."""
    return {
        "before": _policy_json(before.name, before.policy),
        "after": _policy_json(after.name, after.policy),
        "symbol": unit.symbol,
        "decimals": unit.decimals,
        "first_epoch": comparison.horizon.first,
        "last_epoch": comparison.horizon.last,
        "differences": [
            {
                "stream": difference.stream,
                "first_epoch": difference.first,
                "last_epoch": difference.last,
                "begin": _pair_json(difference.begin),
                "end": _pair_json(difference.end),
                "difference": str(difference.difference),
                "waiting": difference.waiting,
            }
            for difference in comparison.differences
        ],
        "totals": [_total_json(total) for total in comparison.totals],
    }


def _policy_json(name: str, policy: Policy) -> dict[str, Any]:
    return {
        "name": name,
        "policy_hash": "0x" + policy.hash.hex(),
        "genesis": policy.genesis,
        "epoch_length": policy.epoch_length,
    }


def _pair_json(pair: Pair) -> dict[str, str | None]:
    before, after = (None if value is None else str(value) for value in pair)
    return {"before": before, "after": after}


def _total_json(total: Total) -> dict[str, str]:
    return {
        "stream": total.stream,
        "before": str(total.before),
        "after": str(total.after),
        "difference": str(total.difference),
    }


def _epochs(difference: Difference) -> str:
    return str(difference.first) if difference.first == difference.last else f"{difference.first}–{difference.last}"


def _moving(begin: int | None, end: int | None, unit: Units) -> str:
    shown = amount(begin, unit)
    return shown if begin == end else f"{shown} → {amount(end, unit)}"


def _right(*headings: str) -> list[tuple[str, str]]:
    return [(heading, "right") for heading in headings]


def _table(*headings: str | tuple[str, str]) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in headings:
        if isinstance(heading, tuple):
            table.add_column(heading[0], justify="right", overflow="fold")
        else:
            table.add_column(heading, overflow="fold")
    return table
