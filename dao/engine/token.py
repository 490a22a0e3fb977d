"""The token by columns: balances, delegates and voting power of a whole chunk, and whether its logs agree with them.

It computes what `dao.replay.token` computes log by log. Where every log of a chunk agrees, the state moves on; where
one does not, nothing changes, and the chunk is one for the specification.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dao.engine.amounts import Limbs, carried, fits, from_ints, from_words
from dao.engine.checkpoints import LATEST, Checkpoints
from dao.engine.chunk import Chunk, Kind, Rows
from dao.engine.names import Names, Numbers
from dao.replay.state import TokenState

_ROW_BITS = 22
"""Twice as many entries as a chunk has rows are told apart by so many bits."""


@dataclass(frozen=True, slots=True)
class Movements:
    """The token's logs of a chunk that move votes, in order: transfers, and delegations with what they move.

    Args:
        rows: Their rows.
        delegation: Whether each is a DelegateChanged.
        source: The account that a transfer comes from, or that delegates.
        to: The account that a transfer goes to; where it is a delegation, as `source`.
        amount: What a transfer moves; zero where it is a delegation.
        old: The delegate that a delegation names as the one before.
        new: The one that it sets.
    """

    rows: Rows
    delegation: npt.NDArray[np.bool_]
    source: Numbers
    to: Numbers
    amount: Limbs
    old: Numbers
    new: Numbers


@dataclass(frozen=True, slots=True)
class Claims:
    """The DelegateVotesChanged of a chunk, in order."""

    rows: Rows
    delegate: Numbers
    before: Limbs
    after: Limbs


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a chunk makes of the accounts that it touches: the last of each, by number."""

    accounts: Numbers
    balances: Limbs
    delegates: Numbers


class TokenColumns:
    """The token's state by account number: `balances` (shape (3, n)), `delegates`, and the checkpoints of power."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.balances: Limbs = np.zeros((3, 1), np.int64)
        self.delegates: Numbers = np.zeros(1, np.int64)
        self.powers: Limbs = np.zeros((3, 1), np.int64)
        """The power of each delegate now."""
        self.checkpoints = Checkpoints()
        self.owners, self.delegators, self.voters = Order(), Order(), Order()
        """Who ever had a balance, ever delegated, ever had votes."""

    @classmethod
    def read(cls, state: TokenState, names: Names) -> TokenColumns:
        """The columns of `state`. Raises OverflowError where an amount in it has no room in them."""
        columns = cls(names)
        parts = (state.balances, state.delegates, state.powers)
        numbers = [names.of(list(part)) for part in parts]
        targets = names.of(list(state.delegates.values()))
        columns._grow()
        columns.balances[:, numbers[0]] = from_ints(list(state.balances.values()))
        columns.delegates[numbers[1]] = targets
        columns.powers[:, numbers[2]] = from_ints([trace.latest() for trace in state.powers.values()])
        for order, part in zip((columns.owners, columns.delegators, columns.voters), numbers, strict=True):
            order.add(part)
        histories = sorted(zip(numbers[2].tolist(), state.powers.values(), strict=True), key=lambda pair: pair[0])
        columns.checkpoints.add(
            np.array([number for number, trace in histories for _ in trace.keys], np.int64),
            np.array([key for _, trace in histories for key in trace.keys], np.int64),
            from_ints([value for _, trace in histories for value in trace.values]),
        )
        return columns

    def apply(self, chunk: Chunk) -> bool:
        """Moves the state past `chunk` where its logs agree with it; returns whether they do."""
        movements = _movements(chunk)
        claims = _claims(chunk)
        if movements is None or claims is None:
            return False
        self._grow()
        if not len(movements.rows):
            return not len(claims.rows)
        followed = self._follow(movements)
        if followed is None:
            return False
        outcome, source, to, amount = followed
        if not self._claimed(chunk, movements, claims, source, to, amount):
            return False
        self._settle(movements, outcome)
        self._settle_powers(chunk, claims)
        return True

    def _grow(self) -> None:
        missing = len(self.names) - len(self.delegates)
        if missing > 0:
            # Room to spare, so that growing costs nothing in the long run.
            missing += len(self.names) // 2
            self.balances = np.pad(self.balances, ((0, 0), (0, missing)))
            self.powers = np.pad(self.powers, ((0, 0), (0, missing)))
            self.delegates = np.pad(self.delegates, (0, missing))
            for order in (self.owners, self.delegators, self.voters):
                order.grow(len(self.delegates))

    def _follow(self, moved: Movements) -> tuple[_Outcome, Numbers, Numbers, Limbs] | None:
        """Follows every account through the chunk.

        Returns what is left of each, and of each movement the delegates that it goes from and to, and the votes. None
        where an account spends more than it has, or a delegation names another delegate than the account had.
        """
        count = len(moved.rows)
        # Two entries a movement: what leaves an account, then what comes; of a delegation the account itself, and none.
        account = np.empty(2 * count, np.int64)
        account[0::2] = moved.source
        account[1::2] = np.where(moved.delegation, 0, moved.to)
        keys = np.sort((account << _ROW_BITS) | np.arange(2 * count))
        account, entry = keys >> _ROW_BITS, keys & (2**_ROW_BITS - 1)
        event, leaves = entry >> 1, (entry & 1) == 0
        delegates = moved.delegation[event]
        first = np.ones(len(keys), np.bool_)
        first[1:] = account[1:] != account[:-1]
        begin = np.maximum.accumulate(np.where(first, np.arange(len(keys)), 0))

        running = moved.amount[:, event]
        np.negative(running, out=running, where=leaves)
        running = np.cumsum(running, axis=1)
        base = running[:, begin - 1]
        base[:, begin == 0] = 0
        running -= base
        running += self.balances[:, account]
        carried(running)
        if ((running[2] < 0) & (account != 0)).any():
            return None

        place = np.arange(len(keys))
        chosen = delegates & leaves
        latest = np.maximum.accumulate(np.where(chosen, place, -1))
        before = np.concatenate(([-1], latest[:-1]))
        held = np.where(before >= begin, moved.new[event[before]], self.delegates[account])
        if (held[chosen] != moved.old[event[chosen]]).any():
            return None

        back = np.empty(len(keys), np.int64)
        back[entry] = place
        from_place, to_place = back[0::2], back[1::2]
        source, to = held[from_place], np.where(moved.delegation, moved.new, held[to_place])
        amount = np.where(moved.delegation, running[:, from_place], moved.amount)

        last = np.ones(len(keys), np.bool_)
        last[:-1] = first[1:]
        ends = np.flatnonzero(last)
        now = np.where(latest[ends] >= begin[ends], moved.new[event[latest[ends]]], self.delegates[account[ends]])
        return _Outcome(account[ends], running[:, ends], now), source, to, amount

    def _claimed(
        self, chunk: Chunk, moved: Movements, claims: Claims, source: Numbers, to: Numbers, amount: Limbs
    ) -> bool:
        """Whether the DelegateVotesChanged are those that the movements make, each where it belongs."""
        moves = (source != to) & amount.any(axis=0)
        leaves, comes = moves & (source != 0), moves & (to != 0)
        # The movement before each claim, which must have as many claims as it makes, in its own transaction.
        owner = np.searchsorted(moved.rows, claims.rows) - 1
        expected = leaves.astype(np.int64) + comes
        if len(claims.rows) != int(expected.sum()) or (len(owner) and owner[0] < 0):
            return False
        if (np.bincount(owner, minlength=len(moved.rows)) != expected).any():
            return False
        if (chunk.ordinal[claims.rows] != chunk.ordinal[moved.rows[owner]]).any():
            return False
        # In order: a movement's first claim is of who loses votes, where somebody does.
        first = np.ones(len(owner), np.bool_)
        first[1:] = owner[1:] != owner[:-1]
        losing = first & leaves[owner]
        if (claims.delegate != np.where(losing, source[owner], to[owner])).any():
            return False
        change = amount[:, owner]
        np.negative(change, out=change, where=losing)
        if (carried(claims.before + change) != claims.after).any():
            return False
        # By induction over each delegate's claims: each begins with what the one before it ended with.
        order = np.sort((claims.delegate << _ROW_BITS) | np.arange(len(owner))) & (2**_ROW_BITS - 1)
        delegate = claims.delegate[order]
        first = np.ones(len(order), np.bool_)
        first[1:] = delegate[1:] != delegate[:-1]
        begun = claims.after[:, np.concatenate(([0], order[:-1]))] if len(order) else claims.after
        begun = np.where(first, self.powers[:, delegate], begun)
        return not (begun != claims.before[:, order]).any()

    def _settle(self, moved: Movements, outcome: _Outcome) -> None:
        self.balances[:, outcome.accounts] = outcome.balances
        self.balances[:, 0] = 0
        self.delegates[outcome.accounts] = outcome.delegates
        transfers = ~moved.delegation
        self.owners.add(np.stack((moved.source[transfers], moved.to[transfers]), axis=1).reshape(-1))
        self.delegators.add(moved.source[moved.delegation])

    def _settle_powers(self, chunk: Chunk, claims: Claims) -> None:
        order = np.sort((claims.delegate << _ROW_BITS) | np.arange(len(claims.rows))) & (2**_ROW_BITS - 1)
        delegate = claims.delegate[order]
        after = claims.after[:, order]
        last = np.ones(len(order), np.bool_)
        last[:-1] = delegate[1:] != delegate[:-1]
        self.powers[:, delegate[last]] = after[:, last]
        self.checkpoints.add(delegate, chunk.timestamp[claims.rows[order]].astype(np.int64), after)
        self.voters.add(claims.delegate)


class Order:
    """Accounts in the order in which they first appear; the zero address is none."""

    def __init__(self) -> None:
        self._known = np.zeros(1, np.bool_)
        self._found: list[Numbers] = []

    def grow(self, size: int) -> None:
        """Makes room for account numbers below `size`."""
        self._known = np.pad(self._known, (0, size - len(self._known)))
        self._known[0] = True

    def add(self, numbers: Numbers) -> None:
        """Adds those of `numbers` that are new."""
        new = numbers[~self._known[numbers]]
        if len(new):
            unique, places = np.unique(new, return_index=True)
            self._found.append(unique[np.argsort(places)])
            self._known[unique] = True

    def numbers(self) -> list[int]:
        """All of them."""
        return [number for part in self._found for number in part.tolist()]

    def __contains__(self, number: int) -> bool:
        return number != 0 and number < len(self._known) and bool(self._known[number])


def _movements(chunk: Chunk) -> Movements | None:
    """The transfers and delegations of a chunk; None where one is not the exact encoding of its event."""
    transfers, delegations = chunk.rows(Kind.TRANSFER), chunk.rows(Kind.DELEGATE_CHANGED)
    if not (
        chunk.has_topics(transfers, 3)
        and chunk.has_topics(delegations, 4)
        and (chunk.lengths[transfers] == 32).all()
        and not chunk.lengths[delegations].any()
    ):
        return None
    words = chunk.words(transfers, 0)
    if not fits(words):
        return None
    rows = chunk.rows(Kind.TRANSFER, Kind.DELEGATE_CHANGED)
    delegation = chunk.kind[rows] == Kind.DELEGATE_CHANGED
    source, second, third = (numbers[rows] for numbers in chunk.topics)
    amount = np.zeros((3, len(rows)), np.int64)
    amount[:, ~delegation] = from_words(words)
    if (delegation & (source == 0)).any() or (chunk.timestamp > LATEST).any():
        return None
    return Movements(rows, delegation, source, second, amount, second, third)


def _claims(chunk: Chunk) -> Claims | None:
    """The DelegateVotesChanged of a chunk; None where one is not the exact encoding of its event."""
    rows = chunk.rows(Kind.DELEGATE_VOTES_CHANGED)
    if not (chunk.has_topics(rows, 2) and (chunk.lengths[rows] == 64).all()):
        return None
    before, after = chunk.words(rows, 0), chunk.words(rows, 1)
    if not (fits(before) and fits(after)):
        return None
    return Claims(rows, chunk.topics[0][rows], from_words(before), from_words(after))
