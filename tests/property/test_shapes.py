"""Property: each shape takes the same parameters and yields the same integers in Python and in the compiled library."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

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
    report,
    sum_until,
    validate,
)
from dao.rewards.shapes.decay import DISORDER, FRACTION_BITS, power
from dao.rewards.shapes.shape import MAX_UINT96, Reported
from tests.support.shapes import HARNESS, Case, Contract, Refused, cases, ratios

EXAMPLES = int(os.environ.get("TWIN_EXAMPLES", "100"))
"""How many cases are tried per shape."""

CHECKS = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=HealthCheck.all(), database=None)
PLANNED = [shape for shape in ShapeId if shape < ShapeId.METERED]
REPORTED = [shape for shape in ShapeId if shape >= ShapeId.METERED]
WINDOW = 12
"""How many epochs in a row are added up one by one."""

pytestmark = pytest.mark.skipif(not HARNESS, reason="SCHEDULE_HARNESS names no folder with the compiled harness")


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


def window(segment: Segment, case: Case, first: int) -> tuple[int, int]:
    """Some epochs from `first` on, inside of the segment."""
    del segment
    return first, min(first + WINDOW, case.until)


@pytest.mark.parametrize("shape", PLANNED, ids=lambda shape: shape.name.lower())
def test_planned_shapes_have_one_answer(shape: ShapeId) -> None:
    @CHECKS
    @given(cases(shape))
    def holds(case: Case) -> None:
        segment = stored(case)
        if segment is None:
            return
        clock = case.clock
        for epoch in case.probes:
            assert contract().evaluate(epoch, clock) == evaluate(segment, epoch, clock)
            assert contract().sum(epoch, clock) == sum_until(segment, epoch, clock)
        first, until = min(case.probes), max(case.probes) + 1
        assert contract().sum(case.until, clock) == sum_until(segment, case.until, clock)
        assert contract().bounds(first, until, clock) == bounds(segment, first, until, clock)
        with pytest.raises(PolicyError):
            report(segment, first, 0, None)
        with pytest.raises(Refused):
            contract().report(first, 0, None)

    holds()


@pytest.mark.parametrize("shape", PLANNED, ids=lambda shape: shape.name.lower())
def test_sums_and_bounds_are_those_of_the_epochs(shape: ShapeId) -> None:
    @CHECKS
    @given(cases(shape))
    def holds(case: Case) -> None:
        try:
            segment = Segment(case.from_epoch, decode_shape(case.shape, case.params))
            validate(segment, case.until, case.clock)
        except PolicyError:
            return
        clock = case.clock
        for probe in case.probes:
            first, until = probe, min(probe + WINDOW, case.until)
            each = [evaluate(segment, epoch, clock) for epoch in range(first, until)]
            assert all(0 <= amount <= MAX_AMOUNT for amount in each)
            assert sum(each) == sum_until(segment, until, clock) - sum_until(segment, first, clock)
            least, most = bounds(segment, first, until, clock)
            slack = DISORDER if shape is ShapeId.DECAY and until - first > 2 else 0
            assert min(each) - slack <= least <= min(each)
            assert max(each) <= most <= max(each) + slack
        low, high = bounds(segment, case.from_epoch, case.until, clock)
        assert all(low <= evaluate(segment, probe, clock) <= high for probe in case.probes)

    holds()


@pytest.mark.parametrize("shape", REPORTED, ids=lambda shape: shape.name.lower())
def test_reported_shapes_have_one_answer(shape: ShapeId) -> None:
    @CHECKS
    @given(cases(shape))
    def holds(case: Case) -> None:
        segment = stored(case)
        if segment is None:
            return
        first, until = min(case.probes), max(case.probes) + 1
        limits = contract().bounds(first, until, case.clock)
        assert limits == bounds(segment, first, until, case.clock)
        state: ReportState | None = None
        for epoch, value in zip(range(case.from_epoch, case.until), case.values, strict=False):
            # What was spent has to fit what was yielded; the last of these values is one too much.
            spent, yielded = (state.carried, state.amount) if state else (0, 0)
            given = spent + value % (yielded + 2) if shape is ShapeId.ROLLOVER and value % 8 else value
            found = compare_reports(segment, epoch, given, state)
            state = found or state
            if found is None:
                break
            low, high = bounds(segment, epoch, epoch + 1, case.clock)
            assert low <= found.amount <= high
        # From the middle on, after anything.
        before = ReportState(case.values[0] % 2**128, case.values[1] % 2**128, case.values[2] % 2**160)
        compare_reports(segment, case.probes[0], case.values[3], before)
        for refuse in (evaluate, sum_until):
            with pytest.raises(PolicyError):
                refuse(segment, case.until - 1 if refuse is evaluate else case.until, case.clock)
        with pytest.raises(Refused):
            contract().evaluate(first, case.clock)
        with pytest.raises(Refused):
            contract().sum(case.until, case.clock)

    holds()


def compare_reports(segment: Segment, epoch: int, value: int, before: ReportState | None) -> ReportState | None:
    """What both make of a report; None where both refuse it."""
    try:
        state = report(segment, epoch, value, before)
    except PolicyError:
        with pytest.raises(Refused):
            contract().report(epoch, value, before)
        return None
    assert contract().report(epoch, value, before) == state
    return state


@pytest.mark.parametrize("shape", REPORTED, ids=lambda shape: shape.name.lower())
def test_reports_attain_the_bounds_and_never_leave_them(shape: ShapeId) -> None:
    @CHECKS
    @given(cases(shape), st.integers(0, 5))
    def holds(case: Case, skipped: int) -> None:
        try:
            segment = Segment(case.from_epoch, decode_shape(case.shape, case.params))
            validate(segment, case.until, case.clock)
        except PolicyError:
            return
        first = min(case.from_epoch + skipped, case.until - 1)
        until = min(first + WINDOW, case.until)
        low, high = bounds(segment, first, until, case.clock)
        assert min(driven(segment, until, min)[first - case.from_epoch :]) == low
        assert max(driven(segment, until, max)[first - case.from_epoch :]) == high

    holds()


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
