"""Whether payouts can be computed with the parameters that the proposal sets: a begun epoch keeps them for good."""

from __future__ import annotations

from collections.abc import Iterator

from dao.errors import PolicyError
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict
from dao.rewards.parameters import decode


def _run(facts: Facts) -> Iterator[CheckResult]:
    effect = facts.examined.effect
    if effect is None:
        return
    written = False
    for stream, planned in effect.after.parameters.items():
        for parameters in planned:
            if parameters in effect.before.parameters.get(stream, ()):
                continue
            written = True
            try:
                decode(parameters.data)
            except PolicyError as error:
                yield CheckResult(
                    "parameters",
                    Verdict.FAILURE,
                    f"no payout of {stream} could be computed from epoch {parameters.from_epoch} on, and an epoch that "
                    f"has begun keeps its parameters: {error}",
                )
                return
    if written:
        yield CheckResult("parameters", Verdict.PASS, "payouts can be computed with the parameters")


CHECK = Check(name="parameters", looks="whether payouts can be computed with new parameters", run=_run)
