"""The lines on the bars lie where quorum and approval lie, and no bar reaches a line that its votes do not."""

from __future__ import annotations

import pytest
from rich.console import Console

from dao.chain.contracts import Standing
from dao.lifecycle.journal import Deployment
from dao.render.tally import bar, tally_view
from dao.tiers import Tier, TierRules
from dao.types import ZERO_ADDRESS, ProposalState
from tests.support.chain import TOKEN

WIDTH = 40


@pytest.mark.parametrize(
    ("parts", "whole", "line", "shown"),
    [
        ([], 0, None, "░" * 40),
        ([(0, "")], 10, 5, "░" * 20 + "┃" + "░" * 20),
        ([(5, "")], 10, 5, "█" * 20 + "┃" + "░" * 20),
        ([(4, ""), (1, "")], 10, 5, "█" * 20 + "┃" + "░" * 20),
        ([(10, "")], 10, 10, "█" * 40 + "┃"),
        ([(10**30, "")], 10, None, "█" * 40),
        # One short of the line, at a scale where a cell is far more than one.
        ([(10**27 // 2 - 1, "")], 10**27, 10**27 // 2, "█" * 19 + "░" + "┃" + "░" * 20),
        ([(1, "")], 10**27, 0, "┃" + "░" * 40),
    ],
)
def test_bars(parts: list[tuple[int, str]], whole: int, line: int | None, shown: str) -> None:
    assert bar(parts, whole=whole, line=line).plain == shown


def test_parts_lie_side_by_side() -> None:
    drawn = bar([(1, "green"), (2, "yellow")], whole=4)
    runs = [(span.end - span.start, str(span.style)) for span in drawn.spans]
    assert [style for _, style in runs] == ["green"] * 10 + ["yellow"] * 20 + ["dim"] * 10


def lines(*, for_: int, against: int, abstain: int, quorum: int | None) -> dict[str, str]:
    """The rows of the tally of a proposal that needs an approval of 60 %, by their first word."""
    standing = Standing(
        proposal_id=1,
        state=ProposalState.ACTIVE,
        snapshot=1,
        deadline=2,
        eta=0,
        expiry=0,
        for_votes=for_ * TOKEN,
        against_votes=against * TOKEN,
        abstain_votes=abstain * TOKEN,
        tier=Tier.STANDARD,
        rules=TierRules(6_000, 1_000),
    )
    console = Console(width=160)
    with console.capture() as captured:
        console.print(tally_view(standing, None if quorum is None else quorum * TOKEN, DEPLOYMENT))
    return {line.split()[0]: line for line in captured.get().splitlines()}


DEPLOYMENT = Deployment(
    chain_id=1,
    document="deploy.yaml",
    document_hash="",
    deployer=ZERO_ADDRESS,
    genesis=0,
    symbol="RWD",
    decimals=18,
    start_block=0,
    steps=(),
)


def filled(line: str) -> tuple[int, int]:
    """How many cells are filled, and where the line stands; -1 without one."""
    return line.count("█"), "".join(character for character in line if character in "█░┃").find("┃")


def test_before_the_snapshot_and_without_votes() -> None:
    rows = lines(for_=0, against=0, abstain=0, quorum=None)
    assert filled(rows["quorum"]) == (0, -1)
    assert "known once the snapshot is over" in rows["quorum"]
    assert filled(rows["approval"]) == (0, 24)
    assert "not exceeded" in rows["approval"]


def test_a_quorum_that_is_missed_and_an_approval_that_is_not() -> None:
    rows = lines(for_=7, against=3, abstain=1, quorum=16)
    assert filled(rows["quorum"]) == (20, 40)
    assert "16 RWD: 8 RWD missing" in rows["quorum"]
    assert filled(rows["approval"]) == (40, 24)
    assert "70% of for and against: exceeded" in rows["approval"]
    assert "more than 60% needed" in rows["approval"]
    assert filled(rows["for"]) == (25, -1)


def test_a_quorum_that_is_reached_and_an_approval_that_is_just_missed() -> None:
    rows = lines(for_=6, against=4, abstain=10, quorum=8)
    assert filled(rows["quorum"]) == (40, 20)
    assert "8 RWD: reached" in rows["quorum"]
    assert "60% of for and against: not exceeded" in rows["approval"]
