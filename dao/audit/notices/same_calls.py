"""Pattern: calls that a proposal did not get executed stand in a later one under another text.

What voters refused comes back under another name. A proposal that is made again because a mistake stood in its text
looks the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.history import History, Vote
from dao.audit.notice import Notice, Pattern
from dao.audit.notices.texts import plain, readable
from dao.types import Call, ProposalState

NAME = "same-calls"


def notices(history: History) -> Iterator[Notice]:
    """One for each proposal with the calls and not the text of an earlier one; it names the latest such."""
    latest: dict[tuple[Call, ...], Vote] = {}
    for vote in history.votes:
        other = latest.get(vote.proposal.calls)
        latest[vote.proposal.calls] = vote
        if other is None or other.state is ProposalState.EXECUTED or _text(other) == _text(vote):
            continue
        yield Notice(
            pattern=NAME,
            what=vote.name,
            detail=f"its calls are those of {other.name}, {other.state.name.lower()}, whose text is another",
            block=vote.proposal.created.block,
            transaction=vote.proposal.created.transaction,
        )


def _text(vote: Vote) -> str:
    return plain(readable(vote.proposal.description))


PATTERN = Pattern(
    name=NAME,
    looks_for="a proposal with the calls of an earlier one that was not executed, under another text",
    notices=notices,
)
