"""Ballots with little work: full ones are read by columns, and all are counted one after the other while all is usual.

What is not, the specification decides: a full ballot of a voter who voted before, a weight that is not what the power
leaves, a proposal that is unknown or not active, and the ballot by which quorum is reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dao.engine.amounts import Words, fits, from_words, to_ints
from dao.engine.checkpoints import LATEST
from dao.engine.chunk import Chunk, Kind, Rows
from dao.engine.token import TokenColumns
from dao.engine.views import BallotList, CastBallots, Store, UsedVotes
from dao.events.model import ProposalCreated
from dao.replay.proposal_state import proposal_deadline, proposal_quorum
from dao.replay.state import GovernanceState, Proposal
from dao.replay.tally import PARAMS_LENGTH, Tally
from dao.types import Support

_HEAD = 5
"""Words of a VoteCast before its reason: id, support, weight, where the reason lies, how long it is."""
_CHOICES = 3


class Ballots:
    """The ballots of one chunk.

    Args:
        chunk: The chunk.
        state: The state, whose proposals are changed as ballots are counted.
        token: The token's columns, already past the chunk.
        store: Where full ballots are kept.
        rows: The rows of full ballots, as `full_rows` has them.
        splits: The splits, by row, as `split_ballots` has them.
        created: The proposals that are made in this chunk.
    """

    def __init__(
        self,
        chunk: Chunk,
        state: GovernanceState,
        token: TokenColumns,
        store: Store,
        rows: Rows,
        splits: Mapping[int, Split],
        created: Iterable[ProposalCreated],
    ) -> None:
        self._chunk, self._state, self._token, self._store = chunk, state, token, store
        self._splits = splits
        self.rows = np.sort(np.concatenate((rows, np.fromiter(splits, np.int64, len(splits)))))
        self._voters = chunk.topics[0][self.rows]
        numbers, ids = _identifiers(chunk.words(self.rows, 0))
        snapshots = {event.proposal_id: event.vote_start for event in reversed(list(created))}
        snapshots |= {number: state.proposals[number].snapshot for number in ids if number in state.proposals}
        expected = [snapshots.get(number, -1) for number in ids]
        times = np.array([min(max(time, 0), LATEST) for time in expected], np.int64)
        powers = token.checkpoints.at(self._voters, times[numbers]) if ids else np.zeros((3, 0), np.int64)
        weights, supports = chunk.words(self.rows, 2), chunk.words(self.rows, 1)[3].astype(np.int64)
        usual = powers.any(axis=0) & (supports < _CHOICES) & fits(weights)
        if usual.any():
            usual &= (powers == from_words(weights)).all(axis=0)
        self._snapshots = dict(zip(ids, expected, strict=True))
        self._first = store.add(
            CastBallots.of(chunk, self.rows, token.names, self._voters, supports.astype(np.uint8), powers)
        )
        self._usual: list[bool] = usual.tolist()
        self._proposals = [ids[number] for number in numbers.tolist()]
        self._numbers: list[int] = self._voters.tolist()
        self._supports: list[int] = supports.tolist()
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


def full_rows(chunk: Chunk) -> Rows:
    """The VoteCast of a chunk that are the exact encoding of their event; the others are left to the specification."""
    rows = chunk.rows(Kind.VOTE_CAST)
    if not chunk.has_topics(rows, 2):
        return rows[:0]
    lengths = chunk.lengths[rows]
    rows = rows[lengths >= 32 * _HEAD]
    support, offset, size = (chunk.words(rows, place) for place in (1, 3, 4))
    good = _small(support, 256) & _small(offset, 32 * (_HEAD - 1) + 1) & (offset[3] == 32 * (_HEAD - 1))
    padded = (chunk.lengths[rows] - 32 * _HEAD).astype(np.uint64)
    good &= _small(size, 2**31) & ((size[3] + np.uint64(31)) // np.uint64(32) * np.uint64(32) == padded)
    # The bytes behind a reason are zero.
    cut = np.flatnonzero(good & (size[3] % np.uint64(32) > 0))
    length = size[3][cut].astype(np.int64)
    last = chunk.bytes_of(rows[cut], _HEAD + length // 32)
    good[cut] = ~((last != 0) & (np.arange(32) >= (length % 32)[:, None])).any(axis=1)
    return np.asarray(rows[good])


@dataclass(frozen=True, slots=True)
class Split:
    """A split ballot: what it says that it counts (wei), and what its parameters say."""

    weight: int
    counted: Tally


def split_ballots(chunk: Chunk) -> dict[int, Split]:
    """The splits of a chunk that are the exact encoding of their event, by row; the others are left out."""
    rows = chunk.rows(Kind.VOTE_CAST_WITH_PARAMS)
    if not chunk.has_topics(rows, 2):
        return {}
    read = zip(rows.tolist(), map(_split, chunk.column("data").take(rows).to_pylist()), strict=True)
    return {row: split for row, split in read if split is not None}


def _split(data: bytes) -> Split | None:
    """What is in the data: id, support, weight, where reason and parameters lie, then both with their lengths."""
    words = [int.from_bytes(data[start : start + 32], "big") for start in range(0, 192, 32)]
    if len(data) < 192 or words[1] != Support.FRACTIONAL or words[3] != 160 or words[5] > len(data):
        return None
    end = 192 + words[5]
    start = end + -end % 32
    params = data[start + 32 : start + 32 + PARAMS_LENGTH]
    rest = data[start + 32 + PARAMS_LENGTH :]
    if words[4] != start or data[start : start + 32] != PARAMS_LENGTH.to_bytes(32, "big"):
        return None
    if len(rest) != 16 or any(rest) or any(data[end:start]):
        return None
    against, votes_for, abstain = (int.from_bytes(params[place : place + 16], "big") for place in (0, 16, 32))
    counted = Tally(against_votes=against, for_votes=votes_for, abstain_votes=abstain)
    return Split(words[2], counted)


def _small(words: Words, bound: int) -> npt.NDArray[np.bool_]:
    return np.asarray((words[0] == 0) & (words[1] == 0) & (words[2] == 0) & (words[3] < bound))


def _identifiers(words: Words) -> tuple[npt.NDArray[np.int64], list[int]]:
    """Which proposal each word names, as a place in the list of their ids, which comes with it."""
    count = words.shape[1]
    data = np.ascontiguousarray(words.T).astype(">u8").tobytes()
    encoded = pa.FixedSizeBinaryArray.from_buffers(pa.binary(32), count, [None, pa.py_buffer(data)]).dictionary_encode()
    ids = [int.from_bytes(word, "big") for word in encoded.dictionary.to_pylist()]
    return encoded.indices.to_numpy().astype(np.int64), ids
