"""How many votes a proposal needs: `GovernorVotesQuorumFraction`."""

from __future__ import annotations

from dao.replay.checkpoints import Trace
from dao.types import BASIS_POINTS


def quorum(supply: Trace, numerators: Trace, timepoint: int) -> int:
    """Votes (wei) that for and abstain must reach together; `GovernorVotesQuorumFraction.quorum`.

    Both the total supply and the numerator (basis points) are those in force at `timepoint`, so that a change after a
    proposal's snapshot does not touch it. Rounded down.
    """
    return supply.upper_lookup(timepoint) * numerators.upper_lookup(timepoint) // BASIS_POINTS
