"""What is different after the execution: named, before and after."""

from __future__ import annotations

from collections.abc import Iterator

from dao.lifecycle.state_changes import state_changes
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict


def _run(facts: Facts) -> Iterator[CheckResult]:
    simulation = facts.simulation
    if simulation is None or not simulation.succeeded:
        return
    items = tuple(str(change) for change in state_changes(simulation))
    if items:
        yield CheckResult("state", Verdict.PASS, f"{len(items)} changes, before → after", items)
    else:
        yield CheckResult("state", Verdict.WARNING, "it changes nothing")


CHECK = Check(name="state", looks="state changes, before and after", run=_run, simulates=True)
