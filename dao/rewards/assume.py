"""A policy as it would be if its reporters reported the same value from now on: what a look ahead may assume."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dao.errors import PolicyError
from dao.rewards.changes import Reporter
from dao.rewards.policy import Policy
from dao.rewards.schedule import MAX_AMOUNT

ANYBODY = Reporter(maximum=MAX_AMOUNT)
"""Stands in where no reporter is named yet, as in a preset."""


def assume(policy: Policy, values: Mapping[str, int], *, last: int) -> Policy:
    """`policy` after every missing report up to the epoch `last` has said the same.

    Args:
        policy: The policy; it keeps its hash, which covers no reports.
        values: What is reported, by stream; the unit is the shape's.
        last: The last epoch that is reported.

    Raises PolicyError for a stream that is not there or needs no report, and for a value that its reporter may not
    report or its shape does not take.
    """
    for stream, value in values.items():
        due: int | None = policy.next_report(stream)
        held = policy.reporters
        if stream not in held:
            policy = replace(policy, reporters={**held, stream: ANYBODY})
        account = policy.reporters[stream].account
        while due is not None and due <= last:
            policy = policy.report(stream, due, value, account=account, timestamp=policy.start_of(due))
            due = _next(policy, stream)
        policy = replace(policy, reporters=held)
    return policy


def _next(policy: Policy, stream: str) -> int | None:
    try:
        return policy.next_report(stream)
    except PolicyError:
        return None
