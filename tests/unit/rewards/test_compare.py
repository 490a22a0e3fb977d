"""Where two policies differ: ranges, steps and sums, and epochs that wait for a report."""

from __future__ import annotations

import pytest

from dao.errors import PolicyError
from dao.rewards.changes import AddStream, Allocation, Change, Part, Reporter, SetReporter, SetSchedule, SetSplit, Split
from dao.rewards.compare import MAX_STEPS, Difference, compare, first_difference
from dao.rewards.outlook import MAX_EPOCHS, Horizon, decided, payees
from dao.rewards.policy import Policy
from dao.rewards.schedule import Constant, Metered, Segment, Table
from dao.types import MAX_EPOCH, Address

REPORTER = Address("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")
WEEK = 604_800


def policy(*changes: Change) -> Policy:
    """1,000 an epoch, of which `a` has 40 % and `b` the rest, and then `changes`."""
    made = Policy.create(genesis=0, epoch_length=WEEK)
    first = (
        AddStream("a"),
        AddStream("b"),
        SetSchedule("root", (Segment(0, Constant(1_000)),)),
        SetSplit("root", Split(0, (Part("a", Allocation.SHARE, 4_000), Part("b", Allocation.RESIDUAL)))),
    )
    for change in (*first, *changes):
        made = made.apply(change)
    return made


def root(epoch: int, amount: int) -> SetSchedule:
    return SetSchedule("root", (Segment(epoch, Constant(amount)),))


def test_nothing_differs() -> None:
    found = compare(policy(), policy(), Horizon.of(0, 100))
    assert found.differences == ()
    assert [(total.before, total.after) for total in found.totals] == [(100_000,) * 2, (40_000,) * 2, (60_000,) * 2]


def test_a_range_begins_and_ends_where_the_amounts_do() -> None:
    found = compare(policy(), policy(root(5, 500), root(8, 1_000)), Horizon.of(0, 20))
    rows = [(d.stream, d.first, d.last, d.begin, d.end, d.difference) for d in found.differences]
    assert rows == [
        ("root", 5, 7, (1_000, 500), (1_000, 500), -1_500),
        ("a", 5, 7, (400, 200), (400, 200), -600),
        ("b", 5, 7, (600, 300), (600, 300), -900),
    ]
    assert [total.difference for total in found.totals] == [-1_500, -600, -900]


def test_a_range_that_reaches_over_the_horizon_is_cut() -> None:
    found = compare(policy(), policy(root(5, 500)), Horizon(7, 8))
    assert found.differences[0] == Difference(
        stream="root", first=7, last=8, begin=(1_000, 500), end=(1_000, 500), difference=-1_000, waiting=0
    )


def test_few_steps_are_told_apart_and_many_are_one_range() -> None:
    few = SetSchedule("root", (Segment(0, Table((1, 2, 2, 3), every=1)), Segment(4, Constant(1_000))))
    assert [(d.first, d.last) for d in compare(policy(), policy(few), Horizon.of(0, 9)).differences[:3]] == [
        (0, 0),
        (1, 2),
        (3, 3),
    ]
    many = SetSchedule(
        "root", (Segment(0, Table(tuple(range(MAX_STEPS + 1)))), Segment(MAX_STEPS + 1, Constant(1_000)))
    )
    first = compare(policy(), policy(many), Horizon.of(0, 99)).differences[0]
    assert (first.first, first.last, first.begin, first.end) == (0, MAX_STEPS, (1_000, 0), (1_000, MAX_STEPS))
    twice = SetSchedule("root", (Segment(0, Table(tuple(range(40)))), Segment(20, Table(tuple(range(50, 70))))))
    ranges = compare(policy(), policy(twice), Horizon.of(0, 40)).differences[:2]
    assert [(d.first, d.last) for d in ranges] == [(0, 19), (20, 39)]


def test_a_stream_of_one_policy_alone_gets_nothing_in_the_other() -> None:
    added = policy(
        AddStream("c"),
        SetSplit("root", Split(2, (Part("a", Allocation.SHARE, 10_000), Part("c", Allocation.RESIDUAL)))),
    )
    found = compare(added, policy(), Horizon.of(0, 3))
    assert [total.stream for total in found.totals] == ["root", "a", "b", "c"]
    assert ("a", 2, 2, (1_000, 400)) in [(d.stream, d.first, d.last, d.begin) for d in found.differences]


def test_what_waits_for_a_report_is_counted_and_left_out() -> None:
    metered = policy(
        SetSchedule("root", (Segment(3, Metered(1_000)),)),
        SetReporter("root", Reporter(account=REPORTER, maximum=10**18)),
    ).report("root", 3, 10**17, account=REPORTER, timestamp=3 * WEEK)
    assert [decided(metered, "root", epoch) for epoch in (2, 3, 4)] == [1_000, 100, None]
    found = compare(policy(), metered, Horizon.of(0, 6))
    root_rows = [(d.first, d.last, d.begin, d.difference, d.waiting) for d in found.differences if d.stream == "root"]
    assert root_rows == [(3, 3, (1_000, 100), -900, 0), (4, 5, (1_000, None), 0, 2)]
    assert found.totals[0].before == 4_000
    assert found.totals[0].after == 3_100


def test_epochs_of_another_length_are_refused() -> None:
    with pytest.raises(PolicyError, match="different lengths"):
        compare(policy(), Policy.create(genesis=0, epoch_length=1), Horizon.of(0, 1))


def test_the_first_difference() -> None:
    assert first_difference(policy(), policy(root(5, 500)), 0) == 5
    assert first_difference(policy(), policy(root(5, 500)), 7) == 7
    assert first_difference(policy(), policy(), 3) == 3
    assert first_difference(policy(), policy(AddStream("c")), 3) == 3


def test_who_is_paid() -> None:
    later = policy(AddStream("a/x"), SetSplit("a", Split(5, (Part("a/x", Allocation.RESIDUAL),))))
    assert payees(later, Horizon.of(0, 5)) == ("a", "b")
    assert payees(later, Horizon.of(0, 6)) == ("a", "b", "a/x")
    assert payees(later, Horizon.of(5, 6)) == ("b", "a/x")
    assert payees(Policy.create(genesis=0, epoch_length=1), Horizon.of(0, 1)) == ("root",)


@pytest.mark.parametrize(("first", "last"), [(-1, 0), (5, 4), (0, MAX_EPOCH + 1), (0, MAX_EPOCHS)])
def test_no_horizon(first: int, last: int) -> None:
    with pytest.raises(PolicyError):
        Horizon(first, last)


def test_a_horizon_ends_at_the_last_epoch() -> None:
    assert Horizon.of(MAX_EPOCH - 1, 50) == Horizon(MAX_EPOCH - 1, MAX_EPOCH)
    assert len(Horizon.of(MAX_EPOCH - 1, 50)) == 2
