"""What happens to proposals as it happens: a line each for a person, an object each for a program, and variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from dao.lifecycle.journal import Deployment
from dao.lifecycle.watch import Fact, Kind, Reported
from dao.render import units
from dao.render.text import escape, plain

_STYLE = {
    Kind.PROPOSED: "bold cyan",
    Kind.OPENED: "cyan",
    Kind.VOTED: "",
    Kind.QUORUM: "green",
    Kind.EXTENDED: "yellow",
    Kind.SUCCEEDED: "green",
    Kind.DEFEATED: "red",
    Kind.QUEUED: "green",
    Kind.EXECUTED: "bold green",
    Kind.CANCELED: "dim",
    Kind.EXPIRED: "dim red",
}
_VARIABLE = 2_000
"""How many characters of a text a command is told."""

_NOTES = {
    "watching": "watching from block {block} on",
    "stopped": "stopped; `--since {next}` goes on from here",
    "disconnected": "trying again: {why}",
    "reconnected": "the node answers again; nothing was missed",
    "behind": "the node is {blocks} blocks behind what was read already; waiting for it",
    "reorganised": "the chain was reorganised: {blocks} blocks that were read are not in it any more",
    "exec_failed": "the command failed: {why}",
}


def fact_view(fact: Fact, deployment: Deployment) -> Text:
    """One fact in one line."""
    return Text.assemble(
        (units.moment(fact.timestamp), "dim"),
        "  ",
        (f"{fact.kind.value:<9}", _STYLE[fact.kind]),
        f"  {units.short_id(fact.proposal_id)}  ",
        plain(fact.title, "bold" if fact.kind is Kind.PROPOSED else ""),
        _details(fact, deployment),
    )


def fact_json(fact: Fact) -> dict[str, Any]:
    """The same as JSON; votes as decimal strings in the token's smallest unit."""
    document: dict[str, Any] = {
        "event": fact.kind.value,
        "proposal_id": str(fact.proposal_id),
        "title": fact.title,
        "block": fact.block,
        "timestamp": fact.timestamp,
        "transaction": None if fact.transaction is None else "0x" + fact.transaction.hex(),
    }
    if fact.kind is Kind.PROPOSED:
        document |= {"proposer": fact.account, "snapshot": fact.begins, "deadline": fact.ends}
    elif fact.kind is Kind.VOTED:
        votes = dict(fact.votes)
        document |= {
            "voter": fact.account,
            **{word: str(votes.get(support, 0)) for support, word in units.OPTIONS.items()},
            "reason": fact.reason,
        }
    elif fact.kind is Kind.QUORUM:
        document["quorum"] = str(fact.quorum)
    elif fact.kind is Kind.EXTENDED:
        document["deadline"] = fact.ends
    elif fact.kind is Kind.QUEUED:
        document["eta"] = fact.ready
    return document


def fact_variables(fact: Fact) -> dict[str, str]:
    """The same as environment variables for a command, every text escaped: none can act on a terminal."""
    return {
        "DAO_EVENT" if key == "event" else f"DAO_EVENT_{key.upper()}": escape(str(value), limit=_VARIABLE)
        for key, value in fact_json(fact).items()
        if value is not None
    }


def withdrawn_view(gone: Reported) -> Text:
    """What was reported and turned out not to have happened."""
    return Text.assemble(
        ("withdrawn: ", "bold yellow"),
        f"{gone.kind.value} {units.short_id(gone.proposal_id)}  ",
        plain(gone.title),
        " is not in the chain any more",
    )


def withdrawn_json(gone: Reported) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "event": "withdrawn",
        "withdrawn": gone.kind.value,
        "proposal_id": str(gone.proposal_id),
        "title": gone.title,
        "block": gone.block,
    }


def _details(fact: Fact, deployment: Deployment) -> str:
    if fact.kind is Kind.PROPOSED:
        return f"  by {fact.account}; voting from {_moment(fact.begins)} to {_moment(fact.ends)}"
    if fact.kind is Kind.VOTED:
        votes = dict(fact.votes)
        cast = ", ".join(
            f"{word} {units.amount(votes[support], deployment)}"
            for support, word in units.OPTIONS.items()
            if support in votes
        )
        reason = f" “{escape(fact.reason)}”" if fact.reason else ""
        return f"  {fact.account} {cast or 'nothing'}{reason}"
    if fact.kind is Kind.QUORUM:
        return f"  {units.amount(fact.quorum or 0, deployment)} reached"
    if fact.kind is Kind.EXTENDED:
        return f"  voting ends {_moment(fact.ends)}"
    if fact.kind is Kind.QUEUED:
        return f"  can be executed from {_moment(fact.ready)}"
    return ""


def _moment(timestamp: int | None) -> str:
    return "?" if timestamp is None else units.moment(timestamp)


def note_view(event: str, values: Mapping[str, int | str]) -> Text:
    """What there is to say of the watch itself."""
    return plain(_NOTES[event].format(**values), "yellow" if event not in ("watching", "stopped") else "dim")
