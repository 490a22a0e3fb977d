"""Values by timepoint, and how delegated votes move between them: `Checkpoints.Trace208` and `Votes`."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import MutableMapping
from dataclasses import dataclass, field

from dao.types import ZERO_ADDRESS, Address


@dataclass(slots=True)
class Trace:
    """A history of values; `keys` are timepoints in seconds, strictly ascending."""

    keys: list[int] = field(default_factory=list)
    values: list[int] = field(default_factory=list)

    def push(self, key: int, value: int) -> tuple[int, int]:
        """Sets the value from timepoint `key` on; returns the latest value before and after.

        Mirrors `Checkpoints._insert`: a second push at one timepoint overwrites the first. `key` must not be before the
        latest one.
        """
        old = self.latest()
        if self.keys and self.keys[-1] == key:
            self.values[-1] = value
        else:
            self.keys.append(key)
            self.values.append(value)
        return old, value

    def latest(self) -> int:
        """The latest value, or zero; `Checkpoints.latest`."""
        return self.values[-1] if self.values else 0

    def upper_lookup(self, key: int) -> int:
        """The value in force at timepoint `key`, or zero before the first; `Checkpoints.upperLookupRecent`."""
        index = bisect_right(self.keys, key)
        return self.values[index - 1] if index else 0


@dataclass(frozen=True, slots=True)
class PowerChange:
    """The voting power (wei) of `delegate` went from `old` to `new`."""

    delegate: Address
    old: int
    new: int


def move_delegate_votes(
    powers: MutableMapping[Address, Trace], *, source: Address, to: Address, amount: int, clock: int
) -> list[PowerChange]:
    """Moves `amount` (wei) of voting power between two delegates; `Votes._moveDelegateVotes`.

    Returns one change per `DelegateVotesChanged` that the token emits, in its order. Nothing happens, and no checkpoint
    is written, when source and destination are the same or the amount is zero.
    """
    changes: list[PowerChange] = []
    if source == to or amount == 0:
        return changes
    for delegate, difference in ((source, -amount), (to, amount)):
        if delegate != ZERO_ADDRESS:
            trace = powers.setdefault(delegate, Trace())
            old, new = trace.push(clock, trace.latest() + difference)
            changes.append(PowerChange(delegate, old, new))
    return changes
