"""Ballots with little work: full ones are read by columns, and all are counted one after the other while all is usual.

What is not, the specification decides: a full ballot of a voter who voted before, a weight that is not what the power
leaves, a proposal that is unknown or not active, and the ballot by which quorum is reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dao.abi import checksum
from dao.engine.amounts import Words, fits, from_words, to_ints
from dao.engine.checkpoints import LATEST
from dao.engine.chunk import Chunk, Kind, Rows
from dao.engine.token import TokenColumns
from dao.engine.views import BallotList, FullBallots, Store, UsedVotes
from dao.events.model import ProposalCreated
from dao.replay.proposal_state import proposal_deadline, proposal_quorum
from dao.replay.state import Ballot, GovernanceState, Proposal
from dao.replay.tally import PARAMS_LENGTH, Tally
from dao.types import Address, Support

_Full: TypeAlias = tuple[bool, int, int, int, int, int, int]
"""A full ballot: whether it is as usual, proposal, voter's number, support, power, timestamp, number in the store."""

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
        names = token.names
        voters, _ = names.numbers(chunk.column("topic1").take(rows))
        numbers, ids = _identifiers(chunk.words(rows, 0))
        snapshots = {event.proposal_id: event.vote_start for event in reversed(list(created))}
        snapshots |= {number: state.proposals[number].snapshot for number in ids if number in state.proposals}
        expected = [snapshots.get(number, -1) for number in ids]
        times = np.array([min(max(time, 0), LATEST) for time in expected], np.int64)
        powers = token.checkpoints.at(voters, times[numbers]) if len(rows) else np.zeros((3, 0), np.int64)
        weights, supports = chunk.words(rows, 2), chunk.words(rows, 1)[3].astype(np.int64)
        usual = powers.any(axis=0) & (supports < _CHOICES) & fits(weights)
        if usual.any():
            usual &= (powers == from_words(weights)).all(axis=0)
        self._snapshots = dict(zip(ids, expected, strict=True))
        first = store.add(FullBallots.of(chunk, rows, names, voters, supports, powers))
        columns = (
            usual.tolist(),
            [ids[number] for number in numbers.tolist()],
            voters.tolist(),
            supports.tolist(),
            to_ints(powers),
            chunk.timestamp[rows].tolist(),
            range(first, first + len(rows)),
        )
        self._full: dict[int, _Full] = dict(zip(rows.tolist(), zip(*columns, strict=True), strict=True))
        self._splits = splits
        self._running: dict[int, _Running | None] = {}
        self.rows = np.union1d(rows, np.fromiter(splits, np.int64, len(splits)))
        self.counted = 0

    def cast(self, row: int) -> bool:
        """Counts the ballot at `row`; False, and nothing done, where it is one for the specification."""
        ballot = self._full.get(row)
        if ballot is None:
            return row in self._splits and self._cast_split(row, self._splits[row])
        usual, proposal, voter, support, power, time, number = ballot
        running = self._of(proposal)
        if not usual or running is None or running.snapshot != self._snapshots[proposal]:
            return False
        if not running.snapshot < time <= running.deadline or voter in running.used:
            return False
        votes = running.votes
        if running.missing is not None and votes[1] + votes[2] + (power if support else 0) >= running.missing:
            return False
        votes[support] += power
        running.used[voter] = power
        running.entries.append(number)
        self.counted += 1
        return True

    def settle(self) -> None:
        """Writes the tallies so far into the proposals. Whatever else reads a proposal comes after it."""
        for running in self._running.values():
            if running is not None:
                against, votes_for, abstain = running.votes
                running.proposal.tally = Tally(against_votes=against, for_votes=votes_for, abstain_votes=abstain)

    def forget(self) -> None:
        """Reads every proposal anew from here on. Whatever else changes one comes before it."""
        self._running.clear()

    def _cast_split(self, row: int, split: Split) -> bool:
        running = self._of(split.proposal)
        place = self._chunk.place(row)
        if running is None or not running.snapshot < place.timestamp <= running.deadline:
            return False
        voter = self._token.names.number(split.voter)
        power = self._token.checkpoints.one(voter, running.snapshot)
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
        running.entries.append(
            Ballot(voter=split.voter, support=Support.FRACTIONAL, power=power, counted=split.counted, place=place)
        )
        self.counted += 1
        return True

    def _of(self, identifier: int) -> _Running | None:
        """What is known of a proposal; None where it is unknown, or over by an event."""
        try:
            return self._running[identifier]
        except KeyError:
            found = self._running[identifier] = self._open(identifier)
            return found

    def _open(self, identifier: int) -> _Running | None:
        proposal = self._state.proposals.get(identifier)
        if proposal is None:
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


def full_rows(chunk: Chunk) -> Rows:
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


@dataclass(frozen=True, slots=True)
class Split:
    """A split ballot: what it says that it counts (wei), and what its parameters say."""

    voter: Address
    proposal: int
    weight: int
    counted: Tally


def split_ballots(chunk: Chunk) -> dict[int, Split]:
    """The splits of a chunk that are the exact encoding of their event, by row; the others are left out."""
    rows = chunk.rows(Kind.VOTE_CAST_WITH_PARAMS)
    if not chunk.has_topics(rows, 2):
        return {}
    voters = chunk.column("topic1").take(rows).to_pylist()
    data = chunk.column("data").take(rows).to_pylist()
    read = ((row, _split(voter, bytes_)) for row, voter, bytes_ in zip(rows.tolist(), voters, data, strict=True))
    return {row: split for row, split in read if split is not None}


def _split(voter: bytes, data: bytes) -> Split | None:
    """What is in topic and data: id, support, weight, where reason and parameters lie, then both with their lengths."""
    words = [int.from_bytes(data[start : start + 32], "big") for start in range(0, 192, 32)]
    if len(data) < 192 or any(voter[:12]) or words[1] != Support.FRACTIONAL or words[3] != 160 or words[5] > len(data):
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
    return Split(checksum(voter[12:]), words[0], words[2], counted)


def _small(words: Words, bound: int) -> npt.NDArray[np.bool_]:
    return np.asarray((words[0] == 0) & (words[1] == 0) & (words[2] == 0) & (words[3] < bound))


def _identifiers(words: Words) -> tuple[npt.NDArray[np.int64], list[int]]:
    """Which proposal each word names, as a place in the list of their ids, which comes with it."""
    count = words.shape[1]
    data = np.ascontiguousarray(words.T).astype(">u8").tobytes()
    encoded = pa.FixedSizeBinaryArray.from_buffers(pa.binary(32), count, [None, pa.py_buffer(data)]).dictionary_encode()
    ids = [int.from_bytes(word, "big") for word in encoded.dictionary.to_pylist()]
    return encoded.indices.to_numpy().astype(np.int64), ids
