"""On a narrow terminal amounts are folded, never cut."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from dao.lifecycle.outgoing import Outgoing
from dao.lifecycle.vote import Split, split_params
from dao.render.outgoing import outgoing_view
from dao.render.tables import Table
from dao.types import Support
from tests.support.chain import ACCOUNTS, TOKEN


def shown(renderable: object, width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(renderable)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [20, 30, 40])
@pytest.mark.parametrize("grid", [True, False])
def test_nothing_is_cut(width: int, grid: bool) -> None:
    table = Table.grid() if grid else Table()
    if not grid:
        table.add_column("amount", overflow="ellipsis")
        table.add_column("id", justify="right")
    table.add_row("47_435.123456789012345678 RENDER", "11301007367516740887414991772")
    text = shown(table, width)
    assert "…" not in text
    for digit in "0123456789":
        assert text.count(digit) == "47_435.12345678901234567811301007367516740887414991772".count(digit)


def ballot(function: str, **arguments: object) -> Outgoing:
    return Outgoing(
        sender=ACCOUNTS[0],
        to=ACCOUNTS[1],
        contract="RewardGovernor",
        function=function,
        arguments=tuple(arguments.items()),
        value=0,
        data=b"",
        title="Cut\u202e rewards",
        weight=4_000_000 * TOKEN,
    )


@pytest.mark.parametrize(
    ("outgoing", "words"),
    [
        (ballot("castVote(uint256,uint8)", proposalId=7, support=0), "against 4_000_000 RWD"),
        (ballot("castVoteWithReason(uint256,uint8,string)", proposalId=7, support=2, reason=""), "abstain 4_000_000"),
        (
            ballot(
                "castVoteWithReasonAndParams(uint256,uint8,string,bytes)",
                proposalId=7,
                support=255,
                reason="",
                params=split_params([Split(Support.FOR, 6_000), Split(Support.AGAINST, 4_000)], 4_000_000 * TOKEN),
            ),
            "for 2_400_000 RWD, against 1_600_000 RWD",
        ),
        (
            ballot(
                "castVoteWithReasonAndParams(uint256,uint8,string,bytes)",
                proposalId=7,
                support=255,
                reason="",
                params=b"\x01",
            ),
            "of a form that is not known here",
        ),
    ],
)
def test_a_ballot_is_confirmed_in_words_and_amounts(outgoing: Outgoing, words: str) -> None:
    text = shown(outgoing_view(outgoing, symbol="RWD", decimals=18), 120)
    assert words in text
    assert "Cut\\u202e rewards" in text
