"""Every custom error of RewardPolicy and Schedules, raised once with its values, and no error without a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from contract_evm import ZERO, go_to, now, project, refused, refused_creation
from contract_policy import (
    CARVE_OUT,
    MAX_AMOUNT,
    NONE,
    RESIDUAL,
    ROOT,
    SHARE,
    WHOLE,
    Bound,
    Shape,
    constant,
    create,
    geometric,
    metered,
    part,
    rail,
    segment,
    stream,
    table,
)
from contract_system import CAP, System, beginning

from dao.abi import ContractAbi

A, B, AA = stream("a"), stream("b"), stream("a/a")
UNKNOWN = stream("unknown")
RAILED = stream("railed")
LONG = "n" * 32
SLOW = (MAX_AMOUNT, 2**32 - 2, 2**32 - 1)
CONSTANT, TABLE, GEOMETRIC = Shape.CONSTANT, Shape.TABLE, Shape.GEOMETRIC
DAMAGED_RAILS = (
    rail(floor=2, cap=1),
    rail(floor=1, share_cap=10_000),
    rail(share_floor=2, share_cap=1),
    rail(cap=1, share_floor=1),
    rail(share_cap=10_001),
    rail(cap=1, period=1, change=10_001),
    rail(share_cap=1, period=1, share_change=10_001),
    rail(period=1),
    rail(cap=1, change=1),
    rail(share_cap=1, share_change=1),
)

Case = tuple[str, str, tuple[Any, ...], tuple[Any, ...]]
CASES: list[Case] = [
    # error, method, its arguments, the error's values
    ("RewardPolicyUnknownStream", "emission", (UNKNOWN, 0), (UNKNOWN,)),
    ("RewardPolicyUnknownStream", "share", (UNKNOWN, 0), (UNKNOWN,)),
    ("RewardPolicyUnknownStream", "isLeaf", (UNKNOWN, 0), (UNKNOWN,)),
    ("RewardPolicyUnknownStream", "streamInfo", (UNKNOWN,), (UNKNOWN,)),
    ("RewardPolicyUnknownStream", "schedule", (bytes(32),), (bytes(32),)),
    ("RewardPolicyUnknownStream", "splits", (UNKNOWN,), (UNKNOWN,)),
    ("RewardPolicyUnknownStream", "addStream", (UNKNOWN, "x"), (UNKNOWN,)),
    ("RewardPolicyUnknownStream", "addStream", (bytes(32), "x"), (bytes(32),)),
    ("RewardPolicyUnknownStream", "setSchedule", (UNKNOWN, [constant(1, 1)]), (UNKNOWN,)),
    ("RewardPolicyUnknownStream", "setSplit", (UNKNOWN, 1, []), (UNKNOWN,)),
    ("RewardPolicyUnknownStream", "setSplit", (ROOT, 1, [part("unknown", RESIDUAL)]), (UNKNOWN,)),
    *(
        ("RewardPolicyUnknownStream", method, (UNKNOWN, *arguments), (UNKNOWN,))
        for method, arguments in (
            ("setBudget", (1, 1)),
            ("setWeights", (1, [])),
            ("setParameters", (1, b"")),
            ("setReporter", ((ZERO, 0, 0),)),
            ("setRail", (rail(),)),
            ("report", (0, 0)),
            ("budgets", ()),
            ("weights", ()),
            ("weight", (bytes(32), 0)),
            ("parameters", ()),
            ("reporter", ()),
            ("reports", (0, 1)),
            ("reportedUntil", ()),
            ("nextReport", ()),
            ("rail", ()),
            ("scheduled", (0,)),
            ("scheduledSum", (0, 1)),
            ("scheduledBounds", (0, 1)),
            ("requireEmission", (0, 0)),
        )
    ),
    ("RewardPolicyStreamExists", "addStream", (ROOT, "a"), (A,)),
    ("RewardPolicyStreamExists", "addStream", (ROOT, "root"), (ROOT,)),
    ("RewardPolicyTooDeep", "addStream", (stream("/".join("abbbbbbb")), "x"), (stream("/".join("abbbbbbb")), 8)),
    *(
        ("RewardPolicyInvalidName", "addStream", (ROOT, name), (name,))
        for name in ("", LONG, "A", "a/b", "a b", "é", "a\n", "a\0", "`", "{", ":", ",")
    ),
    ("RewardPolicyEpochNotOpen", "setSchedule", (ROOT, [constant(0, 1)]), (0, 1)),
    ("RewardPolicyEpochNotOpen", "setSplit", (ROOT, 0, []), (0, 1)),
    ("RewardPolicyEpochNotOpen", "setBudget", (ROOT, 0, 1), (0, 1)),
    ("RewardPolicyEpochNotOpen", "setWeights", (ROOT, 0, []), (0, 1)),
    ("RewardPolicyEpochNotOpen", "setParameters", (ROOT, 0, b""), (0, 1)),
    ("RewardPolicyEmptySchedule", "setSchedule", (A, []), (A,)),
    ("RewardPolicySegmentOrder", "setSchedule", (A, [constant(5, 1), constant(5, 1)]), (A, 5, 5)),
    ("RewardPolicySegmentOrder", "setSchedule", (A, [constant(5, 1), constant(4, 1)]), (A, 5, 4)),
    ("RewardPolicyTooManyParts", "setSplit", (ROOT, 1, [part("a", RESIDUAL)] * 65), (ROOT, 65, 64)),
    ("RewardPolicyNotAChild", "setSplit", (ROOT, 1, [part("a/a", RESIDUAL)]), (ROOT, AA)),
    ("RewardPolicyNotAChild", "setSplit", (ROOT, 1, [part("root", RESIDUAL)]), (ROOT, ROOT)),
    ("RewardPolicyNotAChild", "setSplit", (A, 1, [part("a", RESIDUAL)]), (A, A)),
    ("RewardPolicyPartRepeated", "setSplit", (ROOT, 1, [part("a", SHARE, 1), part("a", RESIDUAL)]), (ROOT, A)),
    ("RewardPolicyInvalidPart", "setSplit", (ROOT, 1, [part("a", NONE)]), (A, NONE, 0)),
    ("RewardPolicyInvalidPart", "setSplit", (ROOT, 1, [part("a", SHARE, 0)]), (A, SHARE, 0)),
    ("RewardPolicyInvalidPart", "setSplit", (ROOT, 1, [part("a", CARVE_OUT, 1)]), (A, CARVE_OUT, 1)),
    ("RewardPolicyInvalidPart", "setSplit", (ROOT, 1, [part("a", RESIDUAL, 1)]), (A, RESIDUAL, 1)),
    ("RewardPolicyResidualCount", "setSplit", (ROOT, 1, [part("a", SHARE, 10_000)]), (ROOT, 0)),
    ("RewardPolicyResidualCount", "setSplit", (ROOT, 1, [part("a", RESIDUAL), part("b", RESIDUAL)]), (ROOT, 2)),
    (
        "RewardPolicySharesExceedWhole",
        "setSplit",
        (ROOT, 1, [part("a", SHARE, 5_000), part("b", SHARE, 5_001)]),
        (ROOT, 10_001, 10_000),
    ),
    ("RewardPolicyBudgetAboveCap", "setBudget", (A, 1, CAP + 1), (A, CAP + 1, CAP)),
    ("RewardPolicyInvalidReporter", "setReporter", (A, (ZERO, 2, 1)), (A, 2, 1)),
    ("RewardPolicyTooManyClasses", "setWeights", (A, 1, [("c", 1)] * 65), (A, 65, 64)),
    *(
        ("RewardPolicyInvalidClass", "setWeights", (A, 1, [("ok", 1), (name, 1)]), (A, name))
        for name in ("", LONG, "a b", "é", "a\n", "a\0", "\x7f", "ok")
    ),
    ("RewardPolicyParametersTooLong", "setParameters", (A, 1, bytes(8_193)), (A, 8_193, 8_192)),
    *(("RewardPolicyInvalidRail", "setRail", (A, damaged), (A, damaged)) for damaged in DAMAGED_RAILS),
    ("RewardPolicyRailCrossed", "setSchedule", (RAILED, [constant(1, 11)]), (RAILED, Bound.CAP, 10, 11)),
    ("RewardPolicyEmissionMismatch", "requireEmission", (ROOT, 7, 1), (ROOT, 7, 1, 0)),
    ("ScheduleParameterCount", "setSchedule", (A, [segment(1, CONSTANT)]), (CONSTANT, 0, 1, 1)),
    ("ScheduleParameterCount", "setSchedule", (A, [segment(1, CONSTANT, 1, 2)]), (CONSTANT, 2, 1, 1)),
    ("ScheduleParameterCount", "setSchedule", (A, [table(1, 1)]), (TABLE, 1, 2, 513)),
    ("ScheduleParameterCount", "setSchedule", (A, [table(1, *[1] * 514)]), (TABLE, 514, 2, 513)),
    ("ScheduleParameterCount", "setSchedule", (A, [segment(1, GEOMETRIC, 1, 2, 3)]), (GEOMETRIC, 3, 4, 4)),
    ("ScheduleParameterRange", "setSchedule", (A, [table(1, 0, 1)]), (TABLE, 0, 0, 1, 2**32 - 1)),
    ("ScheduleParameterRange", "setSchedule", (A, [table(1, 2**32, 1)]), (TABLE, 0, 2**32, 1, 2**32 - 1)),
    ("ScheduleParameterRange", "setSchedule", (A, [geometric(1, 9, 1, 0, 1)]), (GEOMETRIC, 2, 0, 1, 2**32 - 1)),
    ("ScheduleParameterRange", "setSchedule", (A, [geometric(1, 9, 0, 2, 1)]), (GEOMETRIC, 1, 0, 1, 2**32 - 1)),
    ("ScheduleParameterRange", "setSchedule", (A, [geometric(1, 9, 2**32, 2, 1)]), (GEOMETRIC, 1, 2**32, 1, 2**32 - 1)),
    ("ScheduleParameterRange", "setSchedule", (A, [geometric(1, 9, 1, 2, 0)]), (GEOMETRIC, 3, 0, 1, 2**32 - 1)),
    ("ScheduleGrowsTooLarge", "setSchedule", (A, [geometric(1, 1, 2, 1, 1), constant(130, 1)]), (1, 128, 2**128 - 1)),
    ("ScheduleTooManySteps", "setSchedule", (A, [geometric(1, *SLOW, 1)]), (1, 2**32 - 2, 512)),
    ("ScheduleTooManySteps", "setSchedule", (A, [geometric(1, 9, 2, 2, 1)]), (1, 2**32 - 2, 512)),
    ("ScheduleTooManySteps", "setSchedule", (A, [geometric(1, *SLOW, 1), constant(515, 1)]), (1, 513, 512)),
]


@pytest.fixture(scope="module")
def policy(system: System) -> Any:
    """Epoch 0, streams `a`, `b`, `a/a`, `railed` and a chain below `a` that is as deep as it may be."""
    by = {"from": system.as_timelock}
    system.policy.addStream(ROOT, "a", by)
    system.policy.addStream(ROOT, "b", by)
    system.policy.addStream(A, "a", by)
    system.policy.addStream(ROOT, "railed", by)
    system.policy.setRail(RAILED, rail(cap=10), by)
    path = "a"
    for _ in range(7):
        system.policy.addStream(stream(path), "b", by)
        path += "/b"
    go_to(now() + 1)
    return system.policy


@pytest.fixture(scope="module", autouse=True)
def deployed_first(policy: Any) -> None:
    """Writes before the first test's snapshot is taken."""


@pytest.mark.parametrize("case", CASES, ids=[f"{index}-{case[0]}" for index, case in enumerate(CASES)])
def test_a_refused_call(system: System, policy: Any, case: Case) -> None:
    error, method, arguments, values = case
    assert refused(getattr(policy, method), *arguments, by=system.timelock) == (error, values)


CREATIONS: list[tuple[Callable[[Any], tuple[Any, ...]], str, tuple[Any, ...]]] = [
    (lambda owner: (owner, 0, 0, CAP, beginning()), "RewardPolicyInvalidEpochLength", (0,)),
    (lambda _: (ZERO, 0, 1, CAP, beginning()), "OwnableInvalidOwner", (ZERO,)),
    (lambda owner: (owner, 0, 1, CAP, beginning([(A, "b"), (ROOT, "a")])), "RewardPolicyUnknownStream", (A,)),
    (lambda owner: (owner, 0, 1, CAP, beginning([(ROOT, "a")], [(A, [])])), "RewardPolicyEmptySchedule", (A,)),
    (
        lambda owner: (owner, 0, 1, CAP, beginning([], [], [(ROOT, 0, [part("a", RESIDUAL)])])),
        "RewardPolicyUnknownStream",
        (A,),
    ),
    (
        lambda owner: (owner, 0, 1, 99, beginning([], [], [], [(ROOT, 0, 100)])),
        "RewardPolicyBudgetAboveCap",
        (ROOT, 100, 99),
    ),
]


@pytest.mark.parametrize(("arguments", "error", "values"), CREATIONS, ids=[str(i) for i in range(len(CREATIONS))])
def test_a_refused_creation(
    system: System, arguments: Callable[[Any], tuple[Any, ...]], error: str, values: tuple[Any, ...]
) -> None:
    assert refused_creation(project()["RewardPolicy"], *arguments(system.timelock)) == (error, values)


def test_a_timestamp_before_the_genesis(system: System, policy: Any) -> None:
    genesis = policy.genesis()
    assert refused(policy.epochAt, genesis - 1, by=system.outsider) == (
        "RewardPolicyBeforeGenesis",
        (genesis - 1, genesis),
    )


def test_an_epoch_that_no_number_has(system: System, policy: Any) -> None:
    beyond = policy.genesis() + policy.epochLength() * 2**32
    assert policy.epochAt(beyond - 1) == 2**32 - 1
    assert refused(policy.epochAt, beyond, by=system.outsider) == (
        "SafeCastOverflowedUintDowncast",
        (32, 2**32),
    )


R, EMPTY = stream("r"), stream("empty")
REPORTS: list[Case] = [
    ("RewardPolicyNotReporter", "report", (ROOT, 0, 5), (ROOT, "timelock")),
    ("RewardPolicyReportRange", "report", (R, 0, 4), (R, 4, 5, 2 * WHOLE)),
    ("RewardPolicyReportRange", "report", (R, 0, 2 * WHOLE + 1), (R, 2 * WHOLE + 1, 5, 2 * WHOLE)),
    ("RewardPolicyEpochNotBegun", "report", (R, 3, 5), (3, 3)),
    ("RewardPolicyReportOrder", "report", (R, 1, 5), (R, 1, 0)),
    ("RewardPolicyNoReportDue", "report", (EMPTY, 0, 0), (EMPTY,)),
    ("RewardPolicyNoReportDue", "nextReport", (EMPTY,), (EMPTY,)),
    ("ScheduleNotReported", "scheduled", (R, 0), (R, 0)),
    ("ScheduleNotReported", "scheduledSum", (R, 0, 2), (R, 0)),
    ("ScheduleReportRange", "report", (R, 0, WHOLE + 1), (Shape.METERED, WHOLE + 1, 0, WHOLE)),
]


@pytest.fixture(scope="module")
def reporting(system: System) -> Any:
    """A policy in its epoch 2 with a stream that waits for reports from epoch 0 on, and one without a schedule."""
    reporters = [(R, (str(system.timelock), 5, 2 * WHOLE)), (EMPTY, (str(system.timelock), 0, 0))]
    streams, schedules = [(ROOT, "r"), (ROOT, "empty")], [(R, [metered(0, 1_000)])]
    made = create(system, now() - 200, streams, schedules, [], [], [], [], reporters, epoch_length=10_000)
    go_to(made.genesis() + 20_001)
    return made


@pytest.mark.parametrize("case", REPORTS, ids=[f"{index}-{case[0]}" for index, case in enumerate(REPORTS)])
def test_a_refused_report(system: System, reporting: Any, case: Case) -> None:
    error, method, arguments, values = case
    expected = tuple(str(system.timelock) if value == "timelock" else value for value in values)
    assert refused(getattr(reporting, method), *arguments, by=system.timelock) == (error, expected)


def test_an_unexpected_hash(system: System, policy: Any) -> None:
    found = bytes(policy.policyHash())
    policy.requireHash(found)
    assert refused(policy.requireHash, bytes(32), by=system.outsider) == (
        "RewardPolicyHashMismatch",
        (bytes(32), found),
    )


def test_a_stream_has_256_budgets_over_its_life(system: System, policy: Any) -> None:
    """The 257th that does not void another is refused."""
    for epoch in range(1, 257):
        policy.setBudget(B, epoch, epoch, {"from": system.as_timelock})
    refusal = ("ScheduleTooManyBudgets", (B, 256))
    assert refused(policy.setBudget, B, 257, 257, by=system.timelock) == refusal
    policy.setBudget(B, 256, 257, {"from": system.as_timelock})
    assert len(policy.budgets(B)) == 256


ELSEWHERE = {
    "RewardPolicyBeforeGenesis",
    "RewardPolicyFloorNotCovered",
    "RewardPolicyHashMismatch",
    "ScheduleTooManyBudgets",
}
"""Errors that a test of their own raises, above or among those of the rails."""


def test_every_error_is_raised_by_a_test(policy: Any) -> None:
    raised = {case[0] for case in (*CASES, *REPORTS)} | {error for _, error, _ in CREATIONS} | ELSEWHERE
    entries = [entry for name in ("RewardPolicy", "Schedules") for entry in project()[name].abi]
    declared = {error.name for error in ContractAbi(entries).errors.values()}
    assert {name for name in declared if name.startswith(("RewardPolicy", "Schedule"))} == raised - {
        "OwnableInvalidOwner"
    }
