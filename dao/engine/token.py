"""The token by columns: balances, delegates and voting power of a whole chunk, and whether its logs agree with them.

It computes what `dao.replay.token` computes log by log. Where every log of a chunk agrees, the state moves on; where
one does not, nothing changes, and the chunk is one for the specification.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dao.engine.amounts import Limbs, carried, from_ints
from dao.engine.arrays import put, take
from dao.engine.checkpoints import Checkpoints, run_of
from dao.engine.movements import Claims, Movements, Paths, TokenLogs
from dao.engine.names import Names, Numbers
from dao.replay.state import TokenState


@dataclass(frozen=True, slots=True)
class _Moves:
    """What a chunk's movements come to.

    Args:
        source: The delegate from whom the votes of each movement go; zero is nobody.
        to: The one to whom they come.
        amount: How many they are.
        balances: What each account that is touched has in the end.
        delegates: Its delegate then.
    """

    source: Numbers
    to: Numbers
    amount: Limbs
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
            run_of(
                np.array([number for number, trace in histories for _ in trace.keys], np.int64),
                np.array([key for _, trace in histories for key in trace.keys], np.int64),
                from_ints([value for _, trace in histories for value in trace.values]),
            )
        )
        return columns

    def apply(self, logs: TokenLogs) -> bool:
        """Moves the state past the logs of a chunk where they agree with it; returns whether they do."""
        self._grow()
        if logs.paths is None or logs.claims is None:
            return True
        moves = self._follow(logs.movements, logs.paths)
        if moves is None or not self._claimed(logs.claims, moves):
            return False
        self._settle(logs.movements, logs.paths, moves)
        self._settle_powers(logs.claims)
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

    def _follow(self, moved: Movements, paths: Paths) -> _Moves | None:
        """What each movement makes of the votes, and what is left of each account.

        None where an account spends more than it has, or a delegation names another delegate than the account had.
        """
        balance = paths.moved + take(self.balances, paths.account)
        carried(balance)
        if ((balance[2] < 0) & (paths.account != 0)).any():
            return None
        held = np.where(paths.known, paths.delegate, take(self.delegates, paths.account))
        if (held[paths.chosen] != paths.old).any():
            return None
        ends = paths.ends
        amount = moved.amount.copy()
        delegations = np.flatnonzero(moved.delegation)
        to = take(held, paths.coming)
        to[delegations] = moved.new[delegations]
        put(amount, delegations, take(balance, paths.leaving[delegations]))
        return _Moves(
            source=take(held, paths.leaving),
            to=to,
            amount=amount,
            balances=take(balance, ends),
            delegates=np.where(paths.last_known, paths.last_delegate, self.delegates[paths.account[ends]]),
        )

    def _claimed(self, claims: Claims, moves: _Moves) -> bool:
        """Whether the DelegateVotesChanged are those that the movements make, each where it belongs."""
        source, to, amount = moves.source, moves.to, moves.amount
        moving = (source != to) & amount.any(axis=0)
        leaves, comes = moving & (source != 0), moving & (to != 0)
        if (claims.counts != leaves.astype(np.int64) + comes).any():
            return False
        # In order: a movement's first claim is of who loses votes, where somebody does.
        owner = claims.owner
        losing = claims.first & take(leaves, owner)
        if (claims.delegate != np.where(losing, take(source, owner), take(to, owner))).any():
            return False
        change = take(amount, owner)
        change *= np.where(losing, -1, 1)
        if (carried(change) != claims.change).any():
            return False
        # By induction over each delegate's claims, of which each begins with what the one before it ended with.
        return not (claims.opening != take(self.powers, claims.openings)).any()

    def _settle(self, moved: Movements, paths: Paths, moves: _Moves) -> None:
        accounts = paths.account[paths.ends]
        put(self.balances, accounts, moves.balances)
        self.balances[:, 0] = 0
        self.delegates[accounts] = moves.delegates
        transfers = ~moved.delegation
        self.owners.add(np.stack((moved.source[transfers], moved.to[transfers]), axis=1).reshape(-1))
        self.delegators.add(moved.source[moved.delegation])

    def _settle_powers(self, claims: Claims) -> None:
        put(self.powers, claims.openings, claims.closing)
        self.checkpoints.add(claims.run)
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
        new = numbers[~take(self._known, numbers)]
        if len(new):
            unique, places = np.unique(new, return_index=True)
            self._found.append(unique[np.argsort(places)])
            self._known[unique] = True

    def numbers(self) -> list[int]:
        """All of them."""
        return [number for part in self._found for number in part.tolist()]

    def __contains__(self, number: int) -> bool:
        return number != 0 and number < len(self._known) and bool(self._known[number])
