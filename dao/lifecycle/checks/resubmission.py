"""Whether the same calls were decided on before."""

from __future__ import annotations

from collections.abc import Iterator

from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict
from dao.lifecycle.wording import amount
from dao.types import ProposalState

_DECIDED = (ProposalState.DEFEATED, ProposalState.CANCELED, ProposalState.EXPIRED, ProposalState.EXECUTED)


def _run(facts: Facts) -> Iterator[CheckResult]:
    found = False
    for proposal, standing in facts.others:
        if proposal.calls == facts.examined.calls and standing.state in _DECIDED:
            found = True
            votes = [amount(v, facts.session.deployment) for v in (standing.for_votes, standing.against_votes)]
            yield CheckResult(
                "resubmission",
                Verdict.WARNING,
                f"proposal {str(proposal.proposal_id)[:12]}… has the same calls and is "
                f"{standing.state.name.lower()}, with {votes[0]} for it and {votes[1]} against",
            )
    if not found:
        yield CheckResult("resubmission", Verdict.PASS, "nobody decided on these calls before")


CHECK = Check(name="resubmission", looks="the same calls in an earlier proposal", run=_run)
