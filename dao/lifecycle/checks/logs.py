"""What the execution logs."""

from __future__ import annotations

from collections.abc import Iterator

from dao.lifecycle.decoded import log_text
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict
from dao.rewards.streams import stream_id


def _run(facts: Facts) -> Iterator[CheckResult]:
    simulation = facts.simulation
    if simulation is None or not simulation.succeeded:
        return
    deployment = facts.session.deployment
    streams = {stream_id(path): path for path in simulation.policy_after.streams}
    read = [log_text(log, deployment, streams) for log in simulation.execution.logs]
    items = tuple(text for text, _ in read)
    unknown = sum(not known for _, known in read)
    if unknown:
        yield CheckResult("logs", Verdict.WARNING, f"{unknown} of {len(read)} logs are of unknown events", items)
    else:
        yield CheckResult("logs", Verdict.PASS, f"{len(read)} logs", items)


CHECK = Check(name="logs", looks="the logs that it emits", run=_run, simulates=True)
