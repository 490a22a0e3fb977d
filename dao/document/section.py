"""A whole reward policy as a document writes it, in presets and deployment files alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field, model_validator

from dao.abi import checksum
from dao.document.fields import (
    EpochNumber,
    Genesis,
    Line,
    NewStreamPath,
    ShortDuration,
    StreamPath,
    TokenAmount,
)
from dao.document.items import Items
from dao.document.model import Strict, refusal
from dao.document.parameters import Encoded
from dao.document.policy import (
    Classes,
    Parts,
    WrittenRail,
    WrittenReporter,
    WrittenSegment,
    read_classes,
    read_parts,
)
from dao.document.quantities import Units
from dao.document.where import at
from dao.errors import PolicyError
from dao.rewards.changes import (
    AddStream,
    Budget,
    Change,
    Parameters,
    SetBudget,
    SetParameters,
    SetRail,
    SetReporter,
    SetSchedule,
    SetSplit,
    SetWeights,
    Split,
    Weights,
    stream_of,
)
from dao.rewards.encoding import call_of
from dao.rewards.policy import Policy
from dao.rewards.schedule import MAX_AMOUNT, Segment
from dao.types import ZERO_ADDRESS, Address, is_hex_address


def _own_address(account: str) -> Address:
    """An address as it is; the zero address for a contract of a deployment that is not there yet."""
    return checksum(account) if is_hex_address(account) else ZERO_ADDRESS


class WrittenSplit(Strict):
    """How a stream's emission is split from an epoch on."""

    from_epoch: EpochNumber = Field(description="The first epoch of this split.")
    parts: Parts = Field(description="Children and their allotments in order, exactly one residual; {} for a leaf.")


Schedules = Annotated[
    tuple[tuple[StreamPath, tuple[WrittenSegment, ...]], ...], Items(StreamPath, tuple[WrittenSegment, ...])
]
Splits = Annotated[tuple[tuple[StreamPath, tuple[WrittenSplit, ...]], ...], Items(StreamPath, tuple[WrittenSplit, ...])]


class WrittenBudget(Strict):
    """What a stream's schedule yields at most over its whole life, from an epoch on."""

    from_epoch: EpochNumber = Field(default=0, description="The first epoch that it binds.")
    amount: TokenAmount = Field(description="The most that all epochs together yield.")


class WrittenWeights(Strict):
    """A stream's resource classes from an epoch on."""

    from_epoch: EpochNumber = Field(default=0, description="The first epoch of these classes.")
    classes: Classes = Field(description="Classes and the weight of a unit of each.")


class WrittenParameters(Encoded):
    """A stream's account-level parameters from an epoch on."""

    from_epoch: EpochNumber = Field(default=0, description="The first epoch of these parameters.")


Budgets = Annotated[
    tuple[tuple[StreamPath, tuple[WrittenBudget, ...]], ...], Items(StreamPath, tuple[WrittenBudget, ...])
]
WeightLists = Annotated[
    tuple[tuple[StreamPath, tuple[WrittenWeights, ...]], ...], Items(StreamPath, tuple[WrittenWeights, ...])
]
ParameterLists = Annotated[
    tuple[tuple[StreamPath, tuple[WrittenParameters, ...]], ...], Items(StreamPath, tuple[WrittenParameters, ...])
]
Reporters = Annotated[tuple[tuple[StreamPath, WrittenReporter], ...], Items(StreamPath, WrittenReporter)]
Rails = Annotated[tuple[tuple[StreamPath, WrittenRail], ...], Items(StreamPath, WrittenRail)]

_WHOLE = ("epoch", "streams", "schedules", "splits", "budgets", "weights", "parameters")


class WrittenPolicy(Strict):
    """A reward policy: written out, or by the name of a preset with a genesis and reporters of its own.

    A preset's reporters are whoever the deployment names: it says who reports, and the preset why.
    """

    preset: Line | None = Field(default=None, description="A preset's name, or the path of its file.")
    genesis: Genesis | None = Field(default=None, description="When epoch 0 begins; deployment: when it is deployed.")
    epoch: ShortDuration | None = Field(default=None, description="The length of an epoch.")
    streams: tuple[NewStreamPath, ...] = Field(default=(), description="Streams below the root, parents first.")
    schedules: Schedules = Field(default=(), description="Streams and their segments.")
    splits: Splits = Field(default=(), description="Parents and their splits.")
    budgets: Budgets = Field(default=(), description="Streams and their lifetime budgets.")
    weights: WeightLists = Field(default=(), description="Streams and their resource classes.")
    parameters: ParameterLists = Field(default=(), description="Streams and their account-level parameters.")
    reporters: Reporters = Field(default=(), description="Streams and who reports for each.")
    rails: Rails = Field(default=(), description="Streams and their rails, which bind every later change.")

    @model_validator(mode="after")
    def _whole(self) -> WrittenPolicy:
        if self.preset is not None:
            written = [name for name in _WHOLE if getattr(self, name)]
            if written:
                raise refusal(
                    "a preset brings its own policy",
                    expected="nothing but genesis, reporters and rails beside it",
                    found=", ".join(written),
                )
        elif self.genesis is None or self.epoch is None:
            missing = "genesis" if self.genesis is None else "epoch"
            raise refusal("a field is missing", expected=missing, found="nothing")
        return self

    def changes(self, units: Units, account: Callable[[str], Address] = _own_address) -> tuple[Change, ...]:
        """The writes that make this policy, in the order of `RewardPolicy`'s constructor.

        Args:
            units: The token's unit.
            account: Resolves the accounts of reporters; without it, names of contracts become the zero address.

        Raises AmountError or PolicyError, which name their field.
        """
        changes: list[Change] = [AddStream(path) for path in self.streams]
        for stream, written in self.schedules:
            segments = []
            for index, segment in enumerate(written):
                with at(f"schedules.{stream}.{index}"):
                    if segment.from_epoch is None:
                        raise PolicyError("a segment does not say where it begins", expected="from_epoch")
                    segments.append(Segment(segment.from_epoch, segment.shape(units)))
            changes.append(SetSchedule(stream, tuple(segments)))
        for parent, splits in self.splits:
            changes += [SetSplit(parent, Split(split.from_epoch, read_parts(split.parts))) for split in splits]
        for stream, budgets in self.budgets:
            for index, budget in enumerate(budgets):
                with at(f"budgets.{stream}.{index}.amount"):
                    changes.append(SetBudget(stream, Budget(budget.from_epoch, units.resolve(budget.amount))))
        for stream, weights in self.weights:
            changes += [SetWeights(stream, Weights(made.from_epoch, read_classes(made.classes))) for made in weights]
        for stream, parameters in self.parameters:
            for index, encoded in enumerate(parameters):
                with at(f"parameters.{stream}.{index}"):
                    changes.append(SetParameters(stream, Parameters(encoded.from_epoch, encoded.encoded(units))))
        for stream, reporter in self.reporters:
            with at(f"reporters.{stream}"):
                changes.append(SetReporter(stream, reporter.reporter(units, account)))
        for stream, rail in self.rails:
            with at(f"rails.{stream}"):
                changes.append(SetRail(stream, rail.rail(units)))
        return tuple(changes)

    def policy(self, units: Units, *, genesis: int, supply_cap: int = MAX_AMOUNT) -> Policy:
        """This policy from `genesis` (seconds since the Unix epoch), whatever the document says of the genesis.

        Raises AmountError or PolicyError, which name their field, where the contract's constructor would revert.
        """
        policy = Policy.create(genesis=genesis, epoch_length=self.epoch or 0, supply_cap=supply_cap)
        for change in self.changes(units):
            with at(_field(change)):
                policy = policy.apply(change)
        return policy

    def beginning(self, units: Units, account: Callable[[str], Address]) -> tuple[list[Any], ...]:
        """The `Beginning` that `RewardPolicy`'s constructor takes."""
        made: dict[type, list[Any]] = {kind: [] for kind in _SECTIONS}
        for change in self.changes(units, account):
            made[type(change)].append(call_of(change)[1])
        return tuple(made.values())


_SECTIONS = {
    AddStream: "streams",
    SetSchedule: "schedules",
    SetSplit: "splits",
    SetBudget: "budgets",
    SetWeights: "weights",
    SetParameters: "parameters",
    SetReporter: "reporters",
    SetRail: "rails",
}
"""The fields of `RewardPolicy.Beginning`, in order, by the changes in them."""


def _field(change: Change) -> str:
    section = _SECTIONS[type(change)]
    return section if isinstance(change, AddStream) else f"{section}.{stream_of(change)}"
