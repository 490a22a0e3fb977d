"""The reward policy as a tree, its changes as a table, a report to it, and each as JSON."""

from __future__ import annotations

from typing import Any

from rich.console import RenderableType
from rich.text import Text
from rich.tree import Tree

from dao.document.forms import Fixed, format_month
from dao.document.quantities import Units
from dao.errors import NotReported
from dao.lifecycle.journal import Deployment
from dao.lifecycle.policy import PolicyAt, PolicyChange
from dao.lifecycle.report import MadeReport
from dao.render import units
from dao.render.tables import Table
from dao.render.text import plain
from dao.rewards.changes import (
    AddStream,
    Allocation,
    Budget,
    Change,
    Parameters,
    Part,
    Rail,
    Reporter,
    SetBudget,
    SetParameters,
    SetRail,
    SetReporter,
    SetSchedule,
    SetSplit,
    SetWeights,
    Split,
    Weights,
)
from dao.rewards.policy import Policy
from dao.rewards.schedule import (
    CalendarGeometric,
    CalendarTable,
    Constant,
    Decay,
    Feedback,
    Geometric,
    Inflation,
    Metered,
    Ramp,
    Remint,
    Rollover,
    Segment,
    Shape,
    SupplyHalving,
    Table as AmountTable,
    Tracking,
)
from dao.rewards.streams import ROOT
from dao.rewards.values import to_plain


def policy_tree(at: PolicyAt, deployment: Deployment) -> RenderableType:
    """What each stream may pay in the epoch, and how it comes to that."""
    policy, epoch = at.policy, at.epoch
    title = Text.assemble(
        (f"epoch {epoch}", "bold"),
        f"  {units.moment(policy.start_of(epoch))} + {units.duration(policy.epoch_length)}",
        ("  current" if at.current == epoch else "", "green"),
    )
    tree = Tree(title, guide_style="dim")
    _branch(tree, policy, ROOT, epoch, deployment)
    planned = [begin for begin in policy.change_epochs() if begin > epoch]
    if planned:
        tree.add(Text(f"next planned change in epoch {planned[0]}", style="dim"))
    return tree


def policy_json(at: PolicyAt, deployment: Deployment) -> dict[str, Any]:
    """The policy in the epoch, with every segment and split there is."""
    policy = at.policy
    return {
        "epoch": at.epoch,
        "current_epoch": at.current,
        "genesis": policy.genesis,
        "epoch_length": policy.epoch_length,
        "supply_cap": str(policy.supply_cap),
        "policy_hash": "0x" + policy.hash.hex(),
        "symbol": deployment.symbol,
        "decimals": deployment.decimals,
        "streams": [
            {
                "stream": stream,
                "emission": _emission_json(policy, stream, at.epoch),
                "allocation": allocation_word(policy.share(stream, at.epoch)[0]),
                "share": policy.share(stream, at.epoch)[1],
                "leaf": policy.is_leaf(stream, at.epoch),
                "schedule": to_plain(policy.schedules.get(stream, ()), tuple[Segment, ...]),
                "splits": to_plain(policy.splits.get(stream, ()), tuple[Split, ...]),
                "budgets": to_plain(policy.budgets.get(stream, ()), tuple[Budget, ...]),
                "weights": to_plain(policy.weights.get(stream, ()), tuple[Weights, ...]),
                "parameters": to_plain(policy.parameters.get(stream, ()), tuple[Parameters, ...]),
                "reporter": to_plain(policy.reporters.get(stream), Reporter | None),
                "rail": to_plain(policy.rails.get(stream), Rail | None),
            }
            for stream in policy.streams
        ],
    }


def report_view(made: MadeReport, deployment: Deployment) -> RenderableType:
    """What a report made of its epoch."""
    return Text(f"{plain(made.stream)}, epoch {made.epoch}: {units.amount(made.amount, deployment)} by the schedule")


def report_json(made: MadeReport) -> dict[str, Any]:
    """The same as JSON; value and amount as decimal strings, the amount in the smallest unit."""
    return {
        "stream": made.stream,
        "epoch": made.epoch,
        "value": str(made.value),
        "amount": str(made.amount),
        "transaction": "0x" + made.receipt.hash.hex(),
        "gas_used": made.receipt.gas_used,
    }


def history_table(changes: list[PolicyChange], deployment: Deployment) -> RenderableType:
    """Every change: when, what, by which proposal of whom."""
    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in ("when", "block", "change", "by"):
        table.add_column(heading, overflow="fold")
    for change in changes:
        table.add_row(
            units.moment(change.place.timestamp),
            str(change.place.block),
            plain(change_text(change.change, deployment)),
            _origin(change),
        )
    return table


def _origin(change: PolicyChange) -> Text:
    if change.proposal_id is not None:
        by = f"proposal {units.short_id(change.proposal_id)} of {change.proposer}: "
        return Text.assemble(by, plain(change.title))
    return Text("deployment") if change.deployed else Text("no proposal: see dao audit replay", style="red")


def history_json(changes: list[PolicyChange], deployment: Deployment) -> list[dict[str, Any]]:
    """Every change as JSON."""
    return [
        {
            "timestamp": change.place.timestamp,
            "block": change.place.block,
            "transaction": "0x" + change.place.transaction.hex(),
            "deployed": change.deployed,
            "proposal_id": None if change.proposal_id is None else str(change.proposal_id),
            "proposer": change.proposer,
            "title": change.title,
            "change": change_text(change.change, deployment),
        }
        for change in changes
    ]


def change_text(change: Change, deployment: Deployment | Units) -> str:
    """One change in a line."""
    match change:
        case AddStream():
            return f"add stream {change.path}"
        case SetSchedule():
            segments = "; ".join(
                f"from epoch {segment.from_epoch}: {shape_text(segment.shape, deployment)}"
                for segment in change.segments
            )
            return f"schedule of {change.stream} {segments}"
        case SetSplit():
            parts = ", ".join(f"{part.stream} {_part_text(part)}" for part in change.split.parts)
            begin = change.split.from_epoch
            return f"split of {change.parent} from epoch {begin}: {parts or 'nothing: it is a leaf'}"
        case SetBudget():
            amount = units.amount(change.budget.amount, deployment)
            return f"budget of {change.stream} from epoch {change.budget.from_epoch}: {amount} in all"
        case SetWeights():
            classes = ", ".join(f"{made.name} {Fixed(made.weight)}" for made in change.weights.classes)
            return f"weights of {change.stream} from epoch {change.weights.from_epoch}: {classes or 'none'}"
        case SetParameters():
            size = len(change.parameters.data)
            return f"parameters of {change.stream} from epoch {change.parameters.from_epoch}: {size} bytes"
        case SetReporter():
            reporter = change.reporter
            if reporter == Reporter():
                return f"reporter of {change.stream}: nobody"
            return f"reporter of {change.stream}: {reporter.account}, {reporter.minimum} to {reporter.maximum}"
        case SetRail():
            return f"rail of {change.stream}: {rail_text(change.rail, deployment)}"


def rail_text(rail: Rail, deployment: Deployment | Units) -> str:
    """A rail in words."""
    words = []
    if rail.cap:
        words.append(f"{units.amount(rail.floor, deployment)} to {units.amount(rail.cap, deployment)} an epoch")
    if rail.share_cap:
        words.append(f"a share of {units.share(rail.share_floor)} to {units.share(rail.share_cap)}")
    if rail.period:
        changes = []
        if rail.cap:
            changes.append(f"{units.share(rail.max_change)} of the amount")
        if rail.share_cap:
            changes.append(f"{units.share(rail.max_share_change)} of share")
        words.append(f"within {rail.period} epochs changed by at most {' and '.join(changes)}")
    if rail.carve_out_cap:
        words.append(f"carve-outs of at most {units.amount(rail.carve_out_cap, deployment)} an epoch")
    return "; ".join(words) or "none"


def shape_text(shape: Shape, deployment: Deployment | Units) -> str:
    """A shape in words."""

    def amount(value: int) -> str:
        return units.amount(value, deployment)

    match shape:
        case Constant():
            return f"{amount(shape.amount)} an epoch"
        case AmountTable():
            return f"table of {_some(shape.amounts, deployment)}, each for {shape.every} epochs"
        case Geometric():
            return f"{amount(shape.amount)}, times {_ratio(shape)} every {shape.every} epochs"
        case Decay():
            step = units.duration(shape.every_seconds)
            return f"{amount(shape.total)} in all, of which {_ratio(shape)} is left after each {step}"
        case Ramp():
            way = "rising" if shape.rising else "falling"
            bounds = f"within {amount(shape.floor)} and {amount(shape.cap)}"
            return f"{amount(shape.start)} {way} by {amount(shape.slope)} an epoch, {bounds}"
        case CalendarTable():
            begin = f"{shape.months} months each from {format_month(shape.first_month)}"
            return f"table of {_some(shape.amounts, deployment)}, {begin}, divided over their epochs"
        case CalendarGeometric():
            begin = f"per {shape.months} months from {format_month(shape.first_month)}"
            return f"{amount(shape.amount)} {begin}, times {_ratio(shape)} every {shape.every_periods} periods"
        case Metered():
            return f"the reported fraction of {amount(shape.amount)}"
        case Remint():
            weights = f"({shape.carried_weight} of the mean before + {shape.value_weight} of the report)"
            return f"{weights} / {shape.divisor}, at most {amount(shape.cap)}"
        case SupplyHalving():
            return f"{amount(shape.amount)}, halved as the reported supply nears {amount(shape.cap)}"
        case Feedback():
            return (
                f"from {amount(shape.start)}, by {amount(shape.step)} an epoch while the report is away from "
                f"{shape.target}, within {amount(shape.floor)} and {amount(shape.cap)}"
            )
        case Inflation():
            return (
                f"from {Fixed(shape.rate)} of the supply, by {Fixed(shape.step)} an epoch while the report is off "
                f"{shape.target}, within {Fixed(shape.floor)} and {Fixed(shape.cap)}; at most {amount(shape.maximum)}"
            )
        case Tracking():
            return (
                f"from {amount(shape.start)} after the report by at most {units.share(shape.step)}, "
                f"within {amount(shape.floor)} and {amount(shape.cap)}"
            )
        case Rollover():
            return f"what is left of {amount(shape.budget)}, over {shape.epochs} epochs"


def _ratio(shape: Geometric | Decay | CalendarGeometric) -> str:
    return f"{shape.numerator}/{shape.denominator}"


def _some(amounts: tuple[int, ...], deployment: Deployment | Units) -> str:
    shown = ", ".join(units.amount(value, deployment) for value in amounts[:6])
    return shown + (f", … {len(amounts)} in all" if len(amounts) > 6 else "")


def allocation_word(allocation: Allocation) -> str:
    """The allocation as YAML names it."""
    return allocation.name.lower().replace("_", "-")


def _branch(tree: Tree, policy: Policy, stream: str, epoch: int, deployment: Deployment) -> None:
    allocation, points = policy.share(stream, epoch)
    how = {
        Allocation.NONE: "" if stream == ROOT else "not in the split",
        Allocation.CARVE_OUT: "carve-out",
        Allocation.SHARE: units.share(points),
        Allocation.RESIDUAL: "residual",
    }[allocation]
    label = Text.assemble(
        plain(stream.rsplit("/", 1)[-1], "bold"),
        "  ",
        (_emission(policy, stream, epoch, deployment), "cyan"),
        (f"  {how}" if how else "", "dim"),
    )
    branch = tree.add(label)
    parts = [part.stream for part in policy.parts(stream, epoch)]
    for child in parts:
        _branch(branch, policy, child, epoch, deployment)


def _part_text(part: Part) -> str:
    return units.share(part.share) if part.allocation is Allocation.SHARE else allocation_word(part.allocation)


def _emission(policy: Policy, stream: str, epoch: int, deployment: Deployment) -> str:
    try:
        return units.amount(policy.emission(stream, epoch), deployment)
    except NotReported as error:
        return f"awaits the report of {error.stream}"


def _emission_json(policy: Policy, stream: str, epoch: int) -> str | None:
    try:
        return str(policy.emission(stream, epoch))
    except NotReported:
        return None
