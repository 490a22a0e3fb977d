"""The reports of one stream, in order: a value that shares what it has in common with the one before."""

from __future__ import annotations

from bisect import bisect_left

from dao.rewards.schedule import ReportState


class Reports:
    """What a stream's reported epochs yield; frozen, although `with_report` costs no copy.

    Every version sees the first `count` entries of lists that only grow; a version that is not the newest copies them
    before it adds.
    """

    __slots__ = ("_count", "_epochs", "_states")

    def __init__(self) -> None:
        """No report."""
        self._epochs: list[int] = []
        self._states: list[ReportState] = []
        self._count = 0

    @property
    def until(self) -> int:
        """The epoch after the last reported one, 0 without any; `PolicySchedules.Plan.reportedUntil`."""
        return self._epochs[self._count - 1] + 1 if self._count else 0

    def get(self, epoch: int) -> ReportState | None:
        """What was reported for `epoch`; None where nothing was."""
        index = bisect_left(self._epochs, epoch, 0, self._count)
        return self._states[index] if index < self._count and self._epochs[index] == epoch else None

    def with_report(self, epoch: int, state: ReportState) -> Reports:
        """These reports and one for `epoch`, which must come after them."""
        made = Reports()
        fresh = self._count == len(self._epochs)
        made._epochs = self._epochs if fresh else self._epochs[: self._count]
        made._states = self._states if fresh else self._states[: self._count]
        made._epochs.append(epoch)
        made._states.append(state)
        made._count = self._count + 1
        return made

    def items(self) -> tuple[tuple[int, ReportState], ...]:
        """Every reported epoch and what it yields, in order."""
        return tuple(zip(self._epochs[: self._count], self._states[: self._count], strict=True))

    def __eq__(self, other: object) -> bool:
        """Whether the same was reported for the same epochs."""
        return isinstance(other, Reports) and self.items() == other.items()

    def __hash__(self) -> int:
        """A hash over the reports."""
        return hash(self.items())

    def __repr__(self) -> str:
        """How many reports, and until when."""
        return f"<{self._count} reports before epoch {self.until}>"
