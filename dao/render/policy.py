"""The reward policy as a tree, its changes as a table, and both as JSON."""

from __future__ import annotations

from typing import Any

from rich.console import RenderableType
from rich.text import Text
from rich.tree import Tree

from dao.lifecycle.journal import Deployment
from dao.lifecycle.policy import PolicyAt, PolicyChange
from dao.render import units
from dao.render.tables import Table
from dao.render.text import plain
from dao.rewards.policy import ROOT, AddStream, Allocation, Change, Part, Policy, SetSchedule
from dao.rewards.schedule import Constant, Geometric, Segment, Shape, Table as AmountTable


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
        "policy_hash": "0x" + policy.hash.hex(),
        "symbol": deployment.symbol,
        "decimals": deployment.decimals,
        "streams": [
            {
                "stream": stream,
                "emission": str(policy.emission(stream, at.epoch)),
                "allocation": allocation_word(policy.share(stream, at.epoch)[0]),
                "share": policy.share(stream, at.epoch)[1],
                "leaf": policy.is_leaf(stream, at.epoch),
                "schedule": [_segment_json(segment) for segment in policy.schedules.get(stream, ())],
                "splits": [
                    {"from_epoch": split.from_epoch, "parts": [_part_json(part) for part in split.parts]}
                    for split in policy.splits.get(stream, ())
                ],
            }
            for stream in policy.streams
        ],
    }


def history_table(changes: list[PolicyChange], deployment: Deployment) -> RenderableType:
    """Every change: when, what, by which proposal."""
    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in ("when", "block", "change", "by"):
        table.add_column(heading, overflow="fold")
    for change in changes:
        by = "deployment" if change.proposal_id is None else f"proposal {units.short_id(change.proposal_id)}"
        table.add_row(
            units.moment(change.place.timestamp),
            str(change.place.block),
            plain(change_text(change.change, deployment)),
            by,
        )
    return table


def history_json(changes: list[PolicyChange], deployment: Deployment) -> list[dict[str, Any]]:
    """Every change as JSON."""
    return [
        {
            "timestamp": change.place.timestamp,
            "block": change.place.block,
            "transaction": "0x" + change.place.transaction.hex(),
            "proposal_id": None if change.proposal_id is None else str(change.proposal_id),
            "change": change_text(change.change, deployment),
        }
        for change in changes
    ]


def change_text(change: Change, deployment: Deployment) -> str:
    """One change in a line."""
    if isinstance(change, AddStream):
        return f"add stream {change.path}"
    if isinstance(change, SetSchedule):
        segments = "; ".join(
            f"from epoch {segment.from_epoch}: {shape_text(segment.shape, deployment)}" for segment in change.segments
        )
        return f"schedule of {change.stream} {segments}"
    parts = ", ".join(f"{part.stream} {_part_text(part)}" for part in change.split.parts) or "nothing: it is a leaf"
    return f"split of {change.parent} from epoch {change.split.from_epoch}: {parts}"


def shape_text(shape: Shape, deployment: Deployment) -> str:
    """A shape in words."""
    if isinstance(shape, Constant):
        return f"{units.amount(shape.amount, deployment)} an epoch"
    if isinstance(shape, AmountTable):
        shown = ", ".join(units.amount(value, deployment) for value in shape.amounts[:6])
        more = f", … {len(shape.amounts)} in all" if len(shape.amounts) > 6 else ""
        return f"table of {shown}{more}, each for {shape.every} epochs"
    return (
        f"{units.amount(shape.amount, deployment)}, times {shape.numerator}/{shape.denominator} "
        f"every {shape.every} epochs"
    )


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
        (units.amount(policy.emission(stream, epoch), deployment), "cyan"),
        (f"  {how}" if how else "", "dim"),
    )
    branch = tree.add(label)
    parts = [part.stream for part in policy.parts(stream, epoch)]
    for child in parts:
        _branch(branch, policy, child, epoch, deployment)


def _part_text(part: Part) -> str:
    return units.share(part.share) if part.allocation is Allocation.SHARE else allocation_word(part.allocation)


def _part_json(part: Part) -> dict[str, Any]:
    return {"stream": part.stream, "allocation": allocation_word(part.allocation), "share": part.share}


def _segment_json(segment: Segment) -> dict[str, Any]:
    shape = segment.shape
    document: dict[str, Any] = {"from_epoch": segment.from_epoch}
    if isinstance(shape, Constant):
        return document | {"shape": "constant", "amount": str(shape.amount)}
    if isinstance(shape, Geometric):
        return document | {
            "shape": "geometric",
            "amount": str(shape.amount),
            "ratio": f"{shape.numerator}/{shape.denominator}",
            "every": shape.every,
        }
    return document | {"shape": "table", "every": shape.every, "amounts": [str(value) for value in shape.amounts]}
