"""Pattern: a proposal was made by a contract that somebody called, not by calling the governor.

Whoever made it can have done more in the same transaction: borrowed the power that its proposer needed, and given it
back. A multisignature wallet, or a contract that proposes for others, looks the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.history import History
from dao.audit.notice import Notice, Pattern

NAME = "internal-proposal"


def notices(history: History) -> Iterator[Notice]:
    """One for each proposal whose transaction did not call the governor, or that the evidence does not show."""
    for vote in history.votes:
        place = vote.proposal.created
        caller = (history.transactions or {}).get(place.transaction)
        if caller is not None and caller.to == history.governor:
            continue
        if caller is None:
            detail = "its transaction is not in the evidence: whether it called the governor could not be looked at"
        else:
            called = "created a contract" if caller.to is None else f"called {caller.to}"
            detail = f"its transaction, sent by {caller.sender}, {called}, and {vote.proposal.proposer} proposed inside"
        yield Notice(pattern=NAME, what=vote.name, detail=detail, block=place.block, transaction=place.transaction)


PATTERN = Pattern(
    name=NAME,
    looks_for="a proposal whose transaction called another contract than the governor",
    notices=notices,
    needs_transactions=True,
)
