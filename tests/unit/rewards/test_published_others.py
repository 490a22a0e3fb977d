"""Figures that Ocean, io.net, Carypto and Meta Drive print about accounts, reproduced to the printed digit.

Sources: oceanprotocol/df-py; docs.io.net; Carypto's white paper; docs.metadrive.global.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from dao.rewards.accounts.caps import Cap, Scope
from dao.rewards.accounts.classes import LabelWeights
from dao.rewards.accounts.columns import Contributions, Rows
from dao.rewards.accounts.fixed import WAD
from dao.rewards.accounts.income import IncomeSplit
from dao.rewards.accounts.line import LineWeights
from dao.rewards.accounts.steps import StepWeights
from dao.rewards.accounts.take import TakeRates
from tests.support.figures import one, paid, printed, wad

DCV = LineWeights(column="week", first=9, last=28, start=WAD, slope=-wad("0.0485"), otherwise=wad("0.001"))


@pytest.mark.parametrize(
    ("week", "multiplier"),
    [(9, "1"), (10, "0.9515"), (20, "0.4665"), (28, "0.0785"), (29, "0.001")],
)
def test_ocean_dcv_multiplier(week: int, multiplier: str) -> None:
    """df-py: −0.0485 · (week − 9) + 1.0 for weeks 9 to 28, then 0.001."""
    assert DCV.factor(week) == wad(multiplier)


@pytest.mark.parametrize(("week", "multiplier"), [(9, "0.201"), (81, "0.201"), (82, "1.005")])
def test_ocean_predictoor_multiplier(week: int, multiplier: str) -> None:
    """df-py: 0.201 for predictoor feeds, five times that from week 82."""
    steps = StepWeights(column="week", steps=((0, wad("0.201")), (82, wad("0.201") * 5)))
    assert steps.evaluate(Rows(one(1, week=week))) == [wad(multiplier)]


def test_ocean_caps() -> None:
    """df-py constants: 1.5717 % a week on what is staked, which is 125 % a year; assets beyond rank 100 get nothing."""
    ranked = StepWeights(column="rank", steps=((0, WAD), (101, 0)))
    cap = Cap(scope=Scope.NODE_EPOCH, limit=wad("0.015717"), column="staked")
    rows = Contributions(["a", "b"], [1, 1], {}, {"rank": [100, 101], "staked": [1_000, 1_000]})
    assert paid([ranked, cap], rows, "150000") == {"a": wad("15.717"), "b": 0}
    yearly = (Fraction(wad("1.015717"), WAD) ** 52 - 1) * 100
    assert printed(yearly.numerator, "0", unit=yearly.denominator) == "125"


@pytest.mark.parametrize(
    ("kind", "fee"), [("reservation-renter", "0.25"), ("reservation-supplier", "0.25"), ("usdc", "2"), ("io", "0")]
)
def test_ionet_fees(kind: str, fee: str) -> None:
    """io.net's fees in percent."""
    rates = TakeRates(rates=(("reservation-renter", 25), ("reservation-supplier", 25), ("usdc", 200)), default=0)
    assert rates.take(wad(100), kind)[1] == wad(fee)


def test_carypto_use_of_carnot() -> None:
    """Carypto's paper: 90 % fuel, 5 % lucky box, 5 % user support."""
    split = IncomeSplit(name="carnot", parts=(("fuel", 9_000), ("lucky-box", 500)), residual="user-support")
    assert split.split(wad(100)) == {"fuel": wad(90), "lucky-box": wad(5), "user-support": wad(5)}


def test_metadrive_rarity_bonus() -> None:
    """Meta Drive's documentation: a fuel tank is larger by 0.1 if uncommon, by 0.3 if rare."""
    table = LabelWeights(column="rarity", weights=(("common", WAD), ("rare", wad("1.3")), ("uncommon", wad("1.1"))))
    rows = Contributions(["a", "b", "c"], [1, 1, 1], {"rarity": ["common", "uncommon", "rare"]})
    assert table.evaluate(Rows(rows)) == [WAD, wad("1.1"), wad("1.3")]
