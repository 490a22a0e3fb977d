"""The token's logs of a chunk in columns, and all that follows from them without the state before the chunk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dao.engine.amounts import Limbs, carried
from dao.engine.arrays import changes, order_of, put, take
from dao.engine.checkpoints import LATEST, Run, run_of
from dao.engine.chunk import Chunk, Kind, Rows
from dao.engine.names import Numbers

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Movements:
    """The token's logs of a chunk that move votes, in order: transfers, and delegations with what they move.

    Args:
        rows: Their rows.
        delegation: Whether each is a DelegateChanged.
        source: The account that a transfer comes from, or that delegates.
        to: The account that a transfer goes to; where it is a delegation, as `old`.
        amount: What a transfer moves; zero where it is a delegation.
        old: The delegate that a delegation names as the one before.
        new: The one that it sets.
    """

    rows: Rows
    delegation: Flags
    source: Numbers
    to: Numbers
    amount: Limbs
    old: Numbers
    new: Numbers


@dataclass(frozen=True, slots=True)
class Paths:
    """Every account's way through the movements: two entries for each of them, by account and then in order.

    The first entry of a movement is what leaves its source, the second what comes to its target. Of a delegation the
    first is the account's own, and the second nobody's.

    Args:
        account: The account of each entry.
        moved: What came to the account in this chunk until then, less what left; below zero where more left.
        known: Whether a delegation before the entry, in this chunk, says who the account's delegate is.
        delegate: Who that is, where it is known.
        chosen: The entries that are delegations.
        old: The delegate before each of those, as it says.
        leaving: The place of each movement's first entry.
        coming: That of the second.
        ends: The last entry of each account.
        last_known: Whether a delegation in this chunk says who is the delegate after that.
        last_delegate: Who that is, where it is known.
    """

    account: Numbers
    moved: Limbs
    known: Flags
    delegate: Numbers
    chosen: Rows
    old: Numbers
    leaving: Rows
    coming: Rows
    ends: Rows
    last_known: Flags
    last_delegate: Numbers


@dataclass(frozen=True, slots=True)
class Claims:
    """The DelegateVotesChanged of a chunk.

    Args:
        delegate: Whose power each tells of, in order.
        change: How much it grows by that, below zero where it shrinks.
        owner: The movement before each, as its place in `Movements`.
        first: Whether it is the first claim after that.
        counts: How many claims stand after each movement.
        openings: Whose power is told of, each once, ascending.
        opening: The power that the first claim of each says was there before.
        closing: The power after the last one.
        run: All as checkpoints.
    """

    delegate: Numbers
    change: Limbs
    owner: Rows
    first: Flags
    counts: npt.NDArray[np.int64]
    openings: Numbers
    opening: Limbs
    closing: Limbs
    run: Run


@dataclass(frozen=True, slots=True)
class TokenLogs:
    """All of them. Without a movement there are no paths and no claims."""

    movements: Movements
    paths: Paths | None
    claims: Claims | None


def read_token(chunk: Chunk) -> TokenLogs | None:
    """The token's logs of a chunk; None where they cannot be right whatever was before.

    That is where one is not the exact encoding of its event, where the claims of a delegate do not follow from each
    other, and where a claim has no movement before it in its transaction.
    """
    movements = _movements(chunk)
    if movements is None:
        return None
    if not len(movements.rows):
        return None if len(chunk.rows(Kind.DELEGATE_VOTES_CHANGED)) else TokenLogs(movements, None, None)
    claims = _claims(chunk, movements)
    return None if claims is None else TokenLogs(movements, _paths(movements), claims)


def _movements(chunk: Chunk) -> Movements | None:
    transfers, delegations = chunk.rows(Kind.TRANSFER), chunk.rows(Kind.DELEGATE_CHANGED)
    if not (
        chunk.has_topics(transfers, 3)
        and chunk.has_topics(delegations, 4)
        and (take(chunk.lengths, transfers) == 32).all()
        and not take(chunk.lengths, delegations).any()
    ):
        return None
    moved = chunk.amounts(transfers, 0)
    if moved is None:
        return None
    rows = chunk.rows(Kind.TRANSFER, Kind.DELEGATE_CHANGED)
    delegation = take(chunk.kind, rows) == Kind.DELEGATE_CHANGED
    source, second, third = (take(numbers, rows) for numbers in chunk.topics)
    amount = np.zeros((3, len(rows)), np.int64)
    put(amount, np.flatnonzero(~delegation), moved)
    if (delegation & (source == 0)).any() or (chunk.timestamp > LATEST).any():
        return None
    return Movements(rows, delegation, source, second, amount, second, third)


def _paths(moved: Movements) -> Paths:
    account = np.empty(2 * len(moved.rows), np.int64)
    account[0::2] = moved.source
    account[1::2] = np.where(moved.delegation, 0, moved.to)
    entry = order_of(account)
    account = take(account, entry)
    event, leaves = entry >> 1, (entry & 1) == 0
    first = changes(account)
    begins = np.flatnonzero(first)
    ends = np.append(begins[1:], len(account)) - 1
    counts = ends - begins + 1

    running = take(moved.amount, event)
    running *= np.where(leaves, -1, 1)
    running = np.cumsum(running, axis=1)
    base = take(running, begins - 1)
    base[:, 0] = 0
    running -= np.repeat(base, counts, axis=1)

    place = np.arange(len(account))
    chosen = take(moved.delegation, event) & leaves
    latest = np.maximum.accumulate(np.where(chosen, place, -1))
    before = np.concatenate(([-1], latest[:-1]))
    delegations = np.flatnonzero(chosen)
    back = np.empty(len(account), np.int64)
    back[entry] = place
    last = latest[ends]
    return Paths(
        account=account,
        moved=running,
        known=before >= np.repeat(begins, counts),
        delegate=take(moved.new, take(event, before)),
        chosen=delegations,
        old=moved.old[event[delegations]],
        leaving=back[0::2],
        coming=back[1::2],
        ends=ends,
        last_known=last >= begins,
        last_delegate=moved.new[event[last]],
    )


def _claims(chunk: Chunk, moved: Movements) -> Claims | None:
    rows = chunk.rows(Kind.DELEGATE_VOTES_CHANGED)
    if not (chunk.has_topics(rows, 2) and (take(chunk.lengths, rows) == 64).all()):
        return None
    before, after = chunk.amounts(rows, 0), chunk.amounts(rows, 1)
    if before is None or after is None:
        return None
    delegate = take(chunk.topics[0], rows)
    moving = np.zeros(len(chunk), np.int64)
    moving[moved.rows] = 1
    owner = take(np.cumsum(moving), rows) - 1
    if (owner < 0).any() or (take(chunk.ordinal, rows) != take(take(chunk.ordinal, moved.rows), owner)).any():
        return None

    order = order_of(delegate)
    whose = take(delegate, order)
    first = changes(whose)
    begins = np.flatnonzero(first)
    begun, ended = take(before, order), take(after, order)
    # Each claim of a delegate begins with what the one before it ended with.
    if ((begun[:, 1:] != ended[:, :-1]) & ~first[1:]).any():
        return None
    return Claims(
        delegate=delegate,
        change=carried(after - before),
        owner=owner,
        first=changes(owner),
        counts=np.bincount(owner, minlength=len(moved.rows)),
        openings=whose[begins],
        opening=take(begun, begins),
        closing=take(ended, np.append(begins[1:], len(whose))[: len(begins)] - 1),
        run=run_of(whose, take(chunk.timestamp, take(rows, order)).astype(np.int64), ended),
    )
