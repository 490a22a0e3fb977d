"""Property: contract and Python admit the same writes within rails, and these move nothing farther than a rail says."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, event, given, settings, strategies as st

from dao.errors import DaoError
from dao.rewards.changes import (
    AddStream,
    Allocation,
    Change,
    Part,
    Rail,
    Reporter,
    SetRail,
    SetReporter,
    SetSchedule,
    SetSplit,
    Split,
)
from dao.rewards.policy import Policy
from dao.rewards.schedule import Constant, Feedback, Metered, Segment, Table
from dao.rewards.streams import ROOT
from dao.types import MAX_EPOCH
from tests.support.twins import MAX_AMOUNT, OWNER, create

EXAMPLES = int(os.environ.get("TWIN_EXAMPLES", "60"))
"""How many policies are tried; set TWIN_EXAMPLES to try more."""

STREAMS = ("a", "b", "c")
few = st.integers(0, 12)
amounts = st.sampled_from([20, 18, 22, 19, 21, 25, 15, 10, 5, 0, 40])
points = st.sampled_from([0, 1_000, 2_000, 10_000])
shares = st.sampled_from([2_000, 2_500, 3_000, 1_500, 4_000])
shapes = st.one_of(
    st.builds(Constant, amounts),
    st.builds(Constant, amounts),
    st.builds(lambda values: Table(tuple(values), every=2), st.lists(amounts, min_size=1, max_size=3)),
    st.builds(Metered, amounts),
)
rails = st.one_of(
    st.just(Rail()),
    st.builds(
        lambda floor, more, **others: Rail(floor=floor, cap=floor + more, **others),
        st.sampled_from([0, 0, 5, 10, 15]),
        st.sampled_from([10, 20, 100]),
        period=st.integers(1, 4),
        max_change=points,
        share_floor=st.sampled_from([0, 0, 1_500]),
        share_cap=st.sampled_from([10_000, 4_000]),
        max_share_change=points,
        carve_out_cap=st.sampled_from([0, 20, 30, 45]),
    ),
    st.builds(Rail, cap=st.just(100), share_cap=st.just(10_000), carve_out_cap=st.sampled_from([0, 20, 30, 45])),
    st.builds(Rail, carve_out_cap=st.sampled_from([20, 30, 45])),
)


@st.composite
def splits(draw: st.DrawFn) -> tuple[Part, ...]:
    """Some of the three children, the last as the residual."""
    chosen = draw(st.permutations(STREAMS))[: draw(st.integers(1, 3))]
    parts = [
        Part(name, Allocation.CARVE_OUT) if draw(st.booleans()) else Part(name, Allocation.SHARE, draw(shares))
        for name in chosen[:-1]
    ]
    return (*parts, Part(chosen[-1], Allocation.RESIDUAL))


@st.composite
def writes(draw: st.DrawFn, first_open: int) -> Change:
    """A write that begins soon."""
    begin = first_open + draw(few)
    kind = draw(st.sampled_from(["schedule", "schedule", "split", "split", "rail"]))
    if kind == "split":
        return SetSplit(ROOT, Split(begin, draw(splits())))
    stream = draw(st.sampled_from([ROOT, *STREAMS]))
    if kind == "rail":
        return SetRail(stream, draw(rails))
    made = draw(st.lists(shapes, min_size=1, max_size=2))
    return SetSchedule(stream, tuple(Segment(begin + 3 * index, shape) for index, shape in enumerate(made)))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=HealthCheck.all())
@given(data=st.data(), genesis=st.sampled_from([0, 0, 25]))
def test_rails_near_to_what_is_written(data: Any, genesis: int) -> None:
    twins = create(genesis, 10, 5)
    for name in STREAMS:
        assert twins.apply(AddStream(name))
    for name in (ROOT, *STREAMS):
        assert twins.apply(SetReporter(name, Reporter(account=OWNER, minimum=0, maximum=MAX_AMOUNT)))
    for _ in range(data.draw(st.integers(5, 30))):
        if data.draw(st.integers(0, 4)) == 0:
            twins.later(data.draw(st.integers(1, 40)))
        for name in (ROOT, "a"):
            if data.draw(st.integers(0, 3)) == 0:
                with suppress(DaoError):
                    twins.report(name, twins.policy.next_report(name), data.draw(st.sampled_from([0, 10**17, 10**18])))
        twins.apply(data.draw(writes(twins.policy.first_open_epoch(twins.timestamp))))
    twins.compare(range(twins.policy.first_open_epoch(twins.timestamp) + 6))


# ---------------------------------------------------------------- what a rail promises

PERIOD = 6
CHANGE = 1_000
"""Ten percent of what a schedule yields, or ten points of a share."""
close = st.sampled_from([100, 99, 101, 90, 110, 89, 111, 0, 1_000])
held = st.one_of(
    st.builds(Constant, close),
    st.builds(Constant, close),
    st.builds(lambda values: Table(tuple(values), every=1), st.lists(close, min_size=1, max_size=3)),
    st.builds(Metered, close),
    st.builds(
        lambda start, floor, cap, step: Feedback(
            start=min(max(start, floor), max(floor, cap)),
            floor=floor,
            cap=max(floor, cap),
            target=5,
            tolerance=1,
            step=step,
            falling=True,
        ),
        close,
        close,
        close,
        st.integers(0, 20),
    ),
)
near_shares = st.sampled_from([3_000, 4_000, 4_001, 2_000, 1_999, 3_500])


@st.composite
def held_writes(draw: st.DrawFn, first_open: int) -> Change:
    """Schedules and splits, mostly near to those of `test_no_writes_in_a_period…`."""
    begin = first_open + draw(few)
    if draw(st.booleans()):
        made = draw(st.lists(held, min_size=1, max_size=3))
        segments = tuple(Segment(begin + 2 * index, shape) for index, shape in enumerate(made))
        return SetSchedule(draw(st.sampled_from([ROOT, *STREAMS])), segments)
    order = draw(st.permutations(STREAMS))
    kinds = [Allocation.CARVE_OUT if name == "a" and draw(st.integers(0, 5)) else Allocation.SHARE for name in order]
    parts = [
        Part(name, kind, draw(near_shares) if kind is Allocation.SHARE else 0)
        for name, kind in list(zip(order, kinds, strict=True))[: draw(st.integers(1, 2))]
        if name != "c"
    ]
    return SetSplit(ROOT, Split(begin, (*parts, Part("c", Allocation.RESIDUAL))))


def paid_by_itself(policy: Policy, stream: str, epoch: int) -> tuple[int, int]:
    """The least and the most that the stream's own schedule pays it in an epoch (wei)."""
    if stream != ROOT and policy.share(stream, epoch)[0] is not Allocation.CARVE_OUT:
        return 0, 0
    return policy.scheduled_bounds(stream, epoch, epoch + 1)


def at_its_most(policy: Policy, stream: str, epoch: int) -> int:
    """The most that the segment in force in an epoch yields before the next one begins (wei)."""
    begins = [segment.from_epoch for segment in policy.schedules[stream]]
    first = max(begin for begin in begins if begin <= epoch)
    until = min((begin for begin in begins if begin > epoch), default=MAX_EPOCH + 1)
    return policy.scheduled_bounds(stream, first, until)[1]


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=HealthCheck.all())
@given(data=st.data(), metered=st.booleans())
def test_no_writes_in_a_period_move_anything_farther_than_its_rail(data: Any, metered: bool) -> None:
    """Epoch by epoch, against what was in force before the period: nothing of `dao/rewards/rails.py` is asked."""
    twins = create(0, 10, 5)
    for name in STREAMS:
        assert twins.apply(AddStream(name))
    begun: Metered | Constant = Metered(1_000) if metered else Constant(100)
    assert twins.apply(SetSchedule(ROOT, (Segment(1, begun),)))
    assert twins.apply(SetSchedule("a", (Segment(1, Constant(100)),)))
    parts = (Part("a", Allocation.CARVE_OUT), Part("b", Allocation.SHARE, 3_000), Part("c", Allocation.RESIDUAL))
    assert twins.apply(SetSplit(ROOT, Split(1, parts)))
    assert twins.apply(SetReporter(ROOT, Reporter(account=OWNER, minimum=0, maximum=MAX_AMOUNT)))
    twins.later(10 * (2 * PERIOD + 1))
    for epoch in range(1, 2 * PERIOD if metered else 0):
        twins.report(ROOT, epoch, 10**17)
    for name in (ROOT, "a", "b"):
        rail = Rail(cap=10_000, share_cap=10_000, period=PERIOD, max_change=CHANGE, max_share_change=CHANGE)
        assert twins.apply(SetRail(name, rail))
    first_open = twins.policy.first_open_epoch(twins.timestamp)
    before = 2 * PERIOD - 1
    least, most = {}, {}
    for name in (ROOT, "a", "b"):
        least[name], most[name] = paid_by_itself(twins.policy, name, before)
    taken = sum(twins.apply(data.draw(held_writes(first_open))) for _ in range(data.draw(st.integers(1, 12))))
    event(f"writes taken: {min(taken, 3)}")
    policy = twins.policy
    for name in (ROOT, "a", "b"):
        was = 100 if name != "b" else 0
        share = policy.share(name, before)[1]
        for epoch in range(first_open, first_open + 24):
            assert abs(policy.share(name, epoch)[1] - share) <= CHANGE
            low, high = paid_by_itself(policy, name, epoch)
            if low == high:
                assert abs(low - was) * 10 <= was or (low, high) == (least[name], most[name])
            else:
                assert high * 10 <= most[name] * 11
                assert low * 10 >= least[name] * 9
                # A schedule by report may take its time to come to the most that it can yield.
                assert at_its_most(policy, name, epoch) * 10 >= most[name] * 9
