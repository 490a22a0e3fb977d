"""Property: each shape takes the same parameters and yields the same integers in Python and in the compiled library."""

from __future__ import annotations

import os
from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date, datetime, timezone
from fractions import Fraction
from functools import cache

import pytest
from hypothesis import HealthCheck, given, reject, settings, strategies as st

from dao.errors import PolicyError
from dao.rewards.schedule import (
    MAX_AMOUNT,
    Clock,
    Decay,
    ReportState,
    Rollover,
    Segment,
    ShapeId,
    bounds,
    decode_shape,
    encode_shape,
    evaluate,
    is_reported,
    month_number,
    report,
    sum_until,
    validate,
)
from dao.rewards.shapes.calendar import month_at, month_start
from dao.rewards.shapes.decay import DISORDER, FRACTION_BITS, power
from dao.rewards.shapes.shape import MAX_UINT32, MAX_UINT96, Reported
from tests.support.shapes import LONGEST_CREATED, Case, Contract, Refused, cases, ratios

EXAMPLES = int(os.environ.get("TWIN_EXAMPLES", "150"))
"""How many well-formed cases are tried per shape; those that both refuse come on top."""

CHECKS = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=HealthCheck.all(), database=None)
PLANNED = [shape for shape in ShapeId if shape < ShapeId.METERED]
REPORTED = [shape for shape in ShapeId if shape >= ShapeId.METERED]
WINDOW = 12
"""How many epochs in a row are added up one by one."""


@cache
def contract() -> Contract:
    return Contract()


def stored(case: Case) -> Segment | None:
    """The case's segment, where both take it; None where both refuse it. Fails where they differ."""
    try:
        segment = Segment(case.from_epoch, decode_shape(case.shape, case.params))
        validate(segment, case.until, case.clock)
    except PolicyError:
        with pytest.raises(Refused):
            contract().store(case)
        return None
    contract().store(case)
    assert encode_shape(segment.shape) == (case.shape, case.params)
    assert is_reported(segment.shape) == (case.shape in REPORTED)
    return segment


def taken(case: Case) -> Segment:
    """The case's segment. One that both refuse is no case: it is not counted, and another is drawn."""
    segment = stored(case)
    return reject() if segment is None else segment


@pytest.mark.parametrize("shape", PLANNED, ids=lambda shape: shape.name.lower())
def test_planned_shapes_have_one_answer(shape: ShapeId) -> None:
    @CHECKS
    @given(cases(shape))
    def holds(case: Case) -> None:
        segment = taken(case)
        compare_plans(segment, case)
        add_up(segment, case)

    holds()


def compare_plans(segment: Segment, case: Case) -> None:
    """Fails where one of the two tells something else than the other."""
    clock = case.clock
    for epoch in case.probes:
        assert contract().evaluate(epoch) == evaluate(segment, epoch, clock)
        assert contract().sum(epoch) == sum_until(segment, epoch, clock)
    first, until = min(case.probes), max(case.probes) + 1
    assert contract().sum(case.until) == sum_until(segment, case.until, clock)
    assert contract().bounds(first, until) == bounds(segment, first, until, clock)
    with pytest.raises(PolicyError):
        report(segment, first, 0, None)
    with pytest.raises(Refused):
        contract().report(first, 0)


def add_up(segment: Segment, case: Case) -> None:
    """Fails where sums and bounds are not those of the epochs one by one."""
    clock = case.clock
    for first in case.probes:
        until = min(first + WINDOW, case.until)
        each = [evaluate(segment, epoch, clock) for epoch in range(first, until)]
        assert all(0 <= amount <= MAX_AMOUNT for amount in each)
        assert sum(each) == sum_until(segment, until, clock) - sum_until(segment, first, clock)
        least, most = bounds(segment, first, until, clock)
        slack = DISORDER if case.shape is ShapeId.DECAY and until - first > 2 else 0
        assert min(each) - slack <= least <= min(each)
        assert max(each) <= most <= max(each) + slack
    low, high = bounds(segment, case.from_epoch, case.until, clock)
    assert all(low <= evaluate(segment, probe, clock) <= high for probe in case.probes)


@pytest.mark.parametrize("shape", REPORTED, ids=lambda shape: shape.name.lower())
def test_reported_shapes_have_one_answer(shape: ShapeId) -> None:
    @CHECKS
    @given(cases(shape))
    def holds(case: Case) -> None:
        segment = taken(case)
        compare_all_reports(segment, case)
        attain_bounds(segment, case)

    holds()


def compare_all_reports(segment: Segment, case: Case) -> None:
    """Fails where one of the two makes something else of the case's reports than the other."""
    first, until = min(case.probes), max(case.probes) + 1
    assert contract().bounds(first, until) == bounds(segment, first, until, case.clock)
    with pytest.raises(PolicyError):
        evaluate(segment, first, case.clock)
    with pytest.raises(PolicyError):
        sum_until(segment, case.until, case.clock)
    with pytest.raises(Refused):
        contract().evaluate(first)
    with pytest.raises(Refused):
        contract().sum(case.until)
    state: ReportState | None = None
    for epoch, value in zip(range(case.from_epoch, case.until), case.values, strict=False):
        # What was spent has to fit what was yielded; the last of these values is one too much.
        spent, yielded = (state.carried, state.amount) if state else (0, 0)
        given_value = spent + value % (yielded + 2) if case.shape is ShapeId.ROLLOVER and value % 8 else value
        found = compare_reports(segment, epoch, given_value, state)
        if found is None:
            break
        low, high = bounds(segment, epoch, epoch + 1, case.clock)
        assert low <= found.amount <= high
        state = found


def compare_reports(segment: Segment, epoch: int, value: int, before: ReportState | None) -> ReportState | None:
    """What both make of a report; None where both refuse it."""
    try:
        # No reporter may report more than 128 bits.
        state = report(segment, epoch, value, before) if value <= MAX_AMOUNT else None
    except PolicyError:
        state = None
    if state is None:
        with pytest.raises(Refused):
            contract().report(epoch, value)
        return None
    assert contract().report(epoch, value) == state
    assert contract().evaluate(epoch) == state.amount
    assert contract().sum(epoch + 1) == state.sum
    return state


def attain_bounds(segment: Segment, case: Case) -> None:
    """Fails where no reports lead to the bounds of some of the segment's first epochs."""
    first = min(case.from_epoch + case.probes[0] % 6, case.until - 1)
    until = min(first + WINDOW, case.until)
    low, high = bounds(segment, first, until, case.clock)
    assert min(driven(segment, until, min)[first - case.from_epoch :]) == low
    assert max(driven(segment, until, max)[first - case.from_epoch :]) == high


def driven(segment: Segment, until: int, choose: Callable[[Sequence[int]], int]) -> list[int]:
    """The amounts until epoch `until` where each report is the one that `choose` picks the amount of."""
    state, amounts = None, []
    # Among equal amounts, what is carried decides what follows: of a Rollover, what was spent counts against it.
    carry = {min: max, max: min}[choose] if isinstance(segment.shape, Rollover) else choose
    for epoch in range(segment.from_epoch, until):
        states = [report(segment, epoch, value, state) for value in extreme_values(segment, state)]
        amount = choose([reported.amount for reported in states])
        carried = carry([reported.carried for reported in states if reported.amount == amount])
        state = next(s for s in states if (s.amount, s.carried) == (amount, carried))
        amounts.append(amount)
    return amounts


def extreme_values(segment: Segment, state: ReportState | None) -> set[int]:
    """Reports among which those are that lead farthest: the least, the greatest, and some that hold the amount."""
    shape = segment.shape
    assert isinstance(shape, Reported)
    before = state or shape.before_first()
    least, most = shape.accepted(before)
    held = {before.amount, *encode_shape(shape)[1][:4]}
    return {least, most} | {value for value in held if least <= value <= most}


@CHECKS
@given(st.one_of(ratios(), ratios(MAX_UINT96)), st.integers(0, 400))
def test_a_power_errs_by_less_than_its_bound(ratio: tuple[int, int], exponent: int) -> None:
    exact = Fraction(*ratio) ** exponent * 2**FRACTION_BITS
    found = power(*ratio, exponent)
    assert found <= exact
    assert exact - found <= 2 * exponent


@pytest.mark.parametrize("exponent", [10**4, 65_535, 175_319])
def test_a_power_errs_by_less_than_its_bound_for_great_exponents(exponent: int) -> None:
    numerator, denominator = 999_986_113, 10**9
    # By squaring with 4,096 bits, rounded down, and up: the exact power lies between.
    low = high = 1 << 4096
    for bit in bin(exponent)[2:]:
        low, high = low * low >> 4096, -(-high * high >> 4096)
        if bit == "1":
            low, high = low * numerator // denominator, -(-high * numerator // denominator)
    found = power(numerator, denominator, exponent)
    assert found <= high >> (4096 - FRACTION_BITS)
    assert (high >> (4096 - FRACTION_BITS)) - found <= 2 * exponent


@CHECKS
@given(cases(ShapeId.DECAY))
def test_a_decay_emits_what_the_formula_says(case: Case) -> None:
    try:
        decay = decode_shape(case.shape, case.params)
        validate(Segment(case.from_epoch, decay), case.until, case.clock)
    except PolicyError:
        return
    assert isinstance(decay, Decay)
    ratio = Fraction(decay.numerator, decay.denominator)
    for steps in (0, 1, 2, 7, 40):
        exact = decay.total * (1 - ratio**steps)
        assert exact <= decay.emitted(steps * decay.every_seconds) < exact + 1 + Fraction(1, 2**31)
    assert decay.emitted(0) == 0


def test_an_epoch_before_the_segment_is_refused() -> None:
    segment = Segment(5, decode_shape(ShapeId.CONSTANT, [7]))
    clock = Clock(0, 1)
    for call in (lambda: evaluate(segment, 4, clock), lambda: bounds(segment, 4, 6, clock)):
        with pytest.raises(PolicyError):
            call()


def test_a_small_budget_is_bounded_exactly() -> None:
    for budget, epochs in ((b, n) for b in range(9) for n in range(1, 5)):
        segment = stored(Case(ShapeId.ROLLOVER, (budget, epochs), 0, 6, DAILY, (), ()))
        assert segment is not None
        least, most = driven(segment, 6, min), driven(segment, 6, max)
        for first, until in ((a, b) for b in range(1, 7) for a in range(b)):
            expected = min(least[first:until]), max(most[first:until])
            assert contract().bounds(first, until) == bounds(segment, first, until, DAILY) == expected


DAILY = Clock(0, 86_400)
LARGEST = MAX_UINT32 + 1
FIRST_MONTH = month_number(1970, 1)


@pytest.mark.parametrize(
    ("shape", "params", "until", "clock", "taken"),
    [
        (ShapeId.TABLE, [1] * 513, 9, DAILY, True),
        (ShapeId.TABLE, [1] * 514, 9, DAILY, False),
        (ShapeId.GEOMETRIC, [MAX_AMOUNT, 1, 2, 1], LARGEST, DAILY, True),
        (ShapeId.GEOMETRIC, [MAX_AMOUNT, 99, 100, 1], 513, DAILY, True),
        (ShapeId.GEOMETRIC, [MAX_AMOUNT, 99, 100, 1], 514, DAILY, False),
        (ShapeId.GEOMETRIC, [MAX_AMOUNT, 1, 1, 1], 513, DAILY, True),
        (ShapeId.GEOMETRIC, [1, 2, 1, 1], 128, DAILY, True),
        (ShapeId.GEOMETRIC, [1, 2, 1, 1], 129, DAILY, False),
        (ShapeId.GEOMETRIC, [1, MAX_UINT32, 1, 1], LARGEST, DAILY, False),
        (ShapeId.GEOMETRIC, [0, MAX_UINT32, 1, 1], LARGEST, DAILY, True),
        (ShapeId.INFLATION, [0, 0, 10**18, 0, 0, 0, 1, MAX_AMOUNT, MAX_AMOUNT], LARGEST, DAILY, True),
        (ShapeId.INFLATION, [0, 0, 10**18 + 1, 0, 0, 0, 1, 0, 0], 9, DAILY, False),
        (ShapeId.INFLATION, [1, 2, 3, 0, 0, 0, 1, 0, 0], 9, DAILY, False),
        # The ratio is at least 2⁻³⁰ below one, whatever the denominator.
        (ShapeId.DECAY, [1, 2**30 - 1, 2**30, 86_400], 9, DAILY, True),
        (ShapeId.DECAY, [1, 2**30, 2**30 + 1, 86_400], 9, DAILY, False),
        (ShapeId.DECAY, [1, 2**30 - 1, 2**30 + 1, 86_400], 9, DAILY, True),
        (ShapeId.DECAY, [1, 1, 2, 86_399], 9, DAILY, False),
        (ShapeId.CALENDAR_TABLE, [1, FIRST_MONTH, *[1] * 512], LARGEST, DAILY, True),
        (ShapeId.CALENDAR_TABLE, [1, FIRST_MONTH, *[1] * 513], LARGEST, DAILY, False),
        (ShapeId.CALENDAR_TABLE, [1, FIRST_MONTH, 1], 9, Clock(0, 28 * 86_400), True),
        (ShapeId.CALENDAR_TABLE, [1, FIRST_MONTH, 1], 9, Clock(0, 28 * 86_400 + 1), False),
        (ShapeId.CALENDAR_TABLE, [2, FIRST_MONTH, 1], 9, Clock(0, 28 * 86_400 + 1), True),
        (ShapeId.CALENDAR_TABLE, [1, FIRST_MONTH - 1, 1], 9, DAILY, False),
        # 512 months from 1970 on end with the day before 2012-09-01, which is day 15,584.
        (ShapeId.CALENDAR_GEOMETRIC, [1, FIRST_MONTH, MAX_AMOUNT, 99, 100, 1], 15_584, DAILY, True),
        (ShapeId.CALENDAR_GEOMETRIC, [1, FIRST_MONTH, MAX_AMOUNT, 99, 100, 1], 15_585, DAILY, False),
        (ShapeId.CALENDAR_GEOMETRIC, [1, FIRST_MONTH, MAX_AMOUNT, 1, 2, 4], LARGEST, DAILY, True),
        (ShapeId.CALENDAR_GEOMETRIC, [1, FIRST_MONTH, MAX_AMOUNT, 1, 2, 5], LARGEST, DAILY, False),
        (ShapeId.REMINT, [1, 1, 2, MAX_AMOUNT // 2, 0], 9, DAILY, True),
        (ShapeId.REMINT, [1, 1, 2, MAX_AMOUNT // 2 + 1, 0], 9, DAILY, False),
        (ShapeId.REMINT, [2, 1, 1, 1, 0], 9, DAILY, False),
        (ShapeId.TRACKING, [0, 0, 2**127 - 1, 9_999, 1, 1], 9, DAILY, True),
        (ShapeId.TRACKING, [0, 0, 2**127, 9_999, 1, 1], 9, DAILY, False),
    ],
)
def test_the_edge_of_what_is_taken(
    shape: ShapeId, params: Sequence[int], until: int, clock: Clock, taken: bool
) -> None:
    # A row too long for creation code is written when epoch 0 has begun.
    case = Case(shape, tuple(params), int(len(params) > LONGEST_CREATED), until, clock, (), ())
    assert (stored(case) is not None) == taken


@pytest.mark.parametrize("day", [(2000, 2, 29), (2000, 3, 1), (2100, 2, 28), (2100, 3, 1), (2400, 2, 29), (2400, 3, 1)])
def test_leap_days_fall_where_the_calendar_has_them(day: tuple[int, int, int]) -> None:
    start = int(datetime(*day, tzinfo=timezone.utc).timestamp())
    params = (1, month_number(*day[:2]), 31 * 29 * 28)
    case = Case(ShapeId.CALENDAR_TABLE, params, 0, 9, Clock(start, 86_400), (), ())
    segment = stored(case)
    assert segment is not None
    days = monthrange(*day[:2])[1]
    for epoch in range(3):
        inside = day[2] + epoch <= days
        expected = params[2] // days if inside else 0
        assert contract().evaluate(epoch) == evaluate(segment, epoch, case.clock) == expected


def test_months_begin_when_the_calendar_says() -> None:
    for year in range(1970, 10_000):
        for month in range(1, 13):
            start = (date(year, month, 1) - date(1970, 1, 1)).days * 86_400
            number = month_number(year, month)
            assert month_start(number) == start
            assert month_at(start) == number
            assert month_at(start + 27 * 86_400) == number
            assert month_at(start - 1) == number - 1 or start == 0
