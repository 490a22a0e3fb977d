"""One epoch's pool allocated by whole lists of operators: the order of steps, state, caps and dust."""

from __future__ import annotations

import pytest

from dao.errors import PolicyError
from dao.rewards.accounts.allocate import AccountState, allocate
from dao.rewards.accounts.average import SHARE_UNIT, ShareAverage
from dao.rewards.accounts.caps import Cap, Cut, Scope
from dao.rewards.accounts.classes import LabelWeights
from dao.rewards.accounts.columns import Contributions
from dao.rewards.accounts.fixed import WAD
from dao.rewards.accounts.rate import PerUnit
from dao.rewards.accounts.roots import ScoreRoot
from dao.rewards.accounts.steps import StepWeights
from dao.rewards.accounts.streak import Streak, StreakWeights
from dao.rewards.accounts.tiers import VolumeTiers

CLASSES = LabelWeights(column="class", weights=(("gpu", 3 * WAD), ("null", 0), ("odd", WAD // 3)))
THREE = Contributions(["a", "b", "c"], [1, 2, 3])


def test_dust_is_the_residual() -> None:
    result = allocate([], Contributions(["c", "a", "b"], [1, 1, 1]), pool=100)
    assert result.payouts == (("a", 33), ("b", 33), ("c", 33))
    assert result.residual == 1


@pytest.mark.parametrize("pool", [0, 1, 2**112])
def test_zero_weights_everywhere_pay_nothing(pool: int) -> None:
    rows = Contributions(["a", "b"], [5, 7], {"class": ["null", "null"]})
    result = allocate([CLASSES], rows, pool=pool)
    assert (result.payouts, result.residual) == ((("a", 0), ("b", 0)), pool)


@pytest.mark.parametrize("pool", [0, 1, 2**112])
def test_one_account_gets_everything(pool: int) -> None:
    rows = Contributions(["a", "a"], [5, 1], {"class": ["gpu", "odd"]})
    assert allocate([CLASSES], rows, pool=pool).payouts == (("a", pool),)


def test_one_wei_goes_to_nobody_who_has_less_than_all() -> None:
    result = allocate([], Contributions(["a", "b"], [10**30, 1]), pool=1)
    assert (result.payouts, result.residual) == ((("a", 0), ("b", 0)), 1)


def test_weights_are_not_rounded_before_they_are_added() -> None:
    """Three thirds of a unit, each row below one unit of weight, add up exactly."""
    rows = Contributions(["a", "a", "a", "b"], [1, 1, 1, 1], {"class": ["odd", "odd", "odd", "gpu"]})
    payouts = dict(allocate([CLASSES], rows, pool=10**18).payouts)
    third = WAD // 3
    assert payouts == {"a": 10**18 * 3 * third // (3 * third + 3 * WAD), "b": 10**18 * 3 * WAD // (3 * third + 3 * WAD)}


def test_a_root_is_of_the_whole_account() -> None:
    split = Contributions(["a", "a", "b"], [8, 8, 9])
    assert allocate([ScoreRoot(degree=2)], split, pool=700).payouts == (("a", 400), ("b", 300))
    weighted = Contributions(["a", "b"], [27, 1], {"class": ["gpu", "gpu"]})
    assert allocate([CLASSES, ScoreRoot(degree=4, scale=1)], weighted, pool=400).payouts == (("a", 300), ("b", 100))


def test_a_rate_reads_the_scale_of_a_root_and_of_tiers() -> None:
    rate, root = PerUnit(rate=10, per=1), ScoreRoot(degree=2, scale=1_000)
    assert allocate([root, rate], Contributions(["a"], [49]), pool=999).payouts == (("a", 70),)
    tiers = VolumeTiers(column="before", tiers=((0, 2 * WAD), (5, WAD)))
    rows = Contributions(["a"], [4], {"class": ["gpu"]}, {"before": [3]})
    assert allocate([CLASSES, tiers, rate], rows, pool=999).payouts == (("a", 10 * 3 * (2 * 2 + 2 * 1)),)


def test_rates_beyond_the_pool_are_reduced() -> None:
    result = allocate([PerUnit(rate=10, per=1)], THREE, pool=30)
    assert result.payouts == (("a", 5), ("b", 10), ("c", 15))


def test_what_a_cap_cuts_off() -> None:
    cap = Cap(scope=Scope.ACCOUNT_EPOCH, limit=25)
    cut = allocate([cap], THREE, pool=60)
    assert (cut.payouts, cut.residual) == ((("a", 10), ("b", 20), ("c", 25)), 5)
    moved = allocate([Cap(scope=Scope.ACCOUNT_EPOCH, limit=25, cut=Cut.REDISTRIBUTE)], THREE, pool=60)
    assert (moved.payouts, moved.residual) == ((("a", 11), ("b", 23), ("c", 25)), 1)


def test_caps_of_both_kinds() -> None:
    """The redistributing cap acts while sharing, the other cuts what it left."""
    caps = [
        Cap(scope=Scope.ACCOUNT_EPOCH, limit=25, cut=Cut.REDISTRIBUTE),
        Cap(scope=Scope.ACCOUNT_SHARE, limit=3_500),
        Cap(scope=Scope.STREAM_EPOCH, limit=60),
    ]
    result = allocate(caps, THREE, pool=1_000)
    assert (result.payouts, result.residual) == ((("a", 11), ("b", 21), ("c", 21)), 947)


def test_streaks_go_from_epoch_to_epoch() -> None:
    streak = StreakWeights(steps=((0, WAD), (2, 2 * WAD), (4, 3 * WAD)), drop_after=2)
    state = AccountState()
    weights = []
    for units in (1, 1, 1, 1, 0, 1, 0, 0, 1):
        result = allocate([streak, PerUnit(rate=1, per=1)], Contributions(["a"], [units]), pool=10, state=state)
        state = result.state
        weights.append(result.payouts[0][1])
    assert weights == [1, 2, 2, 3, 0, 3, 0, 0, 2]
    assert state.streaks == {"a": Streak(3)}
    for _ in range(2):  # absent altogether is away too
        state = allocate([streak], Contributions([], []), pool=10, state=state).state
    assert state.streaks == {}


def test_averages_pay_accounts_that_are_absent() -> None:
    average = ShareAverage(keep=1, of=2)
    first = allocate([average], Contributions(["a"], [5]), pool=100)
    assert first.payouts == (("a", 100),)
    second = allocate([average], Contributions(["b"], [5]), pool=90, state=first.state)
    assert second.payouts == (("a", 30), ("b", 60))
    assert second.state.averages == {"a": SHARE_UNIT // 4, "b": SHARE_UNIT // 2}
    third = allocate([average], Contributions([], []), pool=90, state=second.state)
    assert third.payouts == (("a", 30), ("b", 60))


def test_without_a_rule_the_state_is_handed_on() -> None:
    state = AccountState(streaks={"x": Streak(2)}, averages={"y": 7})
    assert allocate([], THREE, pool=6, state=state).state == state


def test_derived_columns_are_read_by_later_factors() -> None:
    first = StepWeights(column="x", steps=((0, 0), (5, 10)), into="level")
    second = StepWeights(column="level", steps=((0, WAD), (10, 2 * WAD)))
    rows = Contributions(["a", "b"], [1, 1], {}, {"x": [4, 5]})
    assert allocate([first, second], rows, pool=30).payouts == (("a", 10), ("b", 20))
    with pytest.raises(PolicyError):
        allocate([second, first], rows, pool=30)


@pytest.mark.parametrize(
    ("operators", "rows", "pool"),
    [
        ([], THREE, -1),
        ([CLASSES], THREE, 1),
        ([Cap(scope=Scope.STREAM_REMAINING, limit=1)], THREE, 1),
        ([Cap(scope=Scope.NODE_EPOCH, limit=1, column="nodes")], THREE, 1),
    ],
)
def test_what_allocate_refuses(operators: list[Cap], rows: Contributions, pool: int) -> None:
    with pytest.raises(PolicyError):
        allocate(operators, rows, pool=pool)
