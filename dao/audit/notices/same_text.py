"""Pattern: two proposals have the same text and other calls, so that one of them is not what its readers think.

In May 2023 voters of Tornado Cash passed a proposal whose author said that its logic was that of an earlier one which
had passed; it was not
(https://decrypt.co/140932/tornado-cash-governance-attacker-offers-dao-new-lifeline-expensive-lesson).
"""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.history import History, Vote
from dao.audit.notice import Notice, Pattern
from dao.audit.notices.texts import plain, readable

NAME = "same-text"


def notices(history: History) -> Iterator[Notice]:
    """One for each proposal whose text stands over other calls in an earlier one, and names the latest such."""
    # Of each text the latest proposal, and before it the latest with other calls.
    earlier: dict[str, list[Vote]] = {}
    for vote in history.votes:
        text = plain(readable(vote.proposal.description))
        if not text:
            continue
        known = earlier.get(text, [])
        other = next((one for one in reversed(known) if one.proposal.calls != vote.proposal.calls), None)
        if other is not None:
            yield Notice(
                pattern=NAME,
                what=vote.name,
                detail=f"its text is that of {other.name}, {other.state.name.lower()}, whose calls are others",
                block=vote.proposal.created.block,
                transaction=vote.proposal.created.transaction,
            )
        others = [one for one in known if one.proposal.calls != vote.proposal.calls]
        earlier[text] = [*others[-1:], vote]


PATTERN = Pattern(
    name=NAME,
    looks_for="a proposal with the text of an earlier one, but for case, spaces and what nobody sees, and other calls",
    notices=notices,
)
