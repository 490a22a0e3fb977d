"""Deployments: the plan, each step, where everything is, and how it compares."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from dao.deployment.document import DeploymentDocument
from dao.lifecycle.deploy import Creation
from dao.lifecycle.journal import Deployment, Step
from dao.lifecycle.verify_deployment import Comparison
from dao.render.tables import Table
from dao.render.text import plain


def plan_view(creations: Sequence[Creation], document: DeploymentDocument) -> RenderableType:
    """What is about to be created, and where."""
    table = _grid(5)
    for creation in creations:
        size = f"{len(creation.code)} bytes"
        table.add_row("  create", creation.contract, creation.address, f"nonce {creation.nonce}", size)
    token = document.file.token
    head = plain(f"{token.name} ({token.symbol}), governed by {document.file.governor.name}", "bold")
    return Group(head, table)


def step_view(step: Step) -> RenderableType:
    """One contract that is there now."""
    return Text.assemble(("✓ ", "green"), f"{step.contract} at {step.address}, block {step.block}")


def deployment_view(deployment: Deployment, path: Path) -> RenderableType:
    """Where everything is."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    for step in deployment.steps:
        table.add_row(step.contract, step.address)
    table.add_row("recorded in", plain(str(path)))
    return table


def deployment_json(deployment: Deployment, path: Path) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "chain_id": deployment.chain_id,
        "file": str(path),
        "genesis": deployment.genesis,
        "complete": deployment.complete,
        "contracts": {
            step.contract: {"address": step.address, "transaction": step.transaction, "block": step.block}
            for step in deployment.steps
        },
    }


def comparisons_view(comparisons: Sequence[Comparison]) -> RenderableType:
    """Each comparison, and what differs."""
    table = _grid(4)
    for comparison in comparisons:
        mark = Text("✓", style="green") if comparison.ok else Text("✗", style="bold red")
        one, other = comparison.sides
        differs = f"{one} {comparison.expected}; {other} {comparison.found}"
        shown = comparison.found if comparison.ok else differs
        table.add_row(mark, comparison.subject, plain(comparison.what), plain(shown))
    wrong = sum(not comparison.ok for comparison in comparisons)
    verdict = (
        Text(f"{wrong} of {len(comparisons)} comparisons differ", style="bold red")
        if wrong
        else Text(f"verified: {len(comparisons)} comparisons, no difference", style="bold green")
    )
    return Group(table, verdict)


def comparisons_json(comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "verified": all(comparison.ok for comparison in comparisons),
        "comparisons": [
            {
                "subject": comparison.subject,
                "what": comparison.what,
                "ok": comparison.ok,
                "expected": comparison.expected,
                "found": comparison.found,
            }
            for comparison in comparisons
        ],
    }


def _grid(columns: int) -> RichTable:
    table = Table.grid(padding=(0, 2))
    for _ in range(columns):
        table.add_column(overflow="fold")
    return table
