"""Whether the proposal, carried through the rest of its life in a copy of the chain, executes."""

from __future__ import annotations

from collections.abc import Iterator

from dao.chain.transaction import GAS_LIMIT_CAP
from dao.document.moments import moment
from dao.errors import CallReverted
from dao.lifecycle.simulation import Simulation
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict
from dao.lifecycle.wording import reverts_in_units

_MUCH_GAS = GAS_LIMIT_CAP * 3 // 4


def _run(facts: Facts) -> Iterator[CheckResult]:
    simulation = facts.simulation
    if simulation is None:
        verdict = Verdict.SKIPPED if facts.examined.is_over else Verdict.WARNING
        yield CheckResult("simulation", verdict, facts.unsimulated)
        return
    for predecessor in simulation.predecessors:
        if predecessor.error is not None:
            yield CheckResult(
                "simulation",
                Verdict.WARNING,
                f"proposal {str(predecessor.proposal_id)[:12]}…, which is queued before it, fails: "
                f"{_reason(predecessor.error, facts)}",
            )
    yield _result(simulation, facts)


def _result(simulation: Simulation, facts: Facts) -> CheckResult:
    execution, error = simulation.execution, simulation.execution.error
    own = [call for call in facts.examined.calls if call.target == facts.session.deployment.addresses.governor]
    if error is not None and simulation.is_forced and own:
        detail = "not run: calls to the governor succeed only within a proposal that passed; no votes carry this"
        return CheckResult("simulation", Verdict.WARNING, detail)
    after = f" after {len(simulation.predecessors)} queued" if simulation.predecessors else ""
    when = f"executed{after} at {moment(execution.timestamp)}"
    if error is not None:
        return CheckResult("simulation", Verdict.FAILURE, f"{when}, it would fail: {_reason(error, facts)}")
    gas = f"{execution.gas_used:,} gas".replace(",", "_")
    if execution.gas_used > _MUCH_GAS:
        detail = f"{when}, it needs {gas}, and no transaction may use more than {GAS_LIMIT_CAP:_} (EIP-7825)"
        return CheckResult("simulation", Verdict.WARNING, detail)
    how = (
        "as if it had passed, which it cannot now" if simulation.is_forced else f"with the votes of {simulation.voters}"
    )
    return CheckResult("simulation", Verdict.PASS, f"{when} {how}, every call succeeds: {gas}")


def _reason(error: CallReverted, facts: Facts) -> str:
    try:
        with reverts_in_units(facts.session.deployment):
            raise error
    except CallReverted as worded:
        return worded.what


CHECK = Check(name="simulation", looks="its execution in a copy of the chain", run=_run, simulates=True, without=True)
