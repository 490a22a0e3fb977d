"""Figures that Akash prints about take rates, settlements and incomes, reproduced to the printed digit.

Sources: AEP-23, -26, -76 (akash-network/AEP); x/take and bme parameters; PIP-35 (akash-network/community).
"""

from __future__ import annotations

import pytest

from dao.rewards.accounts.exchange import Spreads, at_price, value_of
from dao.rewards.accounts.fixed import WAD
from dao.rewards.accounts.income import IncomeSplit
from dao.rewards.accounts.remint import from_credits
from dao.rewards.accounts.take import TakeRates
from tests.support.figures import printed, wad


@pytest.mark.parametrize(
    ("akt", "other", "amount", "denomination", "out"),
    [
        (200, 2_000, 100, "uakt", 98),  # community meeting of August 2023; x/take default parameters
        (200, 2_000, 100, "usdc", 80),
        (400, 2_000, 100, "uakt", 96),  # AEP-23, proposal 224
        (400, 2_000, 100, "usdc", 80),
        (1_000, 2_000, 100, "uakt", 90),  # white paper
        (1_000, 2_000, 100, "usdc", 80),
        (200, 2_000, 49, "uakt", 49),  # the fee of 0.98 is truncated
        (200, 2_000, 99, "usdc", 80),  # and that of 19.8 to 19
    ],
)
def test_akash_take_rate(akt: int, other: int, amount: int, denomination: str, out: int) -> None:
    earnings, fee = TakeRates(rates=(("uakt", akt),), default=other).take(amount, denomination)
    assert (earnings, earnings + fee) == (out, amount)


def test_akash_top_up_and_settlement() -> None:
    """AEP-76: 1,000 dollars at 1.14 burn 877.192982 AKT; settled at 1.5, at 0.9; ratio at 1.20."""
    burned = at_price(wad(1_000), wad("1.14"))
    assert printed(burned, "877.192982") == "877.192982"
    for price, minted, net in (("1.5", "666.666667", "-210.526316"), ("0.9", "1111.111111", "233.918129")):
        settled = at_price(wad(1_000), wad(price))
        assert printed(settled, minted) == minted
        assert printed(settled - burned, net) == net
    assert printed(value_of(burned, wad("1.20")) // 1_000, "1.053") == "1.053"


def test_akash_large_settlement_is_truncated_to_whole_tokens() -> None:
    """AEP-76: 10,000,000 dollars at 1.14 burn 8,771,929 (of 8,771,929.82), settled at 1.25 for a net of -771,929."""
    burned, minted = at_price(wad(10_000_000), wad("1.14")), at_price(wad(10_000_000), wad("1.25"))
    assert minted == wad(8_000_000)
    assert (burned // WAD, -((burned - minted) // WAD)) == (8_771_929, -771_929)
    assert printed(burned, "0") == "8771930"


def test_akash_spreads() -> None:
    """AEP-76's text says 25 basis points on minting and settling, its code 25 and 0, at most 1,000."""
    code, text = Spreads(mint=25, settle=0), Spreads(mint=25, settle=25)
    assert code.minted(wad(1_000)) == text.minted(wad(1_000)) == wad("997.5")
    assert (code.settled(wad(1_000)), text.settled(wad(1_000))) == (wad(1_000), wad("997.5"))
    assert Spreads(mint=1_000, settle=1_000).minted(10) == 9


def test_akash_pays_from_credits_first() -> None:
    """AEP-76: earlier burns first, then the shortfall is minted."""
    assert from_credits(100, 30) == (30, 70)
    assert from_credits(100, 130) == (100, 0)


@pytest.mark.parametrize(
    ("components", "fee", "community"), [((4, 1, 5), 10, 90), ((4, 1, 5, 10, 10), 30, 70)], ids=["spot", "reservation"]
)
def test_akash_income_split(components: tuple[int, ...], fee: int, community: int) -> None:
    """PIP-35: the fee is the sum of its components, the community pool takes the rest."""
    parts = tuple((f"part-{index}", pct * 100) for index, pct in enumerate(components))
    split = IncomeSplit(name="income", parts=parts, residual="community-pool")
    amounts = split.split(wad(100))
    assert amounts["community-pool"] == wad(community)
    assert sum(amounts.values()) - amounts["community-pool"] == wad(fee)


def test_akash_incentive_pools_contradict_their_percentages() -> None:
    """AEP-26 prints 40, 40 and 20 % of 5,000,000 dollars beside 3,500,000, 750,000 and 750,000."""
    dollars = {"committed": wad(3_500_000), "liquidity-mining": wad(750_000), "next-gen": wad(750_000)}
    actual = IncomeSplit(name="pip", parts=(("committed", 7_000), ("liquidity-mining", 1_500)), residual="next-gen")
    as_printed = IncomeSplit(name="pip", parts=(("committed", 4_000), ("liquidity-mining", 4_000)), residual="next-gen")
    assert actual.split(wad(5_000_000)) == dollars
    assert as_printed.share("next-gen") == 2_000
    assert as_printed.split(wad(5_000_000)) != dollars
