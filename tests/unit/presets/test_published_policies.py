"""Published figures about whole policies that no single expression of a preset states."""

from __future__ import annotations

from datetime import datetime, timezone
from fractions import Fraction
from pathlib import Path

import pytest

from dao.document.preset import Preset, load_preset
from dao.rewards.accounts.exchange import at_price
from dao.rewards.schedule import sum_until
from tests.support.figures import printed, wad

PRESETS = Path(__file__).parents[3] / "proposals" / "presets"


def preset(name: str) -> Preset:
    return load_preset(PRESETS / f"{name}.yaml")[0]


def moment(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=timezone.utc).timestamp())


@pytest.mark.parametrize(
    ("name", "day"),
    [("helium-hip20", "2019-08-01"), ("hivemapper", "2022-11-01"), ("render-rnp022", "2025-12-20")],
)
def test_genesis_dates(name: str, day: str) -> None:
    assert preset(name).policy.genesis == moment(day)


@pytest.mark.parametrize(("day", "index"), [("2023-08-28", 0), ("2024-04-11", 1)])
def test_hivemapper_changes_begin_after_their_dates(day: str, index: int) -> None:
    """MIP-6 of 2023-08-28 and MIP-14 of 2024-04-11 begin with the first whole week after."""
    policy = preset("hivemapper").evaluate()
    begin = policy.parameters["regions"][index].from_epoch
    assert begin == policy.epoch_at(moment(day)) + 1


def test_ionet_is_clipped_by_its_budget_alone() -> None:
    """The published epochs sum to 300,000,000.00044 by the formula; the pool cuts the last one."""
    policy = preset("ionet").evaluate()
    segment = policy.schedules["root"][0]
    exact = sum_until(segment, 175_319, policy.clock)
    assert printed(exact, "0.00000") == "300000000.00044"
    first, rest = Fraction("4566.2100456621"), 1 - Fraction("0.0000138869523959793")
    assert abs(Fraction(exact, 10**18) - first * (1 - rest**175_319) / (1 - rest)) < Fraction(1, 10**17)
    assert policy.scheduled_sum("root", 0, 175_319) == wad(300_000_000)
    assert policy.emission("root", 175_318) == wad(300_000_000) - sum_until(segment, 175_318, policy.clock)
    assert policy.emission("root", 175_317) > policy.emission("root", 175_318) > 0


def test_helium_breakeven_prices() -> None:
    """HIP-149: 62.5 % of 22,191.95 HNT a day pay 91,000 GB at 0.10 dollars by half from 0.33, threefold up to 1.97."""
    baseline = (wad("20547.95") + wad(1_644)) * 625 // 1_000
    assert printed(baseline, "0") == "13870"
    payers = 91_000 * wad("0.1")
    assert printed(at_price(payers // 2, wad(13_870)), "0.33") == "0.33"
    assert printed(at_price(payers * 3, wad(13_870)), "1.97") == "1.97"


def test_helium_moves_its_split_in_equal_steps() -> None:
    policy = preset("helium-hip20").evaluate()
    for epoch in range(20):
        shares = [policy.share(stream, epoch)[1] for stream in ("poc", "data", "founders", "consensus")]
        assert shares == [2_900 - 150 * epoch, 3_000 + 250 * epoch, 3_500 - 100 * epoch, 600]


def test_every_day_of_a_year_of_helium_gets_the_same() -> None:
    """HIP-77 divides by 366 in a leap year: from 2023-08-01 on, all days but the first, which takes the dust."""
    policy = preset("helium-hip77").evaluate()
    first, after = policy.epoch_at(moment("2023-08-01")), policy.epoch_at(moment("2024-08-01"))
    assert after - first == 366
    assert {policy.emission("root", epoch) for epoch in range(first + 1, after)} == {wad(15_000_000) // 366}
    assert policy.scheduled_sum("root", first, after) == wad(15_000_000)
