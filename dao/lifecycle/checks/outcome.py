"""The post-condition: whether the contract's policy after the execution is the one that the calls say."""

from __future__ import annotations

from collections.abc import Iterator

from dao.errors import DaoError
from dao.lifecycle.decoded import decoded
from dao.lifecycle.effect import effect_of
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict

_CONDITIONS = ("requireEmission", "requireHash")


def _run(facts: Facts) -> Iterator[CheckResult]:
    simulation = facts.simulation
    if simulation is None or not simulation.succeeded:
        return
    deployment = facts.session.deployment
    before, after = simulation.policy_before, simulation.policy_after
    try:
        expected = effect_of(
            facts.examined.calls,
            before,
            contract=deployment.addresses.policy,
            first_open=before.first_open_epoch(simulation.execution.timestamp),
        ).after
    except DaoError as error:
        yield CheckResult("outcome", Verdict.FAILURE, f"the calls do not say what the contract did: {error}")
        return
    if expected.hash != after.hash:
        detail = f"the calls make the policy 0x{expected.hash.hex()}, and the contract made it 0x{after.hash.hex()}"
        yield CheckResult("outcome", Verdict.FAILURE, detail)
        return
    held = sum(one.name in _CONDITIONS for one in decoded(facts.examined.calls, deployment))
    own = f", and its own {held} conditions hold" if held else ""
    what = "stays as it is" if before.hash == after.hash else f"becomes 0x{after.hash.hex()}, as the calls say"
    yield CheckResult("outcome", Verdict.PASS, f"the policy {what}{own}")


CHECK = Check(name="outcome", looks="the policy afterwards against what the calls say", run=_run, simulates=True)
