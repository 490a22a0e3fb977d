"""Property: `dao/rewards` and the compiled RewardPolicy take and refuse the same writes and read the same integers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyrevm
import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from dao import artifacts
from dao.errors import DaoError, PolicyError
from dao.rewards.policy import (
    MAX_DEPTH,
    MAX_PARTS,
    ROOT,
    AddStream,
    Allocation,
    Change,
    Part,
    Policy,
    SetSchedule,
    SetSplit,
    Split,
    parent_of,
    parts_value,
    segments_value,
    stream_id,
)
from dao.rewards.schedule import MAX_STEPS, MAX_TABLE, Constant, Geometric, Segment, Shape, Table
from dao.types import MAX_EPOCH

EXAMPLES = int(os.environ.get("TWIN_EXAMPLES", "150"))
"""How many policies each property tries; set TWIN_EXAMPLES to try more."""

OWNER = "0x" + "11" * 20
MAX_AMOUNT = 2**128 - 1
CHECKS = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=HealthCheck.all())


@cache
def _function(name: str) -> Any:
    return artifacts.load("RewardPolicy").abi.function(name)


class Contract:
    """One RewardPolicy in an EVM of its own, at a timestamp that the test sets."""

    def __init__(self, timestamp: int, *arguments: Any) -> None:
        """Deploys with the constructor's arguments after the owner. Raises Refused if the constructor reverts."""
        self._evm = pyrevm.EVM(gas_limit=2**63)
        self.at(timestamp)
        code = artifacts.load("RewardPolicy").creation_code(OWNER, *arguments)
        self._address = self._run(lambda: self._evm.deploy(OWNER, code))

    def at(self, timestamp: int) -> None:
        """Sets the clock."""
        self._evm.set_block_env(pyrevm.BlockEnv(timestamp=timestamp))

    def __call__(self, name: str, *arguments: Any) -> tuple[Any, ...]:
        """What the function returns to the owner. Raises Refused where it reverts."""
        function = _function(name)
        data = function.encode_call(*arguments)
        output = self._run(lambda: self._evm.message_call(OWNER, self._address, calldata=data))
        return tuple(function.decode_output(bytes(output)))

    def apply(self, change: Change) -> None:
        """The call that makes `change`."""
        if isinstance(change, AddStream):
            parent = parent_of(change.path)
            name = change.path if parent == ROOT else change.path[len(parent) + 1 :]
            self("addStream", stream_id(parent), name)
        elif isinstance(change, SetSchedule):
            self("setSchedule", stream_id(change.stream), segments_value(change.segments))
        else:
            split = change.split
            self("setSplit", stream_id(change.parent), split.from_epoch, parts_value(split.parts))

    @staticmethod
    def _run(call: Any) -> Any:
        try:
            return call()
        except RuntimeError as error:
            if not str(error).startswith("Revert"):  # out of gas, or anything else that is no answer
                raise
            raise Refused(str(error)) from error


class Refused(Exception):
    """The contract reverted."""


@dataclass
class Twins:
    """The contract and the Python policy, written side by side."""

    contract: Contract
    policy: Policy
    timestamp: int

    def apply(self, change: Change) -> bool:
        """Makes `change` on both. Returns whether they took it; fails where one takes it and the other does not."""
        try:
            self.contract.apply(change)
            taken = True
        except (Refused, DaoError):  # DaoError: the call cannot even be encoded
            taken = False
        try:
            self.policy = self.policy.apply(change, first_open=self.policy.first_open_epoch(self.timestamp))
            mirrored = True
        except DaoError:
            mirrored = False
        assert taken == mirrored, f"the contract {'takes' if taken else 'refuses'} {change}"
        assert self.contract("policyHash") == (self.policy.hash,)
        return taken

    def later(self, seconds: int) -> None:
        """Lets time pass on both."""
        self.timestamp += seconds
        self.contract.at(self.timestamp)
        assert self.contract("firstOpenEpoch") == (self.policy.first_open_epoch(self.timestamp),)

    def compare(self, more_epochs: Sequence[int] = ()) -> None:
        """Compares every read at the first and last epoch, around every change, and at `more_epochs`."""
        policy, contract = self.policy, self.contract
        assert contract("streams")[0] == tuple(stream_id(path) for path in policy.streams)
        for stream in policy.streams:
            assert contract("streamInfo", stream_id(stream))[1] == stream
            stored = segments_value(policy.schedules.get(stream, ()))
            assert [(a, b, list(c)) for a, b, c in contract("schedule", stream_id(stream))[0]] == stored
            splits = [(s.from_epoch, tuple(parts_value(s.parts))) for s in policy.splits.get(stream, ())]
            assert list(contract("splits", stream_id(stream))[0]) == splits
        around = {epoch + offset for epoch in policy.change_epochs() for offset in (-1, 0, 1)}
        for epoch in sorted(e for e in around | {0, MAX_EPOCH, *more_epochs} if 0 <= e <= MAX_EPOCH):
            emissions = {}
            for stream in policy.streams:
                key = stream_id(stream)
                (emissions[stream],) = contract("emission", key, epoch)
                assert emissions[stream] == policy.emission(stream, epoch), (stream, epoch)
                assert contract("isLeaf", key, epoch) == (policy.is_leaf(stream, epoch),), (stream, epoch)
                allocation, share = policy.share(stream, epoch)
                assert contract("share", key, epoch) == (allocation, share), (stream, epoch)
            for parent in policy.streams:
                if parts := policy.parts(parent, epoch):
                    assert sum(emissions[part.stream] for part in parts) == emissions[parent]
                    assert policy.split(parent, epoch) == {part.stream: emissions[part.stream] for part in parts}


def create(genesis: int, epoch_length: int, timestamp: int) -> Twins:
    """Both, without any stream but the root."""
    contract = Contract(timestamp, genesis, epoch_length, [], [], [])
    twins = Twins(contract, Policy.create(genesis=genesis, epoch_length=epoch_length), timestamp)
    assert contract("policyHash") == (twins.policy.hash,)
    return twins


# ---------------------------------------------------------------- what is drawn

amounts = st.one_of(
    st.sampled_from([0, 1, 2, 3, 9_999, 10_000, 10_001, MAX_AMOUNT, MAX_AMOUNT - 1]),
    st.integers(0, 10**6),
    st.integers(0, MAX_AMOUNT),
)
odd_amounts = st.one_of(amounts, amounts, amounts, st.sampled_from([-1, MAX_AMOUNT + 1]))
epochs = st.one_of(
    st.integers(0, 30), st.integers(0, 30), st.integers(MAX_EPOCH - 5, MAX_EPOCH), st.integers(0, MAX_EPOCH)
)
odd_epochs = st.one_of(epochs, epochs, epochs, st.sampled_from([-1, MAX_EPOCH + 1]))
small = st.integers(1, 20)
ratios = st.one_of(small, st.integers(0, 2**32), st.sampled_from([0, 1, 2**32 - 1, 2**32]))
everies = st.one_of(small, small, st.sampled_from([0, 2**23 - 1, 2**23, 2**32 - 1, 2**32]))

shapes: st.SearchStrategy[Shape] = st.one_of(
    st.builds(Constant, odd_amounts),
    st.builds(Table, st.lists(odd_amounts, max_size=6).map(tuple), every=everies),
    st.builds(Geometric, amount=odd_amounts, numerator=ratios, denominator=ratios, every=everies),
    st.builds(
        lambda amount, ratio, every: Geometric(
            amount=amount, numerator=min(ratio), denominator=max(ratio) + 1, every=every
        ),
        amounts,
        st.tuples(small, small),
        everies,
    ),
)

NAMES = st.sampled_from(["a", "b", "c", "0", "-", "x.y_z", "root", "n" * 31])
ODD_NAMES = st.sampled_from(["", "A", "é", "n" * 32, " a", "a\n", "a\0", "~", "{", "`", "@", ":", ","])


@st.composite
def schedules(draw: Any) -> tuple[Segment, ...]:
    """Segments, mostly in order."""
    begins = draw(st.lists(odd_epochs, max_size=4))
    if draw(st.integers(0, 4)):
        begins = sorted(set(begins))
    return tuple(Segment(begin, draw(shapes)) for begin in begins)


@st.composite
def changes(draw: Any, streams: Sequence[str]) -> Change:
    """One write, mostly one that fits the tree of `streams`."""
    kind = draw(st.sampled_from(["add", "add", "schedule", "split", "split"]))
    known = draw(st.sampled_from([*streams]))
    if kind == "add":
        name = draw(st.one_of(NAMES, NAMES, NAMES, ODD_NAMES))
        return AddStream(name if known == ROOT else f"{known}/{name}")
    if kind == "schedule":
        return SetSchedule(draw(st.sampled_from([known, known, known, "unknown"])), draw(schedules()))
    return SetSplit(known, Split(draw(odd_epochs), draw(parts(streams, known))))


@st.composite
def parts(draw: Any, streams: Sequence[str], parent: str) -> tuple[Part, ...]:
    """Parts of `parent`: mostly its children, once each, with one residual and shares that fit."""
    children = [path for path in streams if path != ROOT and parent_of(path) == parent]
    chosen = draw(st.permutations(children))[: draw(st.integers(0, len(children)))]
    residual = draw(st.integers(0, len(chosen) - 1)) if chosen else 0
    left, made = 10_000, []
    for index, stream in enumerate(chosen):
        share = draw(st.integers(0, left))
        if index == residual:
            made.append(Part(stream, Allocation.RESIDUAL))
        elif share == 0:
            made.append(Part(stream, Allocation.CARVE_OUT))
        else:
            made.append(Part(stream, Allocation.SHARE, share))
            left -= share
    if draw(st.integers(0, 3)) == 0:  # then spoil it, or fill the whole
        any_stream = st.sampled_from([*streams, *chosen, "unknown", f"{parent}/unknown"])
        shares = st.sampled_from([0, 1, left, left + 1, 10_000, 65_535, 65_536])
        spoiler = Part(draw(any_stream), draw(st.sampled_from(list(Allocation))), draw(shares))
        made.insert(draw(st.integers(0, len(made))), spoiler)
    return tuple(made)


# ---------------------------------------------------------------- properties


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
    policy = Policy.create(genesis=genesis, epoch_length=2**32 - 1)
    drawn: list[Change] = []
    for kind in (AddStream, SetSchedule, SetSplit):
        for _ in range(data.draw(st.integers(0, 6))):
            change = data.draw(changes(policy.streams))
            try:
                policy = policy.apply(change) if isinstance(change, kind) else policy
            except DaoError:
                continue
            if isinstance(change, kind):
                drawn.append(change)
    streams = [(stream_id(parent_of(c.path)), c.path.rsplit("/", 1)[-1]) for c in drawn if isinstance(c, AddStream)]
    schedules_ = [(stream_id(c.stream), segments_value(c.segments)) for c in drawn if isinstance(c, SetSchedule)]
    splits = [
        (stream_id(c.parent), c.split.from_epoch, parts_value(c.split.parts)) for c in drawn if isinstance(c, SetSplit)
    ]
    contract = Contract(timestamp, genesis, 2**32 - 1, streams, schedules_, splits)
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


@pytest.mark.parametrize(("size", "fits"), [(0, False), (1, True), (MAX_TABLE, True), (MAX_TABLE + 1, False)])
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
            Contract(0, 100, 0, [], [], [])
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
