"""What a proposal's calls do to the reward policy, worked out from the very bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dao import artifacts
from dao.errors import CodecError, PolicyError
from dao.rewards.changes import AddStream, Change, SetSplit, first_epochs, stream_of
from dao.rewards.decoding import WRITES, read_change
from dao.rewards.policy import Policy
from dao.rewards.streams import stream_id
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
        begun: set[int] = set()
        for change in self.changes:
            begun |= first_epochs(change)
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
        change = change_of(call, after.streams)
        if change is not None:
            after = after.apply(change, first_open=first_open)
            changes.append(change)
    return Effect(before=policy, after=after, changes=tuple(changes))


def change_of(call: Call, streams: Iterable[str]) -> Change | None:
    """The change that a call to the policy's contract makes; None for a function that changes nothing it says.

    Raises CodecError for calldata that does not decode, PolicyError for a stream that is not among `streams`.
    """
    signature = artifacts.load("RewardPolicy").abi.functions.get(call.calldata[:4])
    if signature is None or signature.name not in WRITES:
        return None
    paths = {stream_id(path): path for path in streams}
    return read_change(signature.name, signature.decode_call(call.calldata), paths)


def changes_in(calls: Sequence[Call], policy: Policy, *, contract: Address, known: Iterable[str] = ()) -> list[Change]:
    """What `calls` ask of the policy's contract, whether or not it would do it: nothing is applied, so that a change
    which a rail, a begun epoch or another proposal would refuse now is read all the same.

    Args:
        calls: A proposal's calls; what of them does not decode changes nothing and is left out.
        policy: Whose streams the calls may name.
        contract: Address of the RewardPolicy.
        known: Paths of streams that may exist by then; what an earlier call adds is known to later ones.
    """
    streams = dict.fromkeys((*policy.streams, *known))
    changes: list[Change] = []
    for call in calls:
        if call.target != contract:
            continue
        try:
            change = change_of(call, streams)
        except (CodecError, PolicyError):
            continue
        if change is None:
            continue
        if isinstance(change, AddStream):
            streams[change.path] = None
        changes.append(change)
    return changes


def touched(changes: Iterable[Change], policy: Policy) -> set[str]:
    """The streams of which any of `changes` decides something, made to `policy`: for a split, the parent, its parts,
    and the parts of every split that it ends or voids.
    """
    return {stream for change in changes for stream in _touched(change, policy)}


def _touched(change: Change, policy: Policy) -> Iterator[str]:
    yield stream_of(change)
    if not isinstance(change, SetSplit):
        return
    begin = change.split.from_epoch
    splits = policy.splits.get(change.parent, ())
    in_force = [split for split in splits if split.from_epoch < begin][-1:]
    for split in (change.split, *in_force, *(split for split in splits if split.from_epoch >= begin)):
        yield from (part.stream for part in split.parts)
