"""What an operator refuses, and its values at the edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dao.errors import PolicyError
from dao.rewards.accounts.average import SHARE_UNIT, ShareAverage
from dao.rewards.accounts.blend import WeightedSum
from dao.rewards.accounts.caps import Cap, Cut, Scope
from dao.rewards.accounts.classes import LabelWeights
from dao.rewards.accounts.columns import Contributions, Rows
from dao.rewards.accounts.density import DensityScale
from dao.rewards.accounts.exchange import Spreads, at_price
from dao.rewards.accounts.exponential import exp_negative
from dao.rewards.accounts.fees import LateFees
from dao.rewards.accounts.fixed import MAX_ENTRIES, MAX_WEIGHT, WAD, require_range
from dao.rewards.accounts.income import IncomeSplit, gross_up
from dao.rewards.accounts.line import LineWeights
from dao.rewards.accounts.locks import LockWeights
from dao.rewards.accounts.normalise import FullAt, MaximumNorm
from dao.rewards.accounts.operators import check_order
from dao.rewards.accounts.penalty import NodePenalty
from dao.rewards.accounts.prorata import pro_rata, water_fill
from dao.rewards.accounts.rate import PerUnit
from dao.rewards.accounts.remint import Remint
from dao.rewards.accounts.roots import RootWeights, ScoreRoot, floor_root
from dao.rewards.accounts.steps import StepWeights
from dao.rewards.accounts.streak import StreakWeights
from dao.rewards.accounts.take import TakeRates
from dao.rewards.accounts.tiers import VolumeTiers
from dao.rewards.accounts.waterfall import Waterfall

TOO_MANY = tuple((f"n{index:04}", 1) for index in range(MAX_ENTRIES + 1))
TOO_HIGH = MAX_WEIGHT + 1
FALL = Waterfall(name="w", part=10_000, claims=(("a", 10_000),), residual="r")
SPLIT = IncomeSplit(name="s", parts=(("a", 1),), residual="r")
LOCK = {"amount_column": "a", "duration_column": "b"}
DENSITY = {"occupied_column": "a", "count_column": "b", "neighbours": 1}


@pytest.mark.parametrize(
    "build",
    [
        lambda: LabelWeights(column="", weights=(("a", 1),)),
        lambda: LabelWeights(column="Class", weights=(("a", 1),)),
        lambda: LabelWeights(column="class", weights=()),
        lambda: LabelWeights(column="class", weights=TOO_MANY),
        lambda: LabelWeights(column="class", weights=(("b", 1), ("a", 1))),
        lambda: LabelWeights(column="class", weights=(("a", 1), ("a", 1))),
        lambda: LabelWeights(column="class", weights=(("a" * 32, 1),)),
        lambda: LabelWeights(column="class", weights=(("a\n", 1),)),
        lambda: LabelWeights(column="class", weights=(("é", 1),)),
        lambda: LabelWeights(column="class", weights=(("a", -1),)),
        lambda: LabelWeights(column="class", weights=(("a", TOO_HIGH),)),
        lambda: LabelWeights(column="class", weights=(("a", True),)),
        lambda: LabelWeights(column="class", weights=(("a", 1),), into="X"),
        lambda: StepWeights(column="x", steps=()),
        lambda: StepWeights(column="x", steps=((1, 1),)),
        lambda: StepWeights(column="x", steps=((0, 1), (0, 2))),
        lambda: StepWeights(column="x", steps=((0, 1), (5, 2), (4, 3))),
        lambda: StepWeights(column="x", steps=((0, TOO_HIGH),)),
        lambda: LockWeights(steps=(), **LOCK),
        lambda: LockWeights(steps=((0, 1, 0),), **LOCK),
        lambda: LockWeights(steps=((0, 0, 0), (5, 5, 5), (6, 4, 6)), **LOCK),
        lambda: LockWeights(steps=((0, 0, 0), (0, 0, 0)), **LOCK),
        lambda: LockWeights(steps=((0, 0, 2), (5, 5, 1)), **LOCK),
        lambda: StreakWeights(steps=((0, 1),), drop_after=0),
        lambda: VolumeTiers(column="x", tiers=((1, 1),)),
        lambda: DensityScale(target=0, maximum=1, **DENSITY),
        lambda: DensityScale(target=1, maximum=0, **DENSITY),
        lambda: LineWeights(column="x", first=2, last=1, start=0, slope=0, otherwise=0),
        lambda: LineWeights(column="x", first=0, last=1, start=0, slope=2**127, otherwise=0),
        lambda: MaximumNorm(column="x", base=-1, span=0),
        lambda: FullAt(column="x", full=0),
        lambda: WeightedSum(terms=()),
        lambda: WeightedSum(terms=(("a", 1),), maximum=-1),
        lambda: NodePenalty(column="x", free=-1, rate=1),
        lambda: RootWeights(column="x", degree=3),
        lambda: ScoreRoot(degree=1),
        lambda: ScoreRoot(degree=2, scale=0),
        lambda: ShareAverage(keep=30, of=30),
        lambda: ShareAverage(keep=0, of=0),
        lambda: PerUnit(rate=1, per=0),
        lambda: PerUnit(rate=-1, per=1),
        lambda: Cap(scope=Scope.ACCOUNT_SHARE, limit=10_001),
        lambda: Cap(scope=Scope.NODE_EPOCH, limit=1),
        lambda: Cap(scope=Scope.ACCOUNT_EPOCH, limit=1, column="nodes"),
        lambda: Cap(scope=Scope.STREAM_EPOCH, limit=1, cut=Cut.REDISTRIBUTE),
        lambda: Cap(scope=Scope.ACCOUNT_EPOCH, limit=2**128),
        lambda: TakeRates(rates=(("a", 10_001),), default=0),
        lambda: TakeRates(rates=(("a", 1),), default=-1),
        lambda: Spreads(mint=10_001, settle=0),
        lambda: IncomeSplit(name="s", parts=(("a", 10_000), ("b", 1)), residual="r"),
        lambda: IncomeSplit(name="s", parts=(("a", 1),), residual="a"),
        lambda: IncomeSplit(name="s", parts=(("a", 0),), residual="r"),
        lambda: Remint(share=1, cap=1, keep=1, of=1),
        lambda: Remint(share=10_001, cap=1),
        lambda: LateFees(steps=((3, 0), (3, 1)), beyond=0),
        lambda: LateFees(steps=((3, 10_001),), beyond=0),
        lambda: Waterfall(name="w", part=1, claims=(), residual="r"),
        lambda: Waterfall(name="w", part=1, claims=(("a", 1), ("a", 1)), residual="r"),
        lambda: Waterfall(name="w", part=1, claims=(("r", 1),), residual="r"),
    ],
)
def test_parameters_that_cannot_be(build: Callable[[], Any]) -> None:
    with pytest.raises(PolicyError):
        build()


@pytest.mark.parametrize(
    "read",
    [
        lambda: Contributions(["a"], []),
        lambda: Contributions(["a"], [1], {"class": []}),
        lambda: Contributions(["a"], [1], {}, {"x": [1, 2]}),
        lambda: Contributions(["a"], [-1]),
        lambda: Contributions(["a"], [True]),
        lambda: Contributions(["a"], [1.5]),
        lambda: Contributions(["a"], [float("nan")]),
        lambda: Contributions(["a"], [1], {}, {"x": [-1]}),
        lambda: Rows(Contributions(["a"], [1])).labels("class"),
        lambda: Rows(Contributions(["a"], [1])).measures("x"),
        lambda: Rows(Contributions(["a"], [1], {}, {"x": [1]})).add("x", [1]),
        lambda: Rows(Contributions(["a"], [1], {"x": ["y"]})).add("x", [1]),
        lambda: pro_rata(-1, [1]),
        lambda: pro_rata(1, [1, -1]),
        lambda: water_fill(1, [1], [-1]),
        lambda: exp_negative(-1),
        lambda: floor_root(-1, 2),
        lambda: floor_root(1, 3),
        lambda: gross_up(1, 10_000),
        lambda: gross_up(-1, 1),
        lambda: at_price(1, 0),
        lambda: FALL.pay(1, {}),
        lambda: FALL.pay(1, {"a": -1}),
        lambda: FALL.pay(-1, {"a": 1}),
        lambda: SPLIT.share("b"),
        lambda: SPLIT.split(-1),
        lambda: TakeRates(rates=(("a", 1),), default=1).take(-1, "a"),
        lambda: Remint(share=1, cap=1).remint(-1),
        lambda: Remint(share=1, cap=1).remint(1, -1),
        lambda: ShareAverage(keep=1, of=2).advance({"a": SHARE_UNIT + 1}, {}),
        lambda: Cap(scope=Scope.STREAM_REMAINING, limit=1).of_stream(nodes=0, paid=0, remaining=None),
        lambda: DensityScale(target=1, maximum=1, **DENSITY).factor(1, 0),
    ],
)
def test_inputs_that_cannot_be(read: Callable[[], Any]) -> None:
    with pytest.raises(PolicyError):
        read()


def test_an_unknown_class_is_named() -> None:
    table = LabelWeights(column="class", weights=(("a100", 1), ("h100", 2)))
    with pytest.raises(PolicyError) as error:
        table.evaluate(Rows(Contributions(["a", "b"], [1, 1], {"class": ["a100", "b200"]})))
    assert (error.value.what, error.value.expected, error.value.found) == (
        "no weight is set for this class",
        "a100, h100",
        "b200",
    )


def test_a_range_names_what_and_the_bounds() -> None:
    with pytest.raises(PolicyError) as error:
        require_range("the cap", 11, 0, 10)
    assert str(error.value) == "the cap is out of range; expected an integer from 0 to 10; found 11"


CAP = Cap(scope=Scope.ACCOUNT_EPOCH, limit=1)
RATE = PerUnit(rate=1, per=1)
STREAK = StreakWeights(steps=((0, 1),), drop_after=3)
NORM = MaximumNorm(column="x", base=0, span=WAD, into="y")


@pytest.mark.parametrize(
    "operators",
    [
        [RATE, NORM],
        [CAP, RATE],
        [CAP, CAP],
        [Cap(scope=Scope.ACCOUNT_SHARE, limit=1), CAP],
        [RATE, RATE],
        [NORM, NORM],
        [STREAK, STREAK],
        [ShareAverage(keep=1, of=2), RATE],
        [RATE, Cap(scope=Scope.ACCOUNT_EPOCH, limit=1, cut=Cut.REDISTRIBUTE)],
        [SPLIT, SPLIT],
        [FALL, FALL],
        [FALL, SPLIT],
        ["nothing of the kind"],
    ],
)
def test_operators_that_do_not_go_together(operators: Any) -> None:
    with pytest.raises(PolicyError):
        check_order(operators)


def test_operators_in_order() -> None:
    other = IncomeSplit(name="t", parts=(("a", 1),), residual="r")
    check_order([STREAK, NORM, MaximumNorm(column="x", base=0, span=1), RATE, CAP, SPLIT, other, FALL])


def test_points_across_tiers() -> None:
    tiers = VolumeTiers(column="before", tiers=((0, 5 * WAD), (10, 4 * WAD), (20, 0)))
    assert tiers.points(8, 4) == (2 * 5 + 2 * 4) * WAD
    assert tiers.points(0, 100) == (10 * 5 + 10 * 4) * WAD
    assert tiers.points(20, 5) == 0
    assert tiers.points(9, 0) == 0


def test_a_line_never_falls_below_zero() -> None:
    line = LineWeights(column="x", first=0, last=100, start=WAD, slope=-WAD // 2, otherwise=7)
    assert [line.factor(value) for value in (0, 1, 2, 3, 100, 101)] == [WAD, WAD // 2, 0, 0, 0, 7]


def test_a_maximum_of_nothing() -> None:
    norm = MaximumNorm(column="x", base=3, span=WAD)
    assert norm.evaluate(Rows(Contributions(["a", "b"], [1, 1], {}, {"x": [0, 0]}))) == [3, 3]
    assert norm.evaluate(Rows(Contributions([], [], {}, {"x": []}))) == []


def test_monthly_caps_count_what_was_paid() -> None:
    cap = Cap(scope=Scope.NODE_MONTH, limit=10, column="nodes")
    assert [cap.of_account(pool=1_000, nodes=3, paid=paid) for paid in (0, 29, 30, 31)] == [30, 1, 0, 0]


def test_water_moves_on_from_full_accounts() -> None:
    assert water_fill(100, [1, 1, 1], [10, 20, 1_000]) == [10, 20, 70]
    assert water_fill(100, [1, 1, 2], [10, 100, 100]) == [10, 30, 60]
    assert water_fill(100, [1, 1], [10, 20]) == [10, 20]
    assert water_fill(0, [1, 1], [0, 0]) == [0, 0]
    assert water_fill(5, [], []) == []
    assert water_fill(5, [0, 0], [9, 9]) == [0, 0]


def test_a_weighted_sum_stops_at_its_maximum() -> None:
    terms = (("a", WAD), ("b", 2 * WAD))
    assert WeightedSum(terms=terms).factor({"a": 3, "b": 4}) == 11
    assert WeightedSum(terms=terms, maximum=10).factor({"a": 3, "b": 4}) == 10
    assert WeightedSum(terms=(("a", 1), ("b", 1))).factor({"a": WAD - 1, "b": WAD - 1}) == 1
