"""Summaries against figures that were computed by hand: concentration, comparison, supplementary payouts."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, strategies as st

from dao.abi import checksum
from dao.errors import PolicyError
from dao.payouts.comparison import Change, StreamComparison, compare
from dao.payouts.concentration import GINI_UNIT, gini, largest, nakamoto
from dao.payouts.summary import Payee, summarise
from dao.payouts.supplement import supplement, supplement_stream
from dao.payouts.values import StreamPayouts
from tests.support.payouts import account, epoch_of, stream_of

ACCOUNTS = sorted(account(number) for number in range(30))
A, B, C, D = ACCOUNTS[:4]


@pytest.mark.parametrize(
    ("amounts", "parts"),
    [
        ([], 0),
        ([5], 0),
        ([7, 7, 7], 0),
        ([1, 3], 250_000),  # (−1·1 + 1·3) / (2·4) = 1/4
        ([1, 2, 3], 222_222),  # (−2·1 + 0·2 + 2·3) / (3·6) = 2/9
        ([3, 1, 2], 222_222),
        ([1, 1, 1, 97], 720_000),  # (−3 − 1 + 1 + 3·97) / (4·100) = 288/400
        ([1, 10**18], 499_999),  # just below 1/2
        ([10**30, 3 * 10**30], 250_000),
    ],
)
def test_gini(amounts: list[int], parts: int) -> None:
    assert gini(amounts) == parts


@given(st.lists(st.integers(1, 2**128), min_size=1, max_size=12))
def test_gini_is_half_the_mean_difference(amounts: list[int]) -> None:
    """The definition: the mean of |x − y| over all pairs, in parts of twice the mean, rounded down."""
    differences = sum(abs(left - right) for left, right in product(amounts, repeat=2))
    exact = Fraction(differences, 2 * len(amounts) * sum(amounts))
    assert gini(amounts) == exact * GINI_UNIT // 1


@pytest.mark.parametrize(
    ("amounts", "count"),
    [
        ([], 0),
        ([5], 1),
        ([1, 1], 2),  # half is not more than half
        ([2, 1, 1], 2),
        ([3, 1, 1], 1),
        ([1] * 10, 6),
        ([1, 2, 3, 4], 2),
        ([25, 25, 25, 25], 3),
    ],
)
def test_nakamoto(amounts: list[int], count: int) -> None:
    assert nakamoto(amounts) == count


def test_largest() -> None:
    assert largest([A, B, C], [5, 9, 5], 2) == ((B, 9), (A, 5))
    assert largest([A, B, C], [5, 5, 5], 2) == ((A, 5), (B, 5))
    assert largest([], [], 2) == ()


def test_summary() -> None:
    made = summarise(stream_of("data", {A: 1, B: 1, C: 1, D: 97}, residual=20), b"\x01" * 32)
    assert (made.pool, made.total, made.residual, made.accounts, made.contributors) == (120, 100, 20, 4, 5)
    assert (made.gini, made.nakamoto) == (720_000, 1)
    assert made.top == tuple(Payee(checksum(who), amount) for who, amount in ((D, 97), (A, 1), (B, 1), (C, 1)))
    assert [(entry.name, entry.rows, entry.units) for entry in made.classes] == [
        ("gpu.h100", 2, 10**18),
        ("gpu.h200", 1, 3),
    ]
    many = summarise(stream_of("data", {who: number + 1 for number, who in enumerate(ACCOUNTS)}), b"\x01" * 32)
    assert [payee.amount for payee in many.top] == list(range(30, 20, -1))


def test_comparison() -> None:
    before = epoch_of(stream_of("data", {A: 10, B: 20, C: 5}), stream_of("old", {A: 1}), epoch=6)
    now = epoch_of(stream_of("data", {A: 13, B: 17, D: 4}), stream_of("new", {B: 2}))
    assert compare(before, now) == (
        StreamComparison(
            stream="data",
            total_before=35,
            total=34,
            accounts_before=3,
            accounts=3,
            new=1,
            gone=1,
            changes=(Change(C, 5, 0), Change(D, 0, 4), *sorted((Change(A, 10, 13), Change(B, 20, 17)), key=by_account)),
        ),
        StreamComparison("new", 0, 2, 0, 1, 1, 0, (Change(B, 0, 2),)),
        StreamComparison("old", 1, 0, 1, 0, 0, 1, (Change(A, 1, 0),)),
    )


def by_account(change: Change) -> str:
    return change.account


def test_a_comparison_names_ten_accounts() -> None:
    before = epoch_of(stream_of("data", dict.fromkeys(ACCOUNTS, 100)))
    now = epoch_of(stream_of("data", {who: 100 + number for number, who in enumerate(ACCOUNTS)}))
    (made,) = compare(before, now)
    assert [change.now for change in made.changes] == list(range(129, 119, -1))
    assert (made.new, made.gone) == (0, 0)
    assert compare(now, now)[0].changes == ()


def amounts_of(payouts: StreamPayouts) -> dict[str, int]:
    return dict(zip(payouts.accounts, payouts.amounts, strict=True))


def test_what_is_missing() -> None:
    """Less than before is not taken back, the same is nothing, more and new accounts are paid the difference."""
    first = stream_of("data", {A: 10, B: 20, C: 5}, residual=65)
    computed = stream_of("data", {A: 13, B: 18, C: 5, D: 4}, residual=60)
    made = supplement_stream(computed, [first])
    assert amounts_of(made) == {A: 3, D: 4}
    assert (made.pool, made.residual) == (65, 58)
    again = supplement_stream(computed, [first, made])
    assert (list(again.accounts), again.pool, again.residual) == ([], 58, 58)
    third = supplement_stream(stream_of("data", {A: 14, D: 5}, residual=81), [first, made, stream_of("other", {A: 9})])
    assert amounts_of(third) == {A: 1, D: 1}
    assert third.pool == 58


def test_no_more_is_missing_than_is_left() -> None:
    first = stream_of("data", {A: 90}, residual=10)
    assert amounts_of(supplement_stream(stream_of("data", {A: 90, B: 10}), [first])) == {B: 10}
    with pytest.raises(PolicyError, match="more is missing than data may still pay") as caught:
        supplement_stream(stream_of("data", {A: 60, B: 40}), [first])
    assert caught.value.values == {"stream": "data", "left": "10", "missing": "40"}
    assert caught.value.expected == "at most 10 wei"
    # More was paid than there is now, but nothing is missing.
    nothing = supplement_stream(stream_of("data", {A: 50}), [first])
    assert (list(nothing.accounts), nothing.pool, nothing.residual) == ([], 0, 0)


amounts = st.dictionaries(st.sampled_from(ACCOUNTS[:6]), st.integers(1, 50))


@given(amounts, st.lists(amounts, max_size=3))
def test_supplementary_payouts(wanted: dict[str, int], earlier: list[dict[str, int]]) -> None:
    """After it every account has at least what it should, nobody's part is larger than needed, the pool holds."""
    pool = sum(wanted.values()) + 40
    published: list[StreamPayouts] = []
    for paid in earlier:
        left = pool - sum(sum(made.amounts) for made in published)
        if sum(paid.values()) <= left:
            published.append(replace(stream_of("data", paid), pool=left, residual=left - sum(paid.values())))
    got = {who: sum(amounts_of(made).get(who, 0) for made in published) for who in ACCOUNTS[:6]}
    missing = {who: amount - got[who] for who, amount in wanted.items() if amount > got[who]}
    computed = stream_of("data", wanted, residual=40)
    if sum(missing.values()) > pool - sum(got.values()):
        with pytest.raises(PolicyError, match="more is missing"):
            supplement_stream(computed, published)
        return
    made = supplement_stream(computed, published)
    assert amounts_of(made) == missing
    assert sum(made.amounts) + made.residual == made.pool == pool - sum(got.values())


def test_a_supplementary_epoch() -> None:
    computed = epoch_of(stream_of("data", {A: 13}, residual=7), stream_of("jobs", {A: 5}, residual=15))
    published = [epoch_of(stream_of("data", {A: 10}, residual=10), stream_of("jobs", {A: 5}, residual=15))]
    made = supplement(computed, published)
    assert [amounts_of(stream) for stream in made.streams] == [{A: 3}, {}]
    assert (made.epoch, made.files, made.states) == (computed.epoch, computed.files, computed.states)
    with pytest.raises(PolicyError, match="another epoch"):
        supplement(computed, [replace(published[0], epoch=6)])
