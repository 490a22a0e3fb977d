"""The simulation: the proposal's own life in a copy of the chain, after what is queued before it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from dao.chain import node
from dao.chain.fork import forked
from dao.errors import NodeError, ProposalError
from dao.lifecycle.advance import cancel, execute, queue
from dao.lifecycle.policy import policy_at
from dao.lifecycle.proposals import ChainProposal
from dao.lifecycle.simulate import simulate
from dao.lifecycle.verdict import Verdict
from dao.lifecycle.vote import cast
from dao.rewards.changes import Rail, SetRail, SetSchedule
from dao.rewards.schedule import Constant, Segment
from dao.tiers import Tier
from dao.types import Address, ProposalState, Support
from tests.support.chain import (
    ACCOUNTS,
    CUT as CUT_FILE,
    GRACE,
    MIN_DELAY,
    ROOT,
    STRANGER,
    TOKEN,
    VOTING_DELAY,
    VOTING_PERIOD,
    Dao,
)
from tests.support.checking import STOP, call, carried, policy_call, put_code, said, written

CUT = "  - set_schedule: {stream: compute/jobs, from_epoch: 2, segments: [{constant: %s RENDER}]}\n"


def schedule(dao: Dao, amount: int, epoch: int = 2) -> SetSchedule:
    return SetSchedule("compute/jobs", (Segment(epoch, Constant(amount * TOKEN)),))


def test_it_runs_when_the_proposal_can_first_be_executed_and_leaves_the_chain_alone(dao: Dao, tmp_path: Path) -> None:
    head, nonces = dao.connection.block(), dao.nonces()
    simulated = simulate(dao.session(), written(dao, tmp_path, CUT % "7"), start=ROOT)
    assert simulated.succeeded
    assert (simulated.voters, simulated.is_forced, simulated.block) == (1, False, head.number)
    lead = VOTING_DELAY + VOTING_PERIOD + MIN_DELAY
    assert lead <= simulated.timestamp - head.timestamp <= lead + 10
    changes = {change.what: (change.before, change.after) for change in simulated.changes}
    assert changes["emission of compute/jobs in epoch 2"] == ("47_435 RENDER", "7 RENDER")
    assert changes["emission of compute/reserve in epoch 2"] == ("0 RENDER", "47_428 RENDER")
    assert (dao.connection.block(), dao.nonces()) == (head, nonces)


def test_what_it_says_is_what_happens(dao: Dao) -> None:
    proposal = dao.submit()
    simulated = simulate(dao.session(), proposal, start=ROOT)
    carried(dao, proposal)
    dao.advance(MIN_DELAY)
    assert execute(dao.session(ACCOUNTS[0]), proposal).receipt.gas_used == simulated.gas_used
    after = {change.what: change.after for change in simulated.changes}
    assert after["policy hash"] == "0x" + policy_at(dao.session()).policy.hash.hex()


@pytest.mark.parametrize(
    "advance", [0, VOTING_DELAY + 1, VOTING_DELAY + VOTING_PERIOD + 2], ids=["pending", "active", "over"]
)
def test_a_proposal_on_chain_is_simulated_from_where_it_stands(dao: Dao, advance: int) -> None:
    proposal = dao.submit()
    if advance:
        dao.advance(advance)
    result = said(dao, proposal, "simulation")
    if advance > VOTING_PERIOD:
        assert result.verdict is Verdict.SKIPPED
        assert "it is defeated" in result.text
        with pytest.raises(ProposalError, match="cannot be simulated"):
            simulate(dao.session(), proposal, start=ROOT)
    else:
        assert result.verdict is Verdict.PASS


def test_a_queued_proposal_is_executed_at_its_own_time(dao: Dao) -> None:
    proposal = carried(dao, dao.submit())
    simulated = simulate(dao.session(), proposal, start=ROOT)
    eta = dao.session().contracts.governor.standings([proposal.proposal_id])[0].eta
    assert (simulated.succeeded, simulated.timestamp, simulated.voters) == (True, eta, 0)


def test_what_is_queued_is_executed_before(dao: Dao, tmp_path: Path) -> None:
    rail = dao.propose([policy_call(dao, SetRail("compute/jobs", Rail(cap=5 * TOKEN)))], b"# A rail")
    carried(dao, dao.propose([policy_call(dao, schedule(dao, 9))], b"# Nine"))
    nine = simulate(dao.session(), written(dao, tmp_path, CUT % "4"), start=ROOT)
    before = {change.what: change.before for change in nine.changes}
    assert before["emission of compute/jobs in epoch 2"] == "9 RENDER"
    assert [succeeded for _, succeeded in nine.predecessors] == [True]
    # Within the voting period of nobody: the rail is only pending, and stays out of it.
    assert rail.proposal_id not in dict(nine.predecessors)


def test_a_queued_proposal_that_forbids_this_one_makes_it_fail(dao: Dao, tmp_path: Path) -> None:
    subject = written(dao, tmp_path, CUT % "60_000")
    assert said(dao, subject, "simulation").verdict is Verdict.PASS
    rail = SetRail("compute/jobs", Rail(cap=50_000 * TOKEN))
    carried(dao, dao.propose([policy_call(dao, rail)], b"# A rail"))
    result = said(dao, written(dao, tmp_path, CUT % "60_000"), "simulation")
    assert result.verdict is Verdict.FAILURE
    assert "RewardPolicyRailCrossed" in result.text


def test_a_queued_proposal_that_fails_is_told(dao: Dao, tmp_path: Path) -> None:
    broken = dao.propose([call(dao, "token", "transfer", ACCOUNTS[1], 10**30)], b"# Too much")
    carried(dao, broken)
    result = said(dao, written(dao, tmp_path, CUT % "9"), "simulation")
    assert result.verdict is Verdict.WARNING
    assert f"{str(broken.proposal_id)[:12]}…, which is queued before it, fails" in result.text
    assert result.results[-1].verdict is Verdict.PASS


def test_calls_to_the_governor_run_as_part_of_a_proposal_that_passed(dao: Dao, tmp_path: Path) -> None:
    subject = written(dao, tmp_path, "  - set_parameter: {voting_period: 2 hours}\n")
    changes = {
        change.what: (change.before, change.after) for change in simulate(dao.session(), subject, start=ROOT).changes
    }
    assert changes == {"voting period": ("1 hour", "2 hours")}


def test_without_votes_that_carry_it_its_operation_is_marked_as_ready(dao: Dao, tmp_path: Path) -> None:
    for holder in ACCOUNTS[:4]:
        dao.call(holder, "token", "delegate", dao.deployment.addresses.token)
    dao.advance(1)
    simulated = simulate(dao.session(), written(dao, tmp_path, CUT % "9"), start=ROOT)
    assert (simulated.is_forced, simulated.succeeded) == (True, True)
    own = written(dao, tmp_path, "  - set_parameter: {voting_period: 2 hours}\n")
    result = said(dao, own, "simulation")
    assert (result.verdict, "no votes carry this" in result.text) == (Verdict.WARNING, True)


def test_a_delegate_that_is_a_contract_votes_and_proposes_too(dao: Dao, tmp_path: Path) -> None:
    put_code(dao, STOP, at=ACCOUNTS[0])
    simulated = simulate(dao.session(), written(dao, tmp_path, CUT % "9", proposer=ACCOUNTS[0]), start=ROOT)
    put_code(dao, "", at=ACCOUNTS[0])
    assert (simulated.is_forced, simulated.succeeded, simulated.voters) == (False, True, 1)


def test_what_became_ready_before_now_is_executed_before(dao: Dao) -> None:
    first = dao.submit(CUT_FILE)
    later = carried_both(dao, first)
    dao.advance(2 * MIN_DELAY)
    simulated = simulate(dao.session(), first, start=ROOT)
    assert simulated.predecessors == ((later.proposal_id, True),)


def test_what_is_ready_before_the_snapshot_counts_in_the_vote(dao: Dao, tmp_path: Path) -> None:
    rules = [call(dao, "governor", "setTier", tier, (7_000, 5_000)) for tier in (Tier.CONSTITUTIONAL, Tier.ISSUANCE)]
    carried(dao, dao.propose(rules, b"# Half of the supply must vote"))
    dao.advance(MIN_DELAY)
    assert simulate(dao.session(), written(dao, tmp_path, CUT % "9"), start=ROOT).voters == 2


def test_what_would_expire_during_the_vote_is_executed_within_it(dao: Dao, tmp_path: Path) -> None:
    longer = carried(dao, dao.propose([call(dao, "governor", "setVotingPeriod", GRACE + MIN_DELAY)], b"# Longer"))
    first = dao.propose([call(dao, "token", "transfer", ACCOUNTS[1], 0)], b"# Before")
    dao.advance(MIN_DELAY)
    execute(dao.session(ACCOUNTS[0]), longer)
    cast(dao.session(ACCOUNTS[0]), first, Support.FOR)
    dao.advance(VOTING_PERIOD)
    queue(dao.session(ACCOUNTS[0]), first)
    simulated = simulate(dao.session(), written(dao, tmp_path, CUT % "9"), start=ROOT)
    assert simulated.timestamp > dao.connection.block().timestamp + GRACE + MIN_DELAY
    assert simulated.predecessors == ((first.proposal_id, True),)


def carried_both(dao: Dao, first: ChainProposal) -> ChainProposal:
    """`first` queued, and another a little later, which is the answer."""
    dao.advance(10)
    second = dao.propose([call(dao, "token", "transfer", ACCOUNTS[1], 0)], b"# A little later")
    dao.advance(VOTING_DELAY + 1)
    for proposal in (first, second):
        cast(dao.session(ACCOUNTS[0]), proposal, Support.FOR)
    dao.advance(VOTING_PERIOD)
    for proposal in (first, second):
        queue(dao.session(ACCOUNTS[0]), proposal)
        dao.advance(10)
    return second


def test_where_its_proposer_cannot_propose_it_another_does(dao: Dao, tmp_path: Path) -> None:
    simulated = simulate(dao.session(), written(dao, tmp_path, CUT % "9", proposer=STRANGER), start=ROOT)
    assert (simulated.is_forced, simulated.succeeded, simulated.voters) == (False, True, 1)


@pytest.mark.parametrize(
    ("loops", "verdict", "shown"),
    [
        (1_000, Verdict.PASS, "every call succeeds"),
        (500_000, Verdict.WARNING, "no transaction may use more than 16_777_216"),
        (1_000_000, Verdict.FAILURE, "it would fail"),
    ],
)
def test_gas(dao: Dao, tmp_path: Path, loops: int, verdict: Verdict, shown: str) -> None:
    target = put_code(dao, f"62{loops:06x}5b60019003806004575000", at=Address("0x" + "11" * 20))
    found = said(
        dao, written(dao, tmp_path, f"  - raw: {{target: '{target}', calldata: '0xdeadbeef'}}\n"), "simulation"
    )
    assert found.verdict is verdict
    assert shown in found.text


def test_a_cancelled_proposal_is_not_simulated(dao: Dao) -> None:
    proposal = dao.submit()
    assert cancel(dao.session(ACCOUNTS[0]), proposal).standing.state is ProposalState.CANCELED
    assert "it is canceled" in said(dao, proposal, "simulation").text


def test_without_anvil_it_is_a_warning_and_the_other_checks_go_on(
    dao: Dao, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = written(dao, tmp_path, CUT % "9")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NodeError, match="anvil"), forked(dao.connection, 1, start=tmp_path):
        pass
    from dao.lifecycle.check import check

    results = {result.name: result for result in check(dao.session(), subject, start=tmp_path)}
    assert results["simulation"].verdict is Verdict.WARNING
    assert "npm install" in results["simulation"].detail
    assert results["state"].verdict is Verdict.SKIPPED
    assert results["calldata"].verdict is Verdict.PASS


def test_the_nodes_address_is_in_no_argument_and_the_copy_ends(dao: Dao) -> None:
    with forked(dao.connection, dao.connection.block().number, start=ROOT) as fork:
        port = re.findall(r"[0-9]+$", fork.connection.url)[0]
        (arguments,) = (
            line
            for pid in Path("/proc").glob("[0-9]*")
            if b"anvil" in (line := _command_line(pid)) and port.encode() in line.split(b"\0")
        )
        assert dao.connection.url.encode() not in arguments
        assert fork.connection.chain_id == dao.connection.chain_id
    assert node._is_free(int(port))


def _command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes() if process.name != str(os.getpid()) else b""
    except OSError:
        return b""
