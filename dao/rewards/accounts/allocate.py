"""One stream's pool of one epoch, allocated to accounts by the stream's parameters.

In order, each step reading what the ones before it left:

1. Each factor gives every row a number, in parts of WAD; it multiplies the row's weight, or becomes a column.
2. An account's score is Σ units · weight over its rows, exact; volume tiers put points in the place of units.
3. A root, then an average over epochs, may replace the score.
4. Caps on the stream lower the pool.
5. The pool is shared pro rata by score, or paid at a rate per unit; redistributing caps are part of the sharing.
6. The other caps on accounts cut what is above them.

Every payout is divided and rounded down once, in integers, so that the payouts sum to at most the pool. Only sums and
maxima join rows, and accounts are taken in ascending order: the order of the rows changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from dao.errors import PolicyError
from dao.rewards.accounts.average import SHARE_UNIT, ShareAverage
from dao.rewards.accounts.caps import ON_STREAM, Cap, Cut, account_limits
from dao.rewards.accounts.columns import Contributions, Rows, product, sum_by_account
from dao.rewards.accounts.fixed import WAD
from dao.rewards.accounts.operators import FACTORS, Operator, check_order
from dao.rewards.accounts.prorata import pro_rata, water_fill
from dao.rewards.accounts.rate import PerUnit
from dao.rewards.accounts.roots import ScoreRoot
from dao.rewards.accounts.streak import Streak, StreakWeights
from dao.rewards.accounts.tiers import VolumeTiers

NO_AMOUNTS: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class AccountState:
    """What the accounts of a stream carry from epoch to epoch; empty before the first.

    Args:
        streaks: Streak of each account that has one.
        averages: Averaged share of each account that has one, in parts of `average.SHARE_UNIT`.
    """

    streaks: Mapping[str, Streak] = field(default_factory=lambda: MappingProxyType({}))
    averages: Mapping[str, int] = field(default_factory=lambda: NO_AMOUNTS)


@dataclass(frozen=True, slots=True)
class AccountPayouts:
    """What one stream pays in one epoch.

    Args:
        payouts: (account, wei), ascending by account; every account that contributed or carries an average, zeros
            included.
        residual: What of the pool is not paid (wei): dust, cut-offs, or all of it where nothing counts.
        state: What the accounts carry into the next epoch.
    """

    payouts: tuple[tuple[str, int], ...]
    residual: int
    state: AccountState


def allocate(
    operators: Sequence[Operator],
    contributions: Contributions,
    *,
    pool: int,
    state: AccountState | None = None,
    paid_this_month: Mapping[str, int] = NO_AMOUNTS,
    remaining: int | None = None,
) -> AccountPayouts:
    """What each account is paid.

    Args:
        operators: The stream's parameters in canonical order; none for pro rata by units.
        contributions: The epoch's rows of this stream.
        pool: The stream's emission in the epoch (wei).
        state: What `allocate` returned for the epoch before.
        paid_this_month: What each account was paid for earlier epochs of the month (wei); read by monthly caps. The
            caller decides which month an epoch belongs to.
        remaining: What is left of the stream's budget (wei), where a cap is a part of it.

    Raises PolicyError where the operators do not go together, a column is missing, or a number is out of range.
    """
    check_order(operators)
    if pool < 0:
        raise PolicyError("the pool is negative", expected="zero or more", found=pool)
    state = state or AccountState()
    streaks, rows = _streaks(operators, contributions, state)
    scores, unit = _scores(operators, rows)
    averages: Mapping[str, int] = state.averages
    average = _one(operators, ShareAverage)
    if average is not None:
        averages = average.advance(averages, scores)
        scores, unit = {**dict.fromkeys(scores, 0), **averages}, SHARE_UNIT
    accounts = sorted(scores)
    caps = [operator for operator in operators if isinstance(operator, Cap)]
    nodes = {cap.column: rows.totals(cap.column) for cap in caps if cap.column}
    shared = _capped_pool(caps, pool, nodes, sum(paid_this_month.values()), remaining)

    def limits(cut: Cut) -> list[int] | None:
        held = [cap for cap in caps if cap.scope not in ON_STREAM and cap.cut is cut]
        return account_limits(held, accounts, pool=shared, nodes=nodes, paid=paid_this_month) if held else None

    ordered = [scores[account] for account in accounts]
    amounts = _shared_out(_one(operators, PerUnit), shared, ordered, unit, limits(Cut.REDISTRIBUTE))
    cutting = limits(Cut.RESIDUAL)
    if cutting is not None:
        amounts = [min(amount, limit) for amount, limit in zip(amounts, cutting, strict=True)]
    return AccountPayouts(
        payouts=tuple(zip(accounts, amounts, strict=True)),
        residual=pool - sum(amounts),
        state=AccountState(streaks=MappingProxyType(dict(streaks)), averages=MappingProxyType(dict(averages))),
    )


_T = TypeVar("_T")


def _one(operators: Sequence[Operator], kind: type[_T]) -> _T | None:
    return next((operator for operator in operators if isinstance(operator, kind)), None)


def _streaks(
    operators: Sequence[Operator], contributions: Contributions, state: AccountState
) -> tuple[Mapping[str, Streak], Rows]:
    rule = _one(operators, StreakWeights)
    if rule is None:
        return state.streaks, Rows(contributions)
    pairs = zip(contributions.accounts, contributions.units, strict=True)
    active = frozenset(account for account, units in pairs if units)
    streaks = rule.advance_all(state.streaks, active)
    return streaks, Rows(contributions, {account: rule.factor(streak) for account, streak in streaks.items()})


def _scores(operators: Sequence[Operator], rows: Rows) -> tuple[dict[str, int], int]:
    """Score of each account, and what one is in it."""
    weights: list[Sequence[int]] = []
    for operator in operators:
        if isinstance(operator, FACTORS):
            values = operator.evaluate(rows)
            if operator.into:
                rows.add(operator.into, values)
            else:
                weights.append(values)
    tiers = _one(operators, VolumeTiers)
    counted = rows.units if tiers is None else tiers.evaluate(rows)
    unit = WAD ** (len(weights) + (tiers is not None))
    scores = sum_by_account(rows.accounts, product([counted, *weights], len(rows)))
    root = _one(operators, ScoreRoot)
    if root is None:
        return scores, unit
    return {account: root.apply(score, unit) for account, score in scores.items()}, root.scale


def _capped_pool(
    caps: Sequence[Cap], pool: int, nodes: Mapping[str, Mapping[str, int]], paid: int, remaining: int | None
) -> int:
    for cap in caps:
        if cap.scope in ON_STREAM:
            count = sum(nodes[cap.column].values()) if cap.column else 0
            pool = min(pool, cap.of_stream(nodes=count, paid=paid, remaining=remaining))
    return pool


def _shared_out(
    rate: PerUnit | None, pool: int, scores: Sequence[int], unit: int, limits: Sequence[int] | None
) -> list[int]:
    if rate is not None:
        return rate.payouts(pool, scores, unit)
    return pro_rata(pool, scores) if limits is None else water_fill(pool, scores, limits)
