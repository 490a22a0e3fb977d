"""Whether code is replaced behind an address that keeps its name."""

from __future__ import annotations

from collections.abc import Iterator

from dao.chain.trace import CODE
from dao.lifecycle.decoded import decoded, named
from dao.lifecycle.state_changes import SLOTS
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict

FUNCTIONS = frozenset(
    {
        "upgradeTo",
        "upgradeToAndCall",
        "upgrade",
        "upgradeAndCall",
        "changeAdmin",
        "changeProxyAdmin",
        "setImplementation",
        "setBeacon",
        "diamondCut",
        "updateTimelock",
    }
)


def _run(facts: Facts) -> Iterator[CheckResult]:
    deployment = facts.session.deployment
    found = [
        f"{named(one.call.target, deployment)}.{one.name}"
        for one in decoded(facts.examined.calls, deployment)
        if one.name in FUNCTIONS
    ]
    writes = facts.simulation.execution.writes if facts.simulation is not None else ()
    for write in writes:
        slot = write.slot.hex() if isinstance(write.slot, bytes) else write.slot
        if slot in SLOTS:
            found.append(f"{SLOTS[slot]} of {named(write.account, deployment)}")
        elif slot == CODE and write.before:
            found.append(f"code of {named(write.account, deployment)}")
    if found:
        yield CheckResult("upgrades", Verdict.WARNING, f"code is replaced: {', '.join(found)}")
    else:
        yield CheckResult("upgrades", Verdict.PASS, "no code is replaced")


CHECK = Check(name="upgrades", looks="upgrades of code", run=_run, simulates=True, without=True)
