"""Proposals: what they do, where they stand, what was checked, what was verified."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from dao.chain.contracts import Standing
from dao.document.emitter import emit
from dao.lifecycle.advance import Advanced
from dao.lifecycle.effect import Effect
from dao.lifecycle.journal import Deployment
from dao.lifecycle.prepare import Compiled, Prepared
from dao.lifecycle.proposals import ChainProposal
from dao.lifecycle.submit import Submitted
from dao.lifecycle.verify_proposal import Verification
from dao.proposal.actions import Action
from dao.render import units
from dao.render.checks import checks_json
from dao.render.policy import change_text
from dao.render.tables import Table
from dao.render.text import plain
from dao.tiers import Tier, TierRules
from dao.types import ProposalState

STATE_STYLE = {
    ProposalState.PENDING: "yellow",
    ProposalState.ACTIVE: "bold cyan",
    ProposalState.CANCELED: "dim",
    ProposalState.DEFEATED: "red",
    ProposalState.SUCCEEDED: "green",
    ProposalState.QUEUED: "green",
    ProposalState.EXPIRED: "dim red",
    ProposalState.EXECUTED: "bold green",
}
"""How the word for a state is printed."""


def actions_view(actions: Sequence[Action]) -> RenderableType:
    """The decoded actions, in the words of a proposal file."""
    text = emit({"actions": [action.model_dump(mode="json", exclude_none=True) for action in actions]})
    return Padding(plain(text.rstrip("\n"), "cyan", lines=True), (0, 0, 0, 2))


def actions_json(actions: Sequence[Action]) -> list[Any]:
    """The decoded actions as JSON, shaped as in a proposal file."""
    return [action.model_dump(mode="json", exclude_none=True) for action in actions]


def effect_view(effect: Effect, deployment: Deployment) -> RenderableType:
    """Each stream whose emission changes, before and after, at the epochs where changes begin."""
    changes = [plain(f"  {change_text(change, deployment)}") for change in effect.changes]
    rows = effect_rows(effect)
    if not rows:
        return Group(*changes) if changes else Text("  the reward policy stays as it is", style="dim")
    table = Table(box=None, header_style="dim", pad_edge=True)
    table.add_column("stream")
    table.add_column("epoch", justify="right")
    table.add_column("before", justify="right")
    table.add_column("after", justify="right", style="bold")
    table.add_column("change", justify="right")
    for stream, epoch, before, after in rows:
        difference = after - before
        sign = "+" if difference > 0 else "−"
        table.add_row(
            plain(stream),
            str(epoch),
            units.amount(before, deployment),
            units.amount(after, deployment),
            Text(f"{sign}{units.amount(abs(difference), deployment)}", style="green" if difference > 0 else "red"),
        )
    return Group(*changes, table)


def effect_rows(effect: Effect) -> list[tuple[str, int, int, int]]:
    """Stream, epoch, emission before and after, wherever they differ at an epoch in which a change begins."""
    rows = []
    for epoch in effect.epochs:
        for stream in effect.after.streams:
            before = effect.before.emission(stream, epoch) if stream in effect.before.streams else 0
            after = effect.after.emission(stream, epoch)
            if before != after:
                rows.append((stream, epoch, before, after))
    return rows


def effect_json(effect: Effect, deployment: Deployment) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "changes": [change_text(change, deployment) for change in effect.changes],
        "emissions": [
            {"stream": stream, "epoch": epoch, "before": str(before), "after": str(after)}
            for stream, epoch, before, after in effect_rows(effect)
        ],
        "policy_hash_after": "0x" + effect.after.hash.hex(),
    }


def prepared_view(prepared: Compiled, actions: Sequence[Action], deployment: Deployment) -> RenderableType:
    """A proposal about to be submitted: decoded from its bytes, and what it changes."""
    size = f"{len(prepared.calls)} calls, {sum(len(call.calldata) for call in prepared.calls)} bytes of calldata"
    if isinstance(prepared, Prepared):
        identity = f"proposal {prepared.identity.proposal_id}"
        size += f", {len(prepared.description.encode())} bytes of description"
    else:
        identity = "the proposal's id depends on who submits it: name the account with --proposer ADDRESS"
    return Group(
        plain(prepared.document.title, "bold"),
        Text(identity, style="dim"),
        Text(f"{prepared.tier.word}: {units.needs(prepared.rules)}"),
        Text(size),
        Text("decoded from the bytes:", style="dim"),
        actions_view(actions),
        Text("the reward policy:", style="dim"),
        effect_view(prepared.effect, deployment),
    )


def prepared_json(prepared: Compiled, actions: Sequence[Action], deployment: Deployment) -> dict[str, Any]:
    """The same as JSON; null for what depends on a proposer who is not known."""
    known = prepared if isinstance(prepared, Prepared) else None
    return {
        "title": prepared.document.title,
        "proposal_id": None if known is None else str(known.identity.proposal_id),
        "description_hash": None if known is None else "0x" + known.identity.description_hash.hex(),
        "operation_id": None if known is None else "0x" + known.identity.operation_id.hex(),
        "proposer": None if known is None else known.proposer,
        "base_policy_hash": "0x" + prepared.base_hash.hex(),
        **tier_json(prepared.tier, prepared.rules),
        "calls": [
            {"target": call.target, "value": str(call.value), "calldata": "0x" + call.calldata.hex()}
            for call in prepared.calls
        ],
        "description": None if known is None else known.description,
        "actions": actions_json(actions),
        "effect": effect_json(prepared.effect, deployment),
    }


def proposals_table(rows: Sequence[tuple[ChainProposal, Standing]], now: int) -> RenderableType:
    """Proposals, one a line."""
    if not rows:
        return Text("no proposals yet; write one with `dao proposal new`")
    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in ("id", "state", "tier", "needs", "title", "next"):
        table.add_column(heading, overflow="fold")
    for proposal, standing in rows:
        table.add_row(
            str(proposal.proposal_id)[:12],
            Text(standing.state.name.lower(), style=STATE_STYLE[standing.state]),
            standing.tier.word,
            f">{units.share(standing.rules.approval)}, {units.share(standing.rules.quorum)}",
            plain(proposal.title),
            next_step(standing, now),
        )
    return table


def standing_json(proposal: ChainProposal, standing: Standing) -> dict[str, Any]:
    """A proposal and where it stands, as JSON."""
    return {
        "proposal_id": str(proposal.proposal_id),
        "title": proposal.title,
        "proposer": proposal.proposer,
        "block": proposal.block_number,
        "transaction": "0x" + proposal.transaction_hash.hex(),
        "state": standing.state.name.lower(),
        "snapshot": standing.snapshot,
        "deadline": standing.deadline,
        "eta": standing.eta or None,
        "expiry": standing.expiry or None,
        "for": str(standing.for_votes),
        "against": str(standing.against_votes),
        "abstain": str(standing.abstain_votes),
        **tier_json(standing.tier, standing.rules),
    }


def tier_json(tier: Tier, rules: TierRules) -> dict[str, Any]:
    """A tier and what it needs as JSON: approval and quorum share in basis points."""
    return {"tier": tier.word, "approval": rules.approval, "quorum_share": rules.quorum}


def next_step(standing: Standing, now: int) -> str:
    """What can happen next, and when."""
    if standing.state is ProposalState.PENDING:
        return f"voting begins {units.moment(standing.snapshot, now)}"
    if standing.state is ProposalState.ACTIVE:
        return f"voting ends {units.moment(standing.deadline, now)}"
    if standing.state is ProposalState.SUCCEEDED:
        return f"can be queued until {units.moment(standing.expiry, now)}"
    if standing.state is ProposalState.QUEUED and now < standing.eta:
        return f"can be executed from {units.moment(standing.eta, now)}"
    if standing.state is ProposalState.QUEUED:
        return f"can be executed until {units.moment(standing.expiry, now)}"
    return ""


def submitted_json(submitted: Submitted) -> dict[str, Any]:
    """A submission as JSON."""
    receipt = submitted.receipt
    return {
        "proposal_id": str(submitted.prepared.identity.proposal_id),
        "state": submitted.standing.state.name.lower(),
        "snapshot": submitted.standing.snapshot,
        "deadline": submitted.standing.deadline,
        **tier_json(submitted.standing.tier, submitted.standing.rules),
        "lock": str(submitted.lock),
        "checks": checks_json(submitted.checks),
        "forced": None if submitted.forced is None else submitted.forced.reason,
        "transaction": None if receipt is None else "0x" + receipt.hash.hex(),
        "gas_used": None if receipt is None else receipt.gas_used,
    }


def submitted_view(submitted: Submitted, now: int) -> RenderableType:
    """A submission: its id, its lock, and when voting begins."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    verb = "submitted" if submitted.receipt is not None else "on chain already"
    table.add_row(verb, str(submitted.prepared.identity.proposal_id))
    table.add_row("lock file", plain(str(submitted.lock)))
    if submitted.forced is not None:
        table.add_row(
            "forced", plain(f"{', '.join(submitted.forced.failed)} failed: {submitted.forced.reason}", "yellow")
        )
    table.add_row(submitted.standing.tier.word, units.needs(submitted.standing.rules))
    table.add_row("next", next_step(submitted.standing, now))
    return table


def advanced_json(advanced: Advanced) -> dict[str, Any]:
    """A queued, executed, canceled or purged proposal as JSON."""
    return {
        "proposal_id": str(advanced.standing.proposal_id),
        "state": advanced.standing.state.name.lower(),
        "eta": advanced.standing.eta or None,
        "expiry": advanced.standing.expiry or None,
        "transaction": "0x" + advanced.receipt.hash.hex(),
        "block": advanced.receipt.block_number,
        "gas_used": advanced.receipt.gas_used,
    }


def advanced_view(advanced: Advanced, now: int) -> RenderableType:
    """The same for a person."""
    state = advanced.standing.state
    return Group(
        Text.assemble(
            f"proposal {units.short_id(advanced.standing.proposal_id)} is ",
            (state.name.lower(), STATE_STYLE[state]),
        ),
        Text(f"transaction 0x{advanced.receipt.hash.hex()}, {advanced.receipt.gas_used} gas", style="dim"),
        Text(next_step(advanced.standing, now)),
    )


def verification_view(verification: Verification) -> RenderableType:
    """Whether the proposal on chain is the one compared with."""
    title = plain(verification.document.title, "bold")
    if not verification.differences:
        line = plain(f"verified: every byte on chain is what {verification.against} compiles to", "bold green")
        return Group(title, line)
    table = Table(box=None, header_style="dim")
    for heading in ("where", "differs", "expected", "found"):
        table.add_column(heading, overflow="fold")
    for difference in verification.differences:
        where = "on chain" if difference.where == "chain" else "in the lock file"
        table.add_row(where, plain(difference.field), plain(difference.expected), plain(difference.found))
    return Group(title, plain(f"NOT what {verification.against} compiles to", "bold red"), table)


def verification_json(verification: Verification) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "proposal_id": str(verification.proposal.proposal_id),
        "against": verification.against,
        "verified": not verification.differences,
        "title": verification.document.title,
        "differences": [
            {"where": d.where, "field": d.field, "expected": d.expected, "found": d.found}
            for d in verification.differences
        ],
    }
