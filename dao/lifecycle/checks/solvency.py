"""Whether what the schedules promise over the coming epochs can be paid: by the treasury, or minted within the cap."""

from __future__ import annotations

from collections.abc import Iterator

from dao.chain.contracts import MINTER_ROLE
from dao.document.moments import moment
from dao.errors import NotReported
from dao.lifecycle.simulation import Simulation
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict
from dao.lifecycle.wording import amount
from dao.rewards.policy import Policy
from dao.rewards.streams import ROOT
from dao.types import MAX_EPOCH

EPOCHS = 52
"""Over how many epochs from the execution on."""


def _run(facts: Facts) -> Iterator[CheckResult]:
    simulation, deployment = facts.simulation, facts.session.deployment
    if simulation is None or not simulation.succeeded:
        return
    at = simulation.execution.timestamp
    was, will = simulation.policy_before, simulation.policy_after
    first = will.epoch_at(at) if at >= will.genesis else 0
    means = [_means(simulation, block) for block in (simulation.before, simulation.after)]
    short = [_first_short(policy, first, held) for policy, held in zip((was, will), means, strict=True)]
    last = min(first + EPOCHS - 1, MAX_EPOCH)
    if short[1] is None:
        detail = f"epochs {first} to {last} can be paid: {amount(means[1], deployment)} are there or can be minted"
        yield CheckResult("solvency", Verdict.PASS, detail)
        return
    epoch, promised = short[1]
    detail = (
        f"what is promised up to epoch {epoch}, which begins {moment(will.start_of(epoch))}, is "
        f"{amount(promised, deployment)}, and {amount(means[1], deployment)} are there or can be minted"
    )
    if short[0] is None:
        yield CheckResult("solvency", Verdict.FAILURE, detail)
    else:
        yield CheckResult("solvency", Verdict.WARNING, f"{detail}; it was so before, up to epoch {short[0][0]}")


def _means(simulation: Simulation, block: int) -> int:
    """What the treasury holds, and what may still be minted by it, in the token's smallest unit."""
    addresses, token = simulation.session.deployment.addresses, simulation.session.contracts.token
    held = token.balance(addresses.timelock, block=block)
    if addresses.wraps is not None or not token.ask("hasRole", MINTER_ROLE, addresses.timelock, block=block):
        return held
    return held + int(token.ask("cap", block=block)) - int(token.ask("totalSupply", block=block))


def _first_short(policy: Policy, first: int, means: int) -> tuple[int, int] | None:
    """The first epoch up to which more is promised than there is, and how much; None where there is enough."""
    promised = 0
    for epoch in range(first, min(first + EPOCHS, MAX_EPOCH + 1)):
        promised += _most(policy, epoch)
        if promised > means:
            return epoch, promised
    return None


def _most(policy: Policy, epoch: int) -> int:
    try:
        return policy.emission(ROOT, epoch)
    except NotReported:
        # The most that a report may make of it.
        return policy.scheduled_bounds(ROOT, epoch, epoch + 1)[1]


CHECK = Check(name="solvency", looks=f"whether {EPOCHS} epochs can be paid", run=_run, simulates=True)
