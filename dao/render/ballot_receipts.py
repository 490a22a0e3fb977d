"""Proofs that ballots were counted: what they prove, and what is left to be known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from dao.ballot.document import Weights
from dao.ballot.receipt import VoteReceipt
from dao.document.moments import moment
from dao.lifecycle.journal import Deployment
from dao.render import units
from dao.render.tables import Table
from dao.render.text import plain

_UNKNOWN = "of no deployment here: is this the DAO's?"


def receipt_view(receipt: VoteReceipt, deployment: Deployment | None) -> RenderableType:
    """A receipt that was checked; `deployment` is the one of its governor, None where there is none here."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("proven", f"ballot of {receipt.voter}", style="bold")
    table.add_row("proposal", str(receipt.proposal_id))
    table.add_row("governor", f"{receipt.governor}{'' if deployment else f', {_UNKNOWN}'}")
    for ballot in receipt.ballots:
        table.add_row("counted", f"{_weights(ballot.weights, deployment)}, {moment(ballot.timestamp)}")
        if ballot.reason:
            table.add_row("reason", plain(ballot.reason.decode("utf-8", errors="replace")))
        table.add_row("block", f"{ballot.block} 0x{ballot.block_hash.hex()}")
    last = f"It holds if chain {receipt.chain_id} has {_blocks([ballot.block for ballot in receipt.ballots])}."
    return Group(table, Text(last, style="dim"))


def receipt_json(receipt: VoteReceipt, deployment: Deployment | None) -> dict[str, Any]:
    """The same as JSON; weights as decimal strings in the smallest unit."""
    return {
        "proven": True,
        "chain_id": receipt.chain_id,
        "governor": receipt.governor,
        "known_governor": deployment is not None,
        "proposal_id": str(receipt.proposal_id),
        "voter": receipt.voter,
        "ballots": [
            {
                **ballot.weights.model_dump(mode="json", by_alias=True),
                "reason": ballot.reason.decode("utf-8", errors="replace"),
                "timestamp": ballot.timestamp,
                "block": ballot.block,
                "block_hash": "0x" + ballot.block_hash.hex(),
            }
            for ballot in receipt.ballots
        ],
    }


def _weights(weights: Weights, deployment: Deployment | None) -> str:
    def amount(value: int) -> str:
        return f"{value:_} of the smallest unit" if deployment is None else units.amount(value, deployment)

    parts = (("for", weights.for_), ("against", weights.against), ("abstain", weights.abstain))
    return ", ".join(f"{word} {amount(value)}" for word, value in parts if value) or "nothing"


def _blocks(numbers: Sequence[int]) -> str:
    listed = sorted(set(numbers))
    return "this block" if len(listed) == 1 else f"these blocks: {', '.join(map(str, listed))}"
