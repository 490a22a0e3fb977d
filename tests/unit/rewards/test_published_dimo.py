"""Figures that DIMO prints about its vehicles' rewards, reproduced by the operators to the printed digit.

Sources: DIP-1, DIP-2 and its amendments (DIMO-Network/DIP); DIMO-Network/rewards-api.
"""

from __future__ import annotations

import pytest

from dao.rewards.accounts.allocate import AccountState
from dao.rewards.accounts.blend import WeightedSum
from dao.rewards.accounts.caps import Cap, Scope
from dao.rewards.accounts.classes import LabelWeights
from dao.rewards.accounts.columns import Contributions
from dao.rewards.accounts.fixed import WAD
from dao.rewards.accounts.locks import LockWeights
from dao.rewards.accounts.operators import Operator
from dao.rewards.accounts.prorata import pro_rata
from dao.rewards.accounts.rate import PerUnit
from dao.rewards.accounts.steps import StepWeights
from dao.rewards.accounts.streak import Streak, StreakWeights
from tests.support.figures import one, paid, printed, wad


@pytest.mark.parametrize(
    ("points", "total", "reward"),
    [
        (9_000, 60_000_000, "165.75"),  # DIP-2 A1
        (9_000, 240_000_000, "41.44"),  # DIP-2 A3
        (10_000, 240_000_000, "46.04"),  # DIP-2 A4
        (9, 240_000, "41.4375"),  # DIP-2 A5
    ],
)
def test_dimo_pro_rata(points: int, total: int, reward: str) -> None:
    """A week's 1,105,000 by points."""
    assert printed(pro_rata(wad(1_105_000), [points, total - points])[0], reward) == reward
    rows = Contributions(["car", "others"], [points, total - points])
    assert printed(paid([], rows, "1105000")["car"], reward) == reward


DIMO_DATA = LabelWeights(
    column="data",
    weights=(
        ("comprehensive-1-15s", 6 * WAD),
        ("comprehensive-15-30s", 5 * WAD),
        ("moderate-1-14s", 4 * WAD),
        ("moderate-15-60s", 3 * WAD),
    ),
    into="data-level",
)
DIMO_STREAK = StreakWeights(steps=((0, 0), (4, WAD), (21, 2 * WAD), (36, 3 * WAD)), drop_after=3, into="streak-level")
DIMO_LOCK = LockWeights(
    amount_column="dimo",
    duration_column="months",
    steps=((0, 0, 0), (wad(500), 6, WAD), (wad(1_500), 12, 2 * WAD), (wad(4_000), 24, 3 * WAD)),
    into="lock-level",
)
DIMO_LEVEL = WeightedSum(terms=(("data-level", WAD), ("lock-level", WAD), ("streak-level", WAD)), maximum=12 * WAD)


@pytest.mark.parametrize(
    ("data", "weeks", "dimo", "months", "level"),
    [
        ("moderate-15-60s", 0, 0, 0, 3),
        ("moderate-1-14s", 3, 499, 24, 4),
        ("comprehensive-15-30s", 4, 500, 6, 7),
        ("comprehensive-15-30s", 20, 1_500, 11, 7),
        ("comprehensive-1-15s", 21, 1_500, 12, 10),
        ("comprehensive-1-15s", 35, 3_999, 99, 10),
        ("comprehensive-1-15s", 36, 4_000, 24, 12),
        ("comprehensive-1-15s", 500, 10**6, 120, 12),
    ],
)
def test_dimo_levels(data: str, weeks: int, dimo: int, months: int, level: int) -> None:
    """The table of levels in force since September 2025: data 3 to 6, streak 0 to 3, lock 0 to 3, 12 at most."""
    operators: list[Operator] = [DIMO_DATA, DIMO_LOCK, DIMO_STREAK, DIMO_LEVEL, PerUnit(rate=WAD, per=1)]
    rows = one(1, {"data": data}, dimo=wad(dimo), months=months)
    before = AccountState(streaks={"a": Streak(active=weeks - 1)}) if weeks else AccountState()
    if weeks == 0:  # this week is the first, and counts as one
        assert DIMO_STREAK.factor(Streak()) == DIMO_STREAK.factor(Streak(active=1)) == 0
    assert paid(operators, rows, "1000", state=before) == {"a": level * WAD}


@pytest.mark.parametrize(("integration", "points"), [("smartcar", 1_000), ("tesla", 4_000), ("autopi", 6_000)])
@pytest.mark.parametrize(
    ("weeks", "streak_points"),
    [(0, 0), (3, 0), (4, 1_000), (19, 1_000), (20, 2_000), (35, 2_000), (36, 3_000), (99, 3_000)],
)
def test_dimo_old_points(integration: str, points: int, weeks: int, streak_points: int) -> None:
    """rewards-api README: points of the integration plus points of the streak."""
    table = LabelWeights(
        column="integration",
        weights=(("autopi", 6_000 * WAD), ("smartcar", 1_000 * WAD), ("tesla", 4_000 * WAD)),
        into="integration-points",
    )
    steps = StepWeights(
        column="weeks", steps=((0, 0), (4, 1_000 * WAD), (20, 2_000 * WAD), (36, 3_000 * WAD)), into="streak-points"
    )
    total = WeightedSum(terms=(("integration-points", WAD), ("streak-points", WAD)))
    rows = one(1, {"integration": integration}, weeks=weeks)
    amount = paid([table, steps, total, PerUnit(rate=WAD, per=1)], rows, "100000")
    assert amount == {"a": (points + streak_points) * WAD}


@pytest.mark.parametrize(
    ("weeks", "away", "after"),
    [
        (40, 1, Streak(40, 1)),
        (40, 2, Streak(40, 2)),
        (40, 3, Streak(21)),  # from level 4 to the start of level 3
        (40, 6, Streak(4)),
        (40, 9, Streak(0)),
        (40, 12, Streak(0)),
        (25, 3, Streak(4)),
        (3, 3, Streak(0)),
    ],
)
def test_dimo_streak_drops_after_three_weeks(weeks: int, away: int, after: Streak) -> None:
    """rewards-api README: being inactive three weeks straight drops the streak to the minimum of the level before."""
    streak = Streak(weeks)
    for _ in range(away):
        streak = DIMO_STREAK.advance(streak, active=False)
    assert streak == after
    assert DIMO_STREAK.advance(streak, active=True) == Streak(after.active + 1)


def test_dimo_voter_cap() -> None:
    """DIP-1: a voter counts 5 % of the circulating supply at most."""
    cap = Cap(scope=Scope.ACCOUNT_SHARE, limit=500)
    assert cap.of_account(pool=wad(100_000_000), nodes=0, paid=0) == wad(5_000_000)
