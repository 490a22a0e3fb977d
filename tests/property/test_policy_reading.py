"""Property: what is read of a policy elsewhere is the policy: its file, its comparison with another, its forecast."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, given, settings, strategies as st

from dao.lifecycle.forecast import forecast
from dao.lifecycle.subject import Subject
from dao.rewards.changes import AddStream, Allocation, Change, Part, SetSchedule, SetSplit, Split
from dao.rewards.compare import compare
from dao.rewards.file import PolicyFile, parse
from dao.rewards.outlook import Horizon
from dao.rewards.policy import Policy
from dao.rewards.schedule import Constant, Geometric, Segment, Table

EXAMPLES = int(os.environ.get("TWIN_EXAMPLES", "50"))
CHECKS = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=HealthCheck.all())
STREAMS = ("a", "b", "a/x", "a/y")

amounts = st.integers(0, 2**128 - 1) | st.integers(0, 20)
shapes = st.one_of(
    st.builds(Constant, amounts),
    st.builds(Table, st.lists(amounts, min_size=1, max_size=5).map(tuple), every=st.integers(1, 4)),
    st.builds(Geometric, amount=amounts, numerator=st.just(1), denominator=st.integers(2, 9), every=st.integers(1, 3)),
)


@st.composite
def schedules(draw: st.DrawFn) -> SetSchedule:
    epochs = sorted(draw(st.sets(st.integers(0, 30), min_size=1, max_size=3)))
    segments = tuple(Segment(epoch, draw(shapes)) for epoch in epochs)
    return SetSchedule(draw(st.sampled_from(("root", *STREAMS))), segments)


@st.composite
def splits(draw: st.DrawFn) -> SetSplit:
    parent, children = draw(st.sampled_from([("root", ("a", "b")), ("a", ("a/x", "a/y"))]))
    if draw(st.booleans()) and draw(st.booleans()):
        return SetSplit(parent, Split(draw(st.integers(0, 30)), ()))
    first, second = draw(st.permutations(children))
    kind = draw(st.sampled_from([Allocation.SHARE, Allocation.CARVE_OUT]))
    share = draw(st.integers(1, 10_000)) if kind is Allocation.SHARE else 0
    parts = (Part(first, kind, share), Part(second, Allocation.RESIDUAL))
    return SetSplit(parent, Split(draw(st.integers(0, 30)), parts))


writes = st.lists(schedules() | splits(), max_size=8).map(lambda made: (*map(AddStream, STREAMS), *made))


def policy_of(changes: tuple[Change, ...]) -> Policy:
    policy = Policy.create(genesis=1_700_000_000, epoch_length=3_600)
    for change in changes:
        policy = policy.apply(change)
    return policy


@CHECKS
@given(writes)
def test_a_file_is_its_policy(changes: tuple[Change, ...]) -> None:
    policy = policy_of(changes)
    text = PolicyFile.of(policy, changes).text()
    loaded = parse(text.encode(), path="a file", expected_hash=policy.hash)
    assert loaded.policy == policy
    assert loaded.writes == changes
    assert loaded.text() == text


@CHECKS
@given(writes, writes, st.integers(0, 40), st.integers(1, 40))
def test_a_comparison_is_the_difference_of_every_epoch(
    before: tuple[Change, ...], after: tuple[Change, ...], first: int, count: int
) -> None:
    old, new = policy_of(before), policy_of(after)
    horizon = Horizon.of(first, count)
    found = compare(old, new, horizon)
    covered = {(d.stream, epoch) for d in found.differences for epoch in range(d.first, d.last + 1)}
    moved = {
        (stream, epoch)
        for stream in old.streams
        for epoch in horizon.epochs
        if old.emission(stream, epoch) != new.emission(stream, epoch)
    }
    assert covered == moved
    assert sum(d.last - d.first + 1 for d in found.differences) == len(covered)
    for total in found.totals:
        assert total.before == sum(old.emission(total.stream, epoch) for epoch in horizon.epochs)
        assert total.after == sum(new.emission(total.stream, epoch) for epoch in horizon.epochs)
        assert total.difference == sum(d.difference for d in found.differences if d.stream == total.stream)
    for d in found.differences:
        assert d.begin == (old.emission(d.stream, d.first), new.emission(d.stream, d.first))
        assert d.end == (old.emission(d.stream, d.last), new.emission(d.stream, d.last))


@CHECKS
@given(writes, st.integers(0, 40), st.integers(1, 40))
def test_a_forecast_gives_out_the_whole_emission(changes: tuple[Change, ...], first: int, count: int) -> None:
    policy = policy_of(changes)
    horizon = Horizon.of(first, count)
    made = forecast(Subject(name="it", policy=policy, units=None, dated=True), horizon)
    for index, epoch in enumerate(horizon.epochs):
        assert made.root.amounts[index] == policy.emission("root", epoch)
        assert sum(line.amounts[index] or 0 for line in made.lines) == made.root.amounts[index]
    steps = made.steps()
    assert [epoch for begin, end in steps for epoch in range(begin, end + 1)] == list(horizon.epochs)
