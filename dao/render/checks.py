"""The checks of a proposal, and its simulation: in the terminal, as JSON, and as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from dao.lifecycle.checks import CHECKS
from dao.lifecycle.simulate import Simulated
from dao.lifecycle.verdict import CheckResult, Verdict, worst
from dao.render import units
from dao.render.tables import Table
from dao.render.text import escape, plain

_STYLE = {
    Verdict.PASS: "green",
    Verdict.WARNING: "yellow",
    Verdict.SKIPPED: "dim",
    Verdict.FAILURE: "bold red",
}
_TICKS = re.compile("`+")


def checks_view(results: Sequence[CheckResult], *, items: bool = False) -> RenderableType:
    """The checks, one a line; with `items`, what each is about below it."""
    parts: list[RenderableType] = []
    for result in results:
        table = Table.grid(padding=(0, 2))
        table.add_column(width=9)
        table.add_column(width=14)
        table.add_column()
        table.add_row(
            Text(f"  {result.verdict.value}", style=_STYLE[result.verdict]), result.name, plain(result.detail)
        )
        parts.append(table)
        if items:
            parts += [Padding(plain(f"- {item}", "dim"), (0, 0, 0, 27)) for item in result.items]
    return Group(*parts)


def checked_view(title: str, results: Sequence[CheckResult]) -> RenderableType:
    """Everything that the checks say of the proposal called `title`."""
    return Group(plain(title, "bold"), checks_view(results, items=True), summary_view(results))


def warnings_view(results: Sequence[CheckResult]) -> RenderableType:
    """What failed and what warned, one a line."""
    grave = (Verdict.FAILURE, Verdict.WARNING)
    return checks_view([result for verdict in grave for result in results if result.verdict is verdict])


def summary_view(results: Sequence[CheckResult]) -> Text:
    """How many checks failed, warned, passed and were skipped, in one line."""
    return Text(_summary(results), style=_STYLE[worst(results)])


def checks_json(results: Iterable[CheckResult]) -> list[dict[str, Any]]:
    """The checks as JSON."""
    return [
        {"check": one.name, "verdict": one.verdict.value, "detail": one.detail, "items": list(one.items)}
        for one in results
    ]


def checks_markdown(title: str, results: Sequence[CheckResult]) -> str:
    """The checks as Markdown. Whatever a proposal says stands in code blocks, where no mark-up is followed."""
    return "\n".join([*_heading("Checks of a proposal", title), *_sections(results)])


def simulated_view(simulated: Simulated) -> RenderableType:
    """A simulated execution for a person."""
    return Group(
        plain(simulated.title, "bold"),
        *(Text(line) for line in _facts(simulated)),
        checks_view(simulated.results, items=True),
        summary_view(simulated.results),
    )


def simulated_json(simulated: Simulated) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "title": simulated.title,
        "proposal_id": None if simulated.proposal_id is None else str(simulated.proposal_id),
        "block": simulated.block,
        "executed_at": simulated.timestamp,
        "succeeded": simulated.succeeded,
        "gas_used": simulated.gas_used,
        "voters": simulated.voters,
        "forced": simulated.is_forced,
        "predecessors": [
            {"proposal_id": str(identity), "succeeded": succeeded} for identity, succeeded in simulated.predecessors
        ],
        "changes": [{"what": one.what, "before": one.before, "after": one.after} for one in simulated.changes],
        "verdict": worst(simulated.results).value,
        "checks": checks_json(simulated.results),
    }


def simulated_markdown(simulated: Simulated) -> str:
    """The same as Markdown."""
    facts = [f"- {line}" for line in _facts(simulated)]
    return "\n".join(
        [*_heading("Simulation of a proposal", simulated.title), *facts, "", *_sections(simulated.results)]
    )


def _facts(simulated: Simulated) -> list[str]:
    identity = [] if simulated.proposal_id is None else [f"proposal {simulated.proposal_id}"]
    ended = "succeeds" if simulated.succeeded else "fails"
    how = "although no votes carry it" if simulated.is_forced else f"after {simulated.voters} delegates voted for it"
    before = [
        f"after proposal {number}, which {'succeeds' if succeeded else 'fails'}"
        for number, succeeded in simulated.predecessors
    ]
    when = f"executed at {units.moment(simulated.timestamp)} on the state of block {simulated.block}, {how}"
    return [*identity, f"{when}: it {ended} with {simulated.gas_used:_} gas", *before]


def _summary(results: Sequence[CheckResult]) -> str:
    counts = {verdict: sum(result.verdict is verdict for result in results) for verdict in Verdict}
    order = (Verdict.FAILURE, Verdict.WARNING, Verdict.PASS, Verdict.SKIPPED)
    words = {Verdict.FAILURE: "failed", Verdict.WARNING: "warned", Verdict.PASS: "passed", Verdict.SKIPPED: "skipped"}
    return ", ".join(f"{counts[one]} {words[one]}" for one in order if counts[one])


def _heading(what: str, title: str) -> list[str]:
    return [f"# {what}", "", *_block([title]), ""]


def _sections(results: Sequence[CheckResult]) -> list[str]:
    lines = [f"{_summary(results)}.", "", "| check | looks at | verdict |", "|---|---|---|"]
    looks = {check.name: check.looks for check in CHECKS}
    lines += [f"| {one.name} | {looks.get(one.name, '')} | {one.verdict.value} |" for one in results]
    for result in results:
        lines += ["", f"## {result.name}: {result.verdict.value}", ""]
        lines += _block([result.detail, *(f"- {item}" for item in result.items)])
    return [*lines, ""]


def _block(lines: Sequence[str]) -> list[str]:
    """A fenced code block, its fence longer than any run of backticks in it."""
    shown = [escape(line) for line in lines]
    longest = max((len(run) for line in shown for run in _TICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", *shown, fence]
