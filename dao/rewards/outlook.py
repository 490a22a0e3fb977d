"""What a policy yields over a range of epochs, as far as it is decided."""

from __future__ import annotations

from dataclasses import dataclass

from dao.errors import NotReported, PolicyError
from dao.rewards.policy import Policy
from dao.rewards.streams import ROOT
from dao.types import MAX_EPOCH

MAX_EPOCHS = 200_000
"""The most epochs that one range may have: io.net's schedule has 175,319."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """The epochs from `first` to `last`, both included. Raises PolicyError for a range that is empty or too long."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if not 0 <= self.first <= self.last <= MAX_EPOCH:
            raise PolicyError("no such range of epochs", expected=f"0 to {MAX_EPOCH}", found=str(self))
        if len(self) > MAX_EPOCHS:
            raise PolicyError("the range has too many epochs", expected=f"at most {MAX_EPOCHS}", found=len(self))

    @classmethod
    def of(cls, first: int, count: int) -> Horizon:
        """The `count` epochs from `first` on, cut off at the last one there can be. Raises PolicyError for none."""
        return cls(first, min(first + count - 1, MAX_EPOCH))

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __str__(self) -> str:
        return f"epochs {self.first} to {self.last}"

    @property
    def epochs(self) -> range:
        """The epochs, in order."""
        return range(self.first, self.last + 1)


def decided(policy: Policy, stream: str, epoch: int) -> int | None:
    """What `stream` may pay in `epoch` (wei); None while the amount waits for a report, 0 where there is no stream."""
    if stream not in policy.streams:
        return 0
    try:
        return policy.emission(stream, epoch)
    except NotReported:
        return None


def payees(policy: Policy, horizon: Horizon) -> tuple[str, ...]:
    """The streams that are leaves below a split, or the root alone, in one of the epochs, in the policy's order."""
    begins = [epoch for epoch in policy.change_epochs() if horizon.first < epoch <= horizon.last]
    found: set[str] = set()
    for epoch in (horizon.first, *begins):
        waiting = [ROOT]
        while waiting:
            stream = waiting.pop()
            below = [part.stream for part in policy.parts(stream, epoch)]
            waiting += below
            if not below:
                found.add(stream)
    return tuple(stream for stream in policy.streams if stream in found)
