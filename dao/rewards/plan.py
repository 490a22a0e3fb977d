"""What one stream's schedule yields within its budgets and by its reports, the twin of `Schedules.Plan`."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from dao.errors import NotReported, PolicyError
from dao.rewards.changes import Budget, Reporter
from dao.rewards.reports import Reports
from dao.rewards.schedule import Clock, Segment, bounds, evaluate, is_reported, report, sum_until
from dao.types import MAX_EPOCH, Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that decides what one stream's own schedule yields.

    Args:
        segments: Every segment, in order.
        budgets: Every budget, in order.
        reporter: Who reports.
        reports: What was reported.
    """

    segments: tuple[Segment, ...] = ()
    budgets: tuple[Budget, ...] = ()
    reporter: Reporter = field(default_factory=Reporter)
    reports: Reports = field(default_factory=Reports)

    def scheduled(self, stream: str, epoch: int, clock: Clock) -> int:
        """What the schedule yields in `epoch` within its budget (wei); zero before its first segment.

        Raises NotReported where that depends on a report that was not made. `Schedules.scheduled`.
        """
        amount = self.unbounded(stream, epoch, clock)
        remaining = self.remaining(stream, epoch, clock) if amount else None
        return amount if remaining is None else min(amount, remaining)

    def remaining(self, stream: str, epoch: int, clock: Clock) -> int | None:
        """What the budget in force in `epoch` leaves to it and to what follows (wei); None where none is in force.

        Raises NotReported where that depends on a report that was not made.
        """
        index = bisect_right(self.budgets, epoch, key=lambda budget: budget.from_epoch)
        return max(0, self.budgets[index - 1].amount - self.yielded(stream, epoch, clock)) if index else None

    def unbounded(self, stream: str, epoch: int, clock: Clock) -> int:
        """What the schedule yields in `epoch` before any budget (wei); `Schedules.unbounded`.

        Raises NotReported where that depends on a report that was not made.
        """
        index = self._index(epoch)
        if index == 0:
            return 0
        segment = self.segments[index - 1]
        if not is_reported(segment.shape):
            return evaluate(segment, epoch, clock)
        state = self.reports.get(epoch)
        if state is None:
            raise NotReported(stream, epoch)
        return state.amount

    def yielded(self, stream: str, until: int, clock: Clock) -> int:
        """What the schedule yields in all epochs before `until` within its budgets (wei); `Schedules.yielded`.

        Raises NotReported where that depends on a report that was not made.
        """
        begins = [budget.from_epoch for budget in self.budgets if budget.from_epoch < until]
        unbounded = self._unbounded_sum(stream, min([until, *begins]), clock)
        total = unbounded
        for budget, end in zip(self.budgets, [*begins[1:], until], strict=False):
            following = self._unbounded_sum(stream, end, clock)
            total += min(following - unbounded, max(0, budget.amount - total))
            unbounded = following
        return total

    def bounds(self, first: int, until: int, clock: Clock) -> tuple[int, int]:
        """The least and the most that the schedule yields in an epoch of `[first, until)`, before any budget (wei).

        For a reported shape, what any report could make it. Zeros where there is no epoch.
        `Schedules.planBounds`.
        """
        if until <= first:
            return 0, 0
        found: list[tuple[int, int]] = []
        if not self.segments or first < self.segments[0].from_epoch:
            found.append((0, 0))
        for index, segment in enumerate(self.segments):
            end = self.segments[index + 1].from_epoch if index + 1 < len(self.segments) else until
            low, high = max(first, segment.from_epoch), min(until, end)
            if low < high:
                found.append(bounds(segment, low, high, clock))
        return min(low for low, _ in found), max(high for _, high in found)

    def next_report(self, stream: str) -> int:
        """The epoch that the next report is for; `PolicySchedules.nextReport`. Raises PolicyError where none is due."""
        done = self.reports.until
        for segment in self.segments[max(0, self._index(done) - 1) :]:
            if is_reported(segment.shape) and max(segment.from_epoch, done) <= MAX_EPOCH:
                return max(segment.from_epoch, done)
        raise PolicyError(f"no epoch of {stream} needs a report")

    def reported_ranges(self, until: int) -> tuple[tuple[int, int], ...]:
        """Ranges `(first, end)` of the epochs before `until` that need reports, in order."""
        ends = [*(segment.from_epoch for segment in self.segments[1:]), until]
        ranges = zip(self.segments, ends, strict=False)
        return tuple(
            (segment.from_epoch, min(end, until))
            for segment, end in ranges
            if is_reported(segment.shape) and segment.from_epoch < until
        )

    def reported(self, stream: str, epoch: int, value: int, *, account: Address, clock: Clock) -> Reports:
        """The reports after `account` has reported `value` for `epoch`; `PolicySchedules.report`.

        Raises PolicyError where the contract would revert, but for epochs that have not begun.
        """
        if account != self.reporter.account:
            raise PolicyError(
                f"this account does not report for {stream}", expected=self.reporter.account, found=account
            )
        if not self.reporter.minimum <= value <= self.reporter.maximum:
            raise PolicyError(
                f"{stream}: the value is outside of what may be reported",
                expected=f"{self.reporter.minimum} to {self.reporter.maximum}",
                found=value,
            )
        due = self.next_report(stream)
        if epoch != due:
            raise PolicyError(f"the next report of {stream} is for another epoch", expected=due, found=epoch)
        segment = self.segments[self._index(epoch) - 1]
        previous = None if epoch == segment.from_epoch else self.reports.get(epoch - 1)
        return self.reports.with_report(epoch, report(segment, epoch, value, previous))

    def _index(self, epoch: int) -> int:
        return bisect_right(self.segments, epoch, key=lambda segment: segment.from_epoch)

    def _unbounded_sum(self, stream: str, until: int, clock: Clock) -> int:
        total = 0
        for index, segment in enumerate(self.segments):
            if segment.from_epoch >= until:
                break
            end = self.segments[index + 1].from_epoch if index + 1 < len(self.segments) else until
            end = min(end, until)
            if not is_reported(segment.shape):
                total += sum_until(segment, end, clock)
                continue
            state = self.reports.get(end - 1)
            if state is None:
                raise NotReported(stream, max(segment.from_epoch, self.reports.until))
            total += state.sum
        return total
