"""What is wrong with a set-up, and the fixes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from dao.lifecycle.doctor import Symptom, Verdict
from dao.render.tables import Table
from dao.render.text import plain

_STYLES = {
    Verdict.GOOD: "green",
    Verdict.WARNING: "yellow",
    Verdict.FAILURE: "bold red",
    Verdict.SKIPPED: "dim",
}


def symptoms_view(symptoms: Sequence[Symptom]) -> RenderableType:
    """Everything that was looked at, and a line that sums it up."""
    table = Table.grid(padding=(0, 2))
    for column in range(3):
        table.add_column(overflow="fold", no_wrap=column < 2)
    for symptom in symptoms:
        text = plain(symptom.found)
        if symptom.fix:
            text.append_text(Text("\n→ ", style="bold")).append_text(plain(symptom.fix))
        table.add_row(Text(symptom.verdict.value, style=_STYLES[symptom.verdict]), symptom.check, text)
    return Group(table, Text(_sum(symptoms), style="bold"))


def symptoms_json(symptoms: Sequence[Symptom]) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "healthy": all(symptom.verdict in (Verdict.GOOD, Verdict.SKIPPED) for symptom in symptoms),
        "symptoms": [
            {"check": each.check, "verdict": each.verdict.value, "found": each.found, "fix": each.fix}
            for each in symptoms
        ],
    }


def _sum(symptoms: Sequence[Symptom]) -> str:
    failed = sum(symptom.verdict is Verdict.FAILURE for symptom in symptoms)
    warned = sum(symptom.verdict is Verdict.WARNING for symptom in symptoms)
    if failed or warned:
        return f"{failed} failures, {warned} warnings"
    return "nothing is wrong"
