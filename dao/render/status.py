"""A deployment's status."""

from __future__ import annotations

from typing import Any

from rich.console import RenderableType

from dao.document.names import account_of
from dao.lifecycle.status import Status
from dao.lifecycle.tiers import Function
from dao.proposal.calldata import ARTIFACTS, abi_of
from dao.render import units
from dao.render.tables import Table
from dao.render.text import plain
from dao.tiers import Tier


def status_view(status: Status) -> RenderableType:
    """Addresses, settings, supply, epoch and proposals."""
    deployment, settings, addresses = status.deployment, status.settings, status.deployment.addresses
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row(
        "chain", f"{deployment.chain_id}, block {status.block.number}, {units.moment(status.block.timestamp)}"
    )
    table.add_row("governor", plain(f"{addresses.governor}  {settings.name}"))
    table.add_row("timelock", f"{addresses.timelock}  delay {units.duration(status.min_delay)}")
    supply = f"supply {units.amount(status.supply, deployment)}"
    supply += f" of {units.amount(status.cap, deployment)}" if status.cap is not None else f", wraps {addresses.wraps}"
    table.add_row("token", f"{addresses.token}  {supply}")
    table.add_row("treasury", units.amount(status.treasury, deployment))
    table.add_row("policy", f"{addresses.policy}  hash 0x{status.policy_hash.hex()[:16]}…")
    table.add_row("distributor", addresses.distributor or "none")
    table.add_row("epoch", "not begun" if status.epoch is None else str(status.epoch))
    delay, period = units.duration(settings.voting_delay), units.duration(settings.voting_period)
    table.add_row("voting", f"delay {delay}, period {period}")
    threshold = units.amount(settings.proposal_threshold, deployment)
    table.add_row("needed", f"{threshold} to propose")
    for tier in Tier:
        functions = [_function(f, status) for f, listed in status.listed.items() if listed is tier]
        listed = ", ".join(functions) or ("everything else" if tier is Tier.CONSTITUTIONAL else "nothing")
        table.add_row(tier.word, plain(f"{units.needs(settings.tiers[tier])}: {listed}"))
    table.add_row("excluded", plain(", ".join(settings.exclusions) or "nobody"))
    late, grace = units.duration(settings.late_quorum_extension), units.duration(settings.grace_period)
    table.add_row("late quorum", f"leaves at least {late}")
    table.add_row("grace period", grace)
    table.add_row("guardian", settings.guardian)
    counts = ", ".join(f"{count} {state.name.lower()}" for state, count in status.proposals.items())
    table.add_row("proposals", counts or "none")
    return table


def status_json(status: Status) -> dict[str, Any]:
    """The same as JSON; amounts as decimal strings, delays in seconds, approvals and quorums in basis points."""
    settings, addresses = status.settings, status.deployment.addresses
    return {
        "chain_id": status.deployment.chain_id,
        "block": status.block.number,
        "timestamp": status.block.timestamp,
        "addresses": {
            "token": addresses.token,
            "timelock": addresses.timelock,
            "governor": addresses.governor,
            "policy": addresses.policy,
            "distributor": addresses.distributor,
        },
        "token": {
            "symbol": status.deployment.symbol,
            "decimals": status.deployment.decimals,
            "supply": str(status.supply),
            "cap": None if status.cap is None else str(status.cap),
            "wraps": addresses.wraps,
            "treasury": str(status.treasury),
        },
        "governor": {
            "name": settings.name,
            "voting_delay": settings.voting_delay,
            "voting_period": settings.voting_period,
            "proposal_threshold": str(settings.proposal_threshold),
            "tiers": {
                tier.word: {"approval": settings.tiers[tier].approval, "quorum": settings.tiers[tier].quorum}
                for tier in Tier
            },
            "listed": [
                {"target": target, "selector": "0x" + selector.hex(), "tier": tier.word}
                for (target, selector), tier in status.listed.items()
            ],
            "exclusions": list(settings.exclusions),
            "late_quorum_extension": settings.late_quorum_extension,
            "grace_period": settings.grace_period,
            "guardian": settings.guardian,
        },
        "timelock_delay": status.min_delay,
        "epoch": status.epoch,
        "policy_hash": "0x" + status.policy_hash.hex(),
        "proposals": {state.name.lower(): count for state, count in status.proposals.items()},
    }


def _function(function: Function, status: Status) -> str:
    """A listed function by the names of contract and function where they are the deployment's own."""
    target, selector = function
    name = account_of(target, status.deployment.addresses)
    signature = abi_of(name, status.deployment.addresses).functions.get(selector) if name in ARTIFACTS else None
    return f"{name}.{signature.name}" if signature else f"{name} 0x{selector.hex()}"
