"""What a proposal's calls do to the reward policy, worked out from the very bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dao import artifacts
from dao.errors import PolicyError
from dao.rewards.policy import (
    ROOT,
    AddStream,
    Allocation,
    Change,
    Part,
    Policy,
    SetSchedule,
    SetSplit,
    Split,
    stream_id,
)
from dao.rewards.schedule import Segment, decode_shape
from dao.types import Address, Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The policy before and after, and the changes between. `epochs` are those at which anything begins to differ."""

    before: Policy
    after: Policy
    changes: tuple[Change, ...]

    @property
    def epochs(self) -> tuple[int, ...]:
        """The epochs at which one of the changes begins, ascending."""
        begun = {
            segment.from_epoch
            for change in self.changes
            if isinstance(change, SetSchedule)
            for segment in change.segments
        }
        begun |= {change.split.from_epoch for change in self.changes if isinstance(change, SetSplit)}
        return tuple(sorted(begun))

    @property
    def first_epoch(self) -> int | None:
        """The earliest epoch that a change names: it must not have begun when the proposal is executed."""
        return min(self.epochs, default=None)


def effect_of(calls: Sequence[Call], policy: Policy, *, contract: Address, first_open: int) -> Effect:
    """What `calls` do to `policy` when they are executed while `first_open` is the first open epoch.

    Args:
        calls: The proposal's calls, of which those to the policy's own functions count.
        policy: The policy before.
        contract: Address of the RewardPolicy.
        first_open: `RewardPolicy.firstOpenEpoch()` at execution.

    Raises PolicyError where the contract would revert, CodecError for calldata that does not decode.
    """
    after = policy
    changes = []
    for call in calls:
        if call.target != contract:
            continue
        change = change_of(call, after)
        if change is not None:
            after = after.apply(change, first_open=first_open)
            changes.append(change)
    return Effect(before=policy, after=after, changes=tuple(changes))


def change_of(call: Call, policy: Policy) -> Change | None:
    """The change that a call to the policy's contract makes; None for a function that changes no schedule or split.

    Raises CodecError for calldata that does not decode, PolicyError for a stream that is not in `policy`.
    """
    signature = artifacts.load("RewardPolicy").abi.functions.get(call.calldata[:4])
    if signature is None or signature.name not in ("addStream", "setSchedule", "setSplit"):
        return None
    paths = {stream_id(path): path for path in policy.streams}

    def path(identity: bytes) -> str:
        if identity not in paths:
            raise PolicyError("a call names a stream that does not exist", found="0x" + identity.hex())
        return paths[identity]

    values = signature.decode_call(call.calldata)
    if signature.name == "addStream":
        parent, name = path(values[0]), str(values[1])
        return AddStream(name if parent == ROOT else f"{parent}/{name}")
    if signature.name == "setSchedule":
        segments = tuple(Segment(from_epoch, decode_shape(shape, params)) for from_epoch, shape, params in values[1])
        return SetSchedule(path(values[0]), segments)
    parts = tuple(Part(path(stream), _allocation(kind), share) for stream, kind, share in values[2])
    return SetSplit(path(values[0]), Split(values[1], parts))


def _allocation(number: int) -> Allocation:
    try:
        return Allocation(number)
    except ValueError:
        raise PolicyError("a call names an allocation that does not exist", expected="0 to 3", found=number) from None
