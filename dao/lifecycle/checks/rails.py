"""Guard rails: whether the proposal crosses one, or moves one out of its own way."""

from __future__ import annotations

from collections.abc import Iterator

from dao.errors import DaoError, RailCrossed
from dao.lifecycle.effect import changes_in
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict
from dao.lifecycle.words import held_text
from dao.rewards.changes import SetRail, SetSchedule, SetSplit


def _run(facts: Facts) -> Iterator[CheckResult]:
    policy, contract = facts.policy, facts.session.deployment.addresses.policy
    if facts.simulation is not None:
        policy = facts.simulation.policy_before
    changes = changes_in(facts.examined.calls, policy, contract=contract)
    if not any(isinstance(change, (SetSchedule, SetSplit, SetRail)) for change in changes):
        return
    found = False
    after = policy
    held = policy.rails
    for change in changes:
        try:
            after = after.apply(change)
        except RailCrossed as error:
            found = True
            yield CheckResult("rails", Verdict.FAILURE, f"{error}")
        except DaoError:
            # What the policy refuses for another reason, the simulation tells.
            continue
        if isinstance(change, SetRail):
            found = True
            rails = (held.get(change.stream), change.rail if change.rail.binds else None)
            was, now = (held_text(facts.session, after, change.stream, rail) for rail in rails)
            detail = f"the rail of {change.stream} changes: {was} → {now}"
            yield CheckResult("rails", Verdict.WARNING, detail)
    if not found:
        yield CheckResult("rails", Verdict.PASS, "within every rail, and no rail changes")


CHECK = Check(name="rails", looks="guard rails", run=_run)
