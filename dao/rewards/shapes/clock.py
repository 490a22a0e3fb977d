"""When epochs begin."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """Epochs of equal length, one after the other; `Schedules.Clock`.

    Args:
        genesis: When epoch 0 begins, in seconds since 1970-01-01 UTC.
        epoch_length: Seconds in an epoch, at least 1.
    """

    genesis: int
    epoch_length: int

    def start(self, epoch: int) -> int:
        """When `epoch` begins, in seconds since 1970-01-01 UTC."""
        return self.genesis + epoch * self.epoch_length

    def counted_from(self, epoch: int) -> Clock:
        """The same epochs, with `epoch` as number 0."""
        return Clock(self.start(epoch), self.epoch_length)
