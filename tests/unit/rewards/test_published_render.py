"""Figures that Render prints about its nodes' rewards, reproduced by the operators to the printed digit.

Sources: RNP-006, -013, -015, -019, -021, -023 (rendernetwork/RNPs).
"""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest

from dao.rewards.accounts.blend import WeightedSum
from dao.rewards.accounts.caps import Cap, Scope
from dao.rewards.accounts.classes import LabelWeights
from dao.rewards.accounts.columns import Contributions, Rows
from dao.rewards.accounts.exchange import at_price
from dao.rewards.accounts.fixed import WAD
from dao.rewards.accounts.income import IncomeSplit, gross_up
from dao.rewards.accounts.normalise import MaximumNorm
from dao.rewards.accounts.operators import Operator
from dao.rewards.accounts.penalty import NodePenalty
from dao.rewards.accounts.rate import PerUnit
from dao.rewards.accounts.roots import RootWeights
from dao.rewards.accounts.steps import StepWeights
from dao.rewards.accounts.tiers import VolumeTiers
from tests.support.figures import one, paid, printed, wad

UPGRADE_TIERS = VolumeTiers(
    column="upgraded",
    tiers=(
        (0, 5 * WAD),
        (39_999_999, 4 * WAD),
        (79_999_999, 3 * WAD),
        (139_999_999, 2 * WAD),
        (179_999_999, WAD),
        (229_999_999, 0),
    ),
)


@pytest.mark.parametrize(
    ("first", "last", "points"),
    [
        (1, 39_999_999, 5),
        (40_000_000, 79_999_999, 4),
        (80_000_000, 139_999_999, 3),
        (140_000_000, 179_999_999, 2),
        (180_000_000, 229_999_999, 1),
        (230_000_000, 10**12, 0),
    ],
)
def test_render_upgrade_points_by_tier(first: int, last: int, points: int) -> None:
    """RNP-006, "Total Cumulative Tokens Upgrading"; the table counts tokens from 1, the column those before."""
    for token in (first, last):
        assert UPGRADE_TIERS.points(token - 1, 1) == points * WAD


def test_render_upgrade_reward() -> None:
    """RNP-006: a wallet of 100,000 out of 10,000,000 upgraded gets 950.71 of 95,071."""
    rows = Contributions(["wallet", "others"], [100_000, 9_900_000], {}, {"upgraded": [0, 100_000]})
    assert printed(paid([UPGRADE_TIERS], rows, "95071")["wallet"], "950.71") == "950.71"


def test_render_pool_is_capped_by_nodes() -> None:
    """RNP-006: 75 per node, so that 1,000 nodes limit the pool to 75,000 although 84,085.2 were there."""
    cap = Cap(scope=Scope.STREAM_NODES, limit=wad(75), column="nodes")
    rows = Contributions(["a", "b"], [1, 3], {}, {"nodes": [400, 600]})
    assert paid([cap], rows, "84085.2") == {"a": wad(18_750), "b": wad(56_250)}
    assert sum(paid([cap], rows, "75000").values()) == wad(75_000)


BANDWIDTH = LabelWeights(
    column="bandwidth",
    weights=(("high", wad("0.6")), ("low", wad("0.2")), ("medium", wad("0.4")), ("ultra", wad("0.8"))),
    into="bandwidth-score",
)
EARNINGS = MaximumNorm(column="earnings", base=wad("0.1"), span=wad("0.9"), into="earnings-norm")
NODE_SCORE = WeightedSum(
    terms=(
        ("bandwidth-score", wad("0.35")),
        ("earnings-norm", wad("0.25")),
        ("gpu", wad("0.2")),
        ("uptime", wad("0.2")),
    )
)


def test_render_earnings_against_the_maximum() -> None:
    """RNP-006: 0.1 + 0.9 · 100 / 2,500 = 0.136."""
    assert EARNINGS.evaluate(Rows(Contributions(["a", "b"], [1, 1], {}, {"earnings": [100, 2_500]}))) == [
        wad("0.136"),
        WAD,
    ]


def test_render_node_score() -> None:
    """RNP-006's example scenario: 0.25 · 0.136 + 0.35 · 0.4 + 0.2 · 0.6 + 0.2 · 0.95 = 0.484."""
    rows = Contributions(
        ["node", "best"],
        [1, 1],
        {"bandwidth": ["medium", "ultra"]},
        {"earnings": [100, 2_500], "gpu": [wad("0.6"), WAD], "uptime": [wad("0.95"), WAD]},
    )
    amounts = paid([BANDWIDTH, EARNINGS, NODE_SCORE], rows, "1414")
    # The best node has 0.25 + 0.28 + 0.2 + 0.2 = 0.93, so that the two share 1.414.
    assert amounts == {"node": wad("484"), "best": wad("930")}


@pytest.mark.parametrize(("label", "score"), [("low", "0.2"), ("medium", "0.4"), ("high", "0.6"), ("ultra", "0.8")])
def test_render_bandwidth_scores(label: str, score: str) -> None:
    """RNP-006, "Bandwidth Scoring System"."""
    assert BANDWIDTH.evaluate(Rows(one(1, {"bandwidth": label}))) == [wad(score)]


def test_render_spends_half_of_the_rest() -> None:
    """RNP-013: at most 50 % of what remains; 1,140,852 in all, 95,071 a month."""
    cap = Cap(scope=Scope.STREAM_REMAINING, limit=5_000)
    whole = paid([cap], one(1), "1140852", remaining=wad(1_140_852))
    assert whole == {"a": wad(570_426)}
    assert paid([cap], one(1), "95071", remaining=wad(1_140_852)) == {"a": wad(95_071)}
    assert paid([cap], one(1), "95071", remaining=wad(95_071)) == {"a": wad("47535.5")}


def test_render_availability_cap_per_node_and_month() -> None:
    """RNP-013: 10 per node and month, of a pool of 12,500, for nodes that are available 50 % of the time or more."""
    present = StepWeights(column="available", steps=((0, 0), (wad("0.5"), WAD)))
    cap = Cap(scope=Scope.NODE_MONTH, limit=wad(10), column="nodes")
    rows = Contributions(
        ["a", "b", "c"], [1, 1, 1], {}, {"available": [wad("0.5"), WAD, wad("0.4999")], "nodes": [1, 2, 1]}
    )
    first = paid([present, cap], rows, "12500")
    assert first == {"a": wad(10), "b": wad(20), "c": 0}
    later = paid([present, cap], rows, "12500", paid_this_month={"a": wad("3.5"), "b": wad(20)})
    assert later == {"a": wad("6.5"), "b": 0, "c": 0}


@pytest.mark.parametrize(
    ("nodes", "factor"), [(0, "1"), (1, "1"), (3, "1"), (4, "0.5220"), (5, "0.2725"), (10, "0.0106"), (100, "0.0000")]
)
def test_render_penalty(nodes: int, factor: str) -> None:
    """RNP-015: 1 up to 3 nodes, then e^(−0.65(n − 3)); the decimals are those of a 60-digit decimal computation."""
    penalty = NodePenalty(column="nodes", free=3, rate=wad("0.65"))
    assert printed(penalty.factor(nodes), factor) == factor
    with localcontext() as context:
        context.prec = 60
        real = (Decimal("-0.65") * max(0, nodes - 3)).exp()
        assert penalty.factor(nodes) == int(real * WAD)


COMPOUND = ("gpu", "36"), ("vram", "26"), ("network", "15"), ("clock", "8"), ("mem-bandwidth", "8"), ("cpu", "4")
COMPOUND_MULTIPLIER = WeightedSum(terms=tuple(sorted((name, wad(f"0.{pct:0>2}")) for name, pct in COMPOUND)))


@pytest.mark.parametrize(
    ("specification", "multiplier", "reward"),
    [
        (("1.7", "1.33", "4", "1.12", "1.28", "1.5"), "1.8098", "10.77"),
        (("1", "1", "0.25", "0.68", "0.66", "1"), "0.8047", None),
    ],
)
def test_render_compound_multiplier(specification: tuple[str, ...], multiplier: str, reward: str | None) -> None:
    """RNP-019, appendix 4, examples 2 and 3: the multiplier, and the reward of 100 hours at it."""
    rows = one(100, **{name: wad(value) for (name, _), value in zip(COMPOUND, specification, strict=True)})
    assert COMPOUND_MULTIPLIER.evaluate(Rows(rows)) == [wad(multiplier)]
    amount = paid([COMPOUND_MULTIPLIER, PerUnit(rate=wad(10), per=168)], rows, "1000")["a"]
    if reward:
        assert printed(amount, reward) == reward


def test_render_weights_do_not_sum_to_the_printed_total() -> None:
    """RNP-019, appendix 3 prints a total of 1.0; the weights sum to 0.97."""
    total = sum(weight for _, weight in COMPOUND_MULTIPLIER.terms)
    assert total == wad("0.97")
    assert total != wad("1.0")


@pytest.mark.parametrize(
    ("base", "multiplier", "hours", "reward"),
    [
        ("10", "1.0", 100, "5.95"),  # RNP-019, appendix 4, example 1
        ("10", "1.8098", 100, "10.77"),  # RNP-019, technical section
        ("25", "5.0", 100, "74.40"),  # RNP-021, H200
        ("25", "1.0", 100, "14.88"),  # RNP-021, RTX 4090
    ],
)
def test_render_job_rewards(base: str, multiplier: str, hours: int, reward: str) -> None:
    rows = one(hours, multiplier=wad(multiplier))
    operators: list[Operator] = [RootWeights(column="multiplier", degree=1), PerUnit(rate=wad(base), per=168)]
    assert printed(paid(operators, rows, "100000")["a"], reward) == reward


@pytest.mark.parametrize(("uptime", "reward"), [("0.995", "1.99"), ("0.5", "1"), ("1", "2")])
def test_render_availability_rewards(uptime: str, reward: str) -> None:
    """RNP-019 and RNP-021: 2 per epoch and node, by uptime; 50 % are 1, 99.5 % are 1.99."""
    operators: list[Operator] = [RootWeights(column="uptime", degree=1), PerUnit(rate=wad(2), per=1)]
    assert printed(paid(operators, one(1, uptime=wad(uptime)), "1000")["a"], reward) == reward


ENTERPRISE = LabelWeights(
    column="class",
    weights=(
        ("a100", wad("3.5")),
        ("h100", wad("4.0")),
        ("h200", wad("5.0")),
        ("l4", wad("1.5")),
        ("l40", wad("2.5")),
        ("mi300x", wad("4.0")),
        ("rtx4090", wad("1.0")),
        ("t4", wad("1.2")),
    ),
)
CONSUMER = LabelWeights(
    column="class",
    weights=(
        ("rtx3050", wad("0.4")),
        ("rtx3060", wad("0.5")),
        ("rtx3080", wad("0.7")),
        ("rtx3090", wad("0.85")),
        ("rtx3090ti", wad("0.9")),
        ("rtx4080", wad("0.85")),
        ("rtx4090", wad("1.0")),
        ("rtx4090d", wad("0.95")),
        ("rtx5070", wad("1.05")),
        ("rtx5070ti", wad("1.1")),
        ("rtx5080", wad("1.35")),
        ("rtx5090", wad("1.7")),
        ("rtx5090d", wad("1.65")),
    ),
)


@pytest.mark.parametrize("table", [ENTERPRISE, CONSUMER])
@pytest.mark.parametrize("base", ["10", "25"])
def test_render_classes_pay_in_proportion(table: LabelWeights, base: str) -> None:
    """RNP-021's multipliers and RNP-019's GPU scores: a full week of each class pays the base times its weight."""
    for label, weight in table.weights:
        week = paid([table, PerUnit(rate=wad(base), per=168)], one(168, {"class": label}), "1000")
        assert week == {"a": weight * int(base)}


def test_render_enterprise_cap_per_month() -> None:
    """RNP-021: 100,000 a month for all."""
    cap = Cap(scope=Scope.STREAM_MONTH, limit=wad(100_000))
    first = paid([cap], one(1), "60000")
    assert first == {"a": wad(60_000)}
    assert paid([cap], one(1), "60000", paid_this_month=first) == {"a": wad(40_000)}


def test_render_price_gross_up() -> None:
    """RNP-021: an ask of 1.90 is a price of 2.00 with 5 % for the operator, of which 95 % is burned (RNP-019)."""
    revenue = IncomeSplit(name="compute", parts=(("operator", 500),), residual="burn")
    price = gross_up(wad("1.9"), revenue.share("operator"))
    assert price == wad("2.00")
    assert revenue.split(price) == {"operator": wad("0.1"), "burn": wad("1.9")}
    assert revenue.share("burn") == 9_500


@pytest.mark.parametrize(
    ("name", "salad", "foundation", "burn", "reward", "at_two"),
    [("sce", 35, 5, 60, 56, (300, 280)), ("sgs", 60, 5, 35, 31, (175, 155))],
)
def test_render_salad(name: str, salad: int, foundation: int, burn: int, reward: int, at_two: tuple[int, int]) -> None:
    """RNP-023: the split of 1,000 dollars, and tokens burned and paid at 2.00; burns lead by 3 % of revenue or more."""
    split = IncomeSplit(name=name, parts=(("foundation", foundation * 100), ("salad", salad * 100)), residual="burn")
    amounts = split.split(wad(1_000))
    assert amounts == {"salad": wad(salad * 10), "foundation": wad(foundation * 10), "burn": wad(burn * 10)}
    chefs = IncomeSplit(name=name, parts=(("chefs", reward * 100),), residual="rest").split(wad(1_000))["chefs"]
    assert (at_price(amounts["burn"], wad(2)), at_price(chefs, wad(2))) == (wad(at_two[0]), wad(at_two[1]))
    assert amounts["burn"] - chefs >= wad(1_000) * 3 // 100


@pytest.mark.parametrize(
    ("reward_pct", "price", "tokens"),
    [("56", "2.10", "266.7"), ("56", "1.90", "294.74"), ("31", "2.10", "147.62"), ("31", "1.90", "163.16")],
)
def test_render_salad_rewards_at_other_prices(reward_pct: str, price: str, tokens: str) -> None:
    """RNP-023, scenarios 2 and 3 of 1,000 dollars."""
    assert printed(at_price(wad(reward_pct) * 10, wad(price)), tokens) == tokens
