"""Figures that Helium prints about scores, waterfalls and net emissions, reproduced to the printed digit.

Sources: HIP-17, -51, -53, -79, -88, -141, -147, -148 (helium/HIP); helium/docs.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import pytest

from dao.rewards.accounts.average import SHARE_UNIT, ShareAverage
from dao.rewards.accounts.columns import Contributions
from dao.rewards.accounts.density import DensityScale
from dao.rewards.accounts.exchange import at_price, value_of
from dao.rewards.accounts.fixed import WAD
from dao.rewards.accounts.income import IncomeSplit
from dao.rewards.accounts.operators import Operator
from dao.rewards.accounts.rate import PerUnit
from dao.rewards.accounts.remint import Remint
from dao.rewards.accounts.roots import RootWeights
from dao.rewards.accounts.waterfall import Waterfall
from tests.support.figures import one, paid, printed, wad


@pytest.mark.parametrize(
    ("previous", "burned", "minted"), [("400", "9500", "1643.83561643"), ("1650", "200", "1442.857142857")]
)
def test_helium_net_emissions(previous: str, burned: str, minted: str) -> None:
    """helium/docs, hnt-token and NetEmissions: target (6 · previous + burned) / 7, capped at 1,643.83561643 a day."""
    rule = Remint(share=10_000, cap=wad("1643.83561643"), keep=6, of=7)
    result = rule.remint(wad(burned), wad(previous))
    assert printed(result.minted, minted) == minted
    assert result.burned_for_good == max(0, wad(burned) - result.minted)


@dataclass(frozen=True)
class Day:
    """One row of HIP-147's tables, in dollars at a price of HNT: legacy and new, proof of coverage and data."""

    price: int
    legacy_poc: int
    legacy_data: int
    new_poc: int
    new_data: int


FORTY_TB = (
    Day(1, 3639, 7279, 0, 10918),
    Day(2, 7279, 14558, 1837, 20000),
    Day(3, 12755, 20000, 12755, 20000),
    Day(5, 34592, 20000, 34592, 20000),
    Day(10, 89184, 20000, 89184, 20000),
    Day(20, 198369, 20000, 198369, 20000),
)
HUNDRED_TWENTY_TB = (
    Day(1, 3639, 7279, 0, 10918),
    Day(2, 7279, 14558, 0, 21837),
    Day(3, 10918, 21837, 0, 32755),
    Day(5, 18197, 36395, 0, 54592),
    Day(10, 49184, 60000, 49184, 60000),
    Day(20, 158369, 60000, 158369, 60000),
)


@pytest.mark.parametrize(
    ("terabytes", "day"),
    [(40, day) for day in FORTY_TB] + [(120, day) for day in HUNDRED_TWENTY_TB],
    ids=lambda value: f"at {value.price}" if isinstance(value, Day) else f"{value} TB",
)
def test_helium_waterfall(terabytes: int, day: Day) -> None:
    """HIP-147: of 82 % of 20,547.95 + 1,644 HNT a day; data costs 0.50 dollars a GB."""
    pool = (wad("20547.95") + wad(1_644)) * 82 // 100
    wanted = {"data": at_price(terabytes * 1_000 * wad("0.5"), wad(day.price))}
    legacy = Waterfall(name="mobile", part=6_000, claims=(("data", 4_000),), residual="poc").pay(pool, wanted)
    new = Waterfall(name="mobile", part=6_000, claims=(("data", 6_000),), residual="poc").pay(pool, wanted)
    for amounts, poc, data in ((legacy, day.legacy_poc, day.legacy_data), (new, day.new_poc, day.new_data)):
        assert printed(value_of(amounts["poc"], wad(day.price)), "0") == str(poc)
        assert printed(value_of(amounts["data"], wad(day.price)), "0") == str(data)
        assert sum(amounts.values()) == pool * 6 // 10


@pytest.mark.parametrize(
    ("parts", "stakers"),
    [
        ({"data": 40, "poc": 20, "service-providers": 20, "mappers": 10, "oracles": 4}, 6),  # HIP-53
        ({"data": 40, "poc": 20, "service-providers": 10, "mappers": 20, "oracles": 4}, 6),  # HIP-79
        ({"data": 60, "service-providers": 10, "mappers": 20, "oracles": 4}, 6),  # HIP-147, poc 0
        ({"data": 70, "service-providers": 24}, 6),  # HIP-148, poc, mappers and oracles 0
    ],
)
def test_helium_mobile_splits_are_whole(parts: dict[str, int], stakers: int) -> None:
    shares = tuple(sorted((name, pct * 100) for name, pct in parts.items()))
    assert IncomeSplit(name="mobile", parts=shares, residual="stakers").share("stakers") == stakers * 100


@pytest.mark.parametrize(("fees", "score"), [(17_940_000, "65.08"), (2_000, "6.69"), (0, "1")])
def test_helium_activation_score(fees: int, score: str) -> None:
    """HIP-88: A = max(1, fourth root of the fees)."""
    activation = RootWeights(column="fees", degree=4, minimum=WAD)
    assert printed(activation.factor(wad(fees)), score) == score


def test_helium_score() -> None:
    """HIP-51: V·D·A with V = max(1, veHNT), D = max(1, √DC), A = max(1, ⁴√(devices · fee)); paid by score."""
    score: list[Operator] = [
        RootWeights(column="vehnt", degree=1, minimum=WAD),
        RootWeights(column="dc-usd", degree=2, minimum=WAD),
        RootWeights(column="fees", degree=4, minimum=WAD),
    ]
    rows = Contributions(
        ["iot", "mobile"],
        [1, 1],
        {},
        {"vehnt": [wad(1_000), 0], "dc-usd": [wad(144), wad("0.5")], "fees": [wad(81), wad(16)]},
    )
    # 1,000 · 12 · 3 = 36,000 and 1 · 1 · 2 = 2
    assert paid(score, rows, "36002") == {"iot": wad(36_000), "mobile": wad(2)}


def test_helium_average() -> None:
    """HIP-141: S(t) = 29/30 · S(t − 1) + 1/30 · V(t), day by day, a share of 0.4 moving to 1."""
    rule = ShareAverage(keep=29, of=30)
    exact, averages = Fraction(4, 10), {"iot": SHARE_UNIT * 4 // 10, "mobile": SHARE_UNIT * 6 // 10}
    for _ in range(90):
        averages = rule.advance(averages, {"iot": 7})
        exact = exact * 29 / 30 + Fraction(1, 30)
        below = exact * SHARE_UNIT - averages["iot"]
        assert 0 <= below <= 31
    assert printed(averages["iot"], "0.97", unit=SHARE_UNIT) == "0.97"


@pytest.mark.parametrize(("occupied", "limit"), [(0, 1), (1, 1), (2, 1), (3, 2), (4, 3), (5, 4), (6, 4), (7, 4)])
def test_helium_density_limit(occupied: int, limit: int) -> None:
    """HIP-17, the table for N = 2, target 1, maximum 4."""
    scale = DensityScale(occupied_column="n", count_column="count", neighbours=2, target=1, maximum=4)
    assert scale.limit(occupied) == limit
    assert scale.factor(occupied, 61) == limit * WAD // 61
    assert scale.factor(occupied, limit) == WAD


@pytest.mark.parametrize(
    ("resolution", "neighbours", "target", "maximum"),
    [(4, 1, 250, 800), (5, 1, 100, 400), (6, 1, 25, 100), (7, 2, 5, 20), (8, 2, 1, 4), (9, 2, 1, 2), (10, 2, 1, 1)],
)
def test_helium_density_variables(resolution: int, neighbours: int, target: int, maximum: int) -> None:
    """HIP-17's chain variables per resolution: the limit begins at the target and ends at the maximum."""
    scale = DensityScale(
        occupied_column=f"occupied-{resolution}",
        count_column=f"count-{resolution}",
        neighbours=neighbours,
        target=target,
        maximum=maximum,
    )
    limits = [scale.limit(occupied) for occupied in range(8)]
    assert limits == [min(maximum, target * max(1, n - neighbours + 1)) for n in range(8)]
    assert (limits[0], limits[7]) == (target, min(maximum, target * (8 - neighbours)))


def test_helium_density_example() -> None:
    """HIP-17: density 4/61 scales 1.000 to 0.066, and 27/27 at the next resolution leaves it."""
    finer = DensityScale(occupied_column="n8", count_column="c8", neighbours=2, target=1, maximum=4)
    coarser = DensityScale(occupied_column="n7", count_column="c7", neighbours=2, target=5, maximum=30)
    rows = one(1, n8=7, c8=61, n7=7, c7=27)
    amount = paid([finer, coarser, PerUnit(rate=WAD, per=1)], rows, "1")["a"]
    assert printed(amount, "0.066") == "0.066"
