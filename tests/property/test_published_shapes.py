"""Published schedules of real networks, as the shapes yield them."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest

from dao.errors import PolicyError
from dao.rewards.schedule import (
    CalendarGeometric,
    CalendarTable,
    Clock,
    Constant,
    Decay,
    Feedback,
    Geometric,
    Inflation,
    Metered,
    Ramp,
    Remint,
    ReportState,
    Rollover,
    Segment,
    Shape,
    SupplyHalving,
    Tracking,
    evaluate,
    month_number,
    report,
    sum_until,
    validate,
    validate_schedule,
)

TOKEN = 10**18
DAILY = Clock(0, 86_400)
"""Wei in a token, where no network's own unit is stated."""

HOUR, DAY, WEEK = 3_600, 86_400, 604_800
FOREVER = 2**32
NOWHERE = Clock(0, DAY)
"""The clock of shapes that count epochs only."""


def at(date: str) -> int:
    """Timestamp of the beginning of a day, UTC."""
    return int(datetime.fromisoformat(date).replace(tzinfo=timezone.utc).timestamp())


def printed(amount: int, like: str, *, unit: int = TOKEN, rounding: str = ROUND_HALF_UP) -> str:
    """The amount in tokens, with as many digits after the point as `like` has."""
    with localcontext() as context:
        context.prec = 100
        digits = Decimal(like).as_tuple().exponent
        assert isinstance(digits, int)
        return str((Decimal(amount) / unit).quantize(Decimal(1).scaleb(digits), rounding=rounding))


def reported(shape: Shape, *values: int) -> list[int]:
    """What the shape yields after each of the reports."""
    segment, state, amounts = Segment(0, shape), None, []
    validate(segment, FOREVER, NOWHERE)
    for epoch, value in enumerate(values):
        state = report(segment, epoch, value, state)
        amounts.append(state.amount)
    return amounts


# ---------------------------------------------------------------- io.net: docs.io.net/docs/io-tokenomics

IO = 10**9
IO_FIRST = 500_000_000 * Fraction("0.00091324200913242") / 100
IO_RATIO = 1 - Fraction("0.00138869523959793") / 100
IO_NET = Segment(
    0,
    Decay(
        total=round(IO_FIRST / (1 - IO_RATIO) * IO),
        numerator=IO_RATIO.numerator,
        denominator=IO_RATIO.denominator,
        every_seconds=HOUR,
    ),
)
IO_CLOCK = Clock(at("2024-06-11"), HOUR)


def test_io_net_hourly_emission() -> None:
    validate(IO_NET, FOREVER, IO_CLOCK)
    hours = ["4566.21", "4566.15", "4566.08", "4566.02", "4565.96", "4565.89"]
    supplies = ["500004566.21", "500009132.36", "500013698.44", "500018264.46", "500022830.42", "500027396.31"]
    for epoch, (hour, supply) in enumerate(zip(hours, supplies, strict=True)):
        assert printed(evaluate(IO_NET, epoch, IO_CLOCK), hour, unit=IO) == hour
        minted = sum_until(IO_NET, epoch + 1, IO_CLOCK)
        assert printed(500_000_000 * IO + minted, supply, unit=IO) == supply


def test_io_net_lifetime_sum() -> None:
    with localcontext() as context:
        context.prec = 60
        first, ratio = (Decimal(f.numerator) / f.denominator for f in (IO_FIRST, IO_RATIO))
        exact = first * (1 - ratio**175_319) / (1 - ratio) * IO
    found = sum_until(IO_NET, 175_319, IO_CLOCK)
    assert abs(found - exact) < 2
    assert printed(found, "300000000.00044", unit=IO) == "300000000.00044"


# ---------------------------------------------------------------- Ocean: df_py/util/vesting_schedule.py

# Weeks begin on Thursdays. Week 0 of the source is four weeks before 2022-09-29, so the half-life begins with a week.
OCEAN_CLOCK = Clock(at("2022-09-01"), WEEK)
OCEAN = (
    Segment(0, Constant(0)),
    Segment(28, Constant(150_000 * TOKEN)),
    Segment(80, Constant(300_000 * TOKEN)),
    Segment(106, Constant(600_000 * TOKEN)),
    Segment(132, Decay(total=503_370_000 * TOKEN, numerator=1, denominator=2, every_seconds=126_144_000)),
)


@pytest.mark.parametrize(
    ("date", "amount"),
    [
        ("2023-03-09", "0"),
        ("2023-03-16", "150000"),
        ("2024-03-07", "150000"),
        ("2024-03-14", "300000"),
        ("2024-09-12", "600000"),
        ("2025-03-06", "600000"),
        ("2025-03-13", "1206708.9"),
        ("2029-03-01", "1206708.9"),
        ("2029-03-08", "948128.42"),
        ("2029-03-15", "603354.452"),
        ("2033-03-10", "344773.972"),
        ("2033-03-17", "301677.22"),
        ("2037-03-12", "150838.61"),
        ("2041-03-14", "75419.3"),
        ("2045-03-14", "37709.65"),
    ],
)
def test_ocean_data_farming(date: str, amount: str) -> None:
    validate_schedule(OCEAN, OCEAN_CLOCK)
    assert OCEAN_CLOCK.start(132) == at("2025-03-13")
    epoch = (at(date) - OCEAN_CLOCK.genesis) // WEEK
    segment = max((s for s in OCEAN if s.from_epoch <= epoch), key=lambda s: s.from_epoch)
    # The source's figures are cut after their last digit: two of them would round up.
    assert printed(evaluate(segment, epoch, OCEAN_CLOCK), amount, rounding=ROUND_DOWN) == amount


# ---------------------------------------------------------------- Akash: spec/aep-5/economics.pdf, section V


@pytest.mark.parametrize("days", [0, 1, 365, 730, 1_095, 1_460, 7_300, 36_500])
def test_akash_white_paper(days: int) -> None:
    uakt, years = 10**6, 2
    with localcontext() as context:
        context.prec = 80
        half = Decimal(2) ** (Decimal(-1) / (365 * years))
        issued = Decimal(100_000_000) * years / Decimal(2).ln()
        exact = issued * (1 - Decimal(2) ** (Decimal(-days) / (365 * years))) * uakt
        decay = Decay(total=round(issued * uakt), numerator=round(half * 2**95), denominator=2**95, every_seconds=DAY)
        assert printed(100_000_000 * uakt + decay.total, "388539008", unit=uakt) == "388539008"
        assert printed(100_000_000 * uakt + decay.total, "3.89", unit=100_000_000 * uakt) == "3.89"
        assert abs(sum_until(Segment(0, decay), days, NOWHERE) - exact) < 2


# ---------------------------------------------------------------- Helium: HIP-20, HIP-77, HIP-149, net emissions

HNT_YEARS = CalendarGeometric(
    months=12,
    first_month=month_number(2019, 8),
    amount=60_000_000 * TOKEN,
    numerator=1,
    denominator=2,
    every_periods=2,
)

_PER_DAY = """
82191.78082192 40983.60655738 41095.89041096 20547.94520548 20547.94520548 10245.90163934 10273.97260274
5136.98630137 5136.98630137 2561.47540984 2568.49315068 1284.24657534 1284.24657534 640.36885246
642.12328767 321.06164384 321.06164384 160.09221311 160.53082192 80.26541096 80.26541096
40.02305328 40.13270548 20.06635274 20.06635274 10.00576332 10.03317637 5.01658818
5.01658818 2.50144083 2.50829409 1.25414705 1.25414705 0.62536021 0.62707352
0.31353676 0.31353676 0.15634005 0.15676838 0.07838419 0.07838419 0.03908501
0.0391921 0.01959605 0.01959605 0.00977125 0.00979802 0.00489901 0.00489901
"""

PER_DAY = _PER_DAY.split()
"""HIP-77, token-emissions-as-of-solana-migration.pdf: HNT per day from 2023-04-19, then from each August 1st on."""


def test_helium_hnt_per_day() -> None:
    clock = Clock(at("2023-04-19"), DAY)
    segment = Segment(0, HNT_YEARS)
    validate(segment, FOREVER, clock)
    first_days = ["2023-04-19", *(f"{year}-08-01" for year in range(2023, 2071))]
    for date, amount in zip(first_days, PER_DAY, strict=True):
        epoch = (at(date) - clock.genesis) // DAY
        assert printed(evaluate(segment, epoch, clock), amount) == amount
        # The remainder of the division is the first day's.
        assert printed(evaluate(segment, epoch + 1, clock), amount) == amount


def test_helium_hnt_per_year() -> None:
    clock = Clock(at("2019-08-01"), DAY)
    total = 0
    for year, minted in enumerate(60_000_000 * TOKEN >> k // 2 for k in range(20)):
        end = (at(f"{2020 + year}-08-01") - clock.genesis) // DAY
        total += minted
        assert sum_until(Segment(0, HNT_YEARS), end, clock) == total
    assert total < 240_000_000 * TOKEN


def test_helium_supplement_is_flat_and_then_tapers_to_zero() -> None:
    # 196,000 a day for 360 days, then 720 days down to zero, each day at its middle.
    slope = 196_000 * TOKEN // 720
    ramp = Ramp(
        start=196_000 * TOKEN + slope * 359 + slope // 2, slope=slope, rising=False, floor=0, cap=196_000 * TOKEN
    )
    segment = Segment(0, ramp)
    flat, total = sum_until(segment, 360, NOWHERE), sum_until(segment, 5_000, NOWHERE)
    million = 10**6 * TOKEN
    assert printed(flat, "70.6", unit=million) == "70.6"
    assert printed(total - flat, "70.6", unit=million) == "70.6"
    assert printed(total, "141", unit=million) == "141"
    assert evaluate(segment, 1_081, NOWHERE) == 0


@pytest.mark.parametrize(
    ("before", "burned", "amount"), [(400, 9_500, "1643.83561643"), (1_650, 200, "1442.857142857")]
)
def test_helium_net_emissions(before: int, burned: int, amount: str) -> None:
    cap = 164_383_561_643 * TOKEN // 10**8
    shape = Remint(carried_weight=6, value_weight=1, divisor=7, cap=cap, start=before * TOKEN)
    assert [printed(found, amount) for found in reported(shape, burned * TOKEN)] == [amount]


# ---------------------------------------------------------------- Hivemapper: MIP-15, MIP-6


def test_hivemapper_re_mints_a_quarter_up_to_its_cap() -> None:
    shape = Remint(carried_weight=0, value_weight=25, divisor=100, cap=500_000 * TOKEN, start=0)
    burned = (1_000_000, 2_000_000, 4_000_000)
    assert reported(shape, *(b * TOKEN for b in burned)) == [250_000 * TOKEN, 500_000 * TOKEN, 500_000 * TOKEN]


def test_hivemapper_scales_the_week_by_map_progress() -> None:
    shape = Metered(4_000_000_000 * TOKEN // 520)
    whole, check = reported(shape, TOKEN, 71 * TOKEN // 100)
    assert printed(whole, "7692307.692307692") == "7692307.692307692"
    assert check == 4_000_000_000 * TOKEN // 520 * 71 // 100


# ---------------------------------------------------------------- DIMO: dip2.md, contracts/Reward.sol


def test_dimo_baseline_issuance() -> None:
    segment = Segment(0, Geometric(amount=1_105_000 * TOKEN, numerator=85, denominator=100, every=52))
    validate(segment, FOREVER, NOWHERE)
    years = ["1105000", "939250", "798362.5", "678608.125", "576816.90625", "490294.3703125"]
    for year, amount in enumerate(years):
        for week in (52 * year, 52 * year + 51):
            assert printed(evaluate(segment, week, NOWHERE), amount) == amount
    assert printed(sum_until(segment, 40 * 52, NOWHERE), "382491185") == "382491185"
    assert printed(sum_until(segment, 364, NOWHERE), "260264270") == "260264270"


# ---------------------------------------------------------------- Render: RNP-006, RNP-020


def test_render_divides_what_is_left_over_the_months_left() -> None:
    amounts = reported(Rollover(budget=840_852 * TOKEN, epochs=10), 0, 84_085 * TOKEN)
    assert printed(amounts[0], "84085.2") == "84085.2"
    assert amounts[1] == (840_852 - 84_085) * TOKEN // 9


def test_render_months_are_divided_over_the_weeks_that_start_in_them() -> None:
    artists = (0, 0, 0, *[95_071] * 6, *[190_142] * 3)
    table = CalendarTable(
        months=1, first_month=month_number(2023, 11), amounts=tuple(amount * TOKEN for amount in artists)
    )
    clock, segment = Clock(at("2023-11-01"), WEEK), Segment(0, table)
    validate(segment, FOREVER, clock)
    assert sum_until(segment, 52, clock) == sum(artists) * TOKEN - evaluate(segment, 52, clock)
    # Weeks start on the 7th, 14th, 21st and 28th of February 2024, and on five days of May.
    assert evaluate(segment, 15, clock) == 95_071 * TOKEN // 4
    assert {evaluate(segment, week, clock) for week in range(26, 31)} == {95_071 * TOKEN // 5}


def test_render_cuts_and_keeps_as_rnp_020_says() -> None:
    shape = Tracking(start=15_000, floor=0, cap=10**9, band=1_000, step=1_000, unit=100)
    assert reported(shape, 16_293) == [15_000]
    assert reported(shape, 0) == [13_600]
    assert reported(shape, 10**9) == [16_500]
    assert reported(shape, 13_400) == [13_600]


# ---------------------------------------------------------------- of the same families


def test_bittensor_halves_at_half_of_what_is_left() -> None:
    cap = 21_000_000
    shape = SupplyHalving(amount=7_200 * TOKEN, cap=cap)
    halves = {0: 1, cap // 2 - 1: 1, cap // 2: 2, cap * 3 // 4 - 1: 2, cap * 3 // 4: 4, cap - 1: 2**24, cap: None}
    for issued, divisor in halves.items():
        expected = 7_200 * TOKEN // divisor if divisor else 0
        assert reported(shape, issued) == [expected]


def test_livepeer_raises_inflation_below_the_target_bonding_rate() -> None:
    shape = Feedback(start=220, floor=0, cap=1_000, target=500_000, tolerance=0, step=3, falling=True)
    assert reported(shape, 499_999, 500_000, 500_001, 500_001) == [223, 223, 220, 217]


def test_livepeer_mints_its_inflation_of_the_supply() -> None:
    """`Minter.sol`: in a round, `percOf(supply, inflation)` with rates in 10⁻⁹, moved by 500 a round at 50 % bonded."""
    supply, rate = 28_000_000 * TOKEN, 219_500
    shape = Inflation(
        rate=rate * 10**9,
        floor=0,
        cap=10**18,
        target=TOKEN // 2,
        tolerance=0,
        step=500 * 10**9,
        falling=True,
        supply=supply,
        maximum=10_000 * TOKEN,
    )
    bonded = (TOKEN * 49 // 100, TOKEN // 2, TOKEN * 51 // 100, TOKEN * 49 // 100)
    expected = []
    for moved in (500, 0, -500, 500):
        rate += moved
        expected.append(supply * rate // 10**9)
        supply += expected[-1]
    assert reported(shape, *bonded) == expected


def test_the_graph_grew_by_three_percent_a_year() -> None:
    """A ratio above one; the steps must end, because the amounts would not."""
    year = Geometric(amount=300_000_000 * TOKEN, numerator=103, denominator=100, every=1)
    assert [evaluate(Segment(0, year), epoch, DAILY) for epoch in range(3)] == [
        300_000_000 * TOKEN,
        309_000_000 * TOKEN,
        318_270_000 * TOKEN,
    ]
    validate(Segment(0, year), 512, DAILY)
    with pytest.raises(PolicyError, match="too many steps"):
        validate(Segment(0, year), 2**32, DAILY)


def test_an_amount_by_need_is_what_is_reported_up_to_a_cap() -> None:
    shape = Remint(carried_weight=0, value_weight=1, divisor=1, cap=60 * TOKEN, start=0)
    assert reported(shape, 20 * TOKEN, 61 * TOKEN) == [20 * TOKEN, 60 * TOKEN]


def test_the_sum_of_reports_goes_along() -> None:
    segment = Segment(3, Metered(100))
    state = report(segment, 4, TOKEN, report(segment, 3, TOKEN // 2, None))
    assert state == ReportState(amount=100, carried=0, sum=150)
