"""Tells the demo: each step under a heading, with what it decoded, counted and compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from dao.demo import (
    Audited,
    Delegations,
    Deployed,
    Drafted,
    Earned,
    Executed,
    NotPaid,
    PayoutClaimed,
    PayoutsPublished,
    Reconciled,
    Started,
    Step,
    Verified,
    Voted,
)
from dao.lifecycle.submit import Submitted
from dao.render import units
from dao.render.audit import report_view
from dao.render.checks import checks_view
from dao.render.deployment import comparisons_view
from dao.render.policy import policy_tree
from dao.render.proposal import effect_view, prepared_view, verification_view
from dao.render.tables import Table
from dao.render.tally import tally_view
from dao.render.text import plain
from dao.types import ZERO_ADDRESS


def step_view(step: Step) -> RenderableType:
    """One step of the demo, heading included."""
    heading, tell = _STEPS[type(step)]
    return Group(Text(), Rule(Text(heading, style="bold"), align="left"), Padding(tell(step), (0, 0, 0, 2)))


def _started(step: Started) -> RenderableType:
    return Text(f"{step.url}, chain {step.chain_id}; it ends with this command")


def _deployed(step: Deployed) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for created in step.deployment.steps:
        table.add_row(created.contract, Text(created.address, style="dim"))
    wrong = [comparison for comparison in step.comparisons if not comparison.ok]
    compared = (
        comparisons_view(step.comparisons)
        if wrong
        else Text(
            f"{len(step.comparisons)} comparisons with artifacts and file: bytecode, values, roles", style="green"
        )
    )
    source = plain(f"from {step.document.path}; the deployer holds no role")
    return Group(source, table, compared, Text(), policy_tree(step.policy, step.deployment))


def _delegated(step: Delegations) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for made in step.made:
        power = made.power
        to = "itself" if power.delegate == power.account else power.delegate
        if power.delegate != ZERO_ADDRESS:
            table.add_row(power.account, "→", to, units.amount(power.balance, step.deployment))
    return Group(table, Text("one holder does not, and will be told why it cannot vote", style="dim"))


def _drafted(step: Drafted) -> RenderableType:
    return Group(
        plain(f"{step.path}"),
        prepared_view(step.prepared, step.actions, step.deployment),
        Text("checks:", style="dim"),
        checks_view(step.checks),
    )


def _submitted(step: Submitted) -> RenderableType:
    receipt = step.receipt
    gas = "" if receipt is None else f", {receipt.gas_used} gas"
    opens, closes = units.moment(step.standing.snapshot), units.moment(step.standing.deadline)
    return Group(
        Text(
            f"proposal {units.short_id(step.prepared.identity.proposal_id)} is {step.standing.state.name.lower()}{gas}"
        ),
        Text(f"voting from {opens} to {closes}", style="dim"),
    )


def _voted(step: Voted) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for vote in step.votes:
        options = (("for", vote.for_), ("against", vote.against), ("abstain", vote.abstain))
        cast = ", ".join(f"{word} {units.amount(weight, step.deployment)}" for word, weight in options if weight)
        table.add_row(vote.voter, cast)
    refused = [plain(f"refused: {error.what}; {error.remedy}", "yellow") for error in step.refused]
    state = step.shown.standing.state.name.lower()
    return Group(
        table,
        *refused,
        Text(),
        tally_view(step.shown.standing, step.shown.quorum, step.deployment),
        Text(f"the proposal {state}", style="bold green"),
    )


def _executed(step: Executed) -> RenderableType:
    eta = units.moment(step.queued.standing.eta)
    return Group(
        Text(f"queued in the timelock until {eta}, then executed: {step.executed.receipt.gas_used} gas"),
        Text("the policy that was voted:", style="dim"),
        effect_view(step.effect, step.deployment),
        Text("the policy as the contract answers now:", style="dim"),
        policy_tree(step.policy, step.deployment),
    )


def _verified(step: Verified) -> RenderableType:
    return Group(*(verification_view(verification) for verification in step.verifications))


def _audited(step: Audited) -> RenderableType:
    return report_view(step.report, step.deployment)


def _earned(step: Earned) -> RenderableType:
    from dao.render.computed import computed_view

    return Group(plain(f"contributions of {step.contributions}", "dim"), computed_view(step.computed, step.deployment))


def _payouts_published(step: PayoutsPublished) -> RenderableType:
    from dao.render.epochs import published_view

    return Group(Text(f"signed by {' and '.join(step.reporters)}"), published_view(step.published, step.deployment))


def _claimed(step: PayoutClaimed) -> RenderableType:
    paid = units.amount(step.after - step.before, step.deployment)
    return Group(
        Text(f"after the challenge window {step.account} claims"),
        Text(f"paid {paid}; it held {units.amount(step.before, step.deployment)} before", style="bold green"),
    )


def _reconciled(step: Reconciled) -> RenderableType:
    from dao.render.reconciled import reconciliation_view

    return reconciliation_view(step.reconciliation, step.deployment)


def _not_paid(step: NotPaid) -> RenderableType:
    return plain(f"{step.error.what}{f'; {step.error.remedy}' if step.error.remedy else ''}", "yellow")


_STEPS: dict[type, tuple[str, Callable[[Any], RenderableType]]] = {
    Started: ("A local chain", _started),
    Deployed: ("The DAO and its reward policy", _deployed),
    Delegations: ("Holders delegate", _delegated),
    Drafted: ("A decision in YAML", _drafted),
    Submitted: ("Submitted", _submitted),
    Voted: ("The vote", _voted),
    Executed: ("Binding", _executed),
    Verified: ("What was voted is what was written", _verified),
    Earned: ("An epoch is earned", _earned),
    PayoutsPublished: ("What it pays is published", _payouts_published),
    PayoutClaimed: ("A contributor is paid", _claimed),
    NotPaid: ("Nobody is paid", _not_paid),
    Audited: ("Replayed from the logs", _audited),
    Reconciled: ("Reconciled: contributions, votes, payouts", _reconciled),
}
