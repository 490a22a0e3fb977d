"""Ballots with little work: full ones are read by columns, and counted one after the other where nothing is unusual.

What is unusual, the specification decides: a split, a voter who voted before, a weight that is not the power, a
proposal that is unknown or not active, and the ballot by which quorum is reached.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dao.engine.amounts import Words, fits, from_words, to_ints
from dao.engine.chunk import Chunk, Kind, Rows
from dao.engine.token import TokenColumns
from dao.engine.views import BallotList, FullBallots, Store, UsedVotes
from dao.events.model import ProposalCreated
from dao.replay.proposal_state import proposal_deadline, proposal_quorum
from dao.replay.state import GovernanceState, Proposal
from dao.replay.tally import Tally

_HEAD = 5
"""Words of a VoteCast before its reason: id, support, weight, where the reason lies, how long it is."""
_CHOICES = 3


class Ballots:
    """The full ballots of one chunk.

    Args:
        chunk: The chunk.
        state: The state, whose proposals are changed as ballots are counted.
        token: The token's columns, already past the chunk.
        store: Where counted ballots are kept.
        rows: Their rows, as `plain_rows` has them.
        created: The proposals that are made in this chunk.
    """

    def __init__(
        self,
        chunk: Chunk,
        state: GovernanceState,
        token: TokenColumns,
        store: Store,
        rows: Rows,
        created: Iterable[ProposalCreated],
    ) -> None:
        self._state, self._token, self._store = state, token, store
        self.rows = rows
        names = token.names
        voters, _ = names.numbers(chunk.column("topic1").take(self.rows))
        ids, self._ids = _identifiers(chunk.words(self.rows, 0))
        snapshots = {event.proposal_id: event.vote_start for event in reversed(list(created))}
        snapshots |= {number: state.proposals[number].snapshot for number in self._ids if number in state.proposals}
        self._snapshots = [snapshots.get(number, -1) for number in self._ids]
        weights = chunk.words(self.rows, 2)
        times = np.array([min(max(time, 0), 2**40 - 1) for time in self._snapshots], np.int64)
        powers = token.checkpoints.at(voters, times[ids]) if len(ids) else np.zeros((3, 0), np.int64)
        supports = chunk.words(self.rows, 1)[3].astype(np.int64)
        plain = powers.any(axis=0) & (supports < _CHOICES)
        if fits(weights):
            plain &= (powers == from_words(weights)).all(axis=0)
        else:
            plain[:] = False
        self._first = store.add(FullBallots.of(chunk, self.rows, names, voters, supports, powers))
        self._plain: list[bool] = plain.tolist()
        self._of: list[int] = ids.tolist()
        self._voters: list[int] = voters.tolist()
        self._supports: list[int] = supports.tolist()
        self._powers = to_ints(powers)
        self._times: list[int] = chunk.timestamp[self.rows].tolist()
        self._running: dict[int, _Running] = {}
        self.counted = 0

    def cast(self, place: int) -> bool:
        """Counts ballot number `place` of the chunk; False, and nothing done, where it is one for the specification."""
        if not self._plain[place]:
            return False
        number = self._of[place]
        running = self._running.get(number)
        if running is None:
            found = self._open(number)
            if found is None:
                return False
            running = self._running[number] = found
        if not running.snapshot < self._times[place] <= running.deadline:
            return False
        voter, support, power = self._voters[place], self._supports[place], self._powers[place]
        if voter in running.used:
            return False
        votes = running.votes
        if running.missing is not None:
            votes_for_quorum = votes[1] + votes[2] + (power if support else 0)
            if votes_for_quorum >= running.missing:
                return False
        votes[support] += power
        running.used[voter] = power
        running.entries.append(self._first + place)
        self.counted += 1
        return True

    def settle(self) -> None:
        """Writes the tallies so far into the proposals. Whatever else reads or changes a proposal comes after it."""
        for running in self._running.values():
            against, votes_for, abstain = running.votes
            running.proposal.tally = Tally(against_votes=against, for_votes=votes_for, abstain_votes=abstain)
        self._running.clear()

    def _open(self, number: int) -> _Running | None:
        proposal = self._state.proposals.get(self._ids[number])
        if proposal is None or proposal.snapshot != self._snapshots[number]:
            return None
        if proposal.executed is not None or proposal.canceled is not None or proposal.purged is not None:
            return None
        if not isinstance(proposal.used, UsedVotes):
            proposal.used = UsedVotes(self._token.names, proposal.used.items())
        if not isinstance(proposal.ballots, BallotList):
            proposal.ballots = BallotList(self._store, proposal.ballots)
        return _Running(self._state, proposal, proposal.used, proposal.ballots)


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


def plain_rows(chunk: Chunk) -> Rows:
    """The VoteCast of a chunk that are the exact encoding of their event; the others are left to the specification."""
    rows = chunk.rows(Kind.VOTE_CAST)
    if not chunk.has_topics(rows, 2):
        return rows[:0]
    lengths = chunk.lengths[rows]
    rows = rows[lengths >= 32 * _HEAD]
    voters = chunk.column("topic1").take(rows)
    support, offset, size = (chunk.words(rows, place) for place in (1, 3, 4))
    good = _small(support, 256) & _small(offset, 32 * (_HEAD - 1) + 1) & (offset[3] == 32 * (_HEAD - 1))
    padded = (chunk.lengths[rows] - 32 * _HEAD).astype(np.uint64)
    good &= _small(size, 2**31) & ((size[3] + np.uint64(31)) // np.uint64(32) * np.uint64(32) == padded)
    tops = np.frombuffer(voters.buffers()[1], np.uint8).reshape(-1, 32)[: len(rows), :12]
    good &= ~tops.any(axis=1)
    with_reason = np.flatnonzero(good & (size[3] > 0))
    data = chunk.column("data")
    for place in with_reason[(size[3][with_reason] % 32) != 0].tolist():
        # The bytes behind a reason are zero.
        text = data[int(rows[place])].as_py()
        good[place] = not any(text[32 * _HEAD + int(size[3][place]) :])
    return np.asarray(rows[good])


def _small(words: Words, bound: int) -> npt.NDArray[np.bool_]:
    return np.asarray((words[0] == 0) & (words[1] == 0) & (words[2] == 0) & (words[3] < bound))


def _identifiers(words: Words) -> tuple[npt.NDArray[np.int64], list[int]]:
    """Which proposal each word names, as a place in the list of their ids, which comes with it."""
    count = words.shape[1]
    data = np.ascontiguousarray(words.T).astype(">u8").tobytes()
    encoded = pa.FixedSizeBinaryArray.from_buffers(pa.binary(32), count, [None, pa.py_buffer(data)]).dictionary_encode()
    ids = [int.from_bytes(word, "big") for word in encoded.dictionary.to_pylist()]
    return encoded.indices.to_numpy().astype(np.int64), ids
