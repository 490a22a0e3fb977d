"""Pattern: a proposal passed by the weight of one voter.

In February 2022 one holder of BUILD had enough of it to pass a proposal that handed over the token contract of Build
Finance (https://decrypt.co/92970/build-finance-dao-falls-to-governance-takeover/). A small organisation where somebody
holds most of the votes looks the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.history import History, Vote, by_voter
from dao.audit.notice import Notice, Pattern
from dao.replay.tally import Tally, vote_succeeded
from dao.types import BASIS_POINTS, ProposalState

NAME = "one-holder"
NARROW = 100
"""A vote that less than one part of so many of its ballots decides is narrow: then nobody alone is decisive."""

_PASSED = (ProposalState.SUCCEEDED, ProposalState.QUEUED, ProposalState.EXECUTED, ProposalState.EXPIRED)


def notices(history: History) -> Iterator[Notice]:
    """One for each proposal that passed and whose quorum one voter alone reached, or that one voter alone decided."""
    for vote in history.votes:
        if vote.state not in _PASSED or not vote.quorum:
            continue
        total, margin = vote.proposal.tally.total, _margin(vote, vote.quorum)
        narrow = margin < total // NARROW
        least = max(vote.quorum if narrow else min(vote.quorum, margin), total // NARROW, 1)
        voters = list(by_voter(vote.heavy(least)))
        alone = [one for one in voters if _towards(vote, one[1]) >= vote.quorum]
        decisive = [] if narrow else [one for one in voters if not _passes(vote, vote.quorum, without=one[1])]
        decided = len(decisive) == 1
        if not alone and not decided:
            continue
        ballot, counted = decisive[0] if decided else max(alone, key=lambda one: _towards(vote, one[1]))
        share = counted.total * BASIS_POINTS // total
        sentences = [f"{ballot.voter} cast {counted.total}, {share} basis points of all votes"]
        if alone:
            sentences.append(f"so many voters reached the quorum of {vote.quorum} alone: {len(alone)}")
        if decided:
            sentences.append("without these ballots it fails, and without those of nobody else")
        yield Notice(
            pattern=NAME,
            what=vote.name,
            detail="; ".join(sentences),
            block=ballot.place.block,
            transaction=ballot.place.transaction,
        )


def _towards(vote: Vote, tally: Tally) -> int:
    """What of `tally` counts towards the quorum (wei)."""
    return tally.for_votes + (tally.abstain_votes if vote.abstentions else 0)


def _passes(vote: Vote, quorum: int, *, without: Tally) -> bool:
    tally = vote.proposal.tally
    rest = Tally(
        against_votes=tally.against_votes - without.against_votes,
        for_votes=tally.for_votes - without.for_votes,
        abstain_votes=tally.abstain_votes - without.abstain_votes,
    )
    return _towards(vote, rest) >= quorum and vote_succeeded(rest, vote.approval)


def _margin(vote: Vote, quorum: int) -> int:
    """A voter without whom the proposal fails cast at least this much (wei)."""
    tally = vote.proposal.tally
    above = _towards(vote, tally) - quorum + 1
    # Without f of the votes for, (for - f) * 10000 <= (for - f + against) * approval.
    needed = (
        tally.against_votes * vote.approval // (BASIS_POINTS - vote.approval) if vote.approval < BASIS_POINTS else 0
    )
    return max(min(above, tally.for_votes - needed), 1)


PATTERN = Pattern(
    name=NAME,
    looks_for="a proposal that passed by the weight of one voter: the quorum alone, or the outcome alone",
    notices=notices,
)
