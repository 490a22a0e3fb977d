"""Payouts of accounts: what is due, what a claim came to, proofs, and who was paid in batches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from dao.chain.distributor import Series
from dao.claim_order import ClaimOrder
from dao.document.quantities import Units
from dao.lifecycle.epochs.claim import Claiming
from dao.lifecycle.epochs.claim_batch import Batched, BatchPlan, PublicationBatch
from dao.lifecycle.epochs.claim_to import Signed
from dao.lifecycle.epochs.due import Entitlement, Standing
from dao.lifecycle.epochs.local import Local, LocalPayout
from dao.lifecycle.epochs.payment import Plan, Sent
from dao.lifecycle.epochs.proof import calldata, function
from dao.lifecycle.journal import Deployment
from dao.render import amounts, units
from dao.render.tables import Table
from dao.render.text import escape, plain

_STYLES = {Standing.DUE: "bold", Standing.PAID: "green", Standing.CLAIMED: "dim", Standing.LAPSED: "dim"}


def proof_view(local: Local, unit: Units | None) -> RenderableType:
    """Every proof: amount, leaf, nodes. Amounts are in the smallest unit where the token's `unit` is not known."""
    parts: list[RenderableType] = []
    for payout in local.payouts:
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim")
        table.add_column(overflow="fold")
        made = payout.publication
        table.add_row("epoch", _epoch(payout.series))
        table.add_row("stream", plain(made.stream))
        table.add_row("account", payout.account)
        smallest = f"{payout.amount:_} of the smallest unit"
        table.add_row("amount", smallest if unit is None else f"{amounts.amount(payout.amount, unit)} ({smallest})")
        table.add_row("distributor", f"{made.distributor} on chain {made.chain_id}")
        table.add_row("leaf", f"0x{payout.leaf.hex()}")
        table.add_row("root", f"0x{payout.root.hex()}")
        table.add_row("proof", "\n".join(f"0x{node.hex()}" for node in payout.proof) or "none: it is the only leaf")
        parts += [table, Text()]
    return Group(*parts[:-1], *_unreadable(local))


def proof_json(local: Local) -> dict[str, Any]:
    """The same as JSON; `claim` is a call as a block explorer or ethers takes it, amounts are decimal strings."""
    return {
        "account": local.account,
        "payouts": [_payout_json(payout) for payout in local.payouts],
        "unreadable": [
            {"epoch": each.folder.epoch, "series": each.folder.series, "stream": each.stream, "error": str(each.error)}
            for each in local.unreadable
        ],
    }


def plan_view(plan: Plan, deployment: Deployment) -> RenderableType:
    """What is about to be claimed or signed, and what is not."""
    due = plan.due or tuple(entry for entry in plan.entitlements if entry.standing is Standing.DUE)
    words = f"{_count(len(due), 'payout')}, together {units.amount(_sum(due), deployment)}"
    if plan.transactions:
        gas = sum(packed.gas for packed in plan.transactions)
        words += f", in {_count(len(plan.transactions), 'transaction')} of about {gas:_} gas"
    lines = [Text(words)]
    if plan.receiver is not None:
        lines.append(Text(f"paid to {plan.receiver}", style="bold"))
    return Group(_table(plan.entitlements, deployment), *lines)


def claiming_view(claiming: Claiming, deployment: Deployment) -> RenderableType:
    """What became of every payout, and the transactions."""
    lines = [Text(f"paid to {claiming.receiver}: {units.amount(claiming.paid, deployment)}")]
    if not claiming.sent:
        lines = [Text("nothing was sent")]
    return Group(_table(claiming.entitlements, deployment), *lines, *_transactions(claiming.sent))


def claiming_json(claiming: Claiming) -> dict[str, Any]:
    """The same as JSON; amounts as decimal strings in the smallest unit."""
    return {
        "account": claiming.account,
        "receiver": claiming.receiver,
        "paid": str(claiming.paid),
        "complete": claiming.complete,
        "payouts": [entitlement_json(entry) for entry in claiming.entitlements],
        "transactions": _transactions_json(claiming.sent),
    }


def entitlement_json(entry: Entitlement) -> dict[str, Any]:
    """One payout and where it stands; `stream` is null where a whole folder cannot be read."""
    return {
        "epoch": entry.series.epoch,
        "series": entry.series.series,
        "stream": entry.series.stream or None,
        "amount": None if entry.amount is None else str(entry.amount),
        "standing": entry.standing.name.lower(),
        "reason": entry.reason,
    }


def signed_view(path: Path, signed: Signed, deployment: Deployment) -> RenderableType:
    """What was signed, and what was not."""
    order = signed.order
    covered = [payout for claim in order.claims for payout in claim.payouts]
    words = (
        f"{_count(len(covered), 'payout')}, together "
        f"{units.amount(sum(payout.amount for payout in covered), deployment)}, to {order.receiver} "
        f"until {units.moment(order.deadline)}"
    )
    return Group(Text(words), plain(f"wrote {path}; anybody sends it with `dao epoch claim --signed`"))


def signed_json(path: Path, signed: Signed) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "file": str(path),
        **signed.order.model_dump(mode="json"),
        "payouts": [entitlement_json(entry) for entry in signed.entitlements],
    }


def order_text(order: ClaimOrder) -> str:
    """An order as it is written."""
    return json.dumps(order.model_dump(mode="json"), indent=2, ensure_ascii=True) + "\n"


def batch_plan_view(plan: BatchPlan, deployment: Deployment) -> RenderableType:
    """Which publications are about to be paid to how many accounts, in which transactions."""
    payouts = sum(len(packed.entries) for packed in plan.transactions)
    gas = sum(packed.gas for packed in plan.transactions)
    words = f"{_count(payouts, 'payout')} in {_count(len(plan.transactions), 'transaction')} of about {gas:_} gas"
    table = Table(box=None, header_style="dim", pad_edge=False)
    for column in ("epoch", "stream", "accounts", "claimed before", "to be paid", "amount", "why not"):
        table.add_column(column)
    total = 0
    for each in plan.publications:
        due = each.standing is Standing.DUE and each.left
        amount = each.amount - each.claimed_amount if due else 0
        total += amount
        table.add_row(
            _epoch(each.series),
            plain(each.series.stream or "all"),
            str(each.accounts),
            str(each.claimed),
            str(each.left) if due else "–",
            units.amount(amount, deployment) if due else "–",
            _why(each),
        )
    return Group(table, Text(f"{words}, together {units.amount(total, deployment)}"))


def batched_view(batched: Batched, deployment: Deployment) -> RenderableType:
    """What became of everybody, a line for each publication."""
    parts: list[RenderableType] = [_batch_table(batched.publications, deployment)]
    if not batched.publications:
        parts = [Text("no publication here pays any of these accounts")]
    if batched.strangers:
        shown = ", ".join(batched.strangers[:_SHOWN])
        more = f" and {len(batched.strangers) - _SHOWN} more" if len(batched.strangers) > _SHOWN else ""
        parts.append(Text(f"paid by none of these: {shown}{more}", style="yellow"))
    if not batched.sent:
        parts.append(Text("nothing was sent"))
    return Group(*parts, *_transactions(batched.sent))


def batched_json(batched: Batched) -> dict[str, Any]:
    """The same as JSON; amounts as decimal strings in the smallest unit."""
    return {
        "complete": batched.complete,
        "publications": [
            {
                "epoch": each.series.epoch,
                "series": each.series.series,
                "stream": each.series.stream or None,
                "standing": each.standing.name.lower(),
                "reason": each.reason,
                "accounts": each.accounts,
                "amount": str(each.amount),
                "claimed_before": each.claimed,
                "claimed_before_amount": str(each.claimed_amount),
                "paid": each.paid,
                "paid_amount": str(each.paid_amount),
                "left": each.left,
            }
            for each in batched.publications
        ],
        "strangers": list(batched.strangers),
        "transactions": _transactions_json(batched.sent),
    }


_SHOWN = 10
"""How many accounts are named that no publication pays."""


def _payout_json(payout: LocalPayout) -> dict[str, Any]:
    made = payout.publication
    stream, epoch, series, amount, proof = payout.claim
    nodes = ["0x" + node.hex() for node in proof]
    return {
        "chain_id": made.chain_id,
        "distributor": made.distributor,
        "stream": made.stream,
        "epoch": epoch,
        "series": series,
        "account": payout.account,
        "amount": str(amount),
        "leaf": "0x" + payout.leaf.hex(),
        "root": "0x" + payout.root.hex(),
        "proof": nodes,
        "claim": {
            "to": made.distributor,
            "function": function(),
            "arguments": [payout.account, ["0x" + stream.hex(), epoch, series, str(amount), nodes]],
            "data": "0x" + calldata(payout).hex(),
        },
    }


def _table(entitlements: Sequence[Entitlement], deployment: Deployment) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    for column in ("epoch", "stream", "amount", "stands", "why"):
        table.add_column(column)
    for entry in entitlements:
        style = _STYLES.get(entry.standing, "red" if entry.standing.wrong else "yellow")
        table.add_row(
            _epoch(entry.series),
            plain(entry.series.stream or "all"),
            "?" if entry.amount is None else units.amount(entry.amount, deployment),
            Text(entry.standing.value, style=style),
            escape(entry.reason or "", limit=500),
        )
    return table


def _batch_table(publications: Sequence[PublicationBatch], deployment: Deployment) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    for column in ("epoch", "stream", "accounts", "claimed before", "paid now", "left", "amount now", "why"):
        table.add_column(column)
    for each in publications:
        table.add_row(
            _epoch(each.series),
            plain(each.series.stream or "all"),
            str(each.accounts),
            str(each.claimed),
            str(each.paid),
            Text(str(each.left), style="yellow" if each.left else ""),
            units.amount(each.paid_amount, deployment),
            _why(each),
        )
    return table


def _why(publication: PublicationBatch) -> str:
    words = "" if publication.standing is Standing.DUE else publication.standing.value
    return escape(": ".join(part for part in (words, publication.reason or "") if part), limit=500)


def _transactions(sent: Sequence[Sent]) -> Iterator[Text]:
    for each in sent:
        share = -(-each.gas_used // len(each.payments)) if each.payments else each.gas_used
        words = f"0x{each.hash.hex()}: {_count(len(each.payments), 'payout')}, {share:_} gas each"
        yield Text(words, style="dim")


def _transactions_json(sent: Sequence[Sent]) -> list[dict[str, Any]]:
    return [
        {
            "transaction": "0x" + each.hash.hex(),
            "block": each.block_number,
            "gas_used": each.gas_used,
            "payouts": len(each.payments),
            "amount": str(each.amount),
        }
        for each in sent
    ]


def _unreadable(local: Local) -> Iterator[Text]:
    for each in local.unreadable:
        where = f"epoch {_epoch(Series('', each.folder.epoch, each.folder.series))}"
        if each.stream:
            where += f", {each.stream}"
        yield plain(f"{where}: {each.error}", "red")


def _epoch(series: Series) -> str:
    return f"{series.epoch} +{series.series}" if series.series else str(series.epoch)


def _sum(entitlements: Sequence[Entitlement]) -> int:
    return sum(entry.amount or 0 for entry in entitlements)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
