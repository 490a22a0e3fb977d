"""Whether the governor can take this proposal: no other has the same calls and text."""

from __future__ import annotations

from collections.abc import Iterator

from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict
from dao.lifecycle.wording import NAME_IT


def _run(facts: Facts) -> Iterator[CheckResult]:
    examined = facts.examined
    if examined.chain is not None:
        return
    if examined.proposal_id is None:
        yield CheckResult("new", Verdict.SKIPPED, f"the proposal's id depends on its proposer; {NAME_IT}")
    elif facts.session.contracts.governor.snapshot(examined.proposal_id) == 0:
        yield CheckResult("new", Verdict.PASS, "no proposal has these calls and this text")
    else:
        state = facts.session.contracts.governor.state(examined.proposal_id)
        yield CheckResult("new", Verdict.FAILURE, f"this very proposal exists already; it is {state.name.lower()}")


CHECK = Check(name="new", looks="whether this very proposal exists already", run=_run)
