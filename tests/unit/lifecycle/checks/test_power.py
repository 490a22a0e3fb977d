"""Who can carry a proposal, when, and until when."""

from __future__ import annotations

from pathlib import Path

import pytest

from dao.abi import encode
from dao.chain.connection import Connection
from dao.lifecycle.advance import execute
from dao.lifecycle.check import check
from dao.lifecycle.checks import CHECKS
from dao.lifecycle.checks.proposer_power import WINDOW
from dao.lifecycle.delegates import powers
from dao.lifecycle.session import Session
from dao.lifecycle.verdict import Verdict
from tests.support.chain import ACCOUNTS, GRACE, MIN_DELAY, ROOT, STRANGER, TOKEN, VOTING_DELAY, VOTING_PERIOD, Dao
from tests.support.checking import PROPOSER, call, carried, said, written
from tests.support.hostile import hostile

NOTHING = "  - transfer: {to: treasury, amount: 0 RENDER}\n"


def test_every_delegate_by_the_logs(dao: Dao) -> None:
    head = dao.connection.block()
    millions = {ACCOUNTS[0]: 4, ACCOUNTS[1]: 3, ACCOUNTS[2]: 2}
    assert powers(dao.session(), head) == {
        **{account: amount * 10**6 * TOKEN for account, amount in millions.items()},
        ACCOUNTS[3]: 15 * 10**5 * TOKEN,
    }
    dao.advance(2)
    dao.call(ACCOUNTS[1], "token", "delegate", ACCOUNTS[0])
    dao.advance(1)
    now = powers(dao.session(), dao.connection.block())
    assert (now[ACCOUNTS[0]], ACCOUNTS[1] in now) == (7 * 10**6 * TOKEN, False)
    then = powers(dao.session(), dao.connection.block(), snapshot=head.timestamp)
    assert then[ACCOUNTS[1]] == 3 * 10**6 * TOKEN


def test_a_quorum_that_one_account_reaches(dao: Dao, tmp_path: Path) -> None:
    found = said(dao, written(dao, tmp_path, NOTHING), "quorum")
    assert (found.verdict, "one account alone" in found.text) == (Verdict.WARNING, True)


def test_a_quorum_that_takes_several_accounts(dao: Dao, tmp_path: Path) -> None:
    # Everybody with much delegates to accounts of their own: nobody alone has a tenth.
    for index, holder in enumerate(ACCOUNTS[:4]):
        balance = dao.session().contracts.token.balance(holder)
        for part in range(5):
            account = f"0x{index + 1:02x}{part + 1:02x}" + "ab" * 18
            dao.impersonate(account)
            dao.call(holder, "token", "transfer", account, balance // 5)
            dao.call(account, "token", "delegate", account)
    dao.advance(1)
    found = said(dao, written(dao, tmp_path, "  - set_parameter: {voting_delay: 2 minutes}\n"), "quorum")
    assert (found.verdict, found.text.split(" are")[0]) == (Verdict.PASS, "2 accounts")


def test_a_quorum_that_nobody_reaches(dao: Dao, tmp_path: Path) -> None:
    dao.call(ACCOUNTS[4], "token", "delegate", ACCOUNTS[4])
    for holder in ACCOUNTS[:4]:
        dao.call(holder, "token", "delegate", "0x" + "0" * 40)
    dao.advance(1)
    found = said(dao, written(dao, tmp_path, "  - set_parameter: {voting_delay: 2 minutes}\n"), "quorum")
    assert (found.verdict, "all delegates together have 500_000 RENDER" in found.text) == (Verdict.WARNING, True)
    proposal = dao.propose(
        [call(dao, "governor", "setVotingDelay", 120)], b"# A proposal that nobody can carry", proposer=ACCOUNTS[4]
    )
    dao.advance(VOTING_DELAY + 1)
    assert said(dao, proposal, "quorum").verdict is Verdict.FAILURE


def test_power_that_the_proposer_acquired_shortly_before(dao: Dao, tmp_path: Path) -> None:
    subject = written(dao, tmp_path, NOTHING, proposer=STRANGER)
    assert "younger" in said(dao, subject, "proposer-power").text
    dao.advance(2 * WINDOW)
    dao.call(ACCOUNTS[1], "token", "delegate", STRANGER)
    dao.advance(60)
    found = said(dao, subject, "proposer-power")
    assert found.verdict is Verdict.WARNING
    assert "0 RENDER at" in found.text
    assert said(dao, written(dao, tmp_path, NOTHING, proposer=PROPOSER), "proposer-power").verdict is Verdict.PASS
    assert said(dao, written(dao, tmp_path, NOTHING), "proposer-power").verdict is Verdict.SKIPPED
    proposal = dao.propose([call(dao, "token", "transfer", PROPOSER, 0)], b"# By a newcomer", proposer=STRANGER)
    dao.advance(2 * WINDOW)
    assert said(dao, proposal, "proposer-power").verdict is Verdict.WARNING


def test_a_clock_that_does_not_count_seconds(dao: Dao, tmp_path: Path) -> None:
    subject = written(dao, tmp_path, NOTHING)
    assert said(dao, subject, "clock").verdict is Verdict.PASS
    selector = "0x" + dao.session().contracts.token.calldata("CLOCK_MODE").hex()
    mode = "0x" + encode(("string",), ("mode=blocknumber&from=default",)).hex()
    (one,) = (entry for entry in CHECKS if entry.name == "clock")
    with hostile(dao.connection.url) as proxy:
        token = dao.deployment.addresses.token.lower()

        def answer(method: str, params: list, real: object) -> object:  # type: ignore[type-arg]
            asked = method == "eth_call" and params[0]["to"].lower() == token and params[0]["data"] == selector
            return mode if asked else real

        proxy.result = answer
        (result,) = check(Session.of(Connection.open(proxy.url), dao.deployment), subject, checks=[one], start=ROOT)
    assert result.verdict is Verdict.FAILURE
    assert "the token counts by mode=blocknumber" in result.detail


@pytest.mark.parametrize(("grace", "verdict"), [("3 days", Verdict.PASS), ("1 hour", Verdict.WARNING)])
def test_a_short_grace_period(dao: Dao, tmp_path: Path, grace: str, verdict: Verdict) -> None:
    seconds = {"3 days": 259_200, "1 hour": 3_600}[grace]
    set_grace = dao.propose([call(dao, "governor", "setGracePeriod", seconds)], b"# Grace")
    carried(dao, set_grace)
    dao.advance(MIN_DELAY)
    execute(dao.session(PROPOSER), set_grace)
    assert said(dao, written(dao, tmp_path, NOTHING), "expiry").verdict is verdict


def test_expiry_of_a_queued_proposal(dao: Dao) -> None:
    proposal = carried(dao, dao.propose([call(dao, "token", "transfer", PROPOSER, 0)], b"# Nothing"))
    assert said(dao, proposal, "expiry").verdict is Verdict.PASS
    dao.advance(MIN_DELAY + GRACE - 3_000)
    found = said(dao, proposal, "expiry")
    assert (found.verdict, "it must be executed within " in found.text) == (Verdict.WARNING, True)
    dao.advance(3_100)
    found = said(dao, proposal, "expiry")
    assert (found.verdict, "it expired at" in found.text) == (Verdict.FAILURE, True)


def test_expiry_of_a_succeeded_proposal(dao: Dao) -> None:
    proposal = dao.propose([call(dao, "token", "transfer", PROPOSER, 0)], b"# Nothing")
    dao.advance(VOTING_DELAY + 1)
    dao.call(PROPOSER, "governor", "castVote", proposal.proposal_id, 1)
    dao.advance(VOTING_PERIOD)
    assert "it must be queued within" in said(dao, proposal, "expiry").text
