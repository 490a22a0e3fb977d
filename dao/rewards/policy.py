"""A reward policy through all epochs: the tree of streams, its schedules and splits, what each stream may pay.

The twin of `contracts/rewards/RewardPolicy.sol`. A policy is a frozen value; a change makes a new one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar

from dao.errors import PolicyError
from dao.rewards.changes import (
    MAX_BUDGETS,
    MAX_CLASSES,
    MAX_PARAMETERS,
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
from dao.rewards.encoding import chained, first_hash
from dao.rewards.plan import Plan
from dao.rewards.rails import Railed, guard_rail, guard_schedule, guard_split, validate_rail
from dao.rewards.reports import Reports
from dao.rewards.schedule import MAX_AMOUNT, Clock, Segment, validate_schedule
from dao.rewards.streams import CLASS_NAME, MAX_DEPTH, NAME, ROOT, parent_of
from dao.types import BASIS_POINTS, MAX_EPOCH, Address

_Dated = TypeVar("_Dated", bound="Split | Budget | Weights | Parameters")
_Value = TypeVar("_Value")


def _nothing() -> Mapping[str, _Value]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Everything that was, is or will be in force, as far as it is decided.

    Args:
        genesis: Timestamp at which epoch 0 begins (seconds).
        epoch_length: Seconds in an epoch.
        supply_cap: The token's supply cap: the highest budget (wei).
        hash: `RewardPolicy.policyHash`: the chain of hashes over every change so far.
        streams: Paths in the order in which they were added, the root first.
        schedules: Segments of each stream that has a schedule, in order.
        splits: Splits of each stream that has any, in order.
        budgets: Budgets of each stream that has any, in order.
        weights: Resource classes of each stream that has any, in order.
        parameters: Parameters of each stream that has any, in order.
        reporters: Who reports for each stream that has a reporter.
        rails: The rail of each stream that has one.
        reports: What was reported for each stream; not part of the hash.
    """

    genesis: int
    epoch_length: int
    supply_cap: int
    hash: bytes
    streams: tuple[str, ...] = ()
    schedules: Mapping[str, tuple[Segment, ...]] = field(default_factory=_nothing)
    splits: Mapping[str, tuple[Split, ...]] = field(default_factory=_nothing)
    budgets: Mapping[str, tuple[Budget, ...]] = field(default_factory=_nothing)
    weights: Mapping[str, tuple[Weights, ...]] = field(default_factory=_nothing)
    parameters: Mapping[str, tuple[Parameters, ...]] = field(default_factory=_nothing)
    reporters: Mapping[str, Reporter] = field(default_factory=_nothing)
    rails: Mapping[str, Rail] = field(default_factory=_nothing)
    reports: Mapping[str, Reports] = field(default_factory=_nothing)

    @classmethod
    def create(cls, *, genesis: int, epoch_length: int, supply_cap: int = MAX_AMOUNT) -> Policy:
        """The policy that `RewardPolicy`'s constructor begins with: the root alone, without a schedule."""
        if epoch_length < 1:
            raise PolicyError("an epoch has no seconds", expected="1 or more", found=epoch_length)
        if not 0 <= supply_cap <= MAX_AMOUNT:
            raise PolicyError("the supply cap is out of range", expected=f"0 to {MAX_AMOUNT}", found=supply_cap)
        first = first_hash(genesis=genesis, epoch_length=epoch_length, supply_cap=supply_cap)
        return cls(genesis=genesis, epoch_length=epoch_length, supply_cap=supply_cap, hash=first, streams=(ROOT,))

    # ---------------------------------------------------------------- changing

    def apply(self, change: Change, *, first_open: int = 0) -> Policy:
        """The policy after `change`.

        Args:
            change: One write to the contract.
            first_open: The earliest epoch that a change may name: `RewardPolicy.firstOpenEpoch()` at the time, or 0
                while the policy is being created.

        Raises PolicyError where the contract would revert, RailCrossed where a guard rail makes it revert.
        """
        match change:
            case AddStream():
                made = self._add_stream(change)
            case SetSchedule():
                made = self._set_schedule(change, first_open)
            case SetSplit():
                made = self._set_split(change, first_open)
            case SetBudget():
                made = self._set_budget(change, first_open)
            case SetWeights():
                made = self._set_weights(change, first_open)
            case SetParameters():
                made = self._set_parameters(change, first_open)
            case SetReporter():
                made = self._set_reporter(change)
            case SetRail():
                made = self._set_rail(change, first_open)
        return replace(made, hash=chained(self.hash, change))

    def report(self, stream: str, epoch: int, value: int, *, account: Address, timestamp: int) -> Policy:
        """The policy after `account` has reported `value` for `epoch` at `timestamp`; `PolicySchedules.report`.

        Raises PolicyError where the contract would revert.
        """
        self._require(stream)
        begun = self.epoch_at(timestamp) if timestamp >= self.genesis else -1
        if epoch > begun:
            raise PolicyError(
                "an epoch is reported once it has begun", expected=f"before epoch {begun + 1}", found=epoch
            )
        reports = self.plan(stream).reported(stream, epoch, value, account=account, clock=self.clock)
        return replace(self, reports=_with(self.reports, stream, reports))

    # ---------------------------------------------------------------- reading

    @property
    def clock(self) -> Clock:
        """When epochs begin, for the shapes that depend on dates."""
        return Clock(self.genesis, self.epoch_length)

    def epoch_at(self, timestamp: int) -> int:
        """The epoch that contains `timestamp`; `RewardPolicy.epochAt`.

        Raises PolicyError before the genesis, and beyond the last epoch.
        """
        if timestamp < self.genesis:
            raise PolicyError(
                "the timestamp lies before the genesis", expected=f"{self.genesis} or later", found=timestamp
            )
        epoch = (timestamp - self.genesis) // self.epoch_length
        if epoch > MAX_EPOCH:
            raise PolicyError(
                "the timestamp lies beyond the last epoch", expected=f"epoch {MAX_EPOCH} at most", found=epoch
            )
        return epoch

    def first_open_epoch(self, timestamp: int) -> int:
        """The first epoch that has not begun at `timestamp`; `RewardPolicy.firstOpenEpoch`.

        Raises PolicyError in the last epoch, after which there is none.
        """
        first = 0 if timestamp < self.genesis else self.epoch_at(timestamp) + 1
        if first > MAX_EPOCH:
            raise PolicyError(
                "the last epoch has begun", expected=f"a moment before epoch {MAX_EPOCH}", found=timestamp
            )
        return first

    def start_of(self, epoch: int) -> int:
        """Timestamp at which `epoch` begins."""
        return self.genesis + epoch * self.epoch_length

    def plan(self, stream: str) -> Plan:
        """Everything that decides what the own schedule of `stream` yields."""
        return Plan(
            segments=self.schedules.get(stream, ()),
            budgets=self.budgets.get(stream, ()),
            reporter=self.reporters.get(stream, Reporter()),
            reports=self.reports.get(stream, Reports()),
        )

    def scheduled(self, stream: str, epoch: int) -> int:
        """What the schedule of `stream` yields in `epoch` within its budget (wei); `RewardPolicy.scheduled`.

        Raises PolicyError if it is unknown, NotReported where that depends on a report that was not made.
        """
        self._require(stream)
        return self.plan(stream).scheduled(stream, epoch, self.clock)

    def scheduled_sum(self, stream: str, first: int, until: int) -> int:
        """What the schedule of `stream` yields in epochs `[first, until)` (wei); `RewardPolicy.scheduledSum`."""
        self._require(stream)
        plan = self.plan(stream)
        if until <= first:
            return 0
        return plan.yielded(stream, until, self.clock) - plan.yielded(stream, first, self.clock)

    def scheduled_bounds(self, stream: str, first: int, until: int) -> tuple[int, int]:
        """The least and the most that the schedule of `stream` yields in an epoch of `[first, until)` (wei).

        `RewardPolicy.scheduledBounds`.
        """
        self._require(stream)
        return self.plan(stream).bounds(first, until, self.clock)

    def next_report(self, stream: str) -> int:
        """The epoch that the next report of `stream` is for. Raises PolicyError where none is due."""
        self._require(stream)
        return self.plan(stream).next_report(stream)

    def parts(self, parent: str, epoch: int) -> tuple[Part, ...]:
        """The parts of `parent` in `epoch`, in order; none where it is a leaf."""
        self._require(parent)
        split = _in_force(self.splits.get(parent, ()), epoch)
        return split.parts if split else ()

    def is_leaf(self, stream: str, epoch: int) -> bool:
        """Whether `stream` has no children in `epoch`; `RewardPolicy.isLeaf`."""
        return not self.parts(stream, epoch)

    def emission(self, stream: str, epoch: int) -> int:
        """What `stream` may pay in `epoch` (wei); `RewardPolicy.emission`.

        Raises PolicyError if it is unknown, NotReported where the amount depends on a report that was not made.
        """
        self._require(stream)
        if not 0 <= epoch <= MAX_EPOCH:
            raise PolicyError("no such epoch", expected=f"0 to {MAX_EPOCH}", found=epoch)
        if stream == ROOT:
            return self.plan(ROOT).scheduled(ROOT, epoch, self.clock)
        parent = parent_of(stream)
        if all(part.stream != stream for part in self.parts(parent, epoch)):
            return 0
        return dict(self._split(parent, epoch, until=stream))[stream]

    def split(self, parent: str, epoch: int) -> dict[str, int]:
        """What each part of `parent` gets in `epoch` (wei), in order; the values sum to the parent's emission.

        Carve-outs come first, each as far as the rest reaches; shares are of what they leave, rounded down; the
        residual takes everything else. Empty for a leaf.
        """
        amounts = dict(self._split(parent, epoch))
        return {part.stream: amounts[part.stream] for part in self.parts(parent, epoch)}

    def _split(self, parent: str, epoch: int, *, until: str | None = None) -> Iterator[tuple[str, int]]:
        """What each part gets, in the order in which it is taken; nothing behind `until` is looked at.

        What is behind may wait for a report that what is before does not need.
        """
        parts = self.parts(parent, epoch)
        remaining = self.emission(parent, epoch) if parts else 0
        for part in parts:
            if part.allocation is Allocation.CARVE_OUT:
                amount = min(self.scheduled(part.stream, epoch), remaining)
                remaining -= amount
                yield part.stream, amount
                if part.stream == until:
                    return
        shared = remaining
        for part in parts:
            if part.allocation is Allocation.SHARE:
                amount = shared * part.share // BASIS_POINTS
                remaining -= amount
                yield part.stream, amount
        for part in parts:
            if part.allocation is Allocation.RESIDUAL:
                yield part.stream, remaining

    def share(self, stream: str, epoch: int) -> tuple[Allocation, int]:
        """How `stream` is allotted its part in `epoch`, and its share in basis points; `RewardPolicy.share`."""
        self._require(stream)
        if stream == ROOT:
            return Allocation.NONE, 0
        parts = self.parts(parent_of(stream), epoch)
        for part in parts:
            if part.stream == stream:
                if part.allocation is Allocation.RESIDUAL:
                    return Allocation.RESIDUAL, BASIS_POINTS - sum(other.share for other in parts)
                return part.allocation, part.share
        return Allocation.NONE, 0

    def classes(self, stream: str, epoch: int) -> tuple[ClassWeight, ...]:
        """The resource classes of `stream` in `epoch`; none where it has none."""
        self._require(stream)
        weights = _in_force(self.weights.get(stream, ()), epoch)
        return weights.classes if weights else ()

    def weight(self, stream: str, name: str, epoch: int) -> int:
        """The weight of a unit of the class `name`, times 10^18; zero without such a class. `RewardPolicy.weight`."""
        return next((made.weight for made in self.classes(stream, epoch) if made.name == name), 0)

    def parameters_at(self, stream: str, epoch: int) -> bytes:
        """The encoded parameters of `stream` in `epoch`; no bytes where it has none."""
        self._require(stream)
        parameters = _in_force(self.parameters.get(stream, ()), epoch)
        return parameters.data if parameters else b""

    def rail(self, stream: str) -> Rail:
        """The rail of `stream`; one that does not bind where it has none."""
        self._require(stream)
        return self.rails.get(stream, Rail())

    def change_epochs(self) -> tuple[int, ...]:
        """The epochs at which a segment, a split, a budget, weights or parameters begin, ascending, each once."""
        begun = {segment.from_epoch for segments in self.schedules.values() for segment in segments}
        for dated in (self.splits, self.budgets, self.weights, self.parameters):
            begun |= {value.from_epoch for values in dated.values() for value in values}
        return tuple(sorted(begun))

    # ---------------------------------------------------------------- each change

    def _require(self, stream: str) -> None:
        if stream not in self.streams:
            raise PolicyError("no such stream", expected=", ".join(self.streams), found=stream)

    def _add_stream(self, change: AddStream) -> Policy:
        path = change.path
        parent, name = parent_of(path), path.rsplit("/", 1)[-1]
        if path.startswith(f"{ROOT}/"):
            raise PolicyError("the children of the root are named without it", expected=name, found=path)
        self._require(parent)
        if not NAME.match(name):
            raise PolicyError(
                "a stream's name has 1 to 31 characters out of a-z, 0-9, '-', '_' and '.'", found=repr(name)
            )
        if path.count("/") + 1 > MAX_DEPTH:
            raise PolicyError("the stream stands too deep", expected=f"at most {MAX_DEPTH} levels", found=path)
        if path in self.streams:
            raise PolicyError("the stream exists", found=path)
        return replace(self, streams=(*self.streams, path))

    def _set_schedule(self, change: SetSchedule, first_open: int) -> Policy:
        self._require(change.stream)
        validate_schedule(change.segments, self.clock)
        begin = change.segments[0].from_epoch
        _require_open(begin, first_open)
        plan = self.plan(change.stream)
        guard_schedule(self._railed(first_open), change.stream, change.segments)
        kept = tuple(s for s in plan.segments if s.from_epoch < begin)
        return replace(self, schedules=_with(self.schedules, change.stream, (*kept, *change.segments)))

    def _set_split(self, change: SetSplit, first_open: int) -> Policy:
        parent, begin, parts = change.parent, change.split.from_epoch, change.split.parts
        self._require(parent)
        _require_open(begin, first_open)
        for part in parts:
            self._require(part.stream)
        validate_parts(parent, parts)
        guard_split(self._railed(first_open), parent, change.split)
        return replace(self, splits=_planned(self.splits, parent, change.split))

    def _set_budget(self, change: SetBudget, first_open: int) -> Policy:
        self._require(change.stream)
        _require_open(change.budget.from_epoch, first_open)
        if not 0 <= change.budget.amount <= self.supply_cap:
            raise PolicyError(
                f"the budget of {change.stream} is above the token's supply cap",
                expected=f"at most {self.supply_cap}",
                found=change.budget.amount,
            )
        budgets = _planned(self.budgets, change.stream, change.budget)
        if len(budgets[change.stream]) > MAX_BUDGETS:
            raise PolicyError(f"{change.stream} has too many budgets", expected=f"at most {MAX_BUDGETS}")
        return replace(self, budgets=budgets)

    def _set_weights(self, change: SetWeights, first_open: int) -> Policy:
        self._require(change.stream)
        _require_open(change.weights.from_epoch, first_open)
        classes = change.weights.classes
        if len(classes) > MAX_CLASSES:
            raise PolicyError(
                f"{change.stream} has too many classes", expected=f"at most {MAX_CLASSES}", found=len(classes)
            )
        names = [made.name for made in classes]
        for index, made in enumerate(classes):
            if not CLASS_NAME.match(made.name) or made.name in names[:index]:
                raise PolicyError(
                    "a class's name has 1 to 31 visible ASCII characters and stands once", found=repr(made.name)
                )
            if not 0 <= made.weight <= MAX_AMOUNT:
                raise PolicyError(f"the weight of {made.name} is out of range", found=made.weight)
        return replace(self, weights=_planned(self.weights, change.stream, change.weights))

    def _set_parameters(self, change: SetParameters, first_open: int) -> Policy:
        self._require(change.stream)
        _require_open(change.parameters.from_epoch, first_open)
        if len(change.parameters.data) > MAX_PARAMETERS:
            raise PolicyError(
                f"the parameters of {change.stream} are too long",
                expected=f"at most {MAX_PARAMETERS} bytes",
                found=len(change.parameters.data),
            )
        return replace(self, parameters=_planned(self.parameters, change.stream, change.parameters))

    def _set_reporter(self, change: SetReporter) -> Policy:
        self._require(change.stream)
        reporter = change.reporter
        if not 0 <= reporter.minimum <= reporter.maximum <= MAX_AMOUNT:
            raise PolicyError(
                f"the reporter of {change.stream} could report nothing",
                expected="a minimum up to the maximum",
                found=f"{reporter.minimum} to {reporter.maximum}",
            )
        reporters = {stream: other for stream, other in self.reporters.items() if stream != change.stream}
        if reporter != Reporter():
            reporters[change.stream] = reporter
        return replace(self, reporters=MappingProxyType(reporters))

    def _set_rail(self, change: SetRail, first_open: int) -> Policy:
        self._require(change.stream)
        validate_rail(change.stream, change.rail)
        guard_rail(self._railed(first_open), change.stream, change.rail)
        rails = {stream: rail for stream, rail in self.rails.items() if stream != change.stream}
        if change.rail != Rail():
            rails[change.stream] = change.rail
        return replace(self, rails=MappingProxyType(rails))

    def _railed(self, first_open: int) -> Railed:
        return Railed(
            rails=self.rails,
            plans={stream: self.plan(stream) for stream in self.schedules},
            splits=self.splits,
            clock=self.clock,
            first_open=first_open,
        )


def validate_parts(parent: str, parts: Sequence[Part]) -> None:
    """Raises PolicyError unless `parts` can split `parent`; `PolicyTree._validateParts`."""
    if len(parts) > MAX_PARTS:
        raise PolicyError(
            f"the split of {parent} has too many parts", expected=f"at most {MAX_PARTS}", found=len(parts)
        )
    seen: set[str] = set()
    for part in parts:
        if part.stream == ROOT or parent_of(part.stream) != parent:
            raise PolicyError(f"{part.stream} is not a child of {parent}")
        if part.stream in seen:
            raise PolicyError(f"{part.stream} is named twice in the split of {parent}")
        seen.add(part.stream)
        fits = (part.allocation is Allocation.SHARE) == (part.share != 0) and part.share >= 0
        if part.allocation is Allocation.NONE or not fits:
            raise PolicyError(
                f"allocation and share of {part.stream} do not go together",
                found=f"{part.allocation.name}, {part.share} basis points",
            )
    total = sum(part.share for part in parts)
    if total > BASIS_POINTS:
        raise PolicyError(
            f"the shares of {parent} sum to more than the whole",
            expected=f"at most {BASIS_POINTS} basis points",
            found=total,
        )
    residuals = sum(part.allocation is Allocation.RESIDUAL for part in parts)
    if parts and residuals != 1:
        raise PolicyError(f"the split of {parent} needs exactly one residual", found=residuals)


def _require_open(epoch: int, first_open: int) -> None:
    if not 0 <= epoch <= MAX_EPOCH:
        raise PolicyError("no such epoch", expected=f"0 to {MAX_EPOCH}", found=epoch)
    if epoch < first_open:
        raise PolicyError(
            "the change would begin in an epoch that has begun",
            expected=f"epoch {first_open} or later",
            found=f"epoch {epoch}",
        )


def _in_force(values: Sequence[_Dated], epoch: int) -> _Dated | None:
    index = bisect_right(values, epoch, key=lambda value: value.from_epoch)
    return values[index - 1] if index else None


def _with(values: Mapping[str, _Value], stream: str, value: _Value) -> Mapping[str, _Value]:
    return MappingProxyType({**values, stream: value})


def _planned(values: Mapping[str, tuple[_Dated, ...]], stream: str, value: _Dated) -> Mapping[str, tuple[_Dated, ...]]:
    """`values` with `value` in force from its epoch on: what was planned for that epoch or later is void."""
    kept = (other for other in values.get(stream, ()) if other.from_epoch < value.from_epoch)
    return _with(values, stream, (*kept, value))
