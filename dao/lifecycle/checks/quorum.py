"""How many accounts are enough for the quorum."""

from __future__ import annotations

from collections.abc import Iterator

from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict
from dao.lifecycle.wording import amount
from dao.types import BASIS_POINTS


def _run(facts: Facts) -> Iterator[CheckResult]:
    governor, deployment, standing = facts.session.contracts.governor, facts.session.deployment, facts.examined.standing
    decided = standing is not None and standing.snapshot < facts.block.timestamp
    if standing is not None and decided:
        quorum = governor.quorum(standing.proposal_id)
    else:
        circulating = int(governor.ask("circulatingSupply", facts.block.timestamp - 1, block=facts.block.number))
        quorum = circulating * facts.examined.rules.quorum // BASIS_POINTS
    excluded = set(facts.settings.exclusions)
    powers = sorted((votes for account, votes in facts.powers.items() if account not in excluded), reverse=True)
    count = reached = 0
    while reached < quorum and count < len(powers):
        reached += powers[count]
        count += 1
    needed = amount(quorum, deployment)
    if reached < quorum:
        verdict = Verdict.FAILURE if decided and not facts.examined.is_over else Verdict.WARNING
        detail = f"the quorum is {needed}, and all delegates together have {amount(reached, deployment)}"
        yield CheckResult("quorum", verdict, detail)
    elif count <= 1:
        yield CheckResult("quorum", Verdict.WARNING, f"one account alone reaches the quorum of {needed}")
    else:
        yield CheckResult("quorum", Verdict.PASS, f"{count} accounts are enough for the quorum of {needed}")


CHECK = Check(name="quorum", looks="how many accounts reach the quorum", run=_run)
