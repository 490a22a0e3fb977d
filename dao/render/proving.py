"""What a bundle proves, for a person and for programs: what is taken on trust first, then every line, then findings."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from dao.proving.blooms import Cost
from dao.proving.verdict import Standing, Verdict
from dao.render.tables import Table
from dao.render.text import plain

_STYLES = {Standing.PROVED: "green", Standing.RECOMPUTED: "cyan", Standing.TRUSTED: "yellow"}
_SHOWN_FINDINGS = 50


def proving_view(verdict: Verdict) -> RenderableType:
    """The whole verdict."""
    count = len(verdict.findings)
    words = f"CONTRADICTED: {count} finding{'s' * (count != 1)}" if count else "NOTHING CONTRADICTS"
    top = Text(words, style="bold red" if count else "bold green")
    parts: list[RenderableType] = [Panel(Group(top, plain(verdict.headline)), title="audit prove", title_align="left")]
    lines = Table(box=None, header_style="dim", pad_edge=False)
    for heading in ("standing", "what", "how"):
        lines.add_column(heading, overflow="fold")
    for line in verdict.lines:
        lines.add_row(Text(line.standing.value, style=_STYLES[line.standing]), plain(line.what), plain(line.detail))
    parts.append(lines)
    if verdict.findings:
        table = Table(header_style="dim")
        for heading in ("block", "transaction", "contract", "what", "expected", "found"):
            table.add_column(heading, overflow="fold")
        for finding in verdict.findings[:_SHOWN_FINDINGS]:
            table.add_row(
                str(finding.block),
                "–" if finding.transaction is None else "0x" + finding.transaction.hex(),
                plain(finding.contract or "–"),
                plain(finding.what),
                plain(finding.expected),
                plain(finding.found),
            )
        parts += [Text(), table]
        if count > _SHOWN_FINDINGS:
            parts.append(Text(f"and {count - _SHOWN_FINDINGS} more; --json has them all", style="dim"))
    return Group(*parts)


def proving_json(verdict: Verdict) -> dict[str, Any]:
    """The same for programs; strings are as they were found."""
    return {
        "trusted": verdict.headline,
        "lines": [
            {"what": line.what, "standing": line.standing.value, "detail": line.detail} for line in verdict.lines
        ],
        "findings": [
            {
                "block": finding.block,
                "contract": finding.contract or None,
                "what": finding.what,
                "expected": finding.expected,
                "found": finding.found,
                "transaction": None if finding.transaction is None else "0x" + finding.transaction.hex(),
            }
            for finding in verdict.findings
        ],
    }


def cost_line(cost: Cost) -> str:
    """What completeness by blooms takes, in a line."""
    return (
        f"{cost.candidates} of {cost.blocks} blooms do not exclude the contracts; {cost.calls} blocks' receipts are "
        f"to be fetched: {cost.calls} calls, some {max(cost.bytes // 10**6, 1) if cost.calls else 0} MB"
    )
