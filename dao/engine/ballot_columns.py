"""The ballots of a chunk in columns, which need not be right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dao.engine.amounts import Limbs, Words
from dao.engine.arrays import take
from dao.engine.chunk import Chunk, Kind, Rows
from dao.engine.names import Numbers
from dao.replay.tally import PARAMS_LENGTH, Tally
from dao.types import Support

_HEAD = 5
"""Words of a VoteCast before its reason: id, support, weight, where the reason lies, how long it is."""
_PARAMS = -(-PARAMS_LENGTH // 32)
"""Words of what a VoteCastWithParams has beside: the votes of a split."""
_LONGEST = 2**31
"""No reason has so many bytes."""


@dataclass(frozen=True, slots=True)
class Split:
    """A split ballot: what it says that it counts (wei), and what its parameters say."""

    weight: int
    counted: Tally


@dataclass(frozen=True, slots=True)
class BallotColumns:
    """Full ballots and splits that are the exact encoding of their events, in order.

    Args:
        rows: Their rows.
        voters: Who casts them, by number.
        ids: The proposals that they are about, each once.
        proposals: The proposal of each, as its place in `ids`.
        supports: The support of each; what a split says there is of no use.
        weights: The weight of each (wei); None where one is 2^125 or more.
        splits: What the splits say, by row.
    """

    rows: Rows
    voters: Numbers
    ids: tuple[int, ...]
    proposals: npt.NDArray[np.int64]
    supports: npt.NDArray[np.int64]
    weights: Limbs | None
    splits: Mapping[int, Split]


def read_ballots(chunk: Chunk) -> BallotColumns:
    """The ballots of a chunk; those that are not the exact encoding of their event are left to the specification."""
    full, splits = _full_rows(chunk), _split_ballots(chunk)
    rows = np.sort(np.concatenate((full, np.fromiter(splits, np.int64, len(splits)))))
    proposals, ids = _identifiers(chunk.words(rows, 0))
    return BallotColumns(
        rows=rows,
        voters=chunk.topics[0][rows],
        ids=tuple(ids),
        proposals=proposals,
        supports=chunk.words(rows, 1)[3].astype(np.int64),
        weights=chunk.amounts(rows, 2),
        splits=splits,
    )


def _full_rows(chunk: Chunk) -> Rows:
    """The VoteCast of a chunk that are the exact encoding of their event; the others are left to the specification."""
    rows = chunk.rows(Kind.VOTE_CAST)
    if not chunk.has_topics(rows, 2):
        return rows[:0]
    lengths = take(chunk.lengths, rows)
    rows, lengths = rows[lengths >= 32 * _HEAD], lengths[lengths >= 32 * _HEAD]
    support, offset, size = (chunk.words(rows, place) for place in (1, 3, 4))
    good = _small(support, 256) & _is(offset, 32 * (_HEAD - 1)) & _small(size, _LONGEST)
    good &= _padded(size) + 32 * _HEAD == lengths
    rows, size = rows[good], size[:, good]
    return np.asarray(rows[_clean(chunk, rows, _HEAD, size)])


def _split_ballots(chunk: Chunk) -> dict[int, Split]:
    """The splits of a chunk that are the exact encoding of their event, by row; the others are left out."""
    rows = chunk.rows(Kind.VOTE_CAST_WITH_PARAMS)
    if not chunk.has_topics(rows, 2):
        return {}
    head, tail = _HEAD + 1, 32 * (1 + _PARAMS)
    lengths = take(chunk.lengths, rows)
    rows, lengths = rows[lengths >= 32 * head + tail], lengths[lengths >= 32 * head + tail]
    support, reason, params, size = (chunk.words(rows, place) for place in (1, 3, 4, 5))
    start = _padded(size) + 32 * head
    good = _is(support, Support.FRACTIONAL) & _is(reason, 32 * (head - 1)) & _is(params, start)
    good &= _small(size, _LONGEST) & (lengths == start + tail)
    rows, size, start = rows[good], size[:, good], start[good] // 32
    good = _clean(chunk, rows, head, size)
    rows, start = rows[good], start[good]
    weights = chunk.bytes_of(rows, np.full(len(rows), 2))
    length, *votes = (chunk.bytes_of(rows, start + place) for place in range(1 + _PARAMS))
    expected = np.frombuffer(PARAMS_LENGTH.to_bytes(32, "big"), np.uint8)
    counted = np.concatenate(votes, axis=1)
    good = (length == expected).all(axis=1) & ~counted[:, PARAMS_LENGTH:].any(axis=1)
    read = zip(rows[good].tolist(), weights[good], counted[good], strict=True)
    return {row: Split(int.from_bytes(weight.tobytes(), "big"), _tally(said.tobytes())) for row, weight, said in read}


def _tally(params: bytes) -> Tally:
    """Votes against, for and abstain, of 16 bytes each; `GovernorCountingFractional._countVoteFractional`."""
    against, votes_for, abstain = (int.from_bytes(params[place : place + 16], "big") for place in (0, 16, 32))
    return Tally(against_votes=against, for_votes=votes_for, abstain_votes=abstain)


def _padded(size: Words) -> npt.NDArray[np.int64]:
    """Bytes that a text of each size takes (below `_LONGEST`; of others it is of no use)."""
    return np.asarray((size[3].astype(np.int64) + 31) & -32)


def _clean(chunk: Chunk, rows: Rows, head: int, size: Words) -> npt.NDArray[np.bool_]:
    """Whether the bytes behind each text, which begins at word `head` and has `size`, are zero up to a whole word."""
    length = size[3].astype(np.int64)
    clean = np.ones(len(rows), np.bool_)
    cut = np.flatnonzero(length % 32)
    last = chunk.bytes_of(rows[cut], head + length[cut] // 32)
    clean[cut] = ~((last != 0) & (np.arange(32) >= (length[cut] % 32)[:, None])).any(axis=1)
    return clean


def _is(words: Words, value: int | npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    return np.asarray((words[:3] == 0).all(axis=0) & (words[3].astype(np.int64) == value))


def _small(words: Words, bound: int) -> npt.NDArray[np.bool_]:
    return np.asarray((words[0] == 0) & (words[1] == 0) & (words[2] == 0) & (words[3] < bound))


def _identifiers(words: Words) -> tuple[npt.NDArray[np.int64], list[int]]:
    """Which proposal each word names, as a place in the list of their ids, which comes with it."""
    count = words.shape[1]
    data = np.ascontiguousarray(words.T).astype(">u8").tobytes()
    encoded = pa.FixedSizeBinaryArray.from_buffers(pa.binary(32), count, [None, pa.py_buffer(data)]).dictionary_encode()
    ids = [int.from_bytes(word, "big") for word in encoded.dictionary.to_pylist()]
    return encoded.indices.to_numpy().astype(np.int64), ids
