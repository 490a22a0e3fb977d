"""Amounts per period of UTC calendar months, divided over the epochs that start in each."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from dao.errors import PolicyError
from dao.rewards.shapes.clock import Clock
from dao.rewards.shapes.geometric import geometric
from dao.rewards.shapes.shape import MAX_UINT32, Planned, ShapeId, count_error, require_range, require_ratio
from dao.rewards.shapes.table import MAX_AMOUNTS

MAX_MONTHS = 12 * 100
MIN_FIRST_MONTH = 12 * 1970
MAX_FIRST_MONTH = 12 * 9999 + 11

_DAY = 86_400
_SHORTEST_MONTH = 28 * _DAY
_DAYS_TO_1970 = 719_468


def month_number(year: int, month: int) -> int:
    """The month as the calendars count them: 12 · year + month − 1, with `month` from 1 to 12."""
    return 12 * year + month - 1


def month_start(month: int) -> int:
    """When the month with this number begins (UTC), in seconds since 1970-01-01; `Calendars.monthStart`."""
    year, in_year = divmod(month - 2, 12)
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * in_year + 2) // 5
    return (days - _DAYS_TO_1970) * _DAY


def month_at(timestamp: int) -> int:
    """Number of the month (UTC) that `timestamp` lies in; `Calendars.monthAt`."""
    era, in_era = divmod(timestamp // _DAY + _DAYS_TO_1970, 146_097)
    year = (in_era - in_era // 1_460 + in_era // 36_524 - in_era // 146_096) // 365
    in_year = in_era - (365 * year + year // 4 - year // 100)
    return 12 * (400 * era + year) + (5 * in_year + 2) // 153 + 2


@dataclass(frozen=True, slots=True)
class _Turn:
    """The epochs of one period that are asked for, and what they yield."""

    epochs: int
    each: int
    first: int

    def amounts(self) -> tuple[int, ...]:
        return (self.first,) if self.epochs == 1 else (self.first, self.each)

    def total(self) -> int:
        return self.first + self.each * (self.epochs - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar(Planned):
    """An amount per period of `months` calendar months (UTC), of which the first begins with `first_month`.

    Of a period in which n epochs start, each yields `⌊amount / n⌋` and the first of them the remainder too. Epochs are
    counted on a grid that goes on before the genesis: of a period that had begun before the genesis or the segment,
    only the epochs since then are paid, each as much as in a whole period. An epoch is at most 28 days per month of a
    period, so that one starts in each. The twin of `Calendars`.
    """

    months: int
    first_month: int

    @abstractmethod
    def period_amount(self, period: int) -> int:
        """What the period with this number, from 0, yields (wei); zero after the last."""

    def _check(self, epochs: int, clock: Clock) -> None:
        require_range("months", self.months, -(-clock.epoch_length // _SHORTEST_MONTH), MAX_MONTHS)
        require_range("first_month", self.first_month, MIN_FIRST_MONTH, MAX_FIRST_MONTH)

    def amount_at(self, index: int, clock: Clock) -> int:
        """The epoch's part of its period's amount."""
        period = self.period_at(clock.start(index))
        if period < 0:
            return 0
        first, until = self._epochs(period, clock), self._epochs(period + 1, clock)
        each, rest = divmod(self.period_amount(period), until - first)
        return each + (rest if index == first else 0)

    def sum_over(self, epochs: int, clock: Clock) -> int:
        """The sum over the periods."""
        return sum(turn.total() for turn in self._turns(0, epochs, clock))

    def bounds(self, first: int, until: int, clock: Clock) -> tuple[int, int]:
        """Of the amounts in every period that the epochs fall in, and zero where some fall in none."""
        met = [amount for turn in self._turns(first, until, clock) for amount in turn.amounts()]
        if first < self._epochs(0, clock) or until > self._epochs(self._periods(), clock):
            met.append(0)
        return min(met), max(met)

    def period_at(self, timestamp: int) -> int:
        """Number of the period that `timestamp` lies in; negative before the first."""
        return (month_at(timestamp) - self.first_month) // self.months

    def _periods(self) -> int:
        return MAX_AMOUNTS

    def _epochs(self, period: int, clock: Clock) -> int:
        """Number of the first epoch that does not start before the period; negative where that was earlier."""
        begin = month_start(self.first_month + period * self.months)
        return -((clock.genesis - begin) // clock.epoch_length)

    def _turns(self, first: int, until: int, clock: Clock) -> Iterator[_Turn]:
        begin = self._epochs(0, clock)
        for period in range(self._periods()):
            if begin >= until:
                return
            end = self._epochs(period + 1, clock)
            paid = min(end, until) - max(begin, first)
            if paid > 0:
                each, rest = divmod(self.period_amount(period), end - begin)
                yield _Turn(paid, each, each + (rest if begin >= first else 0))
            begin = end


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarTable(Calendar):
    """The periods yield `amounts` (wei) in turn, then nothing."""

    number: ClassVar[ShapeId] = ShapeId.CALENDAR_TABLE

    amounts: tuple[int, ...]

    def params(self) -> tuple[int, ...]:
        """Months, first month, then the amounts."""
        return (self.months, self.first_month, *self.amounts)

    @classmethod
    def decode(cls, params: Sequence[int]) -> CalendarTable:
        """The table with these parameters, which are not checked. Raises PolicyError where there is no amount."""
        if len(params) < 3:
            raise count_error(cls.number, params, 3, MAX_AMOUNTS + 2)
        return cls(months=params[0], first_month=params[1], amounts=tuple(params[2:]))

    def _check(self, epochs: int, clock: Clock) -> None:
        require_range("number of amounts", len(self.amounts), 1, MAX_AMOUNTS)
        Calendar._check(self, epochs, clock)

    def period_amount(self, period: int) -> int:
        """The amount in the table."""
        return self.amounts[period] if period < len(self.amounts) else 0

    def _periods(self) -> int:
        return len(self.amounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarGeometric(Calendar):
    """The first period yields `amount` (wei), multiplied by the ratio once every `every_periods` periods, rounded down.

    A segment that reaches more than `MAX_AMOUNTS` periods must yield nothing from there on.
    """

    number: ClassVar[ShapeId] = ShapeId.CALENDAR_GEOMETRIC

    amount: int
    numerator: int
    denominator: int
    every_periods: int

    def _check(self, epochs: int, clock: Clock) -> None:
        Calendar._check(self, epochs, clock)
        require_ratio(self.numerator, self.denominator)
        require_range("every_periods", self.every_periods, 1, MAX_UINT32)
        last = self.period_at(clock.start(epochs - 1))
        if last >= MAX_AMOUNTS and self._after(MAX_AMOUNTS // self.every_periods) != 0:
            raise PolicyError(
                "the calendar never reaches zero and needs too many periods",
                expected=f"at most {MAX_AMOUNTS} periods before the next segment begins",
                found=f"{last + 1} periods",
                remedy="let another segment begin earlier, or take longer periods",
            )

    def period_amount(self, period: int) -> int:
        """The amount after as many steps as have passed."""
        return self._after(period // self.every_periods) if period < MAX_AMOUNTS else 0

    def _after(self, steps: int) -> int:
        return geometric(self.amount, numerator=self.numerator, denominator=self.denominator, steps=steps)
