"""Which change of the policy a stream's amount of an epoch goes back to, and so which vote authorised it."""

from __future__ import annotations

from collections.abc import Iterator

from dao.errors import PolicyError
from dao.replay.state import GovernanceState, PolicyChange
from dao.rewards.changes import Allocation, Change, SetBudget, SetSchedule, SetSplit, first_epochs
from dao.rewards.policy import Policy
from dao.rewards.streams import ROOT, parent_of


def authorising_change(state: GovernanceState, stream: str, epoch: int) -> PolicyChange | None:
    """The last change of the policy that decides what `stream` may pay in `epoch`; None where the deployment does.

    What decides the amount is in force in that epoch: the split that the stream gets its part by, the schedule and the
    budget that a carve-out yields by, and of a share or a residual those of the carve-outs that are taken before it;
    then the same of its parent, up to the root's own schedule and budget. Of each of these the change counts that put
    it in force, which is the last one made that begins at or before `epoch`. Changes that replaced a plan before it
    began, and those of other streams, do not count; nor do weights, parameters, rails and reporters, which leave the
    amount as it is.

    `PolicyChange.operation` names the timelock operation that made the change, and `GovernanceState.proposal_of` its
    proposal; a change without one was made past the timelock.

    Args:
        state: A replayed state.
        stream: Path of the stream.
        epoch: Number of the epoch.

    Raises PolicyError where the policy has no such stream.
    """
    if state.policy is None or stream not in state.policy.streams:
        known = ", ".join(state.policy.streams) if state.policy else "none"
        raise PolicyError("no such stream", expected=known, found=stream)
    decisive = set(_decisive(state.policy, stream, epoch))
    for made in reversed(state.policy_changes):
        subject = _subject(made.change)
        if subject in decisive and min(first_epochs(made.change)) <= epoch:
            return None if state.constructing(state.addresses.policy, made.place) else made
    return None


Subject = tuple[type[Change], str]
"""What a change sets: its kind, and the stream's path."""


def _subject(change: Change) -> Subject | None:
    match change:
        case SetSchedule() | SetBudget():
            return type(change), change.stream
        case SetSplit():
            return SetSplit, change.parent
    return None


def _decisive(policy: Policy, stream: str, epoch: int) -> Iterator[Subject]:
    """Everything that decides the emission of `stream` in `epoch`, from the stream up; `RewardPolicy.emission`."""
    while stream != ROOT:
        parent = parent_of(stream)
        yield SetSplit, parent
        parts = policy.parts(parent, epoch)
        own = next((part for part in parts if part.stream == stream), None)
        if own is None:
            return
        for part in parts:
            if part.allocation is Allocation.CARVE_OUT:
                yield SetSchedule, part.stream
                yield SetBudget, part.stream
            if part is own and own.allocation is Allocation.CARVE_OUT:
                break
        stream = parent
    yield SetSchedule, ROOT
    yield SetBudget, ROOT
