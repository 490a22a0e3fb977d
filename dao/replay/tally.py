"""How ballots are counted, `GovernorCounting`, and when they suffice, `GovernorImpactTiers`."""

from __future__ import annotations

from dataclasses import dataclass

from dao.errors import ReplayError
from dao.types import BASIS_POINTS, Support

PARAMS_LENGTH = 48
"""Bytes of the parameters of a split ballot: weights against, for and abstain, 16 bytes each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Votes (wei) by choice, of a proposal or of one ballot."""

    against_votes: int = 0
    for_votes: int = 0
    abstain_votes: int = 0

    @property
    def total(self) -> int:
        """All votes together (wei)."""
        return self.against_votes + self.for_votes + self.abstain_votes

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            against_votes=self.against_votes + other.against_votes,
            for_votes=self.for_votes + other.for_votes,
            abstain_votes=self.abstain_votes + other.abstain_votes,
        )


def count_vote(*, power: int, used: int, support: int, params: bytes) -> Tally:
    """What one ballot adds; `GovernorCounting._countVote`.

    A full ballot uses all the weight that is left; a split ballot uses what its parameters say, so that a voter can
    vote several times until the power is used up. A split of nothing counts nothing and is valid.

    Args:
        power: The voter's voting power at the snapshot (wei).
        used: What earlier ballots of the voter used of it (wei).
        support: The ballot's choice; see `dao.types.Support`.
        params: The ballot's parameters; empty for a full ballot.

    Raises ReplayError where the governor reverts.
    """
    remaining = max(power - used, 0)
    if remaining == 0:
        raise ReplayError("the voter has no weight left", expected="some", found=f"{power} wei, {used} used")
    if support == Support.FRACTIONAL:
        if len(params) != PARAMS_LENGTH:
            raise ReplayError("a split has other parameters", expected=f"{PARAMS_LENGTH} bytes", found=len(params))
        ballot = Tally(
            against_votes=int.from_bytes(params[0:16], "big"),
            for_votes=int.from_bytes(params[16:32], "big"),
            abstain_votes=int.from_bytes(params[32:48], "big"),
        )
        if ballot.total > remaining:
            raise ReplayError("the ballot exceeds the weight that is left", expected=remaining, found=ballot.total)
        return ballot
    if params:
        raise ReplayError("a full ballot has parameters", expected="none", found=f"{len(params)} bytes")
    if support == Support.AGAINST:
        return Tally(against_votes=remaining)
    if support == Support.FOR:
        return Tally(for_votes=remaining)
    if support == Support.ABSTAIN:
        return Tally(abstain_votes=remaining)
    raise ReplayError("no such vote type", expected="0, 1, 2 or 255", found=support)


def quorum_reached(tally: Tally, quorum: int) -> bool:
    """Whether for and abstain together reach `quorum` (wei); `GovernorImpactTiers._quorumReached`."""
    return quorum <= tally.for_votes + tally.abstain_votes


def vote_succeeded(tally: Tally, approval: int) -> bool:
    """Whether the votes for exceed `approval` basis points of those for and against, as `_voteSucceeded`."""
    return tally.for_votes * BASIS_POINTS > (tally.for_votes + tally.against_votes) * approval
