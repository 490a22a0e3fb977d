"""Ballots that are signed in one place and sent from another: what is signed, what is sent, what became of each."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from dao.ballot.document import Ballot, Request, Weights
from dao.document.moments import moment
from dao.document.quantities import format_amount, is_symbol
from dao.lifecycle.ballots.check import Checked, Verdict
from dao.lifecycle.ballots.relay import Plan, Relayed
from dao.lifecycle.ballots.sign import Draft
from dao.lifecycle.journal import Deployment
from dao.render import units
from dao.render.tables import Table
from dao.render.text import escape, plain

_ORDER = ("for", "against", "abstain")


def draft_view(draft: Draft) -> RenderableType:
    """What is about to be signed: first what the signature covers, then what the request says besides."""
    request = draft.request
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("ballot", plain(_ballot(draft), "bold"))
    if draft.reason:
        table.add_row("reason", plain(draft.reason))
    table.add_row("proposal", str(request.proposal_id))
    table.add_row("governor", plain(f"{request.governor} “{request.governor_name}”"))
    table.add_row("chain", str(request.chain_id))
    table.add_row("voter", f"{request.voter}{', a contract account' if draft.by_contract else ''}")
    if draft.kind != "full":
        table.add_row("nonce", str(request.nonce))
    if request.title:
        table.add_row("said to be", plain(request.title))
    if request.deadline is not None:
        table.add_row("open until", moment(request.deadline))
    return Panel(Group(table), title="what is signed", title_align="left", border_style="dim")


def typed_text(draft: Draft) -> str:
    """The EIP-712 document that a wallet takes, in ASCII."""
    return json.dumps(draft.typed.document(), indent=2, ensure_ascii=True) + "\n"


def written_json(path: Path, written: Ballot | Draft | Request) -> dict[str, Any]:
    """The file that was written, and what is in it."""
    if isinstance(written, Draft):
        return {"file": str(path), "typed_data": written.typed.document(), "digest": "0x" + written.typed.digest.hex()}
    return {"file": str(path), **written.model_dump(mode="json", by_alias=True, exclude_none=True)}


def weights_text(weights: Weights, request: Request) -> str:
    """A split, such as `for 60 RWD, against 40 RWD`."""
    parts = {"for": weights.for_, "against": weights.against, "abstain": weights.abstain}
    return ", ".join(f"{word} {_amount(parts[word], request)}" for word in _ORDER if parts[word])


def _ballot(draft: Draft) -> str:
    request = draft.request
    if draft.weights is not None:
        return weights_text(draft.weights, request)
    choice = draft.support.name.lower()
    if request.power is None:
        return f"{choice}, with all the weight that is left"
    return f"{choice}, with all the weight that is left: {_amount(request.power, request)}"


def _amount(value: int, request: Request) -> str:
    if not is_symbol(request.symbol):
        return f"{value:_} of the smallest unit"
    return format_amount(value, symbol=request.symbol, decimals=request.decimals)


def plan_view(plan: Plan) -> RenderableType:
    """What is about to be sent, and which ballots are not."""
    ready = [entry for entry in plan.ballots if entry.verdict is Verdict.READY]
    head = Text(f"{_count(len(ready), 'ballot')} of {len(plan.ballots)} in {_count(len(plan.parcels), 'transaction')}")
    table = Table(box=None, header_style="dim", pad_edge=False)
    for column in ("call", "ballots", "gas, about"):
        table.add_column(column)
    for parcel in plan.parcels:
        name = parcel.outgoing.function.split("(")[0]
        table.add_row(name, str(len(parcel.entries)), f"{parcel.gas:_}")
    return Group(head, table, *_unsent(plan.ballots))


def relayed_view(relayed: Relayed, deployment: Deployment) -> RenderableType:
    """What became of every ballot, and the transactions."""
    counts = Counter(entry.verdict for entry in relayed.ballots)
    head = Text(", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict]))
    weight = sum(entry.weight for entry in relayed.ballots if entry.verdict is Verdict.RELAYED)
    lines: list[RenderableType] = [head]
    if counts[Verdict.RELAYED]:
        lines.append(Text(f"together {units.amount(weight, deployment)}"))
    for sent in relayed.sent:
        share = -(-sent.gas_used // sent.ballots) if sent.ballots else sent.gas_used
        words = f"0x{sent.hash.hex()}: {sent.counted} of {_count(sent.ballots, 'ballot')}, {share:_} gas each"
        lines.append(Text(words, style="dim"))
    return Group(*lines, *_unsent(relayed.ballots))


def relayed_json(relayed: Relayed) -> dict[str, Any]:
    """The same as JSON; weights as decimal strings in the smallest unit."""
    return {
        "complete": relayed.complete,
        "ballots": [
            {
                "file": str(entry.path),
                "proposal_id": None if entry.ballot is None else str(entry.ballot.proposal_id),
                "voter": None if entry.ballot is None else entry.ballot.voter,
                "verdict": entry.verdict.name.lower(),
                "reason": entry.reason,
                "weight": str(entry.weight),
            }
            for entry in relayed.ballots
        ],
        "transactions": [
            {
                "transaction": "0x" + sent.hash.hex(),
                "block": sent.block_number,
                "gas_used": sent.gas_used,
                "ballots": sent.ballots,
                "counted": sent.counted,
            }
            for sent in relayed.sent
        ],
    }


def _unsent(ballots: Sequence[Checked]) -> Iterator[RenderableType]:
    """The ballots that are not sent or not counted, one a line."""
    for entry in ballots:
        if entry.reason is None:
            continue
        line = plain(entry.path)
        line.append(f" {entry.verdict.value}: ", style="yellow")
        line.append(escape(entry.reason, limit=500))
        yield line


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
