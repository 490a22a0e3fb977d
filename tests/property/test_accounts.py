"""Property: whatever the parameters and contributions, payouts are exact, ordered by nothing, and within the pool."""

from __future__ import annotations

import os
from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, seed, settings, strategies as st

from dao.errors import PolicyError
from dao.rewards.accounts.allocate import AccountState, allocate
from dao.rewards.accounts.average import SHARE_UNIT, ShareAverage
from dao.rewards.accounts.caps import Cap, Cut, Scope
from dao.rewards.accounts.classes import LabelWeights
from dao.rewards.accounts.columns import Contributions
from dao.rewards.accounts.exponential import bounds, exp_negative
from dao.rewards.accounts.fixed import WAD
from dao.rewards.accounts.income import IncomeSplit, gross_up
from dao.rewards.accounts.prorata import pro_rata, water_fill
from dao.rewards.accounts.rate import PerUnit
from dao.rewards.accounts.remint import Remint
from dao.rewards.accounts.roots import floor_root, scaled_root
from dao.rewards.accounts.steps import StepWeights
from dao.rewards.accounts.streak import Streak
from dao.rewards.accounts.take import TakeRates
from dao.rewards.accounts.waterfall import Waterfall
from dao.rewards.parameters import KINDS, MAX_BYTES, decode, encode
from tests.support.operators import LABELS, amounts, kept, operators, points, settlements, weights

EXAMPLES = int(os.environ.get("ACCOUNT_EXAMPLES", "80"))
"""How many cases each property tries; set ACCOUNT_EXAMPLES to try more."""

CHECKS = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=HealthCheck.all())

ACCOUNTS = tuple(f"0x{index:040x}" for index in range(6))
pools = st.one_of(st.sampled_from([0, 1, 2, 7, 2**112, 2**112 - 1, 10**24 + 7]), st.integers(0, 2**112))
units = st.one_of(st.sampled_from([0, 0, 1, 2, 10**18, 2**80]), st.integers(0, 1_000))
levels = st.one_of(st.sampled_from([0, 1, WAD // 3, WAD, 5 * WAD]), st.integers(0, 60), st.integers(0, 2**64))
row = st.tuples(st.sampled_from(ACCOUNTS), units, st.sampled_from(LABELS), levels, levels, levels, levels, levels)


def contributions(rows: list[Any]) -> Contributions:
    """Columns out of rows as `row` draws them."""
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(8)]
    accounts, counted, classes, nodes, progress, volume, weeks, positive = columns
    return Contributions(
        accounts,
        counted,
        {"class": classes},
        {
            "nodes": nodes,
            "progress": progress,
            "volume": volume,
            "weeks": weeks,
            "positive": [value + 1 for value in positive],
        },
    )


states = st.builds(
    lambda streaks, shares: AccountState(streaks=streaks, averages=shares),
    st.dictionaries(st.sampled_from(ACCOUNTS), st.builds(Streak, st.integers(0, 100), st.integers(0, 2)), max_size=4),
    st.dictionaries(st.sampled_from(ACCOUNTS), st.integers(1, SHARE_UNIT // 6), max_size=4),
)
earlier = st.dictionaries(st.sampled_from(ACCOUNTS), amounts, max_size=4)


# ---------------------------------------------------------------- any parameters


@CHECKS
@given(
    chosen=operators(settled=False),
    rows=st.lists(row, max_size=12),
    pool=pools,
    state=states,
    paid=earlier,
    remaining=amounts,
    data=st.data(),
)
def test_any_parameters(
    chosen: Any, rows: list[Any], pool: int, state: AccountState, paid: dict[str, int], remaining: int, data: Any
) -> None:
    """Never more than the pool, never below zero, every cap kept, the same for any order of rows."""
    more = {"pool": pool, "state": state, "paid_this_month": paid, "remaining": remaining}
    result = allocate(chosen, contributions(rows), **more)
    payouts = dict(result.payouts)
    assert list(payouts) == sorted(payouts)
    assert len(payouts) == len(result.payouts)
    assert all(amount >= 0 for amount in payouts.values())
    assert sum(payouts.values()) + result.residual == pool
    assert result.residual >= 0
    assert {line[0] for line in rows} <= payouts.keys()

    nodes = {account: sum(line[3] for line in rows if line[0] == account) for account in payouts}
    for cap in (operator for operator in chosen if isinstance(operator, Cap)):
        if cap.scope >= Scope.STREAM_EPOCH:
            limit = cap.of_stream(nodes=sum(nodes.values()), paid=sum(paid.values()), remaining=remaining)
            assert sum(payouts.values()) <= limit
        else:
            for account, amount in payouts.items():
                before = paid.get(account, 0)
                assert amount <= cap.of_account(pool=pool, nodes=nodes.get(account, 0), paid=before)

    again = allocate(chosen, contributions(data.draw(st.permutations(rows))), **more)
    assert again == result


@CHECKS
@given(chosen=operators(settled=False), pool=pools)
def test_an_empty_epoch_pays_nothing(chosen: Any, pool: int) -> None:
    result = allocate(chosen, contributions([]), pool=pool, remaining=0)
    assert (result.payouts, result.residual) == ((), pool)


@CHECKS
@given(chosen=operators())
def test_parameters_round_trip(chosen: Any) -> None:
    assume(sum(len(str(operator)) for operator in chosen) < 4_000)
    encoded = encode(chosen)
    assert len(encoded) <= MAX_BYTES
    assert decode(encoded) == chosen
    assert encode(decode(encoded)) == encoded


@CHECKS
@given(
    chosen=operators(),
    edits=st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), min_size=1, max_size=3),
    tail=st.binary(max_size=33),
)
def test_spoiled_bytes_are_refused_or_mean_something_else(
    chosen: Any, edits: list[tuple[int, int]], tail: bytes
) -> None:
    """No two encodings of one meaning: what decodes encodes to exactly the bytes that were read."""
    spoiled = bytearray(encode(chosen))
    for position, value in edits:
        spoiled[position % len(spoiled)] = value
    data = bytes(spoiled) + tail
    try:
        read = decode(data)
    except PolicyError:
        return
    assert encode(read) == data


@CHECKS
@given(data=st.binary(min_size=1, max_size=300))
def test_any_bytes_are_refused_as_a_policy_error(data: bytes) -> None:
    try:
        read = decode(data)
    except PolicyError:
        return
    assert encode(read) == data


def test_every_kind_is_drawn() -> None:
    """The strategies above reach every operator that can be encoded."""
    drawn: set[type] = set()
    wanted = {kind.operator for kind in KINDS}

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=HealthCheck.all())
    @given(chosen=operators(), more=settlements)
    def draw(chosen: Any, more: Any) -> None:
        drawn.update(type(operator) for operator in (*chosen, more))

    for number in range(20):
        seed(number)(draw)()
        if drawn >= wanted:
            break
    assert drawn == wanted


# ---------------------------------------------------------------- against exact rationals


@CHECKS
@given(
    rows=st.lists(row, max_size=12),
    pool=pools,
    classes=st.tuples(weights, weights, weights),
    step=st.tuples(weights, weights),
)
def test_shares_are_the_floor_of_the_exact_share(
    rows: list[Any], pool: int, classes: tuple[int, int, int], step: tuple[int, int]
) -> None:
    table = dict(zip(LABELS, classes, strict=True))
    chosen = [
        LabelWeights(column="class", weights=tuple(sorted(table.items()))),
        StepWeights(column="progress", steps=((0, step[0]), (WAD, step[1]))),
    ]
    scores: dict[str, Fraction] = {}
    for account, counted, label, _, progress, *_ in rows:
        multiplier = step[1] if progress >= WAD else step[0]
        score = counted * Fraction(table[label], WAD) * Fraction(multiplier, WAD)
        scores[account] = scores.get(account, Fraction(0)) + score
    total = sum(scores.values())
    expected = {account: int(pool * score / total) if total else 0 for account, score in scores.items()}
    assert dict(allocate(chosen, contributions(rows), pool=pool).payouts) == expected


@CHECKS
@given(rows=st.lists(row, max_size=12), pool=pools, rate=amounts, per=st.integers(1, 1_000))
def test_rates_are_the_floor_of_the_exact_reward_or_of_a_share_of_the_pool(
    rows: list[Any], pool: int, rate: int, per: int
) -> None:
    sums: dict[str, int] = {}
    for account, counted, *_ in rows:
        sums[account] = sums.get(account, 0) + counted
    earned = {account: int(Fraction(rate * counted, per)) for account, counted in sums.items()}
    total = sum(earned.values())
    if total > pool:
        earned = {account: int(Fraction(pool * amount, total)) for account, amount in earned.items()}
    assert dict(allocate([PerUnit(rate=rate, per=per)], contributions(rows), pool=pool).payouts) == earned


@CHECKS
@given(pool=pools, scores=st.lists(st.one_of(units, st.integers(0, 2**200)), max_size=8))
@example(pool=1, scores=[1, 1])
@example(pool=2**112, scores=[1])
@example(pool=2**112, scores=[0, 0])
def test_pro_rata(pool: int, scores: list[int]) -> None:
    shared = pro_rata(pool, scores)
    total = sum(scores)
    assert shared == [int(Fraction(pool * score, total)) if total else 0 for score in scores]
    dust = pool - sum(shared)
    assert 0 <= dust < max(1, sum(score > 0 for score in scores)) if total else dust == pool


@CHECKS
@given(
    pool=pools,
    entries=st.lists(st.tuples(units, st.one_of(units, amounts)), max_size=7),
    data=st.data(),
)
@example(pool=100, entries=[(1, 10), (1, 10), (1, 100)], data=None)
@example(pool=10, entries=[(3, 3), (3, 3), (4, 4)], data=None)
def test_water_filling_is_the_fixed_point_of_capping_in_rounds(
    pool: int, entries: list[tuple[int, int]], data: Any
) -> None:
    scores, limits = [score for score, _ in entries], [limit for _, limit in entries]
    shared = water_fill(pool, scores, limits)
    assert shared == _capped_in_rounds(pool, scores, limits)
    assert all(amount <= limit for amount, limit in zip(shared, limits, strict=True))
    assert sum(shared) <= pool
    if data is not None:
        order = data.draw(st.permutations(range(len(entries))))
        moved = water_fill(pool, [scores[index] for index in order], [limits[index] for index in order])
        assert moved == [shared[index] for index in order]


def _capped_in_rounds(pool: int, scores: list[int], limits: list[int]) -> list[int]:
    """The definition: share what is left among those not yet capped, cap whom it lifts above the limit, again."""
    capped: set[int] = set()
    while True:
        left = pool - sum(limits[index] for index in capped)
        open_ = [index for index in range(len(scores)) if index not in capped and scores[index]]
        total = sum(scores[index] for index in open_)
        above = {index for index in open_ if Fraction(left * scores[index], total) > limits[index]}
        if not above:
            amounts_ = {index: int(Fraction(left * scores[index], total)) for index in open_}
            return [limits[i] if i in capped else amounts_.get(i, 0) for i in range(len(scores))]
        capped |= above


@CHECKS
@given(value=st.one_of(st.integers(0, 10**6), st.integers(0, 2**512)), degree=st.sampled_from([1, 2, 4]))
def test_roots_are_floors(value: int, degree: int) -> None:
    root = floor_root(value, degree)
    assert root**degree <= value < (root + 1) ** degree


@CHECKS
@given(
    numerator=st.integers(0, 2**256),
    denominator=st.integers(1, 2**128),
    degree=st.sampled_from([2, 4]),
    scale=st.sampled_from([1, 1_000, WAD]),
)
def test_scaled_roots_are_rounded_once(numerator: int, denominator: int, degree: int, scale: int) -> None:
    root = scaled_root(numerator, denominator, degree=degree, scale=scale)
    exact = Fraction(numerator, denominator)
    assert Fraction(root, scale) ** degree <= exact < Fraction(root + 1, scale) ** degree


@CHECKS
@given(exponent=st.one_of(st.integers(0, 45 * WAD), st.integers(0, 1_000), st.integers(0, 2**140)))
@example(exponent=0)
@example(exponent=1)
@example(exponent=41_446_531_673_892_822_312)
@example(exponent=41_446_531_673_892_822_313)
@example(exponent=42 * WAD - 1)
@example(exponent=42 * WAD)
def test_the_exponential_is_the_floor(exponent: int) -> None:
    """Against 100-digit decimals, which are far more precise than what could be in doubt here."""
    with localcontext() as context:
        context.prec = 100
        real = (-Decimal(min(exponent, 100 * WAD)) / WAD).exp() * WAD
        assert exp_negative(exponent) == int(real)
    assert exp_negative(exponent + 1) <= exp_negative(exponent)


@CHECKS
@given(exponent=st.integers(1, 42 * WAD), precision=st.sampled_from([64, 96, 192, 384]))
def test_the_exponential_lies_between_its_bounds(exponent: int, precision: int) -> None:
    low, high = bounds(exponent, precision)
    with localcontext() as context:
        context.prec = 200
        real = (-Decimal(exponent) / WAD).exp() * 2**precision
        assert low <= real <= high
    assert high - low <= 2**17


# ---------------------------------------------------------------- state over epochs


@CHECKS
@given(pair=kept, shares=st.lists(st.tuples(units, units), min_size=1, max_size=12))
def test_averages_stay_shares_and_close_to_the_exact_ones(pair: tuple[int, int], shares: list[tuple[int, int]]) -> None:
    rule = ShareAverage(keep=pair[0], of=pair[1])
    averages: dict[str, int] = {}
    exact = {"a": Fraction(0), "b": Fraction(0)}
    for first, second in shares:
        averages = rule.advance(averages, {"a": first, "b": second})
        total = first + second
        for account, score in (("a", first), ("b", second)):
            share = Fraction(score, total) if total else Fraction(0)
            exact[account] = (rule.keep * exact[account] + (rule.of - rule.keep) * share) / rule.of
            below = exact[account] * SHARE_UNIT - averages.get(account, 0)
            assert 0 <= below <= 1 + Fraction(rule.of, rule.of - rule.keep)
        assert sum(averages.values()) <= SHARE_UNIT


# ---------------------------------------------------------------- settlements


@CHECKS
@given(rule=settlements, amount=amounts, wants=st.lists(amounts, min_size=4, max_size=4), previous=amounts)
def test_settlements_lose_nothing(rule: Any, amount: int, wants: list[int], previous: int) -> None:
    if isinstance(rule, IncomeSplit):
        given_ = rule.split(amount)
        assert sum(given_.values()) == amount
        for name, share in rule.parts:
            assert given_[name] == int(Fraction(amount * share, 10_000))
        assert sum(rule.share(name) for name in given_) == 10_000
    elif isinstance(rule, Waterfall):
        wanted = {name: want for (name, _), want in zip(rule.claims, wants, strict=False)}
        given_ = rule.pay(amount, wanted)
        assert sum(given_.values()) == amount * rule.part // 10_000
        assert all(given_[name] <= want for name, want in wanted.items())
        assert min(given_.values()) >= 0
    elif isinstance(rule, TakeRates):
        for denomination in (*dict(rule.rates), "another"):
            earnings, fee = rule.take(amount, denomination)
            rate = dict(rule.rates).get(denomination, rule.default)
            assert (fee, earnings + fee) == (int(Fraction(amount * rate, 10_000)), amount)
    elif isinstance(rule, Remint):
        result = rule.remint(amount, previous)
        exact = Fraction(rule.keep, rule.of) * previous
        exact += Fraction(rule.of - rule.keep, rule.of) * Fraction(rule.share, 10_000) * amount
        assert result.target == int(exact)
        assert result.minted == min(result.target, rule.cap)
        assert result.burned_for_good == max(0, amount - result.minted)


@CHECKS
@given(net=amounts, fee=st.integers(0, 9_999))
def test_a_grossed_up_price_leaves_the_net(net: int, fee: int) -> None:
    price = gross_up(net, fee)
    assert price * (10_000 - fee) >= net * 10_000 > (price - 1) * (10_000 - fee) or net == price == 0
    assert price - price * fee // 10_000 >= net


@CHECKS
@given(limit=points, pool=pools, scores=st.lists(units, min_size=1, max_size=6))
def test_what_a_cap_cuts_off_stays_or_moves(limit: int, pool: int, scores: list[int]) -> None:
    """Redistributing never pays anyone less than cutting, and only dust or full caps remain."""
    accounts = [f"a{index}" for index in range(len(scores))]
    cap = Cap(scope=Scope.ACCOUNT_SHARE, limit=limit)
    rows = Contributions(accounts, scores)
    cut = dict(allocate([cap], rows, pool=pool).payouts)
    moved = dict(allocate([replace(cap, cut=Cut.REDISTRIBUTE)], rows, pool=pool).payouts)
    most = pool * limit // 10_000
    assert all(cut[account] <= moved[account] <= most for account in accounts)
    earning = [account for account, score in zip(accounts, scores, strict=True) if score]
    left = pool - sum(moved.values())
    assert left < max(1, len(earning)) or all(moved[account] == most for account in earning)


@pytest.mark.parametrize("rate", [1, WAD // 3, 65 * WAD // 100, WAD])
def test_the_exponential_falls(rate: int) -> None:
    values = [exp_negative(rate * count) for count in range(200)]
    assert all(before >= after for before, after in pairwise(values))
