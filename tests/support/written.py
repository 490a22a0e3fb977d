"""Every account-level operator as a document writes it, beside the value that it stands for."""

from __future__ import annotations

from dao.document.quantities import Units
from dao.rewards.accounts.average import ShareAverage
from dao.rewards.accounts.blend import WeightedSum
from dao.rewards.accounts.caps import Cap, Cut, Scope
from dao.rewards.accounts.classes import LabelWeights
from dao.rewards.accounts.density import DensityScale
from dao.rewards.accounts.exchange import Spreads
from dao.rewards.accounts.fees import LateFees
from dao.rewards.accounts.fixed import WAD
from dao.rewards.accounts.income import IncomeSplit
from dao.rewards.accounts.line import LineWeights
from dao.rewards.accounts.locks import LockWeights
from dao.rewards.accounts.normalise import FullAt, MaximumNorm
from dao.rewards.accounts.operators import Operator
from dao.rewards.accounts.penalty import NodePenalty
from dao.rewards.accounts.rate import PerUnit
from dao.rewards.accounts.remint import Remint
from dao.rewards.accounts.roots import RootWeights, ScoreRoot
from dao.rewards.accounts.steps import StepWeights
from dao.rewards.accounts.streak import StreakWeights
from dao.rewards.accounts.take import TakeRates
from dao.rewards.accounts.tiers import VolumeTiers
from dao.rewards.accounts.waterfall import Waterfall

RWD = Units("RWD", 2)
"""What the amounts below are in."""

WRITTEN: list[tuple[str, Operator]] = [
    (
        "label_weights: {column: class, weights: {t4: 1.2, a100: 3.5}, into: gpu}",
        LabelWeights(column="class", weights=(("a100", 7 * WAD // 2), ("t4", 6 * WAD // 5)), into="gpu"),
    ),
    (
        "step_weights: {column: progress, steps: [{at: 0, weight: 1}, {at: 70%, weight: 1.5}]}",
        StepWeights(column="progress", steps=((0, WAD), (7 * WAD // 10, 3 * WAD // 2))),
    ),
    (
        """lock_weights: {amount_column: a, duration_column: d, steps:
          [{amount: 0 RWD, duration: 0, weight: 0}, {amount: 500.5 RWD, duration: 6, weight: 1}]}""",
        LockWeights(amount_column="a", duration_column="d", steps=((0, 0, 0), (50_050, 6, WAD))),
    ),
    (
        "streak_weights: {steps: [{at: 0, weight: 0}, {at: 36, weight: 3}], drop_after: 3, into: level}",
        StreakWeights(steps=((0, 0), (36, 3 * WAD)), drop_after=3, into="level"),
    ),
    (
        "line_weights: {column: week, first: 9, last: 28, start: 1, slope: -0.0485, otherwise: 0.001}",
        LineWeights(column="week", first=9, last=28, start=WAD, slope=-485 * 10**14, otherwise=10**15),
    ),
    (
        "density_scale: {occupied_column: o, count_column: c, neighbours: 2, target: 1, maximum: 4}",
        DensityScale(occupied_column="o", count_column="c", neighbours=2, target=1, maximum=4),
    ),
    ("maximum_norm: {column: r, base: 0.1, span: 0.9}", MaximumNorm(column="r", base=WAD // 10, span=9 * WAD // 10)),
    ("full_at: {column: km, full: 15%}", FullAt(column="km", full=15 * WAD // 100)),
    ("full_at: {column: km, full: 15}", FullAt(column="km", full=15)),
    ("root_weights: {column: dc, degree: 2, minimum: 1}", RootWeights(column="dc", degree=2, minimum=WAD)),
    ("node_penalty: {column: nodes, free: 3, rate: 0.65}", NodePenalty(column="nodes", free=3, rate=65 * WAD // 100)),
    (
        "weighted_sum: {terms: {b: 0.4, a: 0.6}, maximum: 12}",
        WeightedSum(terms=(("a", 6 * WAD // 10), ("b", 4 * WAD // 10)), maximum=12 * WAD),
    ),
    (
        "volume_tiers: {column: upgraded, tiers: [{at: 0, points: 5}, {at: 39_999_999, points: 0}]}",
        VolumeTiers(column="upgraded", tiers=((0, 5 * WAD), (39_999_999, 0))),
    ),
    ("score_root: {degree: 4}", ScoreRoot(degree=4)),
    ("score_root: {degree: 2, scale: 1_000_000}", ScoreRoot(degree=2, scale=10**6)),
    ("share_average: {keep: 29, of: 30}", ShareAverage(keep=29, of=30)),
    ("per_unit: {rate: 25 RWD, per: 168}", PerUnit(rate=2_500, per=168)),
    (
        "cap: {scope: stream-nodes, limit: 75 RWD, column: nodes}",
        Cap(scope=Scope.STREAM_NODES, limit=7_500, column="nodes"),
    ),
    (
        "cap: {scope: account-share, limit: 5%, cut: redistribute}",
        Cap(scope=Scope.ACCOUNT_SHARE, limit=500, cut=Cut.REDISTRIBUTE),
    ),
    (
        "take_rates: {rates: {usdc: 20%, uakt: 2%}, default: 0.5%}",
        TakeRates(rates=(("uakt", 200), ("usdc", 2_000)), default=50),
    ),
    ("spreads: {mint: 0.25%, settle: 0%}", Spreads(mint=25, settle=0)),
    (
        "income_split: {name: sce, parts: {salad: 35%}, residual: burn}",
        IncomeSplit(name="sce", parts=(("salad", 3_500),), residual="burn"),
    ),
    ("remint: {share: 25%, cap: 500_000 RWD}", Remint(share=2_500, cap=50_000_000)),
    ("remint: {share: 100%, cap: 7 wei, keep: 6, of: 7}", Remint(share=10_000, cap=7, keep=6, of=7)),
    (
        "late_fees: {steps: [{days: 3, fee: 0%}, {days: 30, fee: 25%}], beyond: 75%}",
        LateFees(steps=((3, 0), (30, 2_500)), beyond=7_500),
    ),
    (
        "waterfall: {name: mobile, part: 60%, claims: [{claim: data, most: 60%}, {claim: a, most: 5%}], residual: poc}",
        Waterfall(name="mobile", part=6_000, claims=(("data", 6_000), ("a", 500)), residual="poc"),
    ),
]
