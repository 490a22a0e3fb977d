"""Whether the governor gives the proposal the impact tier that its author expects."""

from __future__ import annotations

from collections.abc import Iterator

from dao.document.quantities import format_share
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict


def _run(facts: Facts) -> Iterator[CheckResult]:
    examined = facts.examined
    claimed = None if examined.document is None else examined.document.impact
    tier, rules = examined.tier, examined.rules
    if claimed is not None and claimed != tier.word:
        yield CheckResult(
            "tier",
            Verdict.FAILURE,
            f"the file says that its impact is {claimed}, and the governor will make it {tier.word}",
        )
        return
    yield CheckResult(
        "tier",
        Verdict.PASS,
        f"{tier.word}: more than {format_share(rules.approval)} of for and against, "
        f"{format_share(rules.quorum)} of the circulating supply",
    )


CHECK = Check(name="tier", looks="the impact tier against the one that the author expects", run=_run)
