"""Pattern: a large voter had its power around the snapshot alone, and voted with it.

In April 2022 Beanstalk lost its reserves to votes that were bought with a flash loan and given back in the same
transaction (https://www.smartcontractaudit.com/guides/beanstalk-2022-flash-loan-governance). Against a governor that
counts what was held at a snapshot, the same takes a loan over the snapshot's block: this is what it looks like.
"""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.history import History, by_voter
from dao.audit.notice import Notice, Pattern
from dao.types import BASIS_POINTS

NAME = "borrowed-weight"
AROUND = {"timestamp": 24, "blocknumber": 1}
"""How far before and after the snapshot the power is compared: two slots of Ethereum in seconds, or one block."""
TIMES = 10
"""The power at the snapshot is at least so many times what it was before, and what it was after."""


def notices(history: History) -> Iterator[Notice]:
    """One for each voter of each proposal whose power was there for the snapshot alone."""
    around = AROUND[history.clock]
    for vote in history.votes:
        proposal = vote.proposal
        for ballot, counted in by_voter(vote.heavy(history.noteworthy(vote))):
            power = ballot.power
            before = history.token.past_votes(ballot.voter, max(proposal.snapshot - around, 0))
            after = history.token.past_votes(ballot.voter, proposal.snapshot + around)
            if max(before, after) * TIMES > power:
                continue
            unit = "seconds" if history.clock == "timestamp" else "blocks"
            share = counted.total * BASIS_POINTS // proposal.tally.total if proposal.tally.total else 0
            yield Notice(
                pattern=NAME,
                what=vote.name,
                detail=(
                    f"{ballot.voter} had the power {power} at the snapshot {proposal.snapshot}, "
                    f"{before} {around} {unit} before and {after} {around} {unit} after it, "
                    f"and cast {counted.total}: {share} basis points of all votes"
                ),
                block=ballot.place.block,
                transaction=ballot.place.transaction,
            )


PATTERN = Pattern(
    name=NAME,
    looks_for="voting power that a large voter had around the snapshot alone",
    notices=notices,
)
