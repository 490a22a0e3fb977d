"""By when the proposal must be queued and executed, and whether that leaves time."""

from __future__ import annotations

from collections.abc import Iterator

from dao.document.moments import moment, roughly
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict
from dao.types import ProposalState

LITTLE = 86_400
"""Less than this, in seconds, is little time to execute a proposal in."""


def _run(facts: Facts) -> Iterator[CheckResult]:
    standing, grace = facts.examined.standing, facts.settings.grace_period
    if standing is None or standing.state in (ProposalState.PENDING, ProposalState.ACTIVE):
        verdict = Verdict.WARNING if grace < LITTLE else Verdict.PASS
        yield CheckResult("expiry", verdict, f"it must be executed within {roughly(grace)} once it can be")
    elif standing.state is ProposalState.EXPIRED:
        yield CheckResult("expiry", Verdict.FAILURE, f"it expired at {moment(standing.expiry)}")
    elif standing.state in (ProposalState.SUCCEEDED, ProposalState.QUEUED):
        left = standing.expiry - facts.ahead.timestamp
        verb = "queued" if standing.state is ProposalState.SUCCEEDED else "executed"
        detail = f"it must be {verb} within {roughly(max(left, 0))}, before {moment(standing.expiry)}"
        yield CheckResult("expiry", Verdict.WARNING if left < LITTLE else Verdict.PASS, detail)


CHECK = Check(name="expiry", looks="by when it must be executed", run=_run)
