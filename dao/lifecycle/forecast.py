"""What every stream will be paid over the coming epochs, as far as the policy decides it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from dao.lifecycle.subject import Subject
from dao.rewards.outlook import Horizon, decided, payees
from dao.rewards.policy import Policy
from dao.rewards.streams import ROOT


@dataclass(frozen=True, slots=True)
class Line:
    """One stream over the epochs of a forecast: what it gets in each (wei); None where that waits for a report."""

    stream: str
    amounts: tuple[int | None, ...]

    @property
    def total(self) -> int:
        """The sum over the decided epochs (wei)."""
        return sum(amount for amount in self.amounts if amount is not None)

    @property
    def waiting(self) -> int:
        """How many epochs wait for a report."""
        return self.amounts.count(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """A policy over a horizon.

    Args:
        name: What the person called the policy.
        policy: The policy.
        horizon: The epochs.
        dated: Whether its epochs have dates.
        root: The emission of the root: the sum of all lines.
        lines: The streams that are paid in one of the epochs, in the policy's order.
    """

    name: str
    policy: Policy
    horizon: Horizon
    dated: bool
    root: Line
    lines: tuple[Line, ...]

    def steps(self) -> tuple[tuple[int, int], ...]:
        """The ranges of epochs in which no amount moves, each as its first and last epoch."""
        columns = list(zip(*(line.amounts for line in (self.root, *self.lines)), strict=True))
        moves = [index for index in range(1, len(columns)) if columns[index] != columns[index - 1]]
        first = self.horizon.first
        return tuple((first + begin, first + end - 1) for begin, end in pairwise([0, *moves, len(columns)]))


def forecast(subject: Subject, horizon: Horizon) -> Forecast:
    """What the streams of `subject` are paid in each epoch of `horizon`."""
    policy = subject.policy
    streams = payees(policy, horizon)
    # A leaf's amount counts in the epochs in which it is one; in the others it stands in its children's lines.
    lines = tuple(Line(stream, tuple(_paid(policy, stream, epoch) for epoch in horizon.epochs)) for stream in streams)
    root = Line(ROOT, tuple(decided(policy, ROOT, epoch) for epoch in horizon.epochs))
    return Forecast(name=subject.name, policy=policy, horizon=horizon, dated=subject.dated, root=root, lines=lines)


def _paid(policy: Policy, stream: str, epoch: int) -> int | None:
    return decided(policy, stream, epoch) if policy.is_leaf(stream, epoch) else 0
