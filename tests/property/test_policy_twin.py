"""Property: `dao/rewards` and the compiled RewardPolicy take and refuse the same writes and read the same integers."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from dao.errors import DaoError, PolicyError
from dao.rewards.changes import (
    MAX_PARTS,
    AddStream,
    Allocation,
    Budget,
    Change,
    Part,
    Rail,
    Reporter,
    SetBudget,
    SetRail,
    SetReporter,
    SetSchedule,
    SetSplit,
    Split,
)
from dao.rewards.policy import Policy
from dao.rewards.schedule import (
    MAX_AMOUNTS,
    MAX_STEPS,
    Constant,
    Geometric,
    Metered,
    Segment,
    Table,
)
from dao.rewards.streams import MAX_DEPTH, ROOT, stream_id
from dao.types import MAX_EPOCH
from tests.support.policy import SECTIONS
from tests.support.twins import (
    CAP,
    MAX_AMOUNT,
    OWNER,
    Contract,
    Refused,
    Twins,
    amounts,
    changes,
    create,
    epochs,
    rails,
    shapes,
    small,
    valid_reported,
)

EXAMPLES = int(os.environ.get("TWIN_EXAMPLES", "60"))
"""How many policies each property tries; set TWIN_EXAMPLES to try more."""

CHECKS = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=HealthCheck.all())


@CHECKS
@given(data=st.data(), genesis=st.integers(0, 200), epoch_length=st.integers(1, 50), timestamp=st.integers(0, 400))
def test_any_sequence_of_writes(data: Any, genesis: int, epoch_length: int, timestamp: int) -> None:
    twins = create(genesis, epoch_length, timestamp)
    for path in ("a", "b", "c", "a/a", "a/b")[: data.draw(st.integers(0, 5))]:
        assert twins.apply(AddStream(path))
    for _ in range(data.draw(st.integers(1, 18))):
        if data.draw(st.integers(0, 5)) == 0:
            twins.later(data.draw(st.integers(0, 3 * epoch_length)))
        twins.apply(data.draw(changes(twins.policy.streams)))
    twins.compare(data.draw(st.lists(epochs, max_size=3)))


@CHECKS
@given(data=st.data())
def test_reports_budgets_and_rails(data: Any) -> None:
    """A small tree whose carve-out and root need reports, within budgets and rails that change meanwhile."""
    twins = create(0, 10, 0)
    for path in ("a", "b", "c"):
        assert twins.apply(AddStream(path))
    split = (Part("a", Allocation.CARVE_OUT), Part("b", Allocation.SHARE, 2_500), Part("c", Allocation.RESIDUAL))
    assert twins.apply(SetSplit(ROOT, Split(1, split)))
    for path in (ROOT, "a"):
        assert twins.apply(SetReporter(path, Reporter(account=OWNER, minimum=0, maximum=MAX_AMOUNT)))
    for _ in range(data.draw(st.integers(1, 25))):
        step = data.draw(st.sampled_from(["schedule", "budget", "rail", "report", "report", "report", "later"]))
        stream = data.draw(st.sampled_from([ROOT, "a"]))
        soon = twins.policy.first_open_epoch(twins.timestamp) + data.draw(st.integers(0, 4))
        if step == "later":
            twins.later(data.draw(st.integers(0, 35)))
        elif step == "report":
            try:
                due = twins.policy.next_report(stream)
            except DaoError:
                due = 0
            epoch = due + data.draw(st.sampled_from([0, 0, 0, 0, 0, 1, -1]))
            twins.report(
                stream, epoch, data.draw(st.one_of(st.integers(0, 2_000), st.integers(0, 2 * 10**18), amounts))
            )
        elif step == "budget":
            twins.apply(SetBudget(stream, Budget(soon, data.draw(st.integers(0, 4_000)))))
        elif step == "rail":
            twins.apply(SetRail(stream, data.draw(rails)))
        else:
            shapes_ = data.draw(st.lists(st.one_of(valid_reported, valid_reported, shapes), min_size=1, max_size=3))
            segments = tuple(Segment(soon + 3 * index, shape) for index, shape in enumerate(shapes_))
            twins.apply(SetSchedule(stream, segments))
    twins.compare(range(twins.policy.first_open_epoch(twins.timestamp) + 6))


def test_the_last_epoch_is_reported_as_every_other() -> None:
    """No epoch is open any more by then, and nothing is left to write; what was planned is reported to its end."""
    twins = create(0, 1, MAX_EPOCH - 3)
    assert twins.apply(SetReporter(ROOT, Reporter(account=OWNER, minimum=0, maximum=10**18)))
    assert twins.apply(SetSchedule(ROOT, (Segment(MAX_EPOCH - 1, Metered(1_000)),)))
    assert twins.apply(SetBudget(ROOT, Budget(MAX_EPOCH - 1, 1_200)))
    twins.later(3)
    assert twins.report(ROOT, MAX_EPOCH - 1, 10**18)
    assert twins.report(ROOT, MAX_EPOCH, 10**18)
    assert twins.policy.emission(ROOT, MAX_EPOCH) == 200
    twins.compare()
    with pytest.raises(PolicyError, match="needs a report"):
        twins.policy.next_report(ROOT)


@CHECKS
@given(
    was=st.integers(0, 10**6),
    change=st.integers(0, 10_000),
    period=st.integers(1, 6),
    offset=st.integers(0, 12),
    nudge=st.sampled_from([-1, 0, 1]),
    up=st.booleans(),
)
def test_a_schedule_at_the_edge_of_its_rail(
    was: int, change: int, period: int, offset: int, nudge: int, up: bool
) -> None:
    """The last amount that the rail admits, and the next one; a second change in the same period counts from before.

    So does one for another period, because it is made in this one.
    """
    twins = create(0, 10, 5)
    assert twins.apply(SetSchedule(ROOT, (Segment(1, Constant(was)),)))
    assert twins.apply(SetRail(ROOT, Rail(cap=MAX_AMOUNT, period=period, max_change=change)))
    twins.later(100 * period)
    begin = 10 * period + 1 + offset
    limit = was + was * change // 10_000 if up else was - was * change // 10_000
    amount = max(0, limit + nudge)
    taken = twins.apply(SetSchedule(ROOT, (Segment(begin, Constant(amount)),)))
    assert taken is (abs(amount - was) <= was * change // 10_000)
    second = limit + limit * change // 10_000
    taken = twins.apply(SetSchedule(ROOT, (Segment(begin + 1 + period * offset, Constant(second)),)))
    assert taken is (abs(second - was) <= was * change // 10_000)


@CHECKS
@given(
    was=st.integers(1, 9_999),
    change=st.integers(0, 10_000),
    period=st.integers(1, 6),
    offset=st.integers(0, 12),
    nudge=st.integers(-1, 1),
    up=st.booleans(),
    railed=st.sampled_from("ab"),
)
def test_a_share_at_the_edge_of_its_rail(
    was: int, change: int, period: int, offset: int, nudge: int, up: bool, railed: str
) -> None:
    """As for schedules, in points of a share; the residual's share is what the others leave."""
    twins = create(0, 10, 5)
    for path in ("a", "b"):
        assert twins.apply(AddStream(path))

    def split(first: int) -> tuple[Part, ...]:
        return (Part("a", Allocation.SHARE, first), Part("b", Allocation.RESIDUAL))

    assert twins.apply(SetSplit(ROOT, Split(1, split(was))))
    rail = Rail(share_cap=10_000, period=period, max_share_change=change)
    assert twins.apply(SetRail(railed, rail))
    twins.later(100 * period)
    edge = was + change + nudge if up else was - change - nudge
    taken = twins.apply(SetSplit(ROOT, Split(10 * period + 1 + offset, split(edge))))
    assert taken is (1 <= edge <= 10_000 and abs(edge - was) <= change)


@CHECKS
@given(data=st.data(), timestamp=st.integers(1_000, 2_000))
def test_what_has_begun_never_changes(data: Any, timestamp: int) -> None:
    """Every read of every begun epoch is the same after any writes that the contract takes."""
    twins = create(timestamp, 10, timestamp)
    plans = [AddStream("a"), AddStream("b"), AddStream("a/a")]
    for change in plans:
        assert twins.apply(change)
    for _ in range(data.draw(st.integers(1, 8))):
        twins.apply(data.draw(changes(twins.policy.streams)))
    twins.later(data.draw(st.integers(0, 300)))
    begun = range(twins.policy.epoch_at(twins.timestamp) + 1)
    streams = twins.policy.streams

    def reads() -> list[Any]:
        names = ("emission", "isLeaf", "share")
        return [twins.contract(name, stream_id(s), epoch) for epoch in begun for s in streams for name in names]

    before = reads()
    for _ in range(data.draw(st.integers(1, 8))):
        twins.apply(data.draw(changes(twins.policy.streams)))
    assert reads() == before


@CHECKS
@given(data=st.data(), genesis=st.integers(0, 2**48 - 1), timestamp=st.integers(0, 2**32))
def test_the_constructor_takes_a_policy_whole(data: Any, genesis: int, timestamp: int) -> None:
    """Streams, then schedules, then splits, from any epoch, wherever the genesis lies."""
    policy = Policy.create(genesis=genesis, epoch_length=2**32 - 1, supply_cap=CAP)
    drawn: list[Change] = []
    for kind in SECTIONS:
        for _ in range(data.draw(st.integers(0, 6))):
            change = data.draw(changes(policy.streams))
            try:
                policy = policy.apply(change) if isinstance(change, kind) else policy
            except DaoError:
                continue
            if isinstance(change, kind):
                drawn.append(change)
    contract = Contract(timestamp, genesis, 2**32 - 1, drawn)
    twins = Twins(contract, policy, timestamp)
    assert contract("policyHash") == (policy.hash,)
    twins.compare()


@CHECKS
@given(
    amount=st.one_of(st.integers(0, 300), amounts),
    shares=st.lists(st.integers(1, 9_999), min_size=1, max_size=8),
    carve_outs=st.lists(st.one_of(st.integers(0, 300), amounts), max_size=4),
)
@example(amount=1, shares=[9_999], carve_outs=[])
@example(amount=0, shares=[1], carve_outs=[0, 1])
@example(amount=MAX_AMOUNT, shares=[3_333, 3_333, 3_333], carve_outs=[MAX_AMOUNT - 1])
@example(amount=10, shares=[5_000], carve_outs=[6, 6])
def test_a_split_gives_away_everything(amount: int, shares: list[int], carve_outs: list[int]) -> None:
    """Pools of one wei, carve-outs beyond the pool, dust: the children always sum to the parent."""
    while sum(shares) > 10_000:
        shares = [max(1, share // 2) for share in shares]
    twins = create(0, 1, 0)
    made = [Part(f"s{i}", Allocation.SHARE, share) for i, share in enumerate(shares)]
    made += [Part(f"c{i}", Allocation.CARVE_OUT) for i in range(len(carve_outs))]
    made.append(Part("rest", Allocation.RESIDUAL))
    for part in made:
        assert twins.apply(AddStream(part.stream))
    assert twins.apply(SetSchedule(ROOT, (Segment(1, Constant(amount)),)))
    for index, carved in enumerate(carve_outs):
        assert twins.apply(SetSchedule(f"c{index}", (Segment(1, Constant(carved)),)))
    assert twins.apply(SetSplit(ROOT, Split(1, tuple(made))))
    twins.compare()


@CHECKS
@given(
    amount=amounts,
    numerator=st.integers(1, 2**32 - 2),
    denominator=st.integers(2, 2**32 - 1),
    every=st.one_of(small, st.sampled_from([2**23 - 1, 2**23, 2**32 - 1])),
    from_epoch=st.one_of(st.integers(1, 100), st.integers(MAX_EPOCH - 20_000, MAX_EPOCH)),
    steps=st.lists(st.integers(0, MAX_STEPS + 2), max_size=6),
)
@example(amount=MAX_AMOUNT, numerator=1, denominator=2, every=1, from_epoch=1, steps=[1, 127, 128, 129])
@example(amount=MAX_AMOUNT, numerator=2**32 - 2, denominator=2**32 - 1, every=2**23, from_epoch=1, steps=[511])
@example(amount=MAX_AMOUNT, numerator=2**32 - 2, denominator=2**32 - 1, every=1, from_epoch=1, steps=[])
def test_a_geometric_schedule_step_by_step(
    amount: int, numerator: int, denominator: int, every: int, from_epoch: int, steps: list[int]
) -> None:
    shape = Geometric(amount=amount, numerator=min(numerator, denominator - 1), denominator=denominator, every=every)
    twins = create(0, 1, 0)
    if twins.apply(SetSchedule(ROOT, (Segment(from_epoch, shape),))):
        twins.compare([from_epoch + step * every + offset for step in steps for offset in (-1, 0, 1)])


# ---------------------------------------------------------------- limits


@pytest.mark.parametrize("every", [1, 3, 2**23])
def test_steps_just_within_and_just_beyond_the_limit(every: int) -> None:
    """A ratio that never reaches zero fits exactly when the next segment begins in time."""
    slow = Geometric(amount=MAX_AMOUNT, numerator=2**32 - 2, denominator=2**32 - 1, every=every)
    last = 1 + (MAX_STEPS + 1) * every
    for until, fits in ((last, True), (last + 1, False)):
        if until > MAX_EPOCH:
            continue
        twins = create(0, 1, 0)
        assert twins.apply(SetSchedule(ROOT, (Segment(1, slow), Segment(until, Constant(1))))) is fits
        twins.compare([last - 1])


@pytest.mark.parametrize(("size", "fits"), [(0, False), (1, True), (MAX_AMOUNTS, True), (MAX_AMOUNTS + 1, False)])
def test_table_sizes(size: int, fits: bool) -> None:
    twins = create(0, 1, 0)
    table = Table(tuple(range(1, size + 1)), every=2)
    assert twins.apply(SetSchedule(ROOT, (Segment(5, table),))) is fits
    twins.compare([4, 5, 6, 7, 5 + 2 * size - 1, 5 + 2 * size])


A, B, C = "a", "b", "c"
SHARE, CARVE_OUT, RESIDUAL, NONE = Allocation.SHARE, Allocation.CARVE_OUT, Allocation.RESIDUAL, Allocation.NONE


@pytest.mark.parametrize(
    ("made", "fits"),
    [
        ([(A, SHARE, 10_000), (B, RESIDUAL, 0)], True),
        ([(A, SHARE, 6_000), (B, RESIDUAL, 0), (C, SHARE, 4_000)], True),
        ([(A, RESIDUAL, 0), (B, SHARE, 1), (C, CARVE_OUT, 0)], True),
        ([(A, RESIDUAL, 0)], True),
        ([], True),
        ([(A, SHARE, 6_000), (B, RESIDUAL, 0), (C, SHARE, 4_001)], False),
        ([(A, SHARE, 10_000)], False),
        ([(A, RESIDUAL, 0), (B, RESIDUAL, 0)], False),
        ([(A, RESIDUAL, 0), (A, CARVE_OUT, 0)], False),
        ([(A, CARVE_OUT, 0), (B, RESIDUAL, 0), (A, CARVE_OUT, 0)], False),
        ([(A, SHARE, 0), (B, RESIDUAL, 0)], False),
        ([(A, CARVE_OUT, 1), (B, RESIDUAL, 0)], False),
        ([(A, RESIDUAL, 1)], False),
        ([(A, NONE, 0), (B, RESIDUAL, 0)], False),
        ([(A, SHARE, -1), (B, RESIDUAL, 0)], False),
        ([("a/a", RESIDUAL, 0)], False),
        ([(ROOT, RESIDUAL, 0)], False),
        ([("unknown", RESIDUAL, 0)], False),
    ],
)
def test_what_makes_a_split(made: list[tuple[str, Allocation, int]], fits: bool) -> None:
    twins = create(0, 1, 0)
    for path in (A, B, C, "a/a"):
        assert twins.apply(AddStream(path))
    assert twins.apply(SetSchedule(ROOT, (Segment(1, Constant(12_345)),)))
    assert twins.apply(SetSchedule(C, (Segment(1, Constant(99)),)))
    assert twins.apply(SetSplit(ROOT, Split(1, tuple(Part(*part) for part in made)))) is fits
    twins.compare()


@pytest.mark.parametrize(("count", "fits"), [(MAX_PARTS, True), (MAX_PARTS + 1, False)])
def test_part_counts(count: int, fits: bool) -> None:
    twins = create(0, 1, 0)
    names = [f"s{index}" for index in range(count)]
    for name in names:
        assert twins.apply(AddStream(name))
    assert twins.apply(SetSchedule(ROOT, (Segment(1, Constant(10**24 + 7)),)))
    made = (*(Part(name, Allocation.SHARE, 150) for name in names[1:]), Part(names[0], Allocation.RESIDUAL))
    assert twins.apply(SetSplit(ROOT, Split(1, made))) is fits
    twins.compare()


def test_depth() -> None:
    twins = create(0, 1, 0)
    path = ""
    assert twins.apply(SetSchedule(ROOT, (Segment(1, Constant(777)),)))
    for depth in range(1, MAX_DEPTH + 2):
        parent, path = path or ROOT, f"{path}/s" if path else "s"
        assert twins.apply(AddStream(path)) is (depth <= MAX_DEPTH)
        if depth <= MAX_DEPTH:
            other = path[:-1] + "t"
            assert twins.apply(AddStream(other))
            made = (Part(path, Allocation.SHARE, 9_999), Part(other, Allocation.RESIDUAL))
            assert twins.apply(SetSplit(parent, Split(1, made)))
    twins.compare()


def test_unknown_streams_are_refused_by_every_read() -> None:
    twins = create(0, 1, 0)
    for name, read in (
        ("emission", twins.policy.emission),
        ("isLeaf", twins.policy.is_leaf),
        ("share", twins.policy.share),
    ):
        with pytest.raises(Refused):
            twins.contract(name, stream_id("unknown"), 0)
        with pytest.raises(PolicyError):
            read("unknown", 0)


@pytest.mark.parametrize("epoch_length", [0, 1, 2**32 - 1])
def test_epochs_of_timestamps(epoch_length: int) -> None:
    if epoch_length == 0:
        with pytest.raises(Refused):
            Contract(0, 100, 0)
        with pytest.raises(PolicyError):
            Policy.create(genesis=100, epoch_length=0)
        return
    twins = create(100, epoch_length, 0)
    assert twins.contract("firstOpenEpoch") == (0,)
    with pytest.raises(Refused):
        twins.contract("epochAt", 99)
    with pytest.raises(PolicyError):
        twins.policy.epoch_at(99)
    for timestamp in (100, 101, 100 + epoch_length - 1, 100 + epoch_length, 100 + epoch_length * 7):
        assert twins.contract("epochAt", timestamp) == (twins.policy.epoch_at(timestamp),)
    twins.later(100)
    assert twins.contract("firstOpenEpoch") == (1,)


def test_no_path_begins_with_the_root() -> None:
    """The contract names a child of the root without it, so that no call could add such a stream."""
    with pytest.raises(PolicyError):
        create(0, 1, 0).policy.apply(AddStream(f"{ROOT}/x"))
