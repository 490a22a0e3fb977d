"""A whole reward policy as a document writes it, in presets and deployment files alike."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from dao.document.fields import EpochNumber, Genesis, Line, NewStreamPath, ShortDuration, StreamPath
from dao.document.items import Items
from dao.document.model import Strict, refusal
from dao.document.policy import Parts, WrittenSegment, read_parts
from dao.document.quantities import Units
from dao.document.where import at
from dao.errors import PolicyError
from dao.rewards.policy import (
    AddStream,
    Change,
    Policy,
    SetSchedule,
    SetSplit,
    Split,
    parent_of,
    parts_value,
    segments_value,
    stream_id,
)
from dao.rewards.schedule import Segment


class WrittenSplit(Strict):
    """How a stream's emission is split from an epoch on."""

    from_epoch: EpochNumber = Field(description="The first epoch of this split.")
    parts: Parts = Field(description="Children and their allotments in order, exactly one residual; {} for a leaf.")


Schedules = Annotated[
    tuple[tuple[StreamPath, tuple[WrittenSegment, ...]], ...], Items(StreamPath, tuple[WrittenSegment, ...])
]
Splits = Annotated[tuple[tuple[StreamPath, tuple[WrittenSplit, ...]], ...], Items(StreamPath, tuple[WrittenSplit, ...])]


class WrittenPolicy(Strict):
    """A reward policy: written out, or by the name of a preset with a genesis of its own."""

    preset: Line | None = Field(default=None, description="A preset's name, or the path of its file.")
    genesis: Genesis | None = Field(default=None, description="When epoch 0 begins; deployment: when it is deployed.")
    epoch: ShortDuration | None = Field(default=None, description="The length of an epoch.")
    streams: tuple[NewStreamPath, ...] = Field(default=(), description="Streams below the root, parents first.")
    schedules: Schedules = Field(default=(), description="Streams and their segments.")
    splits: Splits = Field(default=(), description="Parents and their splits.")

    @model_validator(mode="after")
    def _whole(self) -> WrittenPolicy:
        if self.preset is not None:
            written = [name for name in ("epoch", "streams", "schedules", "splits") if getattr(self, name)]
            if written:
                raise refusal(
                    "a preset brings its own policy", expected="nothing but genesis beside it", found=", ".join(written)
                )
        elif self.genesis is None or self.epoch is None:
            missing = "genesis" if self.genesis is None else "epoch"
            raise refusal("a field is missing", expected=missing, found="nothing")
        return self

    def changes(self, units: Units) -> tuple[Change, ...]:
        """The writes that make this policy, in the order of `RewardPolicy`'s constructor.

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
        return tuple(changes)

    def policy(self, units: Units, *, genesis: int) -> Policy:
        """This policy from `genesis` (seconds since the Unix epoch), whatever the document says of the genesis.

        Raises AmountError or PolicyError, which name their field, where the contract's constructor would revert.
        """
        policy = Policy.create(genesis=genesis, epoch_length=self.epoch or 0)
        for change in self.changes(units):
            with at(_field(change)):
                policy = policy.apply(change)
        return policy

    def constructor_values(self, units: Units) -> tuple[list[Any], list[Any], list[Any]]:
        """Streams, schedules and splits as `RewardPolicy`'s constructor takes them."""
        changes = self.changes(units)
        return (
            [(stream_id(parent_of(c.path)), c.path.rsplit("/", 1)[-1]) for c in changes if isinstance(c, AddStream)],
            [(stream_id(c.stream), segments_value(c.segments)) for c in changes if isinstance(c, SetSchedule)],
            [
                (stream_id(c.parent), c.split.from_epoch, parts_value(c.split.parts))
                for c in changes
                if isinstance(c, SetSplit)
            ],
        )


def _field(change: Change) -> str:
    if isinstance(change, AddStream):
        return "streams"
    return f"schedules.{change.stream}" if isinstance(change, SetSchedule) else f"splits.{change.parent}"
