"""Guard rails: each bound just kept and just crossed, over a write's whole validity and over a whole period."""

from __future__ import annotations

from typing import Any

import pytest
from brownie import chain
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


def at_epoch(policy: Any, epoch: int) -> None:
    """Lets time pass until `epoch` has just begun."""
    chain.sleep(policy.genesis() + epoch * policy.epochLength() - now())
    chain.mine()


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
    assert {case[1] for case in (*CROSSED, *CROSSED_SHARES)} | {Bound.CARVE_OUTS} == set(Bound)


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
    policy.setRail(ROOT, rail(floor=40, cap=100, carve_outs=40), by)
    policy.setRail(A, rail(floor=20, cap=40, share_cap=10_000), by)
    for parts in (shared(3_000, 0), shared(1, 1), [part("c", RESIDUAL)], [part("a", RESIDUAL)], []):
        made = [each for each in parts if each[1] != SHARE or each[2]]
        assert refused(policy.setSplit, ROOT, 5, made, by=system.timelock) == crossed(A, Bound.FLOOR, 20, 0)
    policy.setSplit(ROOT, 5, [part("b", SHARE, 1), part("a", CARVE_OUT), part("c", RESIDUAL)], by)


# ---------------------------------------------------------------- periods


def test_two_writes_in_a_period_add_up_to_no_more_than_one(system: System, policy: Any) -> None:
    """Change is measured from the last epoch before the period in which it is written, whichever epochs it is for."""
    by = {"from": system.as_timelock}
    policy.setRail(ROOT, RAIL, by)
    policy.setSchedule(ROOT, [constant(10, 110)], by)
    for epoch in (11, 20, 250):
        refusal = crossed(ROOT, Bound.INCREASE, 110, 121)
        assert refused(policy.setSchedule, ROOT, [constant(epoch, 121)], by=system.timelock) == refusal
    at_epoch(policy, 19)
    assert refused(policy.setSchedule, ROOT, [constant(20, 121)], by=system.timelock) == refusal
    at_epoch(policy, 20)
    policy.setSchedule(ROOT, [constant(21, 121)], by)
    assert [policy.emission(ROOT, epoch) for epoch in (9, 10, 20, 21)] == [100, 110, 110, 121]


def test_epoch_zero_is_held_until_it_begins(system: System, policy: Any) -> None:
    """Later epochs are measured from it, so that many writes before the genesis move them no farther than one."""
    by = {"from": system.as_timelock}
    policy.setRail(ROOT, RAIL, by)
    policy.setRail(A, SHARE_RAIL, by)
    policy.setSchedule(ROOT, [constant(0, 100), constant(7, 100)], by)
    for amount, bound in ((101, Bound.INCREASE), (99, Bound.DECREASE)):
        refusal = crossed(ROOT, bound, 100, amount)
        assert refused(policy.setSchedule, ROOT, [constant(0, amount)], by=system.timelock) == refusal
    policy.setSchedule(ROOT, [constant(1, 110)], by)
    assert refused(policy.setSplit, ROOT, 0, shared(4_001, 2_000), by=system.timelock) == crossed(
        A, Bound.SHARE_INCREASE, 4_000, 4_001
    )
    policy.setSplit(ROOT, 0, shared(4_000, 3_000), by)
    policy.setSplit(ROOT, 1, shared(4_500, 3_000), by)


def test_what_was_reported_is_what_a_schedule_without_reports_is_measured_by(system: System, policy: Any) -> None:
    by = {"from": system.as_timelock}
    policy.setSchedule(ROOT, [metered(0, 1_000)], by)
    policy.setReporter(ROOT, (system.outsider, 0, 10**18), by)
    policy.setRail(ROOT, rail(cap=10_000, period=PERIOD, change=1_000), by)
    at_epoch(policy, 1)
    waits = ("ScheduleNotReported", (ROOT, 0))
    assert refused(policy.setSchedule, ROOT, [constant(5, 100)], by=system.timelock) == waits
    policy.report(ROOT, 0, 10**17, {"from": system.outsider})
    assert policy.emission(ROOT, 0) == 100
    assert refused(policy.setSchedule, ROOT, [constant(5, 1_100)], by=system.timelock) == crossed(
        ROOT, Bound.INCREASE, 110, 1_100
    )
    policy.setSchedule(ROOT, [metered(5, 1_100)], by)
    policy.setSchedule(ROOT, [constant(5, 90)], by)
    # A reported segment later on changes nothing of that.
    far = metered(4_294_967_295, 1_000)
    for amount, bound, limit in ((1_100, Bound.INCREASE, 110), (0, Bound.DECREASE, 90)):
        assert refused(policy.setSchedule, ROOT, [constant(5, amount), far], by=system.timelock) == crossed(
            ROOT, bound, limit, amount
        )


def test_a_reported_schedule_is_measured_by_all_that_reports_could_make_it(system: System, policy: Any) -> None:
    """At its most, whichever way, and by where it begins, which must be where the schedule before it has come to."""
    by = {"from": system.as_timelock}
    tracking = 0, 5_000, 0, 10_000, 1  # floor, cap, band, twice as much or half in a step, unit
    policy.setSchedule(ROOT, [segment(0, Shape.TRACKING, 100, *tracking)], by)
    policy.setReporter(ROOT, (system.outsider, 0, 10_000), by)
    policy.setRail(ROOT, rail(cap=10_000, period=PERIOD, change=1_000), by)
    at_epoch(policy, PERIOD)
    for epoch in range(PERIOD):
        policy.report(ROOT, epoch, 100, {"from": system.outsider})
    assert tuple(policy.scheduledBounds(ROOT, PERIOD - 1, PERIOD)) == (0, 5_000)
    for shape, params, bound, limit, found in (
        (Shape.TRACKING, (5_000, *tracking), Bound.INCREASE, 110, 2_500),
        (Shape.TRACKING, (40, *tracking), Bound.DECREASE, 90, 80),
        (Shape.FEEDBACK, (100, 0, 4_499, 50, 1, 1, 1), Bound.DECREASE, 4_500, 4_499),
        (Shape.FEEDBACK, (100, 0, 5_501, 50, 1, 1, 1), Bound.INCREASE, 5_500, 5_501),
        (Shape.METERED, (4_499,), Bound.DECREASE, 4_500, 4_499),
    ):
        made = segment(30, shape, *params)
        assert refused(policy.setSchedule, ROOT, [made], by=system.timelock) == crossed(ROOT, bound, limit, found)
    policy.setSchedule(ROOT, [segment(30, Shape.FEEDBACK, 100, 0, 4_500, 50, 1, 1, 1)], by)
    policy.setSchedule(ROOT, [segment(30, Shape.TRACKING, 100, *tracking)], by)


def test_where_a_stream_stands_in_a_split_is_a_change(system: System, policy: Any) -> None:
    """Its own schedule pays it as a carve-out alone: to become one, or to be one no longer, is a change from zero."""
    by = {"from": system.as_timelock}
    wide = {"cap": 1_000, "share_cap": 10_000, "period": PERIOD, "change": 1_000, "share_change": 10_000}
    policy.setSchedule(A, [constant(0, 90)], by)
    policy.setRail(A, rail(**wide), by)
    carved, left_out = [part("a", CARVE_OUT), part("c", RESIDUAL)], [part("c", RESIDUAL)]
    assert refused(policy.setSplit, ROOT, 5, carved, by=system.timelock) == crossed(A, Bound.INCREASE, 0, 90)
    policy.setRail(A, rail(), by)
    policy.setSplit(ROOT, 0, carved, by)
    policy.setRail(A, rail(**wide), by)
    for parts in (left_out, shared(9_000, 500), []):
        assert refused(policy.setSplit, ROOT, 5, parts, by=system.timelock) == crossed(A, Bound.DECREASE, 81, 0)
    policy.setSplit(ROOT, 5, [part("b", SHARE, 500), *carved], by)


def test_a_floor_is_covered_by_the_parents_rail(system: System, policy: Any) -> None:
    """Whatever stands before it in the waterfall, a carve-out with a floor is paid in full."""
    by = {"from": system.as_timelock}
    policy.setSchedule(A, [constant(0, 30)], by)
    policy.setSplit(ROOT, 0, [part("a", CARVE_OUT), part("c", RESIDUAL)], by)
    floored = rail(floor=20, cap=40, share_cap=10_000)
    for above in (rail(), rail(floor=50, cap=100), rail(floor=39, cap=100, carve_outs=40)):
        policy.setRail(ROOT, above, by)
        assert refused(policy.setRail, A, floored, by=system.timelock) == (
            "RewardPolicyFloorNotCovered",
            (A, above[0], above[-1]),
        )
    policy.setRail(ROOT, rail(floor=40, cap=100, carve_outs=40), by)
    policy.setRail(A, floored, by)
    for above in (rail(), rail(floor=39, cap=100, carve_outs=40)):
        assert refused(policy.setRail, ROOT, above, by=system.timelock)[0] == "RewardPolicyFloorNotCovered"
    # a stream that stands nowhere takes any floor, and then no place without cover
    policy.setRail(A, rail(), by)
    policy.setRail(ROOT, rail(), by)
    policy.setSplit(ROOT, 0, shared(4_000, 2_000), by)
    policy.setSplit(ROOT, 1, [part("c", RESIDUAL)], by)
    policy.setRail(A, floored, by)
    carved = [part("a", CARVE_OUT), part("c", RESIDUAL)]
    assert refused(policy.setSplit, ROOT, 2, carved, by=system.timelock)[0] == "RewardPolicyFloorNotCovered"


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
    for epoch in (11, 20):
        assert refused(policy.setSplit, ROOT, epoch, shared(5_000, 2_000), by=system.timelock) == refusal
    at_epoch(policy, 20)
    policy.setSplit(ROOT, 21, shared(5_000, 2_000), by)


# ---------------------------------------------------------------- what else would starve or feed a stream


def test_carve_outs_cannot_starve_the_shares(system: System, policy: Any) -> None:
    """A floor of a share is worth what the carve-outs before it leave; their cap stands in the parent's rail."""
    by = {"from": system.as_timelock}
    policy.setRail(ROOT, rail(floor=90, cap=200, carve_outs=30), by)
    policy.setSchedule(B, [constant(3, 10)], by)
    policy.setSchedule(C, [constant(3, 20)], by)
    split = [part("b", CARVE_OUT), part("c", CARVE_OUT), part("a", RESIDUAL)]
    policy.setSplit(ROOT, 5, split, by)
    over = crossed(ROOT, Bound.CARVE_OUTS, 30, 31)
    # by a schedule of one that is, one more in a split, and a split that is planned for later
    assert refused(policy.setSchedule, C, [constant(6, 21)], by=system.timelock) == over
    policy.addStream(ROOT, "d", by)
    policy.setSchedule(stream("d"), [constant(0, 1)], by)
    more = [part("d", CARVE_OUT), *split]
    assert refused(policy.setSplit, ROOT, 9, more, by=system.timelock) == over
    policy.setSchedule(B, [constant(9, 9)], by)
    policy.setSplit(ROOT, 9, more, by)
    assert refused(policy.setSchedule, stream("d"), [constant(7, 2)], by=system.timelock) == over
    policy.setSchedule(A, [constant(7, MAX_AMOUNT)], by)
    # and by the cap itself, set too low for what is planned
    assert refused(policy.setRail, ROOT, rail(carve_outs=29), by=system.timelock) == crossed(
        ROOT, Bound.CARVE_OUTS, 29, 30
    )
    policy.setRail(ROOT, rail(carve_outs=30), by)


def test_a_split_before_does_not_slip_past_a_cap(system: System, policy: Any) -> None:
    """What a carve-out is planned to yield counts from the split on, also where it is one already until then."""
    by = {"from": system.as_timelock}
    carved, residual = [part("a", CARVE_OUT), part("c", RESIDUAL)], [part("c", RESIDUAL)]
    policy.setSchedule(A, [constant(0, 50), constant(40, 5_000)], by)
    policy.setSplit(ROOT, 0, carved, by)
    policy.setSplit(ROOT, 30, residual, by)
    policy.setRail(A, rail(cap=100, share_cap=10_000), by)
    for epoch in (29, 30):
        assert refused(policy.setSplit, ROOT, epoch, carved, by=system.timelock) == crossed(A, Bound.CAP, 100, 5_000)


def test_a_split_does_not_void_what_a_floor_needs(system: System, policy: Any) -> None:
    by = {"from": system.as_timelock}
    policy.setSplit(ROOT, 0, [part("b", SHARE, 1), part("c", RESIDUAL)], by)
    policy.setSplit(ROOT, 20, shared(3_000, 1), by)
    policy.setRail(A, rail(share_floor=2_000, share_cap=10_000), by)
    for epoch in (19, 20):
        assert refused(policy.setSplit, ROOT, epoch, [part("c", RESIDUAL)], by=system.timelock) == crossed(
            A, Bound.SHARE_FLOOR, 2_000, 0
        )
    policy.setSplit(ROOT, 19, shared(2_000, 1), by)


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

    at_epoch(policy, PERIOD)
    first, second = raising(30, 110), raising(45, 121)
    Proposal.mature_together(first, second)
    first.run()
    assert refused(system.governor.execute, *second.arguments, by=system.outsider) == crossed(
        ROOT, Bound.INCREASE, 110, 121
    )
    assert policy.emission(ROOT, 45) == 110
    assert refused(policy.streamInfo, stream("from-45"), by=system.outsider)[0] == "RewardPolicyUnknownStream"


# ---------------------------------------------------------------- the rails themselves


def test_a_rail_binds_what_is_written_later(system: System, policy: Any) -> None:
    """It can be set below what is in force, replaced, and taken away again."""
    by = {"from": system.as_timelock}
    policy.setSchedule(ROOT, [constant(5, 60)], by)
    policy.setRail(ROOT, rail(cap=60), by)
    assert policy.emission(ROOT, 0) == 100
    assert refused(policy.setSchedule, ROOT, [constant(5, 61)], by=system.timelock) == crossed(ROOT, Bound.CAP, 60, 61)
    policy.setRail(ROOT, rail(cap=61), by)
    policy.setSchedule(ROOT, [constant(5, 61)], by)
    policy.setRail(ROOT, rail(), by)
    policy.setSchedule(ROOT, [constant(5, MAX_AMOUNT)], by)


def test_a_rail_is_not_set_across_what_is_planned_last(system: System, policy: Any) -> None:
    by = {"from": system.as_timelock}
    policy.setSchedule(ROOT, [constant(3, 30), constant(20, 5_000)], by)
    for bad, bound, limit, found in (
        (rail(cap=500), Bound.CAP, 500, 5_000),
        (rail(floor=5_001, cap=6_000), Bound.FLOOR, 5_001, 5_000),
    ):
        assert refused(policy.setRail, ROOT, bad, by=system.timelock) == crossed(ROOT, bound, limit, found)
    policy.setRail(ROOT, rail(floor=4_000, cap=5_000), by)
    for bad, bound, limit, found in (
        (rail(share_cap=3_999), Bound.SHARE_CAP, 3_999, 4_000),
        (rail(share_floor=4_001, share_cap=10_000), Bound.SHARE_FLOOR, 4_001, 4_000),
        (rail(floor=1, cap=1, share_cap=10_000), Bound.FLOOR, 1, 0),
    ):
        assert refused(policy.setRail, A, bad, by=system.timelock) == crossed(A, bound, limit, found)
    policy.setSchedule(B, [constant(0, 70)], by)
    policy.setSplit(ROOT, 4, [part("b", CARVE_OUT), part("c", RESIDUAL)], by)
    assert refused(policy.setRail, B, rail(cap=69), by=system.timelock) == crossed(B, Bound.CAP, 69, 70)
    # A stream that gets nothing may have any rail.
    policy.setRail(A, rail(share_floor=9_000, share_cap=10_000), by)


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
    begin = ([(ROOT, [constant(0, 100), constant(9, 50)])], [], [], [], [], [], [(ROOT, rail(cap=50))])
    policy = create(system, now() + 1_000, [], *begin)
    assert policy.emission(ROOT, 0) == 100
    assert refused(policy.setSchedule, ROOT, [constant(0, 51)], by=system.timelock) == crossed(ROOT, Bound.CAP, 50, 51)
