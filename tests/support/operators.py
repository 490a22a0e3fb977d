"""Hypothesis strategies for account-level operators: any that can be built, in canonical order."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from dao.errors import PolicyError
from dao.rewards.accounts.average import ShareAverage
from dao.rewards.accounts.blend import WeightedSum
from dao.rewards.accounts.caps import Cap, Cut, Scope
from dao.rewards.accounts.classes import LabelWeights
from dao.rewards.accounts.density import DensityScale
from dao.rewards.accounts.exchange import Spreads
from dao.rewards.accounts.fees import LateFees
from dao.rewards.accounts.fixed import MAX_AMOUNT, MAX_COUNT, MAX_WEIGHT, WAD
from dao.rewards.accounts.income import IncomeSplit
from dao.rewards.accounts.line import LineWeights
from dao.rewards.accounts.locks import LockWeights
from dao.rewards.accounts.normalise import FullAt, MaximumNorm
from dao.rewards.accounts.operators import Operator, check_order
from dao.rewards.accounts.penalty import NodePenalty
from dao.rewards.accounts.rate import PerUnit
from dao.rewards.accounts.remint import Remint
from dao.rewards.accounts.roots import RootWeights, ScoreRoot
from dao.rewards.accounts.steps import StepWeights
from dao.rewards.accounts.streak import StreakWeights
from dao.rewards.accounts.take import TakeRates
from dao.rewards.accounts.tiers import VolumeTiers
from dao.rewards.accounts.waterfall import Waterfall

LABELS = ("a100", "h100", "t4")
MEASURES = ("nodes", "progress", "volume", "weeks")

REST = "the-rest"
"""Who takes what parts and claims leave; no other name that is drawn."""

names = st.text("abcxyz019._-", min_size=1, max_size=31).filter(lambda name: name != REST)
weights = st.one_of(st.sampled_from([0, 1, WAD // 2, WAD, 3 * WAD, MAX_WEIGHT]), st.integers(0, MAX_WEIGHT))
counts = st.one_of(st.sampled_from([0, 1, MAX_COUNT]), st.integers(0, 1_000), st.integers(0, MAX_COUNT))
amounts = st.one_of(st.sampled_from([0, 1, 2**112, MAX_AMOUNT]), st.integers(0, MAX_AMOUNT))
points = st.integers(0, 10_000)
measures = st.sampled_from(MEASURES)


def named(values: st.SearchStrategy[int], keys: st.SearchStrategy[str] = names) -> st.SearchStrategy[Any]:
    """Entries of (name, number), ascending by name."""
    return st.dictionaries(keys, values, min_size=1, max_size=5).map(lambda table: tuple(sorted(table.items())))


steps = st.builds(
    lambda first, rest: ((0, first), *sorted(rest.items())),
    weights,
    st.dictionaries(st.one_of(st.integers(1, 100), st.integers(1, MAX_WEIGHT)), weights, max_size=4),
)


def lock_steps(rows: list[tuple[int, int, int]]) -> tuple[tuple[int, int, int], ...]:
    """`rows` with each column sorted on its own, so that nothing falls, behind a step from zero."""
    ascending = zip(*(sorted(column) for column in zip(*rows, strict=True)), strict=True)
    return ((0, 0, 0), *sorted({row for row in ascending if any(row)}))


locks = st.lists(st.tuples(amounts, weights, weights), max_size=4).map(lock_steps)
ratios = st.tuples(counts, counts).map(lambda pair: (min(pair), max(pair) + (min(pair) == max(pair))))
kept = ratios.filter(lambda pair: pair[1] <= MAX_COUNT)


def factors(into: st.SearchStrategy[str]) -> st.SearchStrategy[Operator]:
    """Any factor that reads LABELS under `class`, or MEASURES."""
    every_class = st.tuples(weights, weights, weights).map(lambda row: tuple(zip(LABELS, row, strict=True)))
    return st.one_of(
        st.builds(LabelWeights, column=st.just("class"), weights=every_class, into=into),
        st.builds(StepWeights, column=measures, steps=steps, into=into),
        st.builds(LockWeights, amount_column=measures, duration_column=measures, steps=locks, into=into),
        st.builds(StreakWeights, steps=steps, drop_after=st.integers(1, 5), into=into),
        st.builds(
            lambda span, **rest: LineWeights(first=min(span), last=max(span), **rest),
            st.tuples(counts, counts),
            column=measures,
            start=weights,
            slope=st.one_of(st.integers(-WAD, WAD), st.integers(-(2**127), 2**127 - 1)),
            otherwise=weights,
            into=into,
        ),
        st.builds(
            DensityScale,
            occupied_column=measures,
            count_column=st.just("positive"),
            neighbours=st.integers(0, 7),
            target=st.integers(1, 1_000),
            maximum=st.integers(1, 1_000),
            into=into,
        ),
        st.builds(MaximumNorm, column=measures, base=weights, span=weights, into=into),
        st.builds(FullAt, column=measures, full=st.one_of(st.just(WAD), st.integers(1, MAX_WEIGHT)), into=into),
        st.builds(RootWeights, column=measures, degree=st.sampled_from([1, 2, 4]), minimum=weights, into=into),
        st.builds(NodePenalty, column=measures, free=st.integers(0, 50), rate=weights, into=into),
        st.builds(WeightedSum, terms=named(weights, measures), maximum=weights, into=into),
    )


@st.composite
def caps(draw: Any) -> Cap:
    """Any cap."""
    scope = draw(st.sampled_from(Scope))
    shares = scope in (Scope.ACCOUNT_SHARE, Scope.STREAM_REMAINING)
    return Cap(
        scope=scope,
        limit=draw(points if shares else amounts),
        cut=Cut.RESIDUAL if scope >= Scope.STREAM_EPOCH else draw(st.sampled_from(Cut)),
        column="nodes" if scope in (Scope.NODE_EPOCH, Scope.NODE_MONTH, Scope.STREAM_NODES) else "",
    )


@st.composite
def parts(draw: Any) -> tuple[tuple[str, int], ...]:
    """Parts of a whole, ascending by name."""
    left, made = 10_000, []
    for name in sorted(draw(st.sets(names, min_size=1, max_size=4))):
        share = draw(st.integers(1, max(1, left - 5)))
        left -= share
        made.append((name, share))
    return tuple(made)


claims = st.lists(st.tuples(names, points), min_size=1, max_size=4, unique_by=lambda claim: claim[0]).map(tuple)
settlements = st.one_of(
    st.builds(TakeRates, rates=named(points), default=points),
    st.builds(Spreads, mint=points, settle=points),
    st.builds(IncomeSplit, name=names, parts=parts(), residual=st.just(REST)),
    st.builds(lambda pair, **rest: Remint(keep=pair[0], of=pair[1], **rest), kept, share=points, cap=amounts),
    st.builds(
        lambda table, beyond: LateFees(steps=tuple(sorted(table.items())), beyond=beyond),
        st.dictionaries(counts, points, min_size=1, max_size=4),
        points,
    ),
    st.builds(Waterfall, name=names, part=points, claims=claims, residual=st.just(REST)),
)


@st.composite
def operators(draw: Any, *, settled: bool = True) -> tuple[Operator, ...]:
    """A list that `check_order` takes; with `settled`, settlements too."""
    made: list[Operator] = []
    into = st.sampled_from(["", "", "x", "y", "z"])
    candidates: list[Operator] = draw(st.lists(factors(into), max_size=3))
    later = [
        st.builds(VolumeTiers, column=measures, tiers=steps),
        st.builds(ScoreRoot, degree=st.sampled_from([2, 4]), scale=st.sampled_from([1, 10**6, WAD])),
        kept.map(lambda pair: ShareAverage(keep=pair[0], of=pair[1])),
        st.builds(PerUnit, rate=amounts, per=st.integers(1, MAX_COUNT)),
    ]
    candidates += [draw(strategy) for strategy in later if draw(st.integers(0, 3)) == 0]
    candidates += sorted(draw(st.lists(caps(), max_size=4)), key=lambda cap: cap.scope)
    if settled:
        candidates += draw(st.lists(settlements, max_size=3))
    for candidate in candidates:
        try:
            check_order([*made, candidate])
        except PolicyError:
            continue
        made.append(candidate)
    return tuple(made)
