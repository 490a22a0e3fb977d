"""What the calls say, decoded: every one by a function that is known, with all of its bytes explained."""

from __future__ import annotations

from collections.abc import Iterator

from dao.lifecycle.actions import decode
from dao.lifecycle.decoded import call_text, decoded
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict
from dao.lifecycle.words import action_text


def _run(facts: Facts) -> Iterator[CheckResult]:
    deployment = facts.session.deployment
    calls = list(decoded(facts.examined.calls, deployment))
    items = tuple(_items(facts))
    unknown = [one for one in calls if one.call.calldata and not one.function]
    if unknown:
        targets = ", ".join(sorted({one.call.target for one in unknown}))
        detail = f"nobody here knows what {len(unknown)} of {len(calls)} calls say, to {targets}"
        yield CheckResult("calldata", Verdict.WARNING, detail, items)
    else:
        yield CheckResult("calldata", Verdict.PASS, f"{len(calls)} calls, every byte explained", items)


def _items(facts: Facts) -> Iterator[str]:
    """Each of the proposal's calls in the words of a file, followed by the calls that its arguments hold."""
    deployment, calls = facts.session.deployment, facts.examined.calls
    for call, action in zip(calls, decode(facts.session, calls, facts.policy), strict=True):
        own, *inner = decoded([call], deployment)
        yield action_text(action) if action.raw is None else call_text(own, deployment)
        yield from (call_text(one, deployment) for one in inner)


CHECK = Check(name="calldata", looks="the calls, decoded", run=_run)
