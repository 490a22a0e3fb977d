"""A RewardPolicy in an EVM and the Python policy beside it, and the writes that tests draw for both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import pyrevm
import pytest
from hypothesis import strategies as st

from dao import artifacts
from dao.abi import keccak
from dao.errors import DaoError, PolicyError
from dao.rewards.changes import (
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
    Constant,
    Feedback,
    Geometric,
    Inflation,
    Metered,
    Remint,
    Rollover,
    Segment,
    Shape,
    SupplyHalving,
    Table,
    Tracking,
)
from dao.rewards.streams import ROOT, parent_of, stream_id
from dao.types import MAX_EPOCH, Address
from tests.support.policy import policy_code

OWNER = Address("0x" + "11" * 20)
STRANGER = Address("0x" + "22" * 20)
MAX_AMOUNT = 2**128 - 1
CAP = 10**30


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
        self.same("firstOpenEpoch", (), partial(self.policy.first_open_epoch, self.timestamp))

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
                amounts = {part.stream: emissions[part.stream] for part in parts}
                if parts and None not in amounts.values():
                    assert sum(amounts.values()) == emissions[parent]
                    assert policy.split(parent, epoch) == amounts

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
        Inflation,
        rate=st.integers(10**15, 10**16),
        floor=st.integers(0, 10**15),
        cap=st.integers(10**16, 10**18),
        target=thousands,
        tolerance=st.integers(0, 50),
        step=st.integers(0, 10**16),
        falling=st.booleans(),
        supply=st.integers(0, 10**6),
        maximum=st.one_of(thousands, st.just(MAX_AMOUNT)),
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
        carve_out_cap=st.one_of(st.just(0), st.integers(1, 10**4), odd_amounts),
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
