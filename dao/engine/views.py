"""The columns as the values that everybody else reads: the token's state, and ballots, made when somebody asks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, MutableMapping, MutableSequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, overload

import numpy as np
import numpy.typing as npt

from dao.engine.amounts import Limbs, at_least, to_int
from dao.engine.chunk import Chunk, Rows
from dao.engine.names import Names
from dao.engine.token import Order, TokenColumns
from dao.events.decode import Place
from dao.replay.checkpoints import Trace
from dao.replay.state import Ballot, TokenState
from dao.replay.tally import Tally
from dao.types import Address, Support

T = TypeVar("T")


class ColumnTokenState(TokenState):
    """`dao.replay.state.TokenState` over columns. Nothing but the supply is written through it."""

    __slots__ = ("_columns",)

    def __init__(self, columns: TokenColumns, supply: Trace) -> None:
        super().__init__(
            balances=_Accounts(columns.names, columns.owners, lambda number: to_int(columns.balances, number)),
            delegates=_Accounts(
                columns.names,
                columns.delegators,
                lambda number: columns.names.address(int(columns.delegates[number])),
            ),
            powers=_Accounts(columns.names, columns.voters, columns.checkpoints.trace),
            supply=supply,
        )
        self._columns = columns

    def plain(self) -> TokenState:
        """The same as the specification has it."""
        return TokenState(
            balances=dict(self.balances), delegates=dict(self.delegates), powers=dict(self.powers), supply=self.supply
        )

    def past_votes(self, account: Address, timepoint: int) -> int:
        """As in `TokenState`."""
        number = self._columns.names.find(account)
        return 0 if number is None else self._columns.checkpoints.one(number, timepoint)


class _Accounts(MutableMapping[Address, T], Generic[T]):
    """Something of every account that has it, in the order in which they got it."""

    def __init__(self, names: Names, order: Order, value: Callable[[int], T]) -> None:
        self._names, self._order, self._value = names, order, value

    def __getitem__(self, account: Address) -> T:
        number = self._names.find(account)
        if number is None or number not in self._order:
            raise KeyError(account)
        return self._value(number)

    def __iter__(self) -> Iterator[Address]:
        return map(self._names.address, self._order.numbers())

    def __len__(self) -> int:
        return len(self._order.numbers())

    def __setitem__(self, account: Address, value: T) -> None:
        raise TypeError("columns are written by their own room alone")

    def __delitem__(self, account: Address) -> None:
        raise TypeError("columns are written by their own room alone")


class UsedVotes(MutableMapping[Address, int]):
    """What voters used of their power on a proposal (wei): `numbers` by account number, for the engine."""

    def __init__(self, names: Names, used: Iterable[tuple[Address, int]]) -> None:
        self._names = names
        self.numbers: dict[int, int] = {names.number(account): amount for account, amount in used}

    def __getitem__(self, account: Address) -> int:
        number = self._names.find(account)
        if number is None:
            raise KeyError(account)
        try:
            return self.numbers[number]
        except KeyError:
            raise KeyError(account) from None

    def __setitem__(self, account: Address, amount: int) -> None:
        self.numbers[self._names.number(account)] = amount

    def __delitem__(self, account: Address) -> None:
        del self.numbers[self._names.number(account)]

    def __iter__(self) -> Iterator[Address]:
        return map(self._names.address, self.numbers)

    def __len__(self) -> int:
        return len(self.numbers)


@dataclass(frozen=True)
class CastBallots:
    """The ballots of one chunk in columns, whether they were counted or not."""

    names: Names
    voters: npt.NDArray[np.int64]
    supports: npt.NDArray[np.uint8]
    powers: Limbs
    blocks: npt.NDArray[np.uint64]
    timestamps: npt.NDArray[np.uint64]
    transactions: npt.NDArray[np.uint64]
    log_indices: npt.NDArray[np.uint32]

    @classmethod
    def of(
        cls,
        chunk: Chunk,
        rows: Rows,
        names: Names,
        voters: npt.NDArray[np.int64],
        supports: npt.NDArray[np.uint8],
        powers: Limbs,
    ) -> CastBallots:
        """Those at `rows`, which keep nothing else of the chunk alive."""
        return cls(
            names=names,
            voters=voters,
            supports=supports,
            powers=powers,
            blocks=chunk.block[rows],
            timestamps=chunk.timestamp[rows],
            transactions=chunk.transaction[rows],
            log_indices=chunk.log_index[rows],
        )

    def ballot(self, place: int, split: Tally | None) -> Ballot:
        """One of them, as if it was counted: in full, unless it is a `split`."""
        power = to_int(self.powers, place)
        support = int(self.supports[place])
        return Ballot(
            voter=self.names.address(int(self.voters[place])),
            support=support,
            power=power,
            counted=split or Tally(**{_FIELDS[support]: power}),
            place=Place(
                block=int(self.blocks[place]),
                timestamp=int(self.timestamps[place]),
                transaction=self.transactions[place].tobytes(),
                log_index=int(self.log_indices[place]),
            ),
        )


_FIELDS = {
    int(Support.AGAINST): "against_votes",
    int(Support.FOR): "for_votes",
    int(Support.ABSTAIN): "abstain_votes",
}


class Store:
    """All ballots of a history, numbered from 0."""

    def __init__(self) -> None:
        self._parts: list[CastBallots] = []
        self._starts: list[int] = []
        self._splits: dict[int, Tally] = {}
        self._count = 0

    def split(self, number: int, counted: Tally) -> None:
        """Notes that the ballot of this number is a split, and what it counts."""
        self._splits[number] = counted

    def add(self, ballots: CastBallots) -> int:
        """Adds those of a chunk and returns the number of the first."""
        first = self._count
        self._parts.append(ballots)
        self._starts.append(first)
        self._count += len(ballots.voters)
        return first

    def ballot(self, number: int) -> Ballot:
        """One of them."""
        part = bisect_right(self._starts, number) - 1
        return self._parts[part].ballot(number - self._starts[part], self._splits.get(number))

    def heavy(self, numbers: npt.NDArray[np.int64], least: int) -> npt.NDArray[np.bool_]:
        """Which of `numbers` are of voters whose power (wei) is `least` or more; a negative number is none."""
        found = np.zeros(len(numbers), np.bool_)
        parts = np.searchsorted(np.array(self._starts, np.int64), numbers, side="right") - 1
        for part in np.unique(parts[numbers >= 0]).tolist():
            rows = np.flatnonzero(parts == part)
            found[rows] = at_least(self._parts[part].powers[:, numbers[rows] - self._starts[part]], least)
        return found


class BallotList(MutableSequence[Ballot]):
    """The ballots of a proposal: each as it is, or its number in the store."""

    def __init__(self, store: Store, ballots: Iterable[Ballot]) -> None:
        self._store = store
        self.entries: list[Ballot | int] = list(ballots)
        self._heavy: tuple[int, int, list[Ballot]] = (0, 0, [])

    @overload
    def __getitem__(self, index: int) -> Ballot: ...
    @overload
    def __getitem__(self, index: slice) -> MutableSequence[Ballot]: ...
    def __getitem__(self, index: int | slice) -> Ballot | MutableSequence[Ballot]:
        if isinstance(index, slice):
            return [self._made(entry) for entry in self.entries[index]]
        return self._made(self.entries[index])

    def __len__(self) -> int:
        return len(self.entries)

    def insert(self, index: int, value: Ballot) -> None:
        """As a list does; `append` comes down to it."""
        self.entries.insert(index, value)

    def heavy(self, least: int) -> list[Ballot]:
        """Those of voters whose power (wei) is `least` or more, in their order; no other ballot is made for it."""
        asked = len(self.entries), least
        if self._heavy[:2] != asked:
            self._heavy = *asked, self._heavy_ones(least)
        return list(self._heavy[2])

    def _heavy_ones(self, least: int) -> list[Ballot]:
        numbers = np.array([entry if isinstance(entry, int) else -1 for entry in self.entries], np.int64)
        found = self._store.heavy(numbers, least)
        others = [place for place in np.flatnonzero(numbers < 0).tolist() if self[place].power >= least]
        found[others] = True
        return [self[place] for place in np.flatnonzero(found).tolist()]

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError("ballots are never replaced")

    def __delitem__(self, index: Any) -> None:
        raise TypeError("ballots are never removed")

    def _made(self, entry: Ballot | int) -> Ballot:
        return self._store.ballot(entry) if isinstance(entry, int) else entry
