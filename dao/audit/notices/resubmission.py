"""Pattern: what was defeated or cancelled comes back while the power of its supporters grows.

Compound's Proposal 289 of July 2024 passed after two proposals for the same purpose had failed, while accounts that
supported it gathered COMP (https://altszn.com/compound-community-accuses-notorious-whale-of-engineering-governance-attack).
Build Finance was taken over at the second attempt. Only the same calls are recognised, not the same purpose.
"""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.history import History, Vote
from dao.audit.notice import Notice, Pattern
from dao.types import BASIS_POINTS, Address, Call, ProposalState

NAME = "resubmission"
GROWTH = 11_000
"""Basis points of their earlier power that the supporters have at the later snapshot, at the least."""

_REFUSED = (ProposalState.DEFEATED, ProposalState.CANCELED)


def notices(history: History) -> Iterator[Notice]:
    """One for each proposal that repeats the latest with its calls, where that was refused and its supporters grew."""
    latest: dict[tuple[Call, ...], Vote] = {}
    for vote in history.votes:
        other = latest.get(vote.proposal.calls)
        latest[vote.proposal.calls] = vote
        if other is None or other.state not in _REFUSED:
            continue
        supporters = _supporters(history, other) | _supporters(history, vote)
        before, after = (
            sum(history.token.past_votes(voter, one.proposal.snapshot) for voter in supporters) for one in (other, vote)
        )
        if after * BASIS_POINTS < before * GROWTH or after <= before:
            continue
        yield Notice(
            pattern=NAME,
            what=vote.name,
            detail=(
                f"its calls are those of {other.name}, {other.state.name.lower()}; {len(supporters)} who supported "
                f"either had the power {before} at the earlier snapshot and {after} at this one"
            ),
            block=vote.proposal.created.block,
            transaction=vote.proposal.created.transaction,
        )


def _supporters(history: History, vote: Vote) -> set[Address]:
    """Who made the proposal, and its large voters who voted for it."""
    voters = {ballot.voter for ballot in vote.heavy(history.noteworthy(vote)) if ballot.counted.for_votes}
    return voters | {vote.proposal.proposer}


PATTERN = Pattern(
    name=NAME,
    looks_for="a defeated or cancelled proposal that is made again while its supporters' power grew by a tenth or more",
    notices=notices,
)
