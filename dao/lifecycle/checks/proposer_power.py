"""Whether the proposer's voting power was acquired shortly before it counts."""

from __future__ import annotations

from collections.abc import Iterator

from dao.document.moments import moment, roughly
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict
from dao.lifecycle.wording import NAME_IT, amount

WINDOW = 86_400
"""What is shortly, in seconds."""


def _run(facts: Facts) -> Iterator[CheckResult]:
    examined, token, deployment = facts.examined, facts.session.contracts.token, facts.session.deployment
    if examined.proposer is None:
        yield CheckResult("proposer-power", Verdict.SKIPPED, f"nobody is known to propose it; {NAME_IT}")
        return
    block = facts.block
    at = block.timestamp if examined.standing is None else min(examined.standing.snapshot, block.timestamp)
    began = facts.session.connection.block(deployment.start_block).timestamp
    if at - WINDOW <= began:
        detail = f"the deployment is younger than {roughly(WINDOW)}: all voting power is"
        yield CheckResult("proposer-power", Verdict.PASS, detail)
        return
    views = [token.view("getPastVotes", examined.proposer, when) for when in (at - WINDOW, at - 1)]
    before, then = (int(answer[0]) for answer in facts.session.connection.views(views, block=block.number))
    detail = (
        f"{amount(before, deployment)} at {moment(at - WINDOW)}, {amount(then, deployment)} {roughly(WINDOW)} later"
    )
    if then > 2 * before:
        detail = f"most of the proposer's voting power was acquired within {roughly(WINDOW)}: {detail}"
        yield CheckResult("proposer-power", Verdict.WARNING, detail)
    else:
        yield CheckResult("proposer-power", Verdict.PASS, detail)


CHECK = Check(name="proposer-power", looks="power of the proposer that was acquired shortly before", run=_run)
