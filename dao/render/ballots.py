"""Ballots that are signed in one place and sent from another: what is signed, in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel

from dao.ballot.document import Ballot, Request, Weights
from dao.document.moments import moment
from dao.document.quantities import format_amount, is_symbol
from dao.lifecycle.ballots.sign import Draft
from dao.render.tables import Table
from dao.render.text import plain

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
