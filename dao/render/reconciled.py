"""An epoch's reconciliation: what was earned, published and claimed, by which vote, and every figure that differs."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from dao.audit.reconcile import Reconciliation, StreamReconciliation
from dao.lifecycle.journal import Deployment
from dao.render import units
from dao.render.tables import Table
from dao.render.text import plain

_SHOWN = 50


def reconciliation_verdict(found: Reconciliation) -> RenderableType:
    """The verdict in a line."""
    if found.findings:
        of = f"{len(found.findings)} of {found.compared} figures of epoch {found.epoch}"
        return Text(f"DIFFERS: {of} are not what contributions and policy give", style="bold red")
    return Text(
        f"RECONCILED: {found.compared} figures of epoch {found.epoch}; contributions, policy, publications and claims "
        "agree",
        style="bold green",
    )


def reconciliation_view(found: Reconciliation, deployment: Deployment) -> RenderableType:
    """The epoch, stream by stream, with the vote behind each amount; then what differs."""
    table = Table(box=None, header_style="dim", pad_edge=False)
    for name in ("stream", "emission", "earned", "published", "claimed", "accounts", "authorised by"):
        table.add_column(name)
    for stream in found.streams:
        published = "nothing" if stream.published is None else units.amount(stream.published, deployment)
        table.add_row(
            plain(stream.stream),
            units.amount(stream.emission, deployment),
            units.amount(stream.computed, deployment),
            published,
            units.amount(stream.claimed, deployment),
            f"{stream.claims} of {stream.accounts} claimed",
            _authority(stream),
        )
    parts: list[RenderableType] = [table]
    parts += [
        plain(f"{finding.what}: expected {finding.expected}, found {finding.found}", "red")
        for finding in found.findings[:_SHOWN]
    ]
    if len(found.findings) > _SHOWN:
        parts.append(Text(f"… {len(found.findings) - _SHOWN} more; --json has all", style="dim"))
    return Group(*parts, Text(), reconciliation_verdict(found))


def reconciliation_json(found: Reconciliation) -> dict[str, Any]:
    """The same as JSON; amounts as decimal strings."""
    return {
        "verdict": "differs" if found.findings else "reconciled",
        "chain_id": found.chain_id,
        "epoch": found.epoch,
        "series": found.series,
        "to_block": found.to_block,
        "data_hash": "0x" + found.data_hash.hex(),
        "compared": found.compared,
        "streams": [
            {
                "stream": stream.stream,
                "authority": stream.authority,
                "proposal": None if stream.proposal is None else str(stream.proposal),
                "emission": str(stream.emission),
                "computed": str(stream.computed),
                "published": None if stream.published is None else str(stream.published),
                "claimed": str(stream.claimed),
                "lapsed": str(stream.lapsed),
                "accounts": stream.accounts,
                "claims": stream.claims,
            }
            for stream in found.streams
        ],
        "findings": [finding.as_dict() for finding in found.findings],
    }


def _authority(stream: StreamReconciliation) -> str:
    if stream.proposal is not None:
        return f"proposal {units.short_id(stream.proposal)}"
    return "the deployment" if stream.authority == "deployment" else "nobody"
