"""Reports: by whom, for which epoch, within which bounds, and what each reported shape makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from contract_evm import ZERO, go_to, now, refused
from contract_policy import (
    CARVE_OUT,
    MAX_AMOUNT,
    RESIDUAL,
    ROOT,
    SHARE,
    WHOLE,
    Shape,
    constant,
    create,
    metered,
    part,
    segment,
    stream,
)
from contract_proposal import Proposal
from contract_system import System

HALF = WHOLE // 2


@pytest.fixture
def policy(system: System) -> Any:
    """In its epoch 3, with 1,000 units an epoch from epoch 1 on, metered by reports of the minnow."""
    return metering(system, metered(1, 1_000))


def metering(system: System, *segments: tuple[Any, ...], begun: int = 3, reporter: tuple[int, int] = (0, WHOLE)) -> Any:
    """A policy in its epoch `begun`, of which the minnow reports for the root between two values."""
    account = (ROOT, (str(system.minnow), *reporter))
    made = create(
        system, now() - 100 * begun * 100, [], [(ROOT, list(segments))], [], [], [], [], [account], epoch_length=10_000
    )
    go_to(made.genesis() + begun * 10_000 + 1)
    return made


def report(system: System, policy: Any, values: Sequence[int], *, first: int) -> list[int]:
    """Reports `values` for the epochs from `first` on and returns what each yields then."""
    for epoch, value in enumerate(values, start=first):
        policy.report(ROOT, epoch, value, {"from": system.minnow})
    return [policy.emission(ROOT, epoch) for epoch in range(first, first + len(values))]


# ---------------------------------------------------------------- by whom, when, how often


def test_only_the_named_account_reports(system: System, policy: Any) -> None:
    for account in (*system.everyone, system.timelock, system.governor):
        refusal = ("RewardPolicyNotReporter", (ROOT, str(account)))
        assert refused(policy.report, ROOT, 1, 0, by=account) == refusal
    policy.report(ROOT, 1, 0, {"from": system.minnow})


def test_without_a_reporter_nobody_reports(system: System, policy: Any) -> None:
    policy.setReporter(ROOT, (ZERO, 0, WHOLE), {"from": system.as_timelock})
    for account in (*system.everyone, system.minnow, system.timelock):
        assert refused(policy.report, ROOT, 1, 0, by=account) == ("RewardPolicyNotReporter", (ROOT, str(account)))


def test_a_vote_replaces_the_reporter_from_then_on(system: System, policy: Any) -> None:
    """What the earlier one reported stays, and the later one goes on behind it."""
    policy.report(ROOT, 1, HALF, {"from": system.minnow})
    replacing = (policy, 0, policy.setReporter.encode_input(ROOT, (str(system.outsider), 0, WHOLE)))
    Proposal(system, [replacing], "Another reporter").execute()
    assert refused(policy.report, ROOT, 2, 0, by=system.minnow) == (
        "RewardPolicyNotReporter",
        (ROOT, str(system.minnow)),
    )
    policy.report(ROOT, 2, WHOLE, {"from": system.outsider})
    assert [policy.emission(ROOT, epoch) for epoch in (1, 2)] == [500, 1_000]


def test_epochs_are_reported_in_order_and_once(system: System, policy: Any) -> None:
    by = {"from": system.minnow}
    for epoch in (0, 2, 3):
        assert refused(policy.report, ROOT, epoch, 0, by=system.minnow) == (
            "RewardPolicyReportOrder",
            (ROOT, epoch, 1),
        )
    policy.report(ROOT, 1, HALF, by)
    assert (policy.reportedUntil(ROOT), policy.nextReport(ROOT)) == (2, 2)
    assert refused(policy.report, ROOT, 1, HALF, by=system.minnow) == ("RewardPolicyReportOrder", (ROOT, 1, 2))
    policy.report(ROOT, 2, HALF, by)


def test_an_epoch_is_reported_from_its_first_second_on(system: System, policy: Any) -> None:
    report(system, policy, [0, 0, 0], first=1)
    begins = policy.genesis() + 4 * policy.epochLength()
    go_to(begins - 1)
    assert refused(policy.report, ROOT, 4, 0, by=system.minnow) == ("RewardPolicyEpochNotBegun", (4, 4))
    go_to(begins)
    assert report(system, policy, [WHOLE], first=4) == [1_000]


def test_before_the_genesis_nothing_is_reported(system: System) -> None:
    reporter = (ROOT, (str(system.minnow), 0, WHOLE))
    policy = create(system, now() + 10_000, [], [(ROOT, [metered(0, 1)])], [], [], [], [], [reporter])
    assert refused(policy.report, ROOT, 0, 0, by=system.minnow) == ("RewardPolicyEpochNotBegun", (0, 0))


def test_values_stay_within_the_governed_bounds(system: System) -> None:
    policy = metering(system, metered(1, 1_000), reporter=(HALF, WHOLE - 1))
    for value in (0, HALF - 1, WHOLE, 2**256 - 1):
        refusal = ("RewardPolicyReportRange", (ROOT, value, HALF, WHOLE - 1))
        assert refused(policy.report, ROOT, 1, value, by=system.minnow) == refusal
    assert report(system, policy, [HALF, WHOLE - 1], first=1) == [500, 999]


def test_a_report_is_an_event(system: System, policy: Any) -> None:
    receipt = policy.report(ROOT, 1, HALF + 1, {"from": system.minnow})
    assert [event.name for event in receipt.events] == ["Reported"]
    event = receipt.events["Reported"]
    assert (bytes(event["stream"]), event["epoch"], event["value"], event["amount"]) == (ROOT, 1, HALF + 1, 500)
    assert [tuple(state) for state in policy.reports(ROOT, 0, 3)] == [(0, 0, 0), (500, 0, 500), (0, 0, 0)]


def test_reports_are_no_part_of_the_hash(system: System, policy: Any) -> None:
    """So no reporter can make a proposal fail that requires the hash it was written against."""
    before = policy.policyHash()
    policy.report(ROOT, 1, 1, {"from": system.minnow})
    policy.requireHash(before)


# ---------------------------------------------------------------- what waits, and what never changes


def test_what_depends_on_a_report_waits_for_it(system: System) -> None:
    """A carve-out before the one that waits is known; every stream behind it is not."""
    names = ("early", "metered", "shared", "rest")
    parts = [
        part("early", CARVE_OUT),
        part("shared", SHARE, 5_000),
        part("metered", CARVE_OUT),
        part("rest", RESIDUAL),
    ]
    policy = create(
        system,
        now() - 250,
        [(ROOT, name) for name in names],
        [
            (ROOT, [constant(0, 1_000)]),
            (stream("early"), [constant(0, 100)]),
            (stream("metered"), [metered(1, 400)]),
        ],
        [(ROOT, 0, parts)],
        [],
        [],
        [],
        [(stream("metered"), (str(system.minnow), 0, WHOLE))],
    )
    assert [policy.emission(stream(name), 0) for name in names] == [100, 0, 450, 450]
    assert [policy.emission(stream(name), 1) for name in ("root", "early")] == [1_000, 100]
    for name in names[1:]:
        waits = ("ScheduleNotReported", (stream("metered"), 1))
        assert refused(policy.emission, stream(name), 1, by=system.outsider) == waits
    policy.report(stream("metered"), 1, HALF, {"from": system.minnow})
    assert [policy.emission(stream(name), 1) for name in names] == [100, 200, 350, 350]


def test_what_was_answered_never_changes(system: System, policy: Any) -> None:
    """Neither later reports, nor another reporter, schedule or budget, reach epochs that were answered."""
    answered = report(system, policy, [HALF, WHOLE // 3], first=1)
    assert answered == [500, 333]
    report(system, policy, [WHOLE], first=3)
    by = {"from": system.as_timelock}
    policy.setReporter(ROOT, (ZERO, 0, 0), by)
    policy.setBudget(ROOT, 4, 0, by)
    policy.setSchedule(ROOT, [segment(4, Shape.ROLLOVER, 900, 3)], by)
    assert [policy.emission(ROOT, epoch) for epoch in range(4)] == [0, *answered, 1_000]


def test_epochs_of_a_replaced_schedule_are_still_reported(system: System, policy: Any) -> None:
    """In epoch 3 a constant replaces the meter from epoch 4 on; epochs 1 to 3 wait as before, then none does."""
    policy.setSchedule(ROOT, [constant(4, 70)], {"from": system.as_timelock})
    assert policy.nextReport(ROOT) == 1
    assert policy.emission(ROOT, 4) == 70
    assert report(system, policy, [WHOLE, 0, HALF], first=1) == [1_000, 0, 500]
    assert refused(policy.report, ROOT, 4, 0, by=system.minnow)[0] == "RewardPolicyEpochNotBegun"
    assert refused(policy.nextReport, ROOT, by=system.outsider) == ("RewardPolicyNoReportDue", (ROOT,))
    assert policy.scheduledSum(ROOT, 0, 6) == 1_500 + 2 * 70


def test_a_reported_segment_after_another_begins_anew(system: System) -> None:
    """The second meter is due when the first is done and its own epoch has begun; a planned epoch lies between."""
    policy = metering(system, metered(0, 100), constant(1, 7), segment(2, Shape.FEEDBACK, 50, 0, 90, 10, 0, 5, 0))
    report(system, policy, [WHOLE], first=0)
    assert policy.nextReport(ROOT) == 2
    assert report(system, policy, [11, 9], first=2) == [55, 50]
    assert policy.scheduledSum(ROOT, 0, 4) == 100 + 7 + 55 + 50


def test_a_budget_waits_for_every_report_before(system: System) -> None:
    """What is left of a budget behind a reported segment is known with that segment's last report."""
    account = (ROOT, (str(system.minnow), 0, WHOLE))
    segments = [metered(0, 1_000), constant(2, 600)]
    policy = create(system, now() - 450, [], [(ROOT, segments)], [], [(ROOT, 0, 2_000)], [], [], [account])
    assert policy.firstOpenEpoch() == 5
    policy.report(ROOT, 0, HALF, {"from": system.minnow})
    assert policy.emission(ROOT, 0) == 500
    assert refused(policy.emission, ROOT, 3, by=system.outsider)[0] == "ScheduleNotReported"
    policy.report(ROOT, 1, WHOLE, {"from": system.minnow})
    assert [policy.emission(ROOT, epoch) for epoch in range(5)] == [500, 1_000, 500, 0, 0]
    assert policy.scheduledSum(ROOT, 0, 2**32) == 2_000


# ---------------------------------------------------------------- each shape

SHAPES: list[tuple[Shape, tuple[int, ...], list[int], list[int]]] = [
    # shape, its parameters, reports, amounts
    (Shape.METERED, (1_001,), [0, 1, HALF, WHOLE - 1, WHOLE], [0, 0, 500, 1_000, 1_001]),
    (Shape.REMINT, (6, 1, 7, 500, 700), [70, 0, 0, MAX_AMOUNT], [500, 500, 447, 500]),
    (Shape.SUPPLY_HALVING, (800, 1_000), [0, 499, 500, 749, 750, 1_000, 2_000], [800, 800, 400, 400, 200, 0, 0]),
    (
        Shape.FEEDBACK,
        (100, 80, 115, 50, 5, 10, 1),
        [56, 55, 60, 99, 45, 44, 0, 0, 0],
        [90, 90, 80, 80, 80, 90, 100, 110, 115],
    ),
    (
        Shape.TRACKING,
        (1_000, 500, 2_000, 500, 1_000, 10),
        [1_050, 1_051, 9_999, 0, 1_104],
        [1_000, 1_050, 1_160, 1_050, 1_100],
    ),
    (Shape.ROLLOVER, (1_000, 4), [0, 100, 400, 700, 1_000], [250, 300, 300, 300, 0]),
    # 10, 11, 11 and 10 percent of a supply of 1,000 that grows by what is yielded; then no more than the maximum
    (
        Shape.INFLATION,
        (WHOLE // 10, 0, WHOLE, 50, 5, WHOLE // 100, 1, 1_000, 150),
        [50, 44, 55, 56, 44, 44],
        [100, 121, 134, 135, 150, 150],
    ),
]


@pytest.mark.parametrize(("shape", "params", "values", "amounts"), SHAPES, ids=[case[0].name for case in SHAPES])
def test_a_reported_shape(
    system: System, shape: Shape, params: tuple[int, ...], values: list[int], amounts: list[int]
) -> None:
    policy = metering(system, segment(1, shape, *params), begun=len(values), reporter=(0, MAX_AMOUNT))
    low, high = policy.scheduledBounds(ROOT, 1, 1 + len(values))
    assert report(system, policy, values, first=1) == amounts
    assert low <= min(amounts)
    assert high >= max(amounts)
    assert policy.scheduledSum(ROOT, 0, 1 + len(values)) == sum(amounts)


def test_a_rollover_cannot_report_more_than_was_paid(system: System) -> None:
    policy = metering(system, segment(0, Shape.ROLLOVER, 1_000, 4), reporter=(0, MAX_AMOUNT))

    def refusal(value: int, least: int, most: int) -> tuple[str, tuple[int, ...]]:
        return "ScheduleReportRange", (Shape.ROLLOVER, value, least, most)

    assert refused(policy.report, ROOT, 0, 1, by=system.minnow) == refusal(1, 0, 0)
    report(system, policy, [0, 200], first=0)
    assert policy.emission(ROOT, 1) == 266
    assert refused(policy.report, ROOT, 2, 467, by=system.minnow) == refusal(467, 200, 466)
    assert refused(policy.report, ROOT, 2, 199, by=system.minnow) == refusal(199, 200, 466)
