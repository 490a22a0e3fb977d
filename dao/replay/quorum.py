"""How many votes are needed: `GovernorCirculatingSupply` over OpenZeppelin's `GovernorVotesQuorumFraction`."""

from __future__ import annotations

from collections.abc import Iterable

from dao.replay.state import TokenState
from dao.types import BASIS_POINTS, Address


def circulating_supply(token: TokenState, exclusions: Iterable[Address], timepoint: int) -> int:
    """The supply (wei) at `timepoint` without the votes of `exclusions`; `circulatingSupply`."""
    excluded = sum(token.past_votes(delegate, timepoint) for delegate in exclusions)
    return token.supply.upper_lookup(timepoint) - excluded


def quorum(circulating: int, numerator: int) -> int:
    """Votes (wei) that for and abstain must reach together: `numerator` basis points of `circulating`, rounded down."""
    return circulating * numerator // BASIS_POINTS
