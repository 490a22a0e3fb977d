"""Whether the proposer has the voting power that proposing needs."""

from __future__ import annotations

from collections.abc import Iterator

from dao.document.moments import moment
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict
from dao.lifecycle.wording import NAME_IT, amount


def _run(facts: Facts) -> Iterator[CheckResult]:
    needed, deployment = facts.settings.proposal_threshold, facts.session.deployment
    proposer = facts.examined.proposer
    if facts.examined.chain is not None:
        return
    if proposer is None:
        detail = f"{amount(needed, deployment)} are needed to propose; {NAME_IT}"
        yield CheckResult("threshold", Verdict.SKIPPED, detail)
        return
    # As Governor.propose asks: getVotes at clock() - 1, by the clock of the block that the proposal is mined in.
    token, ref = facts.session.contracts.token, facts.ahead.ref
    clock = int(facts.session.contracts.governor.ask("clock", block=ref))
    votes = token.past_votes(proposer, clock - 1, block=ref) if needed else token.votes(proposer, block=ref)
    detail = f"{proposer} has {amount(votes, deployment)}, and {amount(needed, deployment)} are needed to propose"
    if votes < needed <= token.votes(proposer, block=ref):
        detail = f"{proposer} has enough only from {moment(clock)}; a proposal must be mined after that: wait a block"
    yield CheckResult("threshold", Verdict.PASS if votes >= needed else Verdict.FAILURE, detail)


CHECK = Check(name="threshold", looks="the proposer's voting power against the threshold", run=_run)
