"""Lifetime budgets: the epoch that would exceed one yields exactly what is left, and every later one nothing."""

from __future__ import annotations

from typing import Any

import pytest
from contract_evm import now, refused
from contract_policy import (
    CARVE_OUT,
    MAX_EPOCH,
    RESIDUAL,
    ROOT,
    Shape,
    constant,
    create,
    part,
    segment,
    stream,
    table,
)
from contract_system import CAP, UNIT, System

HOUR = 3_600
IO_POOL = 300_000_000 * UNIT
IO_EPOCHS = 175_319
IO_INITIAL_SUPPLY = 500_000_000 * UNIT
# Both rates as printed, times 10¹⁹: of the initial supply in the first hour, and what each hour's emission falls by.
IO_INFLATION = 91_324_200_913_242
IO_DISINFLATION = 138_869_523_959_793
IO_DECAY = segment(
    0,
    Shape.DECAY,
    IO_INITIAL_SUPPLY * IO_INFLATION // IO_DISINFLATION,
    10**19 - IO_DISINFLATION,
    10**19,
    HOUR,
)
"""io.net's hourly emission (docs.io.net, token emission schedule), as a decay of what it would sum to without end."""


@pytest.fixture
def policy(system: System) -> Any:
    """Before its genesis, with 100 units an epoch from epoch 0 on."""
    return create(system, now() + 100_000, [], [(ROOT, [constant(0, 100)])])


def emissions(policy: Any, count: int) -> list[int]:
    """What the root yields in its first epochs."""
    return [policy.emission(ROOT, epoch) for epoch in range(count)]


def test_a_decay_pays_out_its_budget_to_the_unit(system: System) -> None:
    """Without the budget the hours of io.net's twenty years sum to a little more than its pool."""
    beginning = [[], [(ROOT, [IO_DECAY])]]
    free = create(system, now(), *beginning, epoch_length=HOUR, supply_cap=800_000_000 * UNIT)
    bound = create(
        system, now(), *beginning, [], [(ROOT, 0, IO_POOL)], epoch_length=HOUR, supply_cap=800_000_000 * UNIT
    )
    assert free.scheduledSum(ROOT, 0, IO_EPOCHS) > IO_POOL > free.scheduledSum(ROOT, 0, IO_EPOCHS - 1)
    last = IO_EPOCHS - 1
    assert [bound.emission(ROOT, epoch) for epoch in (0, 1, last - 1)] == [
        free.emission(ROOT, epoch) for epoch in (0, 1, last - 1)
    ]
    assert 0 < bound.emission(ROOT, last) < free.emission(ROOT, last)
    assert [bound.emission(ROOT, epoch) for epoch in (IO_EPOCHS, MAX_EPOCH)] == [0, 0]
    assert bound.emission(ROOT, last) == IO_POOL - free.scheduledSum(ROOT, 0, last)
    assert bound.scheduledSum(ROOT, 0, 2**32) == bound.scheduledSum(ROOT, 0, IO_EPOCHS) == IO_POOL


def test_the_final_epoch_yields_what_is_left(system: System, policy: Any) -> None:
    for budget, expected in ((250, [100, 100, 50, 0]), (300, [100, 100, 100, 0]), (1, [1, 0, 0, 0]), (0, [0] * 4)):
        policy.setBudget(ROOT, 0, budget, {"from": system.as_timelock})
        assert emissions(policy, 4) == expected
        assert policy.scheduledSum(ROOT, 0, 2**32) == budget


def test_a_budget_raised_later_goes_on_from_what_was_paid(system: System, policy: Any) -> None:
    """The epochs in which nothing was left are not made up for."""
    by = {"from": system.as_timelock}
    policy.setBudget(ROOT, 0, 250, by)
    policy.setBudget(ROOT, 5, 400, by)
    assert emissions(policy, 8) == [100, 100, 50, 0, 0, 100, 50, 0]
    assert policy.scheduledSum(ROOT, 0, 2**32) == 400


def test_a_budget_lowered_below_what_was_paid_ends_it(system: System, policy: Any) -> None:
    by = {"from": system.as_timelock}
    policy.setBudget(ROOT, 0, 1_000, by)
    policy.setBudget(ROOT, 2, 150, by)
    assert emissions(policy, 4) == [100, 100, 0, 0]
    policy.setBudget(ROOT, 4, 230, by)
    assert emissions(policy, 6) == [100, 100, 0, 0, 30, 0]


def test_a_budget_counts_what_was_paid_before_it(system: System, policy: Any) -> None:
    policy.setBudget(ROOT, 3, 420, {"from": system.as_timelock})
    assert emissions(policy, 6) == [100, 100, 100, 100, 20, 0]


def test_a_budget_replaces_what_was_planned_from_its_epoch_on(system: System, policy: Any) -> None:
    by = {"from": system.as_timelock}
    for epoch, amount in ((1, 10), (3, 30), (5, 50), (3, 333)):
        policy.setBudget(ROOT, epoch, amount, by)
    assert [tuple(budget) for budget in policy.budgets(ROOT)] == [(1, 10), (3, 333)]


def test_a_budget_outlives_the_schedule(system: System, policy: Any) -> None:
    """It bounds the whole life: segments before and after count together."""
    by = {"from": system.as_timelock}
    policy.setBudget(ROOT, 0, 500, by)
    policy.setSchedule(ROOT, [table(2, 1, 70, 80), constant(5, 90)], by)
    assert emissions(policy, 8) == [100, 100, 70, 80, 0, 90, 60, 0]


def test_what_a_carve_outs_budget_withholds_goes_to_its_siblings(system: System, policy: Any) -> None:
    by = {"from": system.as_timelock}
    for name in ("grants", "rest"):
        policy.addStream(ROOT, name, by)
    policy.setSplit(ROOT, 0, [part("grants", CARVE_OUT), part("rest", RESIDUAL)], by)
    policy.setSchedule(stream("grants"), [constant(0, 30)], by)
    policy.setBudget(stream("grants"), 0, 70, by)
    found = [[policy.emission(stream(name), epoch) for name in ("grants", "rest")] for epoch in range(4)]
    assert found == [[30, 70], [30, 70], [10, 90], [0, 100]]


def test_no_budget_is_above_the_supply_cap(system: System, policy: Any) -> None:
    assert policy.supplyCap() == CAP
    policy.setBudget(ROOT, 0, CAP, {"from": system.as_timelock})
    assert refused(policy.setBudget, ROOT, 0, CAP + 1, by=system.timelock) == (
        "RewardPolicyBudgetAboveCap",
        (ROOT, CAP + 1, CAP),
    )


def test_a_begun_epoch_keeps_its_budget(system: System) -> None:
    policy = create(system, now() - 250, [], [(ROOT, [constant(0, 100)])], [], [(ROOT, 0, 150)])
    first_open = policy.firstOpenEpoch()
    assert refused(policy.setBudget, ROOT, first_open - 1, 1_000, by=system.timelock) == (
        "RewardPolicyEpochNotOpen",
        (first_open - 1, first_open),
    )
    before = emissions(policy, first_open)
    policy.setBudget(ROOT, first_open, 1_000, {"from": system.as_timelock})
    assert emissions(policy, first_open) == before == [100, 50, *[0] * (first_open - 2)]
    assert policy.emission(ROOT, first_open) == 100


def test_settling_changes_no_answer(system: System) -> None:
    """Only a few sums are noted with a write; anybody may note the others, and reads are the same and cheaper after."""
    policy = create(system, now(), [], [(ROOT, [constant(epoch, 10 + epoch) for epoch in range(40)])])
    policy.setBudget(ROOT, 30, 700, {"from": system.as_timelock})

    def reads() -> list[Any]:
        return [policy.emission(ROOT, epoch) for epoch in range(45)] + [policy.scheduledSum(ROOT, 0, 45)]

    before, cost = reads(), policy.emission.estimate_gas(ROOT, 39)
    policy.settle(ROOT, 3, {"from": system.outsider})
    assert reads() == before
    policy.settle(ROOT, 1_000, {"from": system.outsider})
    assert reads() == before
    assert sum(before[:45]) == before[-1]
    assert policy.emission.estimate_gas(ROOT, 39) < cost - 50_000
    policy.setSchedule(ROOT, [constant(20, 1), constant(35, 2)], {"from": system.as_timelock})
    policy.settle(ROOT, 1_000, {"from": system.outsider})
    assert policy.scheduledSum(ROOT, 0, 45) == sum(before[:20]) + 15 * 1 + 10 * 2
