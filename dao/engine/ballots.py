"""Ballots with little work: full ones are read by columns, and all are counted one after the other while all is usual.

What is not, the specification decides: a full ballot of a voter who voted before, a weight that is not what the power
leaves, a proposal that is unknown or not active, and the ballot by which quorum is reached.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from dao.engine.amounts import to_ints
from dao.engine.ballot_columns import BallotColumns
from dao.engine.checkpoints import LATEST
from dao.engine.chunk import Chunk
from dao.engine.token import TokenColumns
from dao.engine.views import BallotList, CastBallots, Store, UsedVotes
from dao.events.model import ProposalCreated
from dao.replay.proposal_state import proposal_deadline, proposal_quorum
from dao.replay.state import GovernanceState, Proposal
from dao.replay.tally import Tally

_CHOICES = 3


class Ballots:
    """The ballots of one chunk.

    Args:
        chunk: The chunk.
        read: Its ballots in columns.
        state: The state, whose proposals are changed as ballots are counted.
        token: The token's columns, already past the chunk.
        store: Where full ballots are kept.
        created: The proposals that are made in this chunk.
    """

    def __init__(
        self,
        chunk: Chunk,
        read: BallotColumns,
        state: GovernanceState,
        token: TokenColumns,
        store: Store,
        created: Iterable[ProposalCreated],
    ) -> None:
        self._chunk, self._state, self._token, self._store = chunk, state, token, store
        self._splits = read.splits
        self.rows, self._voters = read.rows, read.voters
        snapshots = {event.proposal_id: event.vote_start for event in reversed(list(created))}
        snapshots |= {number: state.proposals[number].snapshot for number in read.ids if number in state.proposals}
        expected = [snapshots.get(number, -1) for number in read.ids]
        times = np.array([min(max(time, 0), LATEST) for time in expected], np.int64)
        powers = token.checkpoints.at(read.voters, times[read.proposals]) if expected else np.zeros((3, 0), np.int64)
        usual = powers.any(axis=0) & (read.supports < _CHOICES)
        usual &= False if read.weights is None else (powers == read.weights).all(axis=0)
        self._snapshots = dict(zip(read.ids, expected, strict=True))
        self._first = store.add(
            CastBallots.of(chunk, self.rows, token.names, self._voters, read.supports.astype(np.uint8), powers)
        )
        self._usual: list[bool] = usual.tolist()
        self._proposals = [read.ids[number] for number in read.proposals.tolist()]
        self._numbers: list[int] = self._voters.tolist()
        self._supports: list[int] = read.supports.tolist()
        self._powers = to_ints(powers)
        self._times: list[int] = chunk.timestamp[self.rows].tolist()
        self._running: dict[int, _Running | None] = {}
        self.counted = 0

    def cast(self, start: int, end: int) -> int:
        """Counts ballots number `start` to before `end` of the chunk, up to the first one for the specification.

        Returns how many it counted.
        """
        columns = (self._usual, self._proposals, self._numbers, self._supports, self._powers, self._times)
        entry = self._first + start
        for usual, proposal, voter, support, power, time in zip(*(c[start:end] for c in columns), strict=True):
            try:
                running = self._running[proposal]
            except KeyError:
                running = self._open(proposal)
            if running is None or not running.snapshot < time <= running.deadline:
                break
            if not usual:
                if not self._cast_split(entry - self._first, running, power):
                    break
                entry += 1
                continue
            votes = running.votes
            if voter in running.used or (
                running.missing is not None and votes[1] + votes[2] + (power if support else 0) >= running.missing
            ):
                break
            votes[support] += power
            running.used[voter] = power
            running.entries.append(entry)
            entry += 1
        done = entry - self._first - start
        self.counted += done
        return done

    def settle(self) -> None:
        """Writes the tallies so far into the proposals. Whatever else reads a proposal comes after it."""
        for running in self._running.values():
            if running is not None:
                against, votes_for, abstain = running.votes
                running.proposal.tally = Tally(against_votes=against, for_votes=votes_for, abstain_votes=abstain)

    def forget(self) -> None:
        """Reads every proposal anew from here on. Whatever else changes one comes before it."""
        self._running.clear()

    def _cast_split(self, place: int, running: _Running, power: int) -> bool:
        row = int(self.rows[place])
        split = self._splits.get(row)
        if split is None:
            return False
        voter = int(self._voters[place])
        used = running.used.get(voter, 0)
        total, votes = split.counted.total, running.votes
        if used >= power or total > power - used or total != split.weight:
            return False
        added = (split.counted.against_votes, split.counted.for_votes, split.counted.abstain_votes)
        if running.missing is not None and votes[1] + votes[2] + added[1] + added[2] >= running.missing:
            return False
        for choice, amount in enumerate(added):
            votes[choice] += amount
        running.used[voter] = used + total
        running.entries.append(self._first + place)
        self._store.split(self._first + place, split.counted)
        return True

    def _open(self, identifier: int) -> _Running | None:
        """What is known of a proposal; None where it is unknown, over by an event, or not what was expected of it."""
        self._running[identifier] = None
        proposal = self._state.proposals.get(identifier)
        if proposal is None or proposal.snapshot != self._snapshots[identifier]:
            return None
        if proposal.executed is not None or proposal.canceled is not None or proposal.purged is not None:
            return None
        if not isinstance(proposal.used, UsedVotes):
            proposal.used = UsedVotes(self._token.names, proposal.used.items())
        if not isinstance(proposal.ballots, BallotList):
            proposal.ballots = BallotList(self._store, proposal.ballots)
        running = self._running[identifier] = _Running(self._state, proposal, proposal.used, proposal.ballots)
        return running


class _Running:
    """A proposal while ballots are counted: what of it they need, and their votes so far.

    `missing` is the votes for and abstain by which it reaches quorum; None where it did.
    """

    __slots__ = ("deadline", "entries", "missing", "proposal", "snapshot", "used", "votes")

    def __init__(self, state: GovernanceState, proposal: Proposal, used: UsedVotes, ballots: BallotList) -> None:
        tally = proposal.tally
        self.proposal = proposal
        self.snapshot, self.deadline = proposal.snapshot, proposal_deadline(proposal)
        self.missing = proposal_quorum(state, proposal) if proposal.extended_deadline == 0 else None
        self.used, self.entries = used.numbers, ballots.entries
        self.votes = [tally.against_votes, tally.for_votes, tally.abstain_votes]
