"""The values that a policy is made of, and the changes that set them: one for each write to the contract."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from dao.rewards.schedule import Segment
from dao.types import ZERO_ADDRESS, Address

MAX_PARTS = 64
"""How many parts a split may have; `PolicyTree.MAX_PARTS`."""

MAX_BUDGETS = 256
"""How many budgets a stream may have over its whole life; `PolicySchedules.MAX_BUDGETS`."""

MAX_CLASSES = 64
"""How many resource classes a stream may have; `PolicyParameters.MAX_CLASSES`."""

MAX_PARAMETERS = 8_192
"""How many bytes a stream's parameters may have; `PolicyParameters.MAX_PARAMETERS`."""


class Allocation(IntEnum):
    """How a stream gets its part of its parent's emission; `IRewardPolicy.Allocation`."""

    NONE = 0
    CARVE_OUT = 1
    SHARE = 2
    RESIDUAL = 3


@dataclass(frozen=True, slots=True)
class Part:
    """A stream's place in its parent's split. `share` is in basis points, zero unless the allocation is SHARE."""

    stream: str
    allocation: Allocation
    share: int = 0


@dataclass(frozen=True, slots=True)
class Split:
    """How a stream's emission is split from `from_epoch` on; without parts, the stream is a leaf."""

    from_epoch: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Budget:
    """From `from_epoch` on, a schedule yields no more than `amount` (wei) over its whole life."""

    from_epoch: int
    amount: int


@dataclass(frozen=True, slots=True)
class ClassWeight:
    """A resource class by its name, and the weight of a unit of it, times 10^18."""

    name: str
    weight: int


@dataclass(frozen=True, slots=True)
class Weights:
    """The resource classes of a stream from `from_epoch` on."""

    from_epoch: int
    classes: tuple[ClassWeight, ...]


@dataclass(frozen=True, slots=True)
class Parameters:
    """The encoded parameters of a stream from `from_epoch` on; no bytes for none."""

    from_epoch: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Who reports for a stream, and the smallest and largest value that it may report; the unit is the shape's."""

    account: Address = ZERO_ADDRESS
    minimum: int = 0
    maximum: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rail:
    """What no schedule and no split of a stream may cross; `PolicyRails.Rail`.

    Args:
        floor: The least that its own schedule may yield in an epoch (wei).
        cap: The most (wei).
        period: Epochs in which change is bounded, counted from epoch 0; 0 where it is free.
        max_change: By how much the schedule may change within a period, in basis points of what it yields before.
        share_floor: The smallest share (basis points).
        share_cap: The largest share (basis points).
        max_share_change: By how much the share may change within a period (basis points).
        carve_out_cap: The most that the carve-outs among its children may yield together in an epoch (wei); 0 for no
            bound.
    """

    floor: int = 0
    cap: int = 0
    period: int = 0
    max_change: int = 0
    share_floor: int = 0
    share_cap: int = 0
    max_share_change: int = 0
    carve_out_cap: int = 0

    @property
    def binds(self) -> bool:
        """Whether the stream's own schedule and share have a rail: one without caps is none."""
        return self.cap != 0 or self.share_cap != 0


@dataclass(frozen=True, slots=True)
class AddStream:
    """The change that adds the stream `path` to the tree; `RewardPolicy.addStream`."""

    path: str


@dataclass(frozen=True, slots=True)
class SetSchedule:
    """The change that sets a schedule from the first segment's epoch on; `RewardPolicy.setSchedule`."""

    stream: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class SetSplit:
    """The change that sets a split from an epoch on; `RewardPolicy.setSplit`."""

    parent: str
    split: Split


@dataclass(frozen=True, slots=True)
class SetBudget:
    """The change that bounds what a schedule yields over its whole life; `RewardPolicy.setBudget`."""

    stream: str
    budget: Budget


@dataclass(frozen=True, slots=True)
class SetWeights:
    """The change that sets a stream's resource classes from an epoch on; `RewardPolicy.setWeights`."""

    stream: str
    weights: Weights


@dataclass(frozen=True, slots=True)
class SetParameters:
    """The change that sets a stream's parameters from an epoch on; `RewardPolicy.setParameters`."""

    stream: str
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class SetReporter:
    """The change that names who reports for a stream from now on; `RewardPolicy.setReporter`."""

    stream: str
    reporter: Reporter


@dataclass(frozen=True, slots=True)
class SetRail:
    """The change that sets a stream's rail from now on; `RewardPolicy.setRail`."""

    stream: str
    rail: Rail


Change = AddStream | SetSchedule | SetSplit | SetBudget | SetWeights | SetParameters | SetReporter | SetRail


def stream_of(change: Change) -> str:
    """Path of the stream that `change` is about; the parent's for a split."""
    if isinstance(change, AddStream):
        return change.path
    return change.parent if isinstance(change, SetSplit) else change.stream


def first_epochs(change: Change) -> set[int]:
    """The epochs at which something of `change` begins; none for what is in force at once."""
    match change:
        case SetSchedule():
            return {segment.from_epoch for segment in change.segments}
        case SetSplit():
            return {change.split.from_epoch}
        case SetBudget():
            return {change.budget.from_epoch}
        case SetWeights():
            return {change.weights.from_epoch}
        case SetParameters():
            return {change.parameters.from_epoch}
        case AddStream() | SetReporter() | SetRail():
            return set()


def describe(change: Change) -> str:
    """What `change` does, in a few words."""
    match change:
        case AddStream():
            return f"stream {change.path} added"
        case SetSchedule():
            return f"schedule of {change.stream} from epoch {change.segments[0].from_epoch}"
        case SetSplit():
            return f"split of {change.parent} from epoch {change.split.from_epoch}"
        case SetBudget():
            return f"budget of {change.stream} from epoch {change.budget.from_epoch}"
        case SetWeights():
            return f"weights of {change.stream} from epoch {change.weights.from_epoch}"
        case SetParameters():
            return f"parameters of {change.stream} from epoch {change.parameters.from_epoch}"
        case SetReporter():
            return f"reporter of {change.stream}"
        case SetRail():
            return f"rail of {change.stream}"
