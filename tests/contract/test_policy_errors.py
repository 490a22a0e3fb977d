"""Every custom error of RewardPolicy and Schedules, raised once with its values, and no error without a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from contract_evm import ZERO, go_to, now, project, refused, refused_creation
from contract_policy import (
    CARVE_OUT,
    CONSTANT,
    GEOMETRIC,
    NONE,
    RESIDUAL,
    ROOT,
    SHARE,
    TABLE,
    constant,
    geometric,
    part,
    stream,
    table,
)
from contract_system import System

from dao.abi import ContractAbi

A, B, AA = stream("a"), stream("b"), stream("a/a")
UNKNOWN = stream("unknown")
LONG = "n" * 32
HUGE = 2**128 - 1
SLOW = (HUGE, 2**32 - 2, 2**32 - 1)

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
    ("RewardPolicyStreamExists", "addStream", (ROOT, "a"), (A,)),
    ("RewardPolicyStreamExists", "addStream", (ROOT, "root"), (ROOT,)),
    ("RewardPolicyTooDeep", "addStream", (stream("/".join("abbbbbbb")), "x"), (stream("/".join("abbbbbbb")), 8)),
    *(
        ("RewardPolicyInvalidName", "addStream", (ROOT, name), (name,))
        for name in ("", LONG, "A", "a/b", "a b", "é", "a\n", "a\0", "`", "{", ":", ",")
    ),
    ("RewardPolicyEpochNotOpen", "setSchedule", (ROOT, [constant(0, 1)]), (0, 1)),
    ("RewardPolicyEpochNotOpen", "setSplit", (ROOT, 0, []), (0, 1)),
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
    ("ScheduleParameterCount", "setSchedule", (A, [(1, CONSTANT, [])]), (CONSTANT, 0, 1)),
    ("ScheduleParameterCount", "setSchedule", (A, [(1, CONSTANT, [1, 2])]), (CONSTANT, 2, 1)),
    ("ScheduleParameterCount", "setSchedule", (A, [table(1, 1)]), (TABLE, 1, 2)),
    ("ScheduleParameterCount", "setSchedule", (A, [table(1, *[1] * 514)]), (TABLE, 514, 513)),
    ("ScheduleParameterCount", "setSchedule", (A, [(1, GEOMETRIC, [1, 2, 3])]), (GEOMETRIC, 3, 4)),
    ("ScheduleParameterRange", "setSchedule", (A, [table(1, 0, 1)]), (TABLE, 0, 0, 1, 2**32 - 1)),
    ("ScheduleParameterRange", "setSchedule", (A, [table(1, 2**32, 1)]), (TABLE, 0, 2**32, 1, 2**32 - 1)),
    ("ScheduleParameterRange", "setSchedule", (A, [geometric(1, 9, 1, 1, 1)]), (GEOMETRIC, 2, 1, 2, 2**32 - 1)),
    ("ScheduleParameterRange", "setSchedule", (A, [geometric(1, 9, 0, 2, 1)]), (GEOMETRIC, 1, 0, 1, 1)),
    ("ScheduleParameterRange", "setSchedule", (A, [geometric(1, 9, 2, 2, 1)]), (GEOMETRIC, 1, 2, 1, 1)),
    ("ScheduleParameterRange", "setSchedule", (A, [geometric(1, 9, 1, 2, 0)]), (GEOMETRIC, 3, 0, 1, 2**32 - 1)),
    ("ScheduleTooManySteps", "setSchedule", (A, [geometric(1, *SLOW, 1)]), (1, 2**32 - 2, 512)),
    ("ScheduleTooManySteps", "setSchedule", (A, [geometric(1, *SLOW, 1), constant(515, 1)]), (1, 513, 512)),
]


@pytest.fixture(scope="module")
def policy(system: System) -> Any:
    """Epoch 0, streams `a`, `b`, `a/a` and a chain below `a` that is as deep as it may be."""
    by = {"from": system.as_timelock}
    system.policy.addStream(ROOT, "a", by)
    system.policy.addStream(ROOT, "b", by)
    system.policy.addStream(A, "a", by)
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
    (lambda owner: (owner, 0, 0, [], [], []), "RewardPolicyInvalidEpochLength", (0,)),
    (lambda _: (ZERO, 0, 1, [], [], []), "OwnableInvalidOwner", (ZERO,)),
    (lambda owner: (owner, 0, 1, [(A, "b"), (ROOT, "a")], [], []), "RewardPolicyUnknownStream", (A,)),
    (lambda owner: (owner, 0, 1, [(ROOT, "a")], [(A, [])], []), "RewardPolicyEmptySchedule", (A,)),
    (lambda owner: (owner, 0, 1, [], [], [(ROOT, 0, [part("a", RESIDUAL)])]), "RewardPolicyUnknownStream", (A,)),
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


def test_every_error_is_raised_by_a_test(policy: Any) -> None:
    raised = {case[0] for case in CASES} | {error for _, error, _ in CREATIONS} | {"RewardPolicyBeforeGenesis"}
    declared = {error.name for error in ContractAbi(policy.abi).errors.values()}
    assert {name for name in declared if name.startswith(("RewardPolicy", "Schedule"))} == raised - {
        "OwnableInvalidOwner"
    }
