"""What leaves the treasury, together with what left it before in the same epoch, against what an epoch may cost.

The token's cap is the root's rail, or else what the root yields in the epoch; of ether and other tokens it is a tenth
of what the treasury has.
"""

from __future__ import annotations

from collections.abc import Iterator

from dao import artifacts
from dao.chain.connection import View
from dao.chain.logs import fetch
from dao.chain.trace import BALANCE
from dao.document.quantities import ETHER
from dao.events.decode import decode_log
from dao.events.log import RawLog
from dao.events.model import CallExecuted
from dao.lifecycle.decoded import TRANSFER, transfers
from dao.lifecycle.simulation import Simulation
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict
from dao.lifecycle.wording import amount
from dao.rewards.outlook import decided
from dao.rewards.streams import ROOT
from dao.types import Address

PART = 10
"""One part in so many of what the treasury has may leave it in an epoch, of what no schedule bounds."""


def _run(facts: Facts) -> Iterator[CheckResult]:
    simulation = facts.simulation
    if simulation is None or not simulation.succeeded:
        return
    results = [*_tokens(facts, simulation), *_ether(facts, simulation)]
    yield from results
    if not results:
        yield CheckResult("flows", Verdict.PASS, "nothing leaves the treasury")


def _tokens(facts: Facts, simulation: Simulation) -> Iterator[CheckResult]:
    deployment, treasury = facts.session.deployment, facts.session.deployment.addresses.timelock
    leaving: dict[Address, int] = {}
    for one in transfers(simulation.execution.logs):
        net = one.value * ((one.source == treasury) - (one.to == treasury))
        leaving[one.token] = leaving.get(one.token, 0) + net
    for token, value in sorted(leaving.items()):
        if value <= 0:
            continue
        earlier = _earlier_tokens(facts, simulation, token)
        if token == deployment.addresses.token:
            cap, why = _cap(simulation)
            shown = [amount(held, deployment) for held in (value, earlier, cap)]
            yield _result(shown[0], shown[1], shown[2], why, value + earlier > cap)
        else:
            balance_of = View(token, artifacts.load("RewardToken").abi.function("balanceOf"), (treasury,))
            held = int(facts.session.connection.views([balance_of], block=facts.block.number)[0][0])
            cap = (held + earlier) // PART
            texts = (f"{value} of {token}", str(earlier), str(cap))
            yield _result(*texts, "a tenth of what the treasury has", value + earlier > cap)


def _ether(facts: Facts, simulation: Simulation) -> Iterator[CheckResult]:
    treasury = facts.session.deployment.addresses.timelock
    words = [w for w in simulation.execution.writes if w.account == treasury and w.slot == BALANCE]
    value = sum(int.from_bytes(word.before, "big") - int.from_bytes(word.after, "big") for word in words)
    if value <= 0:
        return
    logs = _since(facts, simulation, treasury, artifacts.load("TimelockController").abi.event("CallExecuted").hash)
    earlier = 0
    for log in logs:
        event = decode_log(log, "TimelockController")
        earlier += event.value if isinstance(event, CallExecuted) and event.target != treasury else 0
    cap = (facts.session.connection.balance(treasury, block=facts.block.number) + earlier) // PART
    texts = [str(ETHER.amount(held)) for held in (value, earlier, cap)]
    yield _result(texts[0], texts[1], texts[2], "a tenth of what the treasury has", value + earlier > cap)


def _result(value: str, earlier: str, cap: str, why: str, above: bool) -> CheckResult:
    detail = f"{value} leave the treasury, after {earlier} in the same epoch; an epoch's cap is {cap}, {why}"
    return CheckResult("flows", Verdict.WARNING if above else Verdict.PASS, detail)


def _cap(simulation: Simulation) -> tuple[int, str]:
    policy = simulation.policy_before
    rail = policy.rail(ROOT)
    if rail.cap:
        return rail.cap, "the root's rail"
    epoch = _epoch(simulation)
    return decided(policy, ROOT, epoch) or 0, f"what the root yields in epoch {epoch}"


def _epoch(simulation: Simulation) -> int:
    policy, at = simulation.policy_before, simulation.execution.timestamp
    return policy.epoch_at(at) if at >= policy.genesis else 0


def _earlier_tokens(facts: Facts, simulation: Simulation, token: Address) -> int:
    treasury = facts.session.deployment.addresses.timelock
    padded = bytes(12) + bytes.fromhex(treasury[2:])
    logs = _since(facts, simulation, token, TRANSFER, padded)
    return sum(one.value for one in transfers(logs) if one.source == treasury)


def _since(facts: Facts, simulation: Simulation, account: Address, topic: bytes, *indexed: bytes) -> list[RawLog]:
    """Logs of the chain, and of the copy before the execution, in the epoch of the execution."""
    begins = simulation.policy_before.start_of(_epoch(simulation))
    first = facts.session.deployment.start_block
    logs = fetch(
        simulation.session.connection,
        [account],
        from_block=first,
        to_block=simulation.before,
        topics=[topic],
        indexed=indexed,
    )
    return [log for log in logs if log.timestamp >= begins]


CHECK = Check(name="flows", looks="what leaves the treasury against an epoch's cap", run=_run, simulates=True)
