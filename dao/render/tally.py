"""The tally of a proposal as bars, with the quorum and the approval that it needs as lines on them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from dao.chain.contracts import Standing
from dao.lifecycle.journal import Deployment
from dao.render import units
from dao.render.tables import Table
from dao.types import BASIS_POINTS

_WIDTH = 40
_FULL, _EMPTY, _LINE = "█", "░", "┃"
_FOR, _AGAINST, _ABSTAIN = "green", "red", "yellow"


def tally_view(standing: Standing, quorum: int | None, deployment: Deployment) -> RenderableType:
    """For, against and abstain as bars; turnout with a line at the quorum, approval with a line at what is needed."""
    votes = (
        ("for", standing.for_votes, _FOR),
        ("against", standing.against_votes, _AGAINST),
        ("abstain", standing.abstain_votes, _ABSTAIN),
    )
    total = sum(count for _, count, _ in votes)
    table = Table.grid(padding=(0, 2))
    for word, count, color in votes:
        table.add_row(
            word, bar([(count, color)], whole=total), units.amount(count, deployment), units.share_of(count, total)
        )
    counted = [(standing.for_votes, _FOR), (standing.abstain_votes, _ABSTAIN)]
    turnout = standing.for_votes + standing.abstain_votes
    if quorum is None:
        table.add_row("quorum", bar([], whole=1), "known once the snapshot is over", "")
    else:
        reached = "reached" if turnout >= quorum else f"{units.amount(quorum - turnout, deployment)} missing"
        table.add_row(
            "quorum",
            bar(counted, whole=max(turnout, quorum), line=quorum),
            f"{units.amount(quorum, deployment)}: {reached}",
            "for and abstain count",
        )
    decisive = standing.for_votes + standing.against_votes
    approved = standing.for_votes * BASIS_POINTS > decisive * standing.rules.approval
    table.add_row(
        "approval",
        # In shares of a vote, so that the line has its place before anybody voted.
        bar(
            [(standing.for_votes * BASIS_POINTS, _FOR), (standing.against_votes * BASIS_POINTS, _AGAINST)],
            whole=max(decisive, 1) * BASIS_POINTS,
            line=max(decisive, 1) * standing.rules.approval,
        ),
        f"{units.share_of(standing.for_votes, decisive)} of for and against: "
        f"{'exceeded' if approved else 'not exceeded'}",
        f"more than {units.share(standing.rules.approval)} needed",
    )
    return table


def bar(parts: Sequence[tuple[int, str]], *, whole: int, line: int | None = None) -> Text:
    """`parts` (amount and color) side by side on a bar that is `whole` long, with a line where `line` lies.

    The line stands between two cells: everything left of it is less than `line`. Cells are rounded down.
    """
    cells: list[tuple[str, str]] = []
    amount = 0
    for part, color in parts:
        amount += part
        cells += [(_FULL, color)] * (_cell(amount, whole) - len(cells))
    cells += [(_EMPTY, "dim")] * (_WIDTH - len(cells))
    if line is not None:
        cells.insert(_cell(line, whole), (_LINE, "bold"))
    return Text.assemble(*cells)


def _cell(amount: int, whole: int) -> int:
    return min(amount, whole) * _WIDTH // whole if whole else 0
