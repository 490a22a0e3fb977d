"""Whether the epochs that the proposal changes will still be open when it can be executed."""

from __future__ import annotations

from collections.abc import Iterator

from dao.document.moments import moment, roughly
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict
from dao.lifecycle.wording import epoch


def _run(facts: Facts) -> Iterator[CheckResult]:
    effect = facts.examined.effect
    if effect is None or effect.first_epoch is None:
        return
    first, policy, now = effect.first_epoch, effect.before, facts.ahead.timestamp
    if facts.examined.is_over:
        return
    earliest = facts.executed_at
    begins = policy.start_of(first)
    open_then = policy.first_open_epoch(earliest + 2)
    if first < open_then:
        yield CheckResult(
            "timing",
            Verdict.FAILURE,
            f"epoch {first} will have begun when this can be executed, at {moment(earliest)}; "
            f"the earliest possible is {epoch(open_then, policy, now=now)}",
        )
        return
    spare = begins - earliest
    late = facts.settings.late_quorum_extension
    if spare < late:
        yield CheckResult(
            "timing",
            Verdict.WARNING,
            f"must be executed before epoch {first} begins at {moment(begins)}, "
            f"{roughly(spare)} after it first can be; a late quorum may add {roughly(late)}",
        )
    else:
        detail = f"{roughly(spare)} to execute it before epoch {first} begins at {moment(begins)}"
        yield CheckResult("timing", Verdict.PASS, detail)


CHECK = Check(name="timing", looks="the epochs that it changes against the earliest execution", run=_run)
