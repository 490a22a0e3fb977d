"""One proposal with everything a voter wants to know: in the terminal, and as JSON."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from dao.lifecycle.journal import Deployment
from dao.lifecycle.show import Shown
from dao.lifecycle.verdict import Verdict, worst
from dao.lifecycle.voter import Voter, Voting
from dao.render import units
from dao.render.checks import checks_json, summary_view, warnings_view
from dao.render.proposal import (
    STATE_STYLE,
    actions_json,
    actions_view,
    effect_json,
    effect_view,
    next_step,
    standing_json,
)
from dao.render.tables import Table
from dao.render.tally import tally_view
from dao.render.text import escape, plain
from dao.types import ZERO_ADDRESS, ProposalState

_REASON = 200
"""How many characters of a reason are shown."""


def shown_view(shown: Shown, deployment: Deployment) -> RenderableType:
    """One proposal whole: text, actions, effect, checks, tally, the voter's own part, time left."""
    proposal, standing, now = shown.proposal, shown.standing, shown.block.timestamp
    parts: list[RenderableType] = [
        Text.assemble(
            plain(proposal.title, "bold"),
            "  ",
            (standing.state.name.lower(), STATE_STYLE[standing.state]),
        ),
        Text(f"proposal {proposal.proposal_id}", style="dim"),
        Text(f"by {proposal.proposer}, {units.moment(proposal.timestamp, now)}", style="dim"),
        Text(f"{standing.tier.word}: {units.needs(standing.rules)}"),
    ]
    if shown.document is not None:
        parts.append(Padding(plain(shown.document.summary, lines=True), (1, 0, 1, 2)))
    else:
        parts.append(Padding(plain(proposal.text, lines=True), (1, 0, 1, 2)))
        if proposal.truncated:
            size = f"the description has {proposal.description_length} bytes; its beginning is shown"
            parts.append(Text(f"  {size}", style="yellow"))
    parts += [Text("decoded from the bytes:", style="dim"), actions_view(shown.actions)]
    if shown.effect is not None and shown.effect.changes:
        parts += [Text("the reward policy:", style="dim"), effect_view(shown.effect, deployment)]
    elif shown.effect_error:
        parts.append(plain(f"the reward policy: {shown.effect_error}", "yellow"))
    parts.append(_checks_view(shown))
    parts.append(tally_view(standing, shown.quorum, deployment))
    if shown.voter is not None:
        parts.append(_voter_view(shown, shown.voter, deployment))
    parts.append(Text(next_step(standing, now), style="bold"))
    return Group(*parts)


def shown_json(shown: Shown, deployment: Deployment) -> dict[str, Any]:
    """The same as JSON."""
    return standing_json(shown.proposal, shown.standing) | {
        "quorum": None if shown.quorum is None else str(shown.quorum),
        "actions": actions_json(shown.actions),
        "calls": [
            {"target": call.target, "value": str(call.value), "calldata": "0x" + call.calldata.hex()}
            for call in shown.proposal.calls
        ],
        "description": shown.proposal.text,
        "description_bytes": shown.proposal.description_length,
        "description_truncated": shown.proposal.truncated,
        "effect": None if shown.effect is None else effect_json(shown.effect, deployment),
        "now": shown.block.timestamp,
        "verdict": None if shown.checks is None else worst(shown.checks).value,
        "checks": None if shown.checks is None else checks_json(shown.checks),
        "unchecked": shown.unchecked or None,
        "voter": None if shown.voter is None else _voter_json(shown.voter),
    }


def _checks_view(shown: Shown) -> RenderableType:
    if shown.checks is None:
        return plain(f"checks: not run, {shown.unchecked}", "dim")
    line = Text.assemble("checks: ", summary_view(shown.checks))
    if worst(shown.checks) is Verdict.PASS:
        return line
    more = Text(f"  `dao proposal check {units.short_id(shown.proposal.proposal_id)[:12]}` says more", style="dim")
    return Group(line, warnings_view(shown.checks), more)


def _voter_view(shown: Shown, voter: Voter, deployment: Deployment) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("you", voter.own.account)
    table.add_row("your power", _power(shown, voter.own, deployment))
    table.add_row("your ballot", _ballot(shown, voter.own, deployment))
    table.add_row("delegate", _delegate(voter))
    if voter.delegated is not None:
        table.add_row("its power", _power(shown, voter.delegated, deployment))
        table.add_row("its ballot", _ballot(shown, voter.delegated, deployment))
    return Padding(table, (1, 0, 1, 0))


def _power(shown: Shown, voting: Voting, deployment: Deployment) -> str:
    if voting.power is not None:
        return f"{units.amount(voting.power, deployment)} at the snapshot"
    snapshot = units.moment(shown.standing.snapshot, shown.block.timestamp)
    return f"{units.amount(voting.now, deployment)} now; what counts is the power at the snapshot, {snapshot}"


def _ballot(shown: Shown, voting: Voting, deployment: Deployment) -> Text:
    if not voting.used:
        if not voting.power:
            return Text("none")
        is_open = shown.standing.state is ProposalState.ACTIVE
        return Text("not cast yet" if is_open else "none was cast", style="bold yellow" if is_open else "")
    cast = ", ".join(
        f"{word} {units.amount(voting.votes[support], deployment)}"
        for support, word in units.OPTIONS.items()
        if voting.votes.get(support)
    )
    left = (voting.power or 0) - voting.used
    rest = f"; {units.amount(left, deployment)} not cast" if left > 0 else ""
    reasons = "".join(f"\n“{escape(reason, limit=_REASON)}”" for reason in voting.reasons)
    return Text(f"{cast}{rest}{reasons}")


def _delegate(voter: Voter) -> str:
    if voter.delegate == ZERO_ADDRESS:
        return "nobody: your tokens do not vote"
    return "you yourself" if voter.delegated is None else f"{voter.delegate} votes with your tokens"


def _voter_json(voter: Voter) -> dict[str, Any]:
    return {
        **_voting_json(voter.own),
        "delegate": None if voter.delegate == ZERO_ADDRESS else voter.delegate,
        "delegate_voting": None if voter.delegated is None else _voting_json(voter.delegated),
    }


def _voting_json(voting: Voting) -> dict[str, Any]:
    """Power and ballots as JSON; amounts as decimal strings in the smallest unit."""
    return {
        "account": voting.account,
        "votes_now": str(voting.now),
        "votes_at_snapshot": None if voting.power is None else str(voting.power),
        "used": str(voting.used),
        **{word: str(voting.votes.get(support, 0)) for support, word in units.OPTIONS.items()},
        "reasons": list(voting.reasons),
    }
