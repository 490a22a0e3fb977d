"""A reward policy through all epochs: the tree of streams, its schedules and splits, what each stream may pay.

The twin of `contracts/rewards/RewardPolicy.sol`. A policy is a frozen value; a change makes a new one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from types import MappingProxyType

from dao.abi import encode, keccak
from dao.errors import PolicyError
from dao.rewards.schedule import Segment, encode_shape, evaluate, validate_schedule
from dao.types import BASIS_POINTS, MAX_EPOCH

ROOT = "root"
"""Path of the root stream."""

MAX_DEPTH = 8
MAX_PARTS = 64
_NAME = re.compile(r"[a-z0-9._-]{1,31}\Z")


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


Change = AddStream | SetSchedule | SetSplit


@dataclass(frozen=True)
class Policy:
    """Everything that was, is or will be in force, as far as it is decided.

    Args:
        genesis: Timestamp at which epoch 0 begins (seconds).
        epoch_length: Seconds in an epoch.
        hash: `RewardPolicy.policyHash`: the chain of hashes over every change so far.
        streams: Paths in the order in which they were added, the root first.
        schedules: Segments of each stream that has a schedule, in order.
        splits: Splits of each stream that has any, in order.
    """

    genesis: int
    epoch_length: int
    hash: bytes
    streams: tuple[str, ...] = ()
    schedules: Mapping[str, tuple[Segment, ...]] = field(default_factory=lambda: MappingProxyType({}))
    splits: Mapping[str, tuple[Split, ...]] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def create(cls, *, genesis: int, epoch_length: int) -> Policy:
        """The policy that `RewardPolicy`'s constructor begins with: the root alone, without a schedule."""
        if epoch_length < 1:
            raise PolicyError("an epoch has no seconds", expected="1 or more", found=epoch_length)
        first = _chain(bytes(32), encode(("bytes32", "uint48", "uint32"), (_CREATED, genesis, epoch_length)))
        change = encode(("bytes32", "bytes32", "bytes32", "string"), (_ADDED, stream_id(ROOT), bytes(32), ROOT))
        return cls(genesis=genesis, epoch_length=epoch_length, hash=_chain(first, change), streams=(ROOT,))

    def apply(self, change: Change, *, first_open: int = 0) -> Policy:
        """The policy after `change`.

        Args:
            change: One write to the contract.
            first_open: The earliest epoch that a change may name: `RewardPolicy.firstOpenEpoch()` at the time, or 0
                while the policy is being created.

        Raises PolicyError where the contract would revert.
        """
        if isinstance(change, AddStream):
            return self._add_stream(change)
        if isinstance(change, SetSchedule):
            return self._set_schedule(change, first_open)
        return self._set_split(change, first_open)

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
        """The first epoch that has not begun at `timestamp`; `RewardPolicy.firstOpenEpoch`."""
        return 0 if timestamp < self.genesis else self.epoch_at(timestamp) + 1

    def start_of(self, epoch: int) -> int:
        """Timestamp at which `epoch` begins."""
        return self.genesis + epoch * self.epoch_length

    def scheduled(self, stream: str, epoch: int) -> int:
        """What the schedule of `stream` yields in `epoch` (wei); zero before its first segment."""
        segments = self.schedules.get(stream, ())
        index = bisect_right(segments, epoch, key=lambda segment: segment.from_epoch)
        return evaluate(segments[index - 1], epoch) if index else 0

    def parts(self, parent: str, epoch: int) -> tuple[Part, ...]:
        """The parts of `parent` in `epoch`, in order; none where it is a leaf."""
        self._require(parent)
        splits = self.splits.get(parent, ())
        index = bisect_right(splits, epoch, key=lambda split: split.from_epoch)
        return splits[index - 1].parts if index else ()

    def is_leaf(self, stream: str, epoch: int) -> bool:
        """Whether `stream` has no children in `epoch`; `RewardPolicy.isLeaf`."""
        return not self.parts(stream, epoch)

    def emission(self, stream: str, epoch: int) -> int:
        """What `stream` may pay in `epoch` (wei); `RewardPolicy.emission`. Raises PolicyError if it is unknown."""
        self._require(stream)
        if not 0 <= epoch <= MAX_EPOCH:
            raise PolicyError("no such epoch", expected=f"0 to {MAX_EPOCH}", found=epoch)
        if stream == ROOT:
            return self.scheduled(ROOT, epoch)
        parent = parent_of(stream)
        return self.split(parent, epoch).get(stream, 0)

    def split(self, parent: str, epoch: int) -> dict[str, int]:
        """What each part of `parent` gets in `epoch` (wei), in order; the values sum to the parent's emission.

        Carve-outs come first, each as far as the rest reaches; shares are of what they leave, rounded down; the
        residual takes everything else. Empty for a leaf.
        """
        parts = self.parts(parent, epoch)
        if not parts:
            return {}
        remaining = self.emission(parent, epoch)
        amounts: dict[str, int] = {part.stream: 0 for part in parts}
        for part in parts:
            if part.allocation is Allocation.CARVE_OUT:
                amounts[part.stream] = min(self.scheduled(part.stream, epoch), remaining)
                remaining -= amounts[part.stream]
        shared = remaining
        for part in parts:
            if part.allocation is Allocation.SHARE:
                amounts[part.stream] = shared * part.share // BASIS_POINTS
                remaining -= amounts[part.stream]
        for part in parts:
            if part.allocation is Allocation.RESIDUAL:
                amounts[part.stream] = remaining
        return amounts

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

    def change_epochs(self) -> tuple[int, ...]:
        """The epochs at which a segment or a split begins, ascending, each once."""
        begun = {segment.from_epoch for segments in self.schedules.values() for segment in segments}
        begun |= {split.from_epoch for splits in self.splits.values() for split in splits}
        return tuple(sorted(begun))

    def _require(self, stream: str) -> None:
        if stream not in self.streams:
            raise PolicyError("no such stream", expected=", ".join(self.streams), found=stream)

    def _add_stream(self, change: AddStream) -> Policy:
        path = change.path
        parent, name = parent_of(path), path.rsplit("/", 1)[-1]
        if path.startswith(f"{ROOT}/"):
            raise PolicyError("the children of the root are named without it", expected=name, found=path)
        self._require(parent)
        if not _NAME.match(name):
            raise PolicyError(
                "a stream's name has 1 to 31 characters out of a-z, 0-9, '-', '_' and '.'", found=repr(name)
            )
        if path.count("/") + 1 > MAX_DEPTH:
            raise PolicyError("the stream stands too deep", expected=f"at most {MAX_DEPTH} levels", found=path)
        if path in self.streams:
            raise PolicyError("the stream exists", found=path)
        encoded = encode(
            ("bytes32", "bytes32", "bytes32", "string"), (_ADDED, stream_id(path), stream_id(parent), path)
        )
        return replace(self, streams=(*self.streams, path), hash=_chain(self.hash, encoded))

    def _set_schedule(self, change: SetSchedule, first_open: int) -> Policy:
        self._require(change.stream)
        validate_schedule(change.segments)
        begin = change.segments[0].from_epoch
        _require_open(begin, first_open)
        kept = tuple(s for s in self.schedules.get(change.stream, ()) if s.from_epoch < begin)
        encoded = encode(
            ("bytes32", "bytes32", SEGMENTS_TYPE),
            (_SCHEDULE, stream_id(change.stream), segments_value(change.segments)),
        )
        schedules = {**self.schedules, change.stream: (*kept, *change.segments)}
        return replace(self, schedules=MappingProxyType(schedules), hash=_chain(self.hash, encoded))

    def _set_split(self, change: SetSplit, first_open: int) -> Policy:
        self._require(change.parent)
        begin = change.split.from_epoch
        _require_open(begin, first_open)
        for part in change.split.parts:
            self._require(part.stream)
        validate_parts(change.parent, change.split.parts)
        kept = tuple(s for s in self.splits.get(change.parent, ()) if s.from_epoch < begin)
        encoded = encode(
            ("bytes32", "bytes32", "uint32", PARTS_TYPE),
            (_SPLIT, stream_id(change.parent), begin, parts_value(change.split.parts)),
        )
        splits = {**self.splits, change.parent: (*kept, change.split)}
        return replace(self, splits=MappingProxyType(splits), hash=_chain(self.hash, encoded))


SEGMENTS_TYPE = "(uint32,uint8,uint128[])[]"
"""ABI type of `Schedules.Segment[]`."""

PARTS_TYPE = "(bytes32,uint8,uint16)[]"
"""ABI type of `RewardPolicy.Part[]`."""


def stream_id(path: str) -> bytes:
    """A stream's id on chain: the keccak-256 hash of its path, 32 bytes."""
    return keccak(path.encode())


def parent_of(path: str) -> str:
    """Path of the parent of the stream `path`, which must not be the root."""
    return path.rsplit("/", 1)[0] if "/" in path else ROOT


def segments_value(segments: Sequence[Segment]) -> list[tuple[int, int, list[int]]]:
    """`segments` as the ABI encodes `Schedules.Segment[]`."""
    encoded = ((segment.from_epoch, *encode_shape(segment.shape)) for segment in segments)
    return [(from_epoch, int(number), list(params)) for from_epoch, number, params in encoded]


def parts_value(parts: Sequence[Part]) -> list[tuple[bytes, int, int]]:
    """`parts` as the ABI encodes `RewardPolicy.Part[]`."""
    return [(stream_id(part.stream), int(part.allocation), part.share) for part in parts]


def validate_parts(parent: str, parts: Sequence[Part]) -> None:
    """Raises PolicyError unless `parts` can split `parent`; `RewardPolicy._validateParts`."""
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
    if epoch > MAX_EPOCH:
        raise PolicyError("no such epoch", expected=f"at most {MAX_EPOCH}", found=epoch)
    if epoch < first_open:
        raise PolicyError(
            "the change would begin in an epoch that has begun",
            expected=f"epoch {first_open} or later",
            found=f"epoch {epoch}",
        )


def _chain(previous: bytes, change: bytes) -> bytes:
    return keccak(encode(("bytes32", "bytes32"), (previous, keccak(change))))


_CREATED = keccak(b"PolicyCreated(uint48,uint32,bytes32)")
_ADDED = keccak(b"StreamAdded(bytes32,bytes32,string,bytes32)")
_SCHEDULE = keccak(f"ScheduleSet(bytes32,{SEGMENTS_TYPE},bytes32)".encode())
_SPLIT = keccak(f"SplitSet(bytes32,uint32,{PARTS_TYPE},bytes32)".encode())
