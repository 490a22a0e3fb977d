"""Figures that Hivemapper prints about its contributors' rewards, reproduced by the operators to the printed digit.

Sources: MIP-1, -6, -7, -14, -15 and "What is HONEY" (docs.hivemapper.com).
"""

from __future__ import annotations

import pytest

from dao.rewards.accounts.blend import WeightedSum
from dao.rewards.accounts.columns import Rows
from dao.rewards.accounts.exchange import at_price
from dao.rewards.accounts.fees import LateFees
from dao.rewards.accounts.fixed import WAD
from dao.rewards.accounts.income import IncomeSplit
from dao.rewards.accounts.normalise import FullAt
from dao.rewards.accounts.remint import Remint
from dao.rewards.accounts.steps import StepWeights
from tests.support.figures import one, wad

MIP6 = WeightedSum(terms=(("activity", wad("0.3")), ("coverage", wad("0.6")), ("resilience", wad("0.1"))))


def test_hivemapper_progress() -> None:
    """MIP-6: coverage 0.7, activity 0.8, resilience 0.5 are a progress of 0.71."""
    values = {"coverage": wad("0.7"), "activity": wad("0.8"), "resilience": wad("0.5")}
    assert MIP6.factor(values) == wad("0.71")


@pytest.mark.parametrize(
    ("full", "reached", "factor"),
    [
        ("0.15", "0.15", "1"),  # MIP-6 coverage
        ("0.15", "0.105", "0.7"),
        ("0.30", "0.24", "0.8"),  # MIP-6 activity
        ("0.20", "0.20", "1"),  # MIP-14 coverage; MIP-6 resilience
        ("0.20", "0.15", "0.75"),
        ("0.75", "0.30", "0.4"),  # MIP-14 activity
        ("0.75", "0.99", "1"),
        ("0.10", "0.05", "0.5"),  # coverage before MIP-6
    ],
)
def test_hivemapper_full_at(full: str, reached: str, factor: str) -> None:
    assert FullAt(column="x", full=wad(full)).factor(wad(reached)) == wad(factor)


@pytest.mark.parametrize(
    ("progress", "multiplier"),
    [
        *(("0", "1.0"), ("0.6999", "1.0"), ("0.7", "1.5"), ("0.7999", "1.5")),
        *(("0.8", "2.0"), ("0.8999", "2.0"), ("0.9", "3.0"), ("1", "3.0")),
    ],
)
def test_hivemapper_region_multiplier(progress: str, multiplier: str) -> None:
    """MIP-7: below 0.7, 0.8 and 0.9, and above."""
    steps = StepWeights(
        column="progress",
        steps=((0, WAD), (wad("0.7"), wad("1.5")), (wad("0.8"), 2 * WAD), (wad("0.9"), 3 * WAD)),
    )
    assert steps.evaluate(Rows(one(1, progress=wad(progress)))) == [wad(multiplier)]


@pytest.mark.parametrize(
    ("share", "cap", "burned", "minted"),
    [
        (2_500, 500_000, 1_000_000, 250_000),
        (2_500, 500_000, 2_000_000, 500_000),
        (2_500, 500_000, 4_000_000, 500_000),
        (10_000, 10**9, 4_000_000, 4_000_000),  # before MIP-15: everything
        (5_000, 200_000, 300_000, 150_000),  # as drafted
        (5_000, 200_000, 1_000_000, 200_000),
    ],
)
def test_hivemapper_remint(share: int, cap: int, burned: int, minted: int) -> None:
    """MIP-15."""
    result = Remint(share=share, cap=wad(cap)).remint(wad(burned))
    assert (result.minted, result.burned_for_good) == (wad(minted), wad(burned - minted))


@pytest.mark.parametrize(
    ("days", "pct"), [(0, 0), (3, 0), (4, 25), (30, 25), (31, 50), (90, 50), (91, 75), (10_000, 75)]
)
def test_hivemapper_late_fee(days: int, pct: int) -> None:
    """MIP-1, not adopted."""
    fees = LateFees(steps=((3, 0), (30, 2_500), (90, 5_000)), beyond=7_500)
    assert fees.fee(wad(1_000), days) == wad(pct * 10)


def test_hivemapper_supply_split() -> None:
    """The supply of 10,000,000,000 in percent; contributors get 4,000,000,000."""
    split = IncomeSplit(
        name="supply",
        parts=(("company", 1_500), ("contributors", 4_000), ("employees", 2_000), ("investors", 2_000)),
        residual="foundation",
    )
    assert split.split(wad(10_000_000_000))["contributors"] == wad(4_000_000_000)
    assert split.share("foundation") == 500


def test_hivemapper_burn_example_contradicts_itself() -> None:
    """hivemapperfoundation.org prints 150 HONEY for 7.5 dollars at 0.02, which are 375."""
    assert at_price(wad("7.5"), wad("0.02")) == wad(375)
    assert at_price(wad("7.5"), wad("0.02")) != wad(150)
