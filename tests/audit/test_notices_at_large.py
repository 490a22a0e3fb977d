"""Notices of honest lives, of other governors, over columns, and as they are shown."""

from __future__ import annotations

import io
import os

import pytest
from rich.console import Console

from bench.parts.history import QUICK, History
from dao.audit.notice import Notice
from dao.audit.notices import PATTERNS
from dao.document.quantities import Units
from dao.engine.amounts import at_least, from_ints
from dao.engine.replay import replay_columns
from dao.engine.views import BallotList
from dao.events.decode import decode_log
from dao.events.model import TOKEN, DelegateVotesChanged
from dao.render.audit import report_view
from dao.types import Call
from tests.support.governors import PEOPLE, Foreign, Variant
from tests.support.history import Dao
from tests.support.lives import random_life
from tests.support.noticing import borrow, noticed, ready

LIVES = int(os.environ.get("NOTICE_LIVES", "20"))
"""How many honest lives are looked at; set NOTICE_LIVES to look at more."""


def test_honest_lives_give_no_notice_that_their_logs_do_not_bear_out() -> None:
    """Random people, whose blocks are seconds apart, do change delegates just before and after a snapshot, carry a
    proposal alone, vote for funds and rules at once, and may make the same calls again: that is what these patterns
    are. Texts, makers and addresses of random proposals never give a notice.
    """
    for seed in range(LIVES):
        dao = random_life(seed, 150, "mint" if seed % 2 else None)
        for notice in noticed(dao):
            assert notice.pattern not in ("same-text", "internal-proposal", "look-alike"), (seed, notice)
            if notice.pattern == "borrowed-weight":
                assert_jump(dao, notice)


def assert_jump(dao: Dao, notice: Notice) -> None:
    """Asserts that the token's own logs tell of ten times as much power for one snapshot."""
    proposal = dao.replay().proposals[int(notice.what.split()[1])]
    changes = [
        (log.timestamp, event.new_votes)
        for log in dao.logs
        if log.address == dao.addresses.token
        and isinstance(event := decode_log(log, TOKEN), DelegateVotesChanged)
        and event.delegate == notice.detail.split()[0]
    ]
    before, at, after = (
        [0, *(votes for time, votes in changes if time <= proposal.snapshot + offset)][-1] for offset in (-24, 0, 24)
    )
    assert at >= 10 * max(before, after)
    assert f"had the power {at} " in notice.detail


@pytest.mark.parametrize(
    "variant",
    [
        Variant(version="5.7", governor="Controlled", seconds=True),
        Variant(version="5.7", governor="Bravo", token="Uni", timelock="compound"),
    ],
    ids=lambda variant: variant.name,
)
def test_other_governors_are_looked_at_as_well(variant: Variant) -> None:
    life = Foreign.deploy(variant)
    calls = (Call(PEOPLE[0], 0, b""),)
    proposal = life.propose(PEOPLE[3], calls, "A proposal")
    for _ in range(5):
        life.chain.advance(12)
    life.vote(PEOPLE[3], proposal, 1)
    place = life.logs[-1].block_number, life.logs[-1].transaction_hash
    life.chain.advance(12)
    life.vote(PEOPLE[1], proposal, 0)
    for _ in range(60):
        life.chain.advance(12)
    report = life.audit()
    assert report.findings == ()
    [notice] = report.notices
    assert (notice.pattern, notice.what) == ("one-holder", f"proposal {proposal}")
    assert (notice.block, notice.transaction) == place
    assert notice.detail.startswith(PEOPLE[3])
    assert "without these ballots it fails" in notice.detail


def test_large_ballots_are_found_in_columns_as_one_by_one() -> None:
    made = History(3, accounts=60, delegates=20, pace=QUICK)
    tables = list(made.batches(2_500))
    state = replay_columns(lambda: tables, made.addresses, chunk_rows=400)
    compared = 0
    for proposal in state.proposals.values():
        if not isinstance(proposal.ballots, BallotList):
            assert not proposal.ballots
            continue
        ballots = list(proposal.ballots)
        for least in {0, 2**130, *(ballot.power + offset for ballot in ballots for offset in (-1, 0, 1))}:
            assert proposal.ballots.heavy(least) == [ballot for ballot in ballots if ballot.power >= least]
            compared += 1
    assert compared > 100


def test_amounts_in_columns_are_compared_as_integers() -> None:
    edges = {
        (2**bits) * factor + offset for bits in (0, 41, 42, 83, 84, 123) for factor in (1, 3) for offset in (-1, 0, 1)
    }
    amounts = sorted(edges)
    for least in (0, *amounts, 2**125, 2**200):
        assert at_least(from_ints(amounts), least).tolist() == [amount >= least for amount in amounts]


def test_the_terminal_and_the_json_show_what_was_noticed() -> None:
    dao = ready()
    proposal, place = borrow(dao, hold=12)
    report = dao.audit()
    console = Console(file=io.StringIO(), width=160, markup=False)
    console.print(report_view(report, Units("RWD", 18)))
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "borrowed-weight" in shown
    assert "not looked for: internal-proposal" in shown
    [written] = report.as_dict()["notices"]  # type: ignore[misc,attr-defined]
    assert written["transaction"] == "0x" + place[1].hex()
    assert written["what"] == f"proposal {proposal}"
    assert len({pattern.name for pattern in PATTERNS}) == len(PATTERNS)
