"""Property: `dao/rewards` and the compiled RewardPolicy take and refuse the same writes and read the same integers."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import pyrevm
import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from dao import artifacts
from dao.abi import keccak
from dao.errors import DaoError, PolicyError
from dao.rewards.changes import (
    MAX_PARTS,
    AddStream,
    Allocation,
    Budget,
    Change,
    ClassWeight,
    Parameters,
    Part,
    Rail,
    Reporter,
    SetBudget,
    SetParameters,
    SetRail,
    SetReporter,
    SetSchedule,
    SetSplit,
    SetWeights,
    Split,
    Weights,
)
from dao.rewards.encoding import call_of, classes_value, parts_value, rail_value, reporter_value, segments_value
from dao.rewards.policy import Policy
from dao.rewards.reports import Reports
from dao.rewards.schedule import (
    MAX_AMOUNTS,
    MAX_STEPS,
    Constant,
    Feedback,
    Geometric,
    Metered,
    Remint,
    Rollover,
    Segment,
    Shape,
    SupplyHalving,
    Table,
    Tracking,
)
from dao.rewards.streams import MAX_DEPTH, ROOT, parent_of, stream_id
from dao.types import MAX_EPOCH, Address
from tests.support.policy import SECTIONS, policy_code

EXAMPLES = int(os.environ.get("TWIN_EXAMPLES", "150"))
"""How many policies each property tries; set TWIN_EXAMPLES to try more."""

OWNER = Address("0x" + "11" * 20)
STRANGER = Address("0x" + "22" * 20)
MAX_AMOUNT = 2**128 - 1
CAP = 10**30
CHECKS = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=HealthCheck.all())


@cache
def _function(name: str) -> Any:
    return artifacts.load("RewardPolicy").abi.function(name)


class Contract:
    """One RewardPolicy in an EVM of its own, at a timestamp that the test sets."""

    def __init__(
        self, timestamp: int, genesis: int, epoch_length: int, changes: Sequence[Change] = (), *, supply_cap: int = CAP
    ) -> None:
        """Deploys a policy that begins with `changes`. Raises Refused if the constructor reverts."""
        self._evm = pyrevm.EVM(gas_limit=2**63)
        self.at(timestamp)
        deploy = partial(self._evm.deploy, OWNER)
        code = policy_code(deploy, OWNER, genesis, epoch_length, changes, supply_cap=supply_cap)
        self._address = self._run(lambda: deploy(code))

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
        name, arguments = call_of(change)
        self(name, *arguments)

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

    def report(self, stream: str, epoch: int, value: int) -> bool:
        """Reports on both, as OWNER. Returns whether they took it."""
        try:
            self.contract("report", stream_id(stream), epoch, value)
            taken = True
        except (Refused, DaoError):
            taken = False
        try:
            self.policy = self.policy.report(stream, epoch, value, account=OWNER, timestamp=self.timestamp)
            mirrored = True
        except DaoError:
            mirrored = False
        assert taken == mirrored, f"the contract {'takes' if taken else 'refuses'} {value} for {stream} in {epoch}"
        return taken

    def same(self, name: str, arguments: Sequence[Any], mirror: Callable[[], Any]) -> Any:
        """Compares a view with its mirror: the same answer, or the same refusal. Returns the answer."""
        try:
            found = self.contract(name, *arguments)
        except Refused:
            with pytest.raises(PolicyError):
                mirror()
            return None
        expected = mirror()
        assert found == (expected if isinstance(expected, tuple) else (expected,)), (name, arguments)
        return expected

    def compare(self, more_epochs: Sequence[int] = ()) -> None:
        """Compares every read at the first and last epoch, around every change, and at `more_epochs`."""
        policy, contract = self.policy, self.contract
        assert contract("streams")[0] == tuple(stream_id(path) for path in policy.streams)
        for stream in policy.streams:
            self.compare_stream(stream)
        around = {epoch + offset for epoch in policy.change_epochs() for offset in (-1, 0, 1)}
        for epoch in sorted(e for e in around | {0, MAX_EPOCH, *more_epochs} if 0 <= e <= MAX_EPOCH):
            emissions = {}
            for stream in policy.streams:
                key = stream_id(stream)
                emissions[stream] = self.same("emission", (key, epoch), partial(policy.emission, stream, epoch))
                self.same("scheduled", (key, epoch), partial(policy.scheduled, stream, epoch))
                self.same("isLeaf", (key, epoch), partial(policy.is_leaf, stream, epoch))
                self.same("share", (key, epoch), partial(policy.share, stream, epoch))
                self.same("weight", (key, keccak(b"a"), epoch), partial(policy.weight, stream, "a", epoch))
                first = max(0, epoch - 7)
                self.same("scheduledSum", (key, first, epoch), partial(policy.scheduled_sum, stream, first, epoch))
                self.same(
                    "scheduledBounds", (key, first, epoch), partial(policy.scheduled_bounds, stream, first, epoch)
                )
            for parent in policy.streams:
                parts = policy.parts(parent, epoch)
                if parts and emissions[parent] is not None and emissions[parts[0].stream] is not None:
                    assert sum(emissions[part.stream] for part in parts) == emissions[parent]
                    assert policy.split(parent, epoch) == {part.stream: emissions[part.stream] for part in parts}

    def compare_stream(self, stream: str) -> None:
        """Compares everything that is held of a stream."""
        policy, contract, key = self.policy, self.contract, stream_id(stream)
        assert contract("streamInfo", key)[1] == stream
        stored = segments_value(policy.schedules.get(stream, ()))
        assert [(a, b, list(c)) for a, b, c in contract("schedule", key)[0]] == stored
        splits = [(s.from_epoch, tuple(parts_value(s.parts))) for s in policy.splits.get(stream, ())]
        assert list(contract("splits", key)[0]) == splits
        budgets = [(budget.from_epoch, budget.amount) for budget in policy.budgets.get(stream, ())]
        assert list(contract("budgets", key)[0]) == budgets
        weights = [(w.from_epoch, tuple(classes_value(w.classes))) for w in policy.weights.get(stream, ())]
        assert list(contract("weights", key)[0]) == weights
        assert list(contract("parameters", key)[0]) == [
            (p.from_epoch, p.data) for p in policy.parameters.get(stream, ())
        ]
        assert contract("reporter", key)[0] == reporter_value(policy.reporters.get(stream, Reporter()))
        assert contract("rail", key)[0] == rail_value(policy.rail(stream))
        reports = policy.reports.get(stream, Reports())
        assert contract("reportedUntil", key) == (reports.until,)
        self.same("nextReport", (key,), partial(policy.next_report, stream))
        for epoch, state in reports.items()[-5:]:
            assert contract("reports", key, epoch, epoch + 1)[0] == ((state.amount, state.carried, state.sum),)


def create(genesis: int, epoch_length: int, timestamp: int) -> Twins:
    """Both, without any stream but the root."""
    contract = Contract(timestamp, genesis, epoch_length)
    policy = Policy.create(genesis=genesis, epoch_length=epoch_length, supply_cap=CAP)
    twins = Twins(contract, policy, timestamp)
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
thousands = st.integers(0, 3_000)
valid_reported: st.SearchStrategy[Shape] = st.one_of(
    st.builds(Metered, thousands),
    st.builds(
        Remint,
        carried_weight=st.integers(0, 6),
        value_weight=st.integers(1, 4),
        divisor=st.integers(6, 10),
        cap=thousands,
        start=thousands,
    ),
    st.builds(SupplyHalving, amount=thousands, cap=st.integers(1, 5_000)),
    st.builds(Rollover, budget=thousands, epochs=st.integers(1, 5)),
    st.builds(
        Feedback,
        start=thousands,
        floor=st.integers(0, 100),
        cap=st.integers(100, 4_000),
        target=thousands,
        tolerance=st.integers(0, 50),
        step=st.integers(0, 700),
        falling=st.booleans(),
    ),
    st.builds(
        Tracking,
        start=thousands,
        floor=st.integers(0, 100),
        cap=st.integers(100, 4_000),
        band=st.integers(0, 3_000),
        step=st.integers(1, 5_000),
        unit=st.integers(1, 100),
    ),
)
points = st.one_of(st.just(0), st.integers(0, 10_000), st.sampled_from([10_000, 10_001]))
rails = st.one_of(
    st.just(Rail()),
    st.builds(
        Rail,
        floor=st.one_of(st.just(0), st.integers(0, 100), odd_amounts),
        cap=st.one_of(st.just(MAX_AMOUNT), st.integers(0, 10**6), odd_amounts),
        period=st.one_of(st.just(0), st.integers(1, 12), st.sampled_from([2**32 - 1, 2**32])),
        max_change=points,
        share_floor=points,
        share_cap=st.one_of(st.just(10_000), points),
        max_share_change=points,
    ),
)
class_lists = st.lists(
    st.builds(ClassWeight, st.one_of(st.sampled_from(["a", "b", "H100", "~!", "n" * 31]), ODD_NAMES), odd_amounts),
    max_size=4,
).map(tuple)
parameter_bytes = st.one_of(st.binary(max_size=70), st.sampled_from([bytes(8_192), bytes(8_193)]))
reporters = st.one_of(
    st.just(Reporter(account=OWNER, minimum=0, maximum=MAX_AMOUNT)),
    st.builds(Reporter, account=st.sampled_from([OWNER, STRANGER]), minimum=odd_amounts, maximum=odd_amounts),
)


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
    kind = draw(st.sampled_from(["add", "add", "schedule", "schedule", "split", "split", "budget", "rail", "rest"]))
    known = draw(st.sampled_from([*streams]))
    if kind == "budget":
        amount = draw(st.one_of(st.integers(0, 10**6), odd_amounts, st.sampled_from([CAP, CAP + 1])))
        return SetBudget(known, Budget(draw(odd_epochs), amount))
    if kind == "rail":
        return SetRail(known, draw(rails))
    if kind == "rest":
        return draw(
            st.one_of(
                st.builds(SetWeights, st.just(known), st.builds(Weights, odd_epochs, class_lists)),
                st.builds(SetParameters, st.just(known), st.builds(Parameters, odd_epochs, parameter_bytes)),
                st.builds(SetReporter, st.just(known), reporters),
            )
        )
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
    """The last amount that the rail admits, and the next one; a second change in the same period counts from before."""
    twins = create(0, 10, 5)
    assert twins.apply(SetSchedule(ROOT, (Segment(1, Constant(was)),)))
    assert twins.apply(SetRail(ROOT, Rail(cap=MAX_AMOUNT, period=period, max_change=change)))
    begin = 10 * period + offset
    limit = was + was * change // 10_000 if up else was - was * change // 10_000
    amount = max(0, limit + nudge)
    taken = twins.apply(SetSchedule(ROOT, (Segment(begin, Constant(amount)),)))
    assert taken is (abs(amount - was) <= was * change // 10_000)
    twins.apply(SetSchedule(ROOT, (Segment(begin + 1, Constant(limit + limit * change // 10_000)),)))


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
    edge = was + change + nudge if up else was - change - nudge
    taken = twins.apply(SetSplit(ROOT, Split(10 * period + offset, split(edge))))
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
