"""How many tokens come into being."""

from __future__ import annotations

from collections.abc import Iterator

from dao.document.quantities import format_share
from dao.lifecycle.decoded import decoded, named, transfers
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict
from dao.lifecycle.wording import amount
from dao.types import BASIS_POINTS, ZERO_ADDRESS


def _run(facts: Facts) -> Iterator[CheckResult]:
    deployment, token = facts.session.deployment, facts.session.contracts.token
    made: dict[str, int] = {}
    if facts.simulation is not None and facts.simulation.succeeded:
        for one in transfers(facts.simulation.execution.logs):
            if one.token == token.address and one.source == ZERO_ADDRESS:
                made[one.to] = made.get(one.to, 0) + one.value
    else:
        for call in decoded(facts.examined.calls, deployment):
            if call.call.target == token.address and call.name == "mint":
                to, value = call.arguments
                made[to] = made.get(to, 0) + value
    if not made:
        yield CheckResult("minting", Verdict.PASS, "no tokens are minted")
        return
    supply = int(token.ask("totalSupply", block=facts.block.number))
    total = sum(made.values())
    part = format_share(min(total * BASIS_POINTS // supply, BASIS_POINTS)) if supply else "all"
    items = tuple(f"{amount(value, deployment)} to {named(to, deployment)}" for to, value in made.items())
    detail = f"{amount(total, deployment)} are minted, {part} of the supply of {amount(supply, deployment)}"
    yield CheckResult("minting", Verdict.WARNING, detail, items)


CHECK = Check(name="minting", looks="tokens that come into being", run=_run, simulates=True, without=True)
