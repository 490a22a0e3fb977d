"""What a proposal's calls do to the reward policy, worked out from the very bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dao import artifacts
from dao.rewards.changes import Change, first_epochs
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
        change = change_of(call, after)
        if change is not None:
            after = after.apply(change, first_open=first_open)
            changes.append(change)
    return Effect(before=policy, after=after, changes=tuple(changes))


def change_of(call: Call, policy: Policy) -> Change | None:
    """The change that a call to the policy's contract makes; None for a function that changes nothing it says.

    Raises CodecError for calldata that does not decode, PolicyError for a stream that is not in `policy`.
    """
    signature = artifacts.load("RewardPolicy").abi.functions.get(call.calldata[:4])
    if signature is None or signature.name not in WRITES:
        return None
    paths = {stream_id(path): path for path in policy.streams}
    return read_change(signature.name, signature.decode_call(call.calldata), paths)
