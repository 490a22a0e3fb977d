"""Voting power, delegations and counted ballots."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from dao.lifecycle.delegate import Delegated
from dao.lifecycle.journal import Deployment
from dao.lifecycle.power import Cause, Power
from dao.lifecycle.power_changes import Reason
from dao.lifecycle.token import Wrapped
from dao.lifecycle.vote import CastVote
from dao.render import units
from dao.render.tables import Table
from dao.types import ZERO_ADDRESS

_REASONS = {
    Reason.DELEGATED: ("it delegated to itself", "{} delegated to it"),
    Reason.WITHDRAWN: ("it delegated to another", "{} took its delegation away"),
    Reason.RECEIVED: ("it received tokens", "{}, who delegates to it, received tokens"),
    Reason.SPENT: ("it sent tokens away", "{}, who delegates to it, sent tokens away"),
    Reason.OTHER: ("by a transaction of another kind", "by a transaction of {}"),
}
"""What changed voting power: the account's own doing, and that of others."""

_SHOWN = 10
"""How many changes of voting power are shown."""

_REMEDIES = {
    Cause.NEVER_DELEGATED: "run `dao delegate self`: it counts from the next proposal's snapshot on",
    Cause.DELEGATED_AWAY: "run `dao delegate self` to vote yourself from the next proposal's snapshot on",
    Cause.AFTER_SNAPSHOT: "what counts is the power at the snapshot; today's counts from the next proposal on",
}


def power_view(power: Power, deployment: Deployment) -> RenderableType:
    """Balance, delegate, voting power, and why they differ."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("account", power.account)
    table.add_row("balance", units.amount(power.balance, deployment))
    table.add_row("delegate", _delegate(power))
    table.add_row("power now", units.amount(power.votes, deployment))
    if power.snapshot is not None:
        table.add_row("snapshot", units.moment(power.snapshot))
        then = "not over yet: what is delegated by then counts"
        if power.at_snapshot is not None:
            then = units.amount(power.at_snapshot, deployment)
        table.add_row("power then", then)
    table.add_row("why", power.cause.value)
    if power.changes:
        table.add_row("since then", _changes(power, deployment))
    if power.cause in _REMEDIES:
        table.add_row("next", _REMEDIES[power.cause])
    return table


def wrapped_view(wrapped: Wrapped, deployment: Deployment) -> RenderableType:
    """How somebody stands after a deposit or a withdrawal."""
    left = f"{units.amount(wrapped.unwrapped, deployment)} of the wrapped token left"
    return Group(power_view(wrapped.power, deployment), Text(left, style="dim"))


def wrapped_json(wrapped: Wrapped) -> dict[str, Any]:
    """The same as JSON; amounts as decimal strings in the smallest unit."""
    receipt = wrapped.receipt
    return power_json(wrapped.power) | {
        "unwrapped": str(wrapped.unwrapped),
        "transaction": "0x" + receipt.hash.hex(),
        "gas_used": receipt.gas_used,
    }


def power_json(power: Power) -> dict[str, Any]:
    """The same as JSON; amounts as decimal strings in the smallest unit."""
    return {
        "account": power.account,
        "balance": str(power.balance),
        "delegate": None if power.delegate == ZERO_ADDRESS else power.delegate,
        "votes": str(power.votes),
        "snapshot": power.snapshot,
        "votes_at_snapshot": None if power.at_snapshot is None else str(power.at_snapshot),
        "cause": power.cause.name.lower(),
        "changes": [
            {
                "block": change.block,
                "timestamp": change.timestamp,
                "before": str(change.before),
                "after": str(change.after),
                "reason": change.reason.name.lower(),
                "who": change.who,
            }
            for change in power.changes
        ],
    }


def delegated_json(delegated: Delegated) -> dict[str, Any]:
    """A delegation as JSON."""
    receipt = delegated.receipt
    return power_json(delegated.power) | {"transaction": None if receipt is None else "0x" + receipt.hash.hex()}


def vote_view(vote: CastVote, deployment: Deployment) -> RenderableType:
    """A counted ballot."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("counted", f"ballot of {vote.voter} on proposal {units.short_id(vote.proposal_id)}")
    for word, weight in (("for", vote.for_), ("against", vote.against), ("abstain", vote.abstain)):
        if weight:
            table.add_row(word, units.amount(weight, deployment))
    table.add_row("transaction", "0x" + vote.receipt.hash.hex())
    return table


def vote_json(vote: CastVote) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "proposal_id": str(vote.proposal_id),
        "voter": vote.voter,
        "for": str(vote.for_),
        "against": str(vote.against),
        "abstain": str(vote.abstain),
        "transaction": "0x" + vote.receipt.hash.hex(),
        "block": vote.receipt.block_number,
        "gas_used": vote.receipt.gas_used,
    }


def _changes(power: Power, deployment: Deployment) -> str:
    """The newest changes of voting power, one a line."""
    shown = power.changes[-_SHOWN:]
    lines = []
    for change in shown:
        difference = change.after - change.before
        sign = "+" if difference >= 0 else "−"
        own, others = _REASONS[change.reason]
        what = own if change.who == power.account else others.format(change.who)
        amount = units.amount(abs(difference), deployment)
        lines.append(f"{sign}{amount}: {what}, {units.moment(change.timestamp)}")
    earlier = len(power.changes) - len(shown)
    if earlier:
        lines.insert(0, f"… {earlier} earlier changes; --json has them all")
    return "\n".join(lines)


def _delegate(power: Power) -> str:
    if power.delegate == ZERO_ADDRESS:
        return "nobody"
    return "itself" if power.delegate == power.account else power.delegate
