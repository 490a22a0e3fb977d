"""Leads what the reward policy refuses in a proposal back to file, line and field, with names and dates."""

from __future__ import annotations

from difflib import get_close_matches

from dao.document.loader import Source
from dao.document.model import locate
from dao.document.quantities import Amount, Units, format_share
from dao.errors import DaoError, DocumentError, PolicyError, RailCrossed
from dao.lifecycle.wording import epoch
from dao.proposal.actions import Action
from dao.rewards.policy import Policy
from dao.rewards.streams import parent_of


def locate_refusal(
    error: DaoError, action: Action, index: int, source: Source, *, policy: Policy, units: Units, now: int
) -> DocumentError:
    """What is wrong with an action that the policy refuses.

    Args:
        error: The refusal.
        action: The action, `index` its place in the proposal.
        index: From 0.
        source: The proposal file.
        policy: The policy as the actions before this one leave it.
        units: The unit of amounts.
        now: The time at which it was judged (seconds).
    """
    if isinstance(error, RailCrossed):
        error = error.worded(lambda value: str(Amount(value, units.decimals, units.symbol)), format_share)
    field, cause = _unknown_stream(action, policy) or _begun_epoch(action, policy, now) or ("", error)
    place = f"actions.{index}.{action.kind}" + (f".{field}" if field else "")
    return locate(cause, source, place)


def _unknown_stream(action: Action, policy: Policy) -> tuple[str, DaoError] | None:
    for field, stream in _streams(action):
        if stream not in policy.streams:
            near = get_close_matches(stream, policy.streams, n=1)
            remedy = f"did you mean {near[0]}?" if near else "see `dao policy show`, or add it by an earlier action"
            listed = ", ".join(policy.streams)
            return field, PolicyError("there is no such stream", expected=listed, found=stream, remedy=remedy)
    return None


def _streams(action: Action) -> list[tuple[str, str]]:
    """The streams that must exist, each with the field that names it."""
    if action.add_stream is not None:
        return [("path", parent_of(action.add_stream.path))]
    if action.set_split is not None:
        parts = [(f"parts.{stream}", stream) for stream, _ in action.set_split.parts]
        return [("parent", action.set_split.parent), *parts]
    stream = getattr(action.body, "stream", None)
    return [] if stream is None else [("stream", stream)]


def _begun_epoch(action: Action, policy: Policy, now: int) -> tuple[str, DaoError] | None:
    begin = getattr(action.body, "from_epoch", None)
    first_open = policy.first_open_epoch(now)
    if begin is None or begin >= first_open:
        return None
    return "from_epoch", PolicyError(
        "the change would begin in an epoch that has begun",
        expected=f"{epoch(first_open, policy, now=now)}, or a later one",
        found=epoch(begin, policy, now=now),
        remedy="give a later from_epoch; voting and timelock take time as well",
    )
