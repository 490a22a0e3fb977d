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

`allocate` does all of it over rows in memory. Its two halves, rows to scores and scores to payouts, stand on their own
for rows that are summed elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What the accounts' rows of one stream come to.

    Args:
        accounts: Every account that contributed, ascending.
        values: Σ units · weight over the rows of each, exact.
        unit: What one is in `values`. A common factor may be divided out of both.
        nodes: For each column that a cap counts nodes in, its sum over the rows of each account.
    """

    accounts: Sequence[str]
    values: Sequence[int]
    unit: int
    nodes: Mapping[str, Mapping[str, int]]


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
    state = state or AccountState()
    active = {account for account, units in zip(contributions.accounts, contributions.units, strict=True) if units}
    state = advance_streaks(operators, state, active)
    rows = Rows(contributions, streak_weights(operators, state))
    weights, unit = row_weights(operators, rows)
    points = weights if _one(operators, VolumeTiers) else product([rows.units, weights], len(rows))
    summed = sum_by_account(rows.accounts, points)
    accounts = sorted(summed)
    scores = Scores(
        accounts=accounts,
        values=[summed[account] for account in accounts],
        unit=unit,
        nodes={column: rows.totals(column) for column in node_columns(operators)},
    )
    return share_out(operators, scores, pool=pool, state=state, paid_this_month=paid_this_month, remaining=remaining)


def advance_streaks(operators: Sequence[Operator], state: AccountState, active: Collection[str]) -> AccountState:
    """The state with the streaks after an epoch in which the accounts in `active` contributed more than nothing."""
    rule = _one(operators, StreakWeights)
    if rule is None:
        return state
    streaks = rule.advance_all(state.streaks, frozenset(active))
    return AccountState(streaks=MappingProxyType(streaks), averages=state.averages)


def streak_weights(operators: Sequence[Operator], state: AccountState) -> dict[str, int]:
    """The weight of each account that has a streak, in parts of WAD, after `advance_streaks`."""
    rule = _one(operators, StreakWeights)
    return {} if rule is None else {account: rule.factor(streak) for account, streak in state.streaks.items()}


def row_weights(operators: Sequence[Operator], rows: Rows) -> tuple[list[int], int]:
    """What each unit of a row counts, exact, and what one is in it; where volume tiers count, what the whole row does.

    Derived columns are added to `rows`. Each row's result depends on its own columns, its account's streak and the
    maximum of a column, so that rows that agree in those may be taken together.
    """
    weights: list[Sequence[int]] = []
    for operator in operators:
        if isinstance(operator, FACTORS):
            values = operator.evaluate(rows)
            if operator.into:
                rows.add(operator.into, values)
            else:
                weights.append(values)
    tiers = _one(operators, VolumeTiers)
    if tiers is not None:
        weights.append(tiers.evaluate(rows))
    return product(weights, len(rows)), WAD ** len(weights)


def node_columns(operators: Sequence[Operator]) -> tuple[str, ...]:
    """The columns that caps count nodes in, each once."""
    return tuple(
        dict.fromkeys(operator.column for operator in operators if isinstance(operator, Cap) and operator.column)
    )


def share_out(
    operators: Sequence[Operator],
    scores: Scores,
    *,
    pool: int,
    state: AccountState,
    paid_this_month: Mapping[str, int] = NO_AMOUNTS,
    remaining: int | None = None,
) -> AccountPayouts:
    """Steps 3 to 6: what each account is paid for its score.

    Args:
        operators: The stream's parameters in canonical order.
        scores: The accounts' scores before any root.
        pool: The stream's emission in the epoch (wei).
        state: What the accounts carry, streaks after this epoch and averages before it.
        paid_this_month: What each account was paid for earlier epochs of the month (wei).
        remaining: What is left of the stream's budget (wei), where a cap is a part of it.

    Raises PolicyError for a negative pool, or where a cap needs a budget that is not given.
    """
    if pool < 0:
        raise PolicyError("the pool is negative", expected="zero or more", found=pool)
    accounts, values, unit = scores.accounts, scores.values, scores.unit
    root = _one(operators, ScoreRoot)
    if root is not None:
        values, unit = [root.apply(score, unit) for score in values], root.scale
    averages = state.averages
    average = _one(operators, ShareAverage)
    if average is not None:
        averages = average.advance(averages, dict(zip(accounts, values, strict=True)))
        accounts = sorted({*accounts, *averages})
        values, unit = [averages.get(account, 0) for account in accounts], SHARE_UNIT
    caps = [operator for operator in operators if isinstance(operator, Cap)]
    shared = _capped_pool(caps, pool, scores.nodes, sum(paid_this_month.values()), remaining)

    def limits(cut: Cut) -> list[int] | None:
        held = [cap for cap in caps if cap.scope not in ON_STREAM and cap.cut is cut]
        return account_limits(held, accounts, pool=shared, nodes=scores.nodes, paid=paid_this_month) if held else None

    amounts = _shared_out(_one(operators, PerUnit), shared, values, unit, limits(Cut.REDISTRIBUTE))
    cutting = limits(Cut.RESIDUAL)
    if cutting is not None:
        amounts = [min(amount, limit) for amount, limit in zip(amounts, cutting, strict=True)]
    return AccountPayouts(
        payouts=tuple(zip(accounts, amounts, strict=True)),
        residual=pool - sum(amounts),
        state=AccountState(streaks=MappingProxyType(dict(state.streaks)), averages=MappingProxyType(dict(averages))),
    )


_T = TypeVar("_T")


def _one(operators: Sequence[Operator], kind: type[_T]) -> _T | None:
    return next((operator for operator in operators if isinstance(operator, kind)), None)


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
