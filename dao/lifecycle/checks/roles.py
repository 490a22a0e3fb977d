"""Who gets or loses power over timelock, token, policy and governor."""

from __future__ import annotations

from collections.abc import Iterator

from dao.chain.contracts import MINTER_ROLE
from dao.events.model import (
    OwnershipTransferred,
    ProposalGuardianSet,
    RoleAdminChanged,
    RoleGranted,
    RoleRevoked,
    TimelockChange,
)
from dao.lifecycle.decoded import decoded, named
from dao.lifecycle.roles import role_name
from dao.lifecycle.state_changes import events
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict

_FUNCTIONS = frozenset(
    {
        "grantRole",
        "revokeRole",
        "renounceRole",
        "transferOwnership",
        "renounceOwnership",
        "updateTimelock",
        "setProposalGuardian",
    }
)


def _run(facts: Facts) -> Iterator[CheckResult]:
    results = list(_simulated(facts)) if facts.simulation is not None else []
    deployment = facts.session.deployment
    if not results:
        for one in decoded(facts.examined.calls, deployment):
            if one.contract and one.name in _FUNCTIONS:
                detail = f"a call of {one.name} on {named(one.call.target, deployment)}"
                results.append(CheckResult("roles", Verdict.WARNING, detail))
    yield from results or [CheckResult("roles", Verdict.PASS, "no role, owner, guardian or timelock changes")]


def _simulated(facts: Facts) -> Iterator[CheckResult]:
    simulation, deployment = facts.simulation, facts.session.deployment
    if simulation is None:
        return
    governor, timelock = deployment.addresses.governor, deployment.addresses.timelock
    for address, event in events(simulation):
        where = named(address, deployment)
        match event:
            case RoleGranted():
                # The timelock's roles are the governor's alone, its administration the timelock's own.
                trusted = event.account in (governor, timelock) or (event.role == MINTER_ROLE)
                what = f"{named(event.account, deployment)} gets {role_name(event.role)} of {where}"
            case RoleRevoked():
                trusted = address != timelock or event.account != governor
                what = f"{named(event.account, deployment)} loses {role_name(event.role)} of {where}"
            case RoleAdminChanged():
                trusted, what = False, f"{role_name(event.role)} of {where} gets another administrator"
            case OwnershipTransferred():
                trusted = event.new_owner == timelock
                what = f"the owner of {where} becomes {named(event.new_owner, deployment)}"
            case TimelockChange():
                trusted, what = False, f"the governor's timelock becomes {named(event.new_timelock, deployment)}"
            case ProposalGuardianSet():
                trusted, what = True, f"the guardian becomes {named(event.new_proposal_guardian, deployment)}"
            case _:
                continue
        verdict = Verdict.WARNING if trusted else Verdict.FAILURE
        lost = "" if trusted else "; power would leave the governor"
        yield CheckResult("roles", verdict, what + lost)


CHECK = Check(name="roles", looks="changes of roles and owners", run=_run, simulates=True, without=True)
