"""`dao proposal show` tells a voter what the checks say, what it can cast and has cast, and how its delegate voted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dao.lifecycle.journal import save
from dao.lifecycle.vote import Split, cast
from dao.types import Call, Support
from tests.support.chain import (
    ACCOUNTS,
    RAISE,
    STRANGER,
    TOKEN,
    VOTING_DELAY,
    VOTING_PERIOD,
    Dao,
    checkout,
    deployed,
    rewound,
)
from tests.support.cli import Invoke, invoker

FIRST, SECOND, THIRD, FOURTH, FIFTH = ACCOUNTS
HELD = {FIRST: 4_000_000, SECOND: 3_000_000, THIRD: 2_000_000, FOURTH: 1_500_000, FIFTH: 500_000}


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    folder = checkout(tmp_path_factory.mktemp("dao"))
    with deployed(folder) as dao:
        save(folder / "deployments" / "31337.json", dao.deployment)
        dao.delegate_all()
        yield dao


@pytest.fixture
def dao(chain: Dao) -> Iterator[Dao]:
    with rewound(chain):
        yield chain


@pytest.fixture
def invoke(dao: Dao, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    return invoker(dao.folder, monkeypatch, capsys)


def shown(dao: Dao, invoke: Invoke, *arguments: str) -> Any:
    return invoke("proposal", "show", "latest", *arguments, "--json", "--rpc", dao.connection.url).json()


def read(dao: Dao, invoke: Invoke, *arguments: str) -> str:
    """What a person reads, in single spaces."""
    return " ".join(invoke("proposal", "show", "latest", *arguments, "--rpc", dao.connection.url).out.split())


def test_a_pending_proposal(dao: Dao, invoke: Invoke) -> None:
    dao.submit()
    voter = shown(dao, invoke, "--from", SECOND, "--no-checks")["voter"]
    assert voter == {
        "account": SECOND,
        "votes_now": str(HELD[SECOND] * TOKEN),
        "votes_at_snapshot": None,
        "used": "0",
        "for": "0",
        "against": "0",
        "abstain": "0",
        "reasons": [],
        "delegate": SECOND,
        "delegate_voting": None,
    }
    text = read(dao, invoke, "--from", SECOND, "--no-checks")
    assert "your power 3_000_000 RENDER now; what counts is the power at the snapshot, " in text
    assert "delegate you yourself" in text
    assert "checks: not run, not asked for" in text
    assert "voting begins" in text


def test_nobody_is_named(dao: Dao, invoke: Invoke) -> None:
    dao.submit()
    assert shown(dao, invoke, "--no-checks")["voter"] is None
    assert "your power" not in read(dao, invoke, "--no-checks")


def test_the_checks(dao: Dao, invoke: Invoke) -> None:
    """The same as `check` finds, and counted."""
    dao.propose([Call(STRANGER, 10**30, b"")], b"Pay \xe2\x80\xaehim")
    rpc = ("--rpc", dao.connection.url)
    checked = invoke("proposal", "check", "latest", *rpc, "--json", code=1).json()
    found = shown(dao, invoke)
    assert (found["verdict"], found["checks"]) == ("failure", checked["checks"])
    failed = [one for one in checked["checks"] if one["verdict"] == "failure"]
    text = read(dao, invoke)
    assert f"checks: {len(failed)} failed, " in text
    for one in checked["checks"]:
        assert (f"{one['verdict']} {one['check']} " in text) == (one["verdict"] in ("failure", "warning")), one
    assert "\u202e" not in text


def test_a_proposal_that_is_over_is_not_checked(dao: Dao, invoke: Invoke) -> None:
    dao.submit()
    dao.advance(VOTING_DELAY + VOTING_PERIOD + 2)
    found = shown(dao, invoke)
    assert (found["state"], found["verdict"], found["checks"]) == ("defeated", None, None)
    assert "it is defeated" in found["unchecked"]
    assert "checks: not run, it is defeated" in read(dao, invoke)


def test_own_ballots_in_parts(dao: Dao, invoke: Invoke) -> None:
    other = dao.submit(RAISE, proposer=SECOND)
    proposal = dao.submit()
    dao.advance(VOTING_DELAY + 1)
    cast(dao.session(FIRST), other, Support.AGAINST)
    assert "your ballot not cast yet" in read(dao, invoke, "--from", FIRST, "--no-checks")
    # A third of the weight, and then half of it, by ballots of their own.
    governor = dao.session().contracts.governor
    for weights in ((0, 1_000_000 * TOKEN, 0), (1_500_000 * TOKEN, 0, 500_000 * TOKEN)):
        params = b"".join(weight.to_bytes(16, "big") for weight in weights)
        arguments = (proposal.proposal_id, Support.FRACTIONAL, "why \x1b[2J not", params)
        dao.send(FIRST, governor.address, governor.calldata("castVoteWithReasonAndParams", *arguments))
    # Another's ballot is not this account's, nor is its own on another proposal a ballot on this.
    cast(dao.session(SECOND), proposal, Support.FOR)
    voter = shown(dao, invoke, "--from", FIRST, "--no-checks")["voter"]
    assert (voter["votes_at_snapshot"], voter["used"]) == (str(4_000_000 * TOKEN), str(3_000_000 * TOKEN))
    assert (voter["for"], voter["against"], voter["abstain"]) == tuple(
        str(votes * TOKEN) for votes in (1_000_000, 1_500_000, 500_000)
    )
    assert voter["reasons"] == ["why \x1b[2J not"] * 2
    text = read(dao, invoke, "--from", FIRST, "--no-checks")
    assert "for 1_000_000 RENDER, against 1_500_000 RENDER, abstain 500_000 RENDER; 1_000_000 RENDER not cast" in text
    assert "“why \\x1b[2J not”" in text


def test_the_delegate_of_the_snapshot(dao: Dao, invoke: Invoke) -> None:
    """Whoever the tokens are delegated to later does not vote with them."""
    dao.call(SECOND, "token", "delegate", THIRD)
    proposal = dao.submit()
    dao.advance(VOTING_DELAY + 1)
    dao.call(SECOND, "token", "delegate", FOURTH)
    text = read(dao, invoke, "--from", SECOND, "--no-checks")
    assert f"delegate {THIRD} votes with your tokens" in text
    assert "its power 5_000_000 RENDER at the snapshot its ballot not cast yet" in text
    assert "your power 0 RENDER at the snapshot your ballot none" in text
    cast(dao.session(THIRD), proposal, [Split(Support.FOR, 7_500), Split(Support.AGAINST, 2_500)], reason="both")
    voter = shown(dao, invoke, "--from", SECOND, "--no-checks")["voter"]
    assert (voter["delegate"], voter["votes_at_snapshot"], voter["used"]) == (THIRD, "0", "0")
    delegate = voter["delegate_voting"]
    assert (delegate["account"], delegate["votes_at_snapshot"]) == (THIRD, str(5_000_000 * TOKEN))
    assert (delegate["for"], delegate["against"]) == (str(3_750_000 * TOKEN), str(1_250_000 * TOKEN))
    assert delegate["reasons"] == ["both"]
    assert "its ballot for 3_750_000 RENDER, against 1_250_000 RENDER “both”" in read(dao, invoke, "--from", SECOND)


def test_nobody_votes_with_the_tokens(dao: Dao, invoke: Invoke) -> None:
    dao.submit()
    dao.advance(VOTING_DELAY + 1)
    assert shown(dao, invoke, "--from", FIFTH, "--no-checks")["voter"]["delegate"] is None
    assert "delegate nobody: your tokens do not vote" in read(dao, invoke, "--from", FIFTH, "--no-checks")
