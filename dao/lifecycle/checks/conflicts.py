"""Which other open proposals decide the same streams, the queued ones first among them."""

from __future__ import annotations

from collections.abc import Iterator

from dao.lifecycle.effect import changes_in, touched
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict


def _run(facts: Facts) -> Iterator[CheckResult]:
    policy, contract = facts.policy, facts.session.deployment.addresses.policy
    mine = touched(changes_in(facts.examined.calls, policy, contract=contract), policy)
    if not mine:
        return
    found = False
    for proposal, now in facts.open_others:
        # Not applied: what a rail or a begun epoch refuses today may be admitted when that proposal is executed.
        common = mine & touched(changes_in(proposal.calls, policy, contract=contract, known=mine), policy)
        if common:
            found = True
            yield CheckResult(
                "conflicts",
                Verdict.WARNING,
                f"proposal {str(now.proposal_id)[:12]}…, {now.state.name.lower()}, "
                f"also changes {', '.join(sorted(common))}",
            )
    if not found:
        yield CheckResult("conflicts", Verdict.PASS, "no open proposal changes the same streams")


CHECK = Check(name="conflicts", looks="other open proposals for the same streams", run=_run)
