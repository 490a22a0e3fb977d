"""Guard rails: each bound just kept and just crossed, over a write's whole validity and over a whole period."""

from __future__ import annotations

from typing import Any

import pytest
from contract_evm import now, refused
from contract_policy import (
    CARVE_OUT,
    MAX_AMOUNT,
    RESIDUAL,
    ROOT,
    SHARE,
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
from contract_proposal import Proposal
from contract_system import System

A, B, C = stream("a"), stream("b"), stream("c")
PERIOD = 10
RAIL = rail(floor=50, cap=200, period=PERIOD, change=1_000)
"""Between 50 and 200 units an epoch, and 10 % up or down within ten epochs."""
SHARE_RAIL = rail(share_floor=3_000, share_cap=5_000, period=PERIOD, share_change=500)
"""Between 30 and 50 % of the shared part, and five points up or down within ten epochs."""


def ramp(from_epoch: int, start: int, slope: int, rising: int, low: int, high: int) -> tuple[Any, ...]:
    """A segment that changes by `slope` an epoch, between `low` and `high`."""
    return segment(from_epoch, Shape.RAMP, start, slope, rising, low, high)


@pytest.fixture
def policy(system: System) -> Any:
    """Before its genesis; the root has 100 units an epoch, and of them a 40 %, b 20 %, c the rest."""
    made = create(
        system,
        now() + 1_000_000,
        [(ROOT, name) for name in "abc"],
        [(ROOT, [constant(0, 100)])],
        [(ROOT, 0, shared(4_000, 2_000))],
    )
    assert made.firstOpenEpoch() == 0
    return made


def shared(a: int, b: int) -> list[tuple[Any, ...]]:
    """Shares for `a` and `b`, and the rest for `c`."""
    return [part("a", SHARE, a), part("b", SHARE, b), part("c", RESIDUAL)]


def crossed(key: bytes, bound: Bound, limit: int, found: int) -> tuple[str, tuple[Any, ...]]:
    """The refusal of a write that crosses a bound."""
    return "RewardPolicyRailCrossed", (key, bound, limit, found)


# ---------------------------------------------------------------- each bound

KEPT = [
    [constant(10, 90)],
    [constant(10, 110)],
    [constant(15, 110), constant(19, 90), constant(25, 100)],
    [ramp(10, 100, 1, 1, 0, 110)],
    [ramp(10, 100, 1, 0, 90, 110)],
    [table(10, 1, 90, 110), constant(12, 100)],
    [geometric(10, 100, 9, 10, 1), constant(12, 100)],
    [segment(10, Shape.FEEDBACK, 100, 90, 110, 5, 1, 50, 1)],
    [segment(10, Shape.TRACKING, 100, 90, 110, 0, 9_999, 1)],
]

CROSSED: list[tuple[list[tuple[Any, ...]], Bound, int, int]] = [
    # segments, the bound, its limit, what crosses it
    ([constant(10, 49)], Bound.FLOOR, 50, 49),
    ([constant(10, 201)], Bound.CAP, 200, 201),
    ([constant(10, 89)], Bound.DECREASE, 90, 89),
    ([constant(10, 111)], Bound.INCREASE, 110, 111),
    # inside at first, and outside later
    ([ramp(10, 100, 1, 1, 0, 500)], Bound.CAP, 200, 500),
    ([ramp(10, 100, 1, 0, 0, 500)], Bound.FLOOR, 50, 0),
    ([ramp(10, 100, 1, 1, 0, 111)], Bound.INCREASE, 110, 111),
    ([ramp(10, 100, 1, 0, 89, 100)], Bound.DECREASE, 90, 89),
    ([table(10, 1, 100, 100)], Bound.FLOOR, 50, 0),
    ([table(10, 1, 100, 111, 100), constant(13, 100)], Bound.INCREASE, 110, 111),
    ([geometric(10, 100, 9, 10, 1)], Bound.FLOOR, 50, 0),
    ([geometric(10, 100, 9, 10, 1), constant(13, 100)], Bound.DECREASE, 90, 81),
    ([constant(10, 100), constant(4_000_000_000, 111)], Bound.INCREASE, 110, 111),
    # what a report could make of it
    ([metered(10, 100)], Bound.FLOOR, 50, 0),
    ([segment(10, Shape.FEEDBACK, 100, 80, 110, 5, 1, 50, 1)], Bound.DECREASE, 90, 80),
    ([segment(10, Shape.TRACKING, 100, 90, 120, 0, 9_999, 1)], Bound.INCREASE, 110, 120),
]


@pytest.mark.parametrize("segments", KEPT, ids=str)
def test_a_schedule_within_its_rail(system: System, policy: Any, segments: list[tuple[Any, ...]]) -> None:
    by = {"from": system.as_timelock}
    policy.setRail(ROOT, RAIL, by)
    policy.setSchedule(ROOT, segments, by)
    assert policy.schedule(ROOT)[-1][0] == segments[-1][0]


@pytest.mark.parametrize(("segments", "bound", "limit", "found"), CROSSED, ids=[str(case[0]) for case in CROSSED])
def test_a_schedule_that_crosses_its_rail(
    system: System, policy: Any, segments: list[tuple[Any, ...]], bound: Bound, limit: int, found: int
) -> None:
    policy.setRail(ROOT, RAIL, {"from": system.as_timelock})
    assert refused(policy.setSchedule, ROOT, segments, by=system.timelock) == crossed(ROOT, bound, limit, found)


@pytest.mark.parametrize("shares", [(3_500, 2_000), (4_500, 2_000), (4_000, 6_000), (4_500, 5_500)])
def test_a_split_within_its_rail(system: System, policy: Any, shares: tuple[int, int]) -> None:
    by = {"from": system.as_timelock}
    policy.setRail(A, SHARE_RAIL, by)
    policy.setSplit(ROOT, 10, shared(*shares), by)
    assert policy.share(A, 10)[1] == shares[0]


CROSSED_SHARES: list[tuple[list[tuple[Any, ...]], Bound, int, int]] = [
    (shared(2_999, 2_000), Bound.SHARE_FLOOR, 3_000, 2_999),
    (shared(5_001, 2_000), Bound.SHARE_CAP, 5_000, 5_001),
    (shared(3_499, 2_000), Bound.SHARE_DECREASE, 3_500, 3_499),
    (shared(4_501, 2_000), Bound.SHARE_INCREASE, 4_500, 4_501),
    # left out, or the parent without children, or paid in another way
    ([part("b", SHARE, 2_000), part("c", RESIDUAL)], Bound.SHARE_FLOOR, 3_000, 0),
    ([], Bound.SHARE_FLOOR, 3_000, 0),
    ([part("a", CARVE_OUT), part("c", RESIDUAL)], Bound.SHARE_FLOOR, 3_000, 0),
    # the residual's share is what the others leave
    ([part("b", SHARE, 5_499), part("a", RESIDUAL)], Bound.SHARE_INCREASE, 4_500, 4_501),
    ([part("b", SHARE, 4_999), part("a", RESIDUAL)], Bound.SHARE_CAP, 5_000, 5_001),
]


@pytest.mark.parametrize(
    ("parts", "bound", "limit", "found"), CROSSED_SHARES, ids=[f"{index}" for index in range(len(CROSSED_SHARES))]
)
def test_a_split_that_crosses_its_rail(
    system: System, policy: Any, parts: list[tuple[Any, ...]], bound: Bound, limit: int, found: int
) -> None:
    policy.setRail(A, SHARE_RAIL, {"from": system.as_timelock})
    assert refused(policy.setSplit, ROOT, 10, parts, by=system.timelock) == crossed(A, bound, limit, found)


def test_every_bound_is_crossed_by_a_test() -> None:
    assert {case[1] for case in (*CROSSED, *CROSSED_SHARES)} == set(Bound)


def test_siblings_cannot_squeeze_the_residual(system: System, policy: Any) -> None:
    policy.setRail(C, rail(share_floor=3_000, share_cap=10_000), {"from": system.as_timelock})
    refusal = crossed(C, Bound.SHARE_FLOOR, 3_000, 2_999)
    assert refused(policy.setSplit, ROOT, 10, shared(4_000, 3_001), by=system.timelock) == refusal
    policy.setSplit(ROOT, 10, shared(4_000, 3_000), {"from": system.as_timelock})


def test_a_stream_with_a_floor_stays_a_carve_out(system: System, policy: Any) -> None:
    """Any other place in the split would pay it past its schedule, which the floor is about."""
    by = {"from": system.as_timelock}
    policy.setSchedule(A, [constant(0, 30)], by)
    policy.setSplit(ROOT, 1, [part("a", CARVE_OUT), part("c", RESIDUAL)], by)
    policy.setRail(A, rail(floor=20, cap=40, share_cap=10_000), by)
    for parts in (shared(3_000, 0), shared(1, 1), [part("c", RESIDUAL)], [part("a", RESIDUAL)], []):
        made = [each for each in parts if each[1] != SHARE or each[2]]
        assert refused(policy.setSplit, ROOT, 5, made, by=system.timelock) == crossed(A, Bound.FLOOR, 20, 0)
    policy.setSplit(ROOT, 5, [part("b", SHARE, 1), part("a", CARVE_OUT), part("c", RESIDUAL)], by)


# ---------------------------------------------------------------- periods


def test_two_writes_in_a_period_add_up_to_no_more_than_one(system: System, policy: Any) -> None:
    """Change is measured from the last epoch before the period; the next period starts from what is planned then."""
    by = {"from": system.as_timelock}
    policy.setRail(ROOT, RAIL, by)
    policy.setSchedule(ROOT, [constant(10, 110)], by)
    for epoch in (11, 19):
        refusal = crossed(ROOT, Bound.INCREASE, 110, 121)
        assert refused(policy.setSchedule, ROOT, [constant(epoch, 121)], by=system.timelock) == refusal
    policy.setSchedule(ROOT, [constant(20, 121)], by)
    assert [policy.emission(ROOT, epoch) for epoch in (9, 10, 19, 20)] == [100, 110, 110, 121]


def test_down_and_up_in_a_period_is_measured_from_before(system: System, policy: Any) -> None:
    by = {"from": system.as_timelock}
    policy.setRail(ROOT, RAIL, by)
    policy.setSchedule(ROOT, [constant(10, 90)], by)
    assert refused(policy.setSchedule, ROOT, [constant(12, 81)], by=system.timelock) == crossed(
        ROOT, Bound.DECREASE, 90, 81
    )
    policy.setSchedule(ROOT, [constant(12, 110)], by)


def test_two_splits_in_a_period_add_up_to_no_more_than_one(system: System, policy: Any) -> None:
    by = {"from": system.as_timelock}
    policy.setRail(A, SHARE_RAIL, by)
    policy.setSplit(ROOT, 10, shared(4_500, 2_000), by)
    refusal = crossed(A, Bound.SHARE_INCREASE, 4_500, 5_000)
    assert refused(policy.setSplit, ROOT, 19, shared(5_000, 2_000), by=system.timelock) == refusal
    policy.setSplit(ROOT, 20, shared(5_000, 2_000), by)


def test_two_proposals_cannot_split_what_one_may_not(system: System) -> None:
    """Both are voted for and mature together; the second fails whole, its new stream included, and names the bound."""
    policy, by = system.policy, {"from": system.as_timelock}
    policy.setSchedule(ROOT, [constant(1, 100)], by)
    policy.setRail(ROOT, RAIL, by)

    def raising(epoch: int, amount: int) -> Proposal:
        calls = [
            (policy, 0, policy.addStream.encode_input(ROOT, f"from-{epoch}")),
            (policy, 0, policy.setSchedule.encode_input(ROOT, [constant(epoch, amount)])),
        ]
        return Proposal(system, calls, f"To {amount}")

    first, second = raising(20, 110), raising(25, 121)
    Proposal.mature_together(first, second)
    first.run()
    assert refused(system.governor.execute, *second.arguments, by=system.outsider) == crossed(
        ROOT, Bound.INCREASE, 110, 121
    )
    assert policy.emission(ROOT, 25) == 110
    assert refused(policy.streamInfo, stream("from-25"), by=system.outsider)[0] == "RewardPolicyUnknownStream"


# ---------------------------------------------------------------- the rails themselves


def test_a_rail_binds_what_is_written_later(system: System, policy: Any) -> None:
    """It can be set below what is in force, replaced, and taken away again."""
    by = {"from": system.as_timelock}
    policy.setRail(ROOT, rail(cap=60), by)
    assert policy.emission(ROOT, 0) == 100
    assert refused(policy.setSchedule, ROOT, [constant(5, 61)], by=system.timelock) == crossed(ROOT, Bound.CAP, 60, 61)
    policy.setRail(ROOT, rail(cap=61), by)
    policy.setSchedule(ROOT, [constant(5, 61)], by)
    policy.setRail(ROOT, rail(), by)
    policy.setSchedule(ROOT, [constant(5, MAX_AMOUNT)], by)


def test_the_roots_cap_bounds_what_all_streams_get(system: System, policy: Any) -> None:
    """However large a carve-out's own schedule, the streams together get what the root yields."""
    by = {"from": system.as_timelock}
    policy.setRail(ROOT, rail(cap=120), by)
    policy.setSchedule(A, [constant(0, MAX_AMOUNT)], by)
    policy.setSplit(ROOT, 3, [part("a", CARVE_OUT), part("b", RESIDUAL)], by)
    assert [policy.emission(key, 3) for key in (A, B, C)] == [100, 0, 0]
    assert refused(policy.setSchedule, ROOT, [constant(3, 121)], by=system.timelock)[0] == "RewardPolicyRailCrossed"


def test_a_rail_on_shares_alone_admits_no_schedule(system: System, policy: Any) -> None:
    policy.setRail(A, rail(share_cap=5_000), {"from": system.as_timelock})
    assert refused(policy.setSchedule, A, [constant(3, 1)], by=system.timelock) == crossed(A, Bound.CAP, 0, 1)


def test_the_constructors_rails_bind_from_the_first_write_on(system: System) -> None:
    policy = create(system, now() + 1_000, [], [(ROOT, [constant(0, 100)])], [], [], [], [], [], [(ROOT, rail(cap=50))])
    assert policy.emission(ROOT, 0) == 100
    assert refused(policy.setSchedule, ROOT, [constant(0, 51)], by=system.timelock) == crossed(ROOT, Bound.CAP, 50, 51)
