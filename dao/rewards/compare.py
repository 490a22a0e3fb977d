"""Where two policies differ: by stream and range of epochs, and in sum over a horizon."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from dao.errors import PolicyError
from dao.rewards.outlook import Horizon, decided
from dao.rewards.policy import Policy

MAX_STEPS = 12
"""Up to so many constant steps within a range are told apart; beyond, its first and last amounts are given."""

Pair = tuple[int | None, int | None]
"""What a stream gets in an epoch before and after (wei); None while it waits for a report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Consecutive epochs in each of which a stream gets another amount than before.

    Args:
        stream: Path of the stream.
        first: The first of the epochs.
        last: The last of them.
        begin: The amounts in the first epoch.
        end: The amounts in the last epoch; the same unless the amounts move within the range.
        difference: After minus before, summed over the epochs (wei); epochs that wait for a report are left out.
        waiting: How many epochs wait for a report.
    """

    stream: str
    first: int
    last: int
    begin: Pair
    end: Pair
    difference: int
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """What a stream gets over the whole horizon (wei); epochs that wait for a report on either side are left out."""

    stream: str
    before: int
    after: int

    @property
    def difference(self) -> int:
        """After minus before (wei)."""
        return self.after - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two policies over a horizon.

    Args:
        horizon: The epochs.
        differences: By stream, then by epoch; none where the policies yield the same.
        totals: Of every stream of either policy, in the order of the tree.
    """

    horizon: Horizon
    differences: tuple[Difference, ...]
    totals: tuple[Total, ...]


def compare(before: Policy, after: Policy, horizon: Horizon) -> Comparison:
    """What every stream gets under `after` instead of `before`, in each epoch of `horizon`.

    A range ends where the amounts agree again, where either policy begins something that moves them, and at each step
    of the amounts as long as there are few.
    Epochs are compared by number. Raises PolicyError where the two policies' epochs have different lengths.
    """
    if before.epoch_length != after.epoch_length:
        raise PolicyError(
            "the policies count epochs of different lengths",
            expected=f"{before.epoch_length} s",
            found=f"{after.epoch_length} s",
        )
    breaks = frozenset(before.change_epochs()) | frozenset(after.change_epochs())
    streams = (*before.streams, *(stream for stream in after.streams if stream not in before.streams))
    differences: list[Difference] = []
    totals = []
    for stream in streams:
        pairs = [(decided(before, stream, epoch), decided(after, stream, epoch)) for epoch in horizon.epochs]
        differences += _ranges(stream, pairs, horizon.first, breaks)
        known = [(old, new) for old, new in pairs if old is not None and new is not None]
        totals.append(Total(stream=stream, before=sum(old for old, _ in known), after=sum(new for _, new in known)))
    return Comparison(horizon=horizon, differences=tuple(differences), totals=tuple(totals))


def first_difference(before: Policy, after: Policy, first: int) -> int:
    """The first epoch from `first` on in which `after` has planned something else than `before`; `first` for none."""
    begun = sorted({first, *before.change_epochs(), *after.change_epochs()})
    return next((epoch for epoch in begun if epoch >= first and _plan(before, epoch) != _plan(after, epoch)), first)


def _plan(policy: Policy, epoch: int) -> object:
    """What is in force in `epoch`, as far as it is planned: the latest of everything that begins by then."""
    dated = (policy.schedules, policy.splits, policy.budgets, policy.weights, policy.parameters)
    return [
        {
            stream: begun[-1]
            for stream, values in by_stream.items()
            if (begun := [v for v in values if v.from_epoch <= epoch])
        }
        for by_stream in dated
    ]


def _ranges(stream: str, pairs: list[Pair], first: int, breaks: frozenset[int]) -> Iterator[Difference]:
    begin = 0
    for end in range(1, len(pairs) + 1):
        before = pairs[end - 1]
        whole = end == len(pairs)
        if whole or _same(before) != _same(pairs[end]) or (first + end in breaks and before != pairs[end]):
            if not _same(before):
                yield from _steps(stream, pairs[begin:end], first + begin)
            begin = end


def _steps(stream: str, pairs: list[Pair], first: int) -> Iterator[Difference]:
    """The range that `pairs` fill: a part for each constant step, or one for all where there are many."""
    moves = [index for index in range(1, len(pairs)) if pairs[index] != pairs[index - 1]]
    bounds = [0, *(moves if len(moves) < MAX_STEPS else ()), len(pairs)]
    for begin, end in pairwise(bounds):
        yield _difference(stream, pairs[begin:end], first + begin)


def _same(pair: Pair) -> bool:
    """Whether nothing differs; two amounts that both wait for a report count as the same."""
    return pair[0] == pair[1]


def _difference(stream: str, pairs: list[Pair], first: int) -> Difference:
    known = [new - old for old, new in pairs if old is not None and new is not None]
    return Difference(
        stream=stream,
        first=first,
        last=first + len(pairs) - 1,
        begin=pairs[0],
        end=pairs[-1],
        difference=sum(known),
        waiting=len(pairs) - len(known),
    )
