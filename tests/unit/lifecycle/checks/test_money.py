"""What a proposal costs: flows, rails, solvency, amounts that cannot be meant, and the outcome."""

from __future__ import annotations

from pathlib import Path

import pytest

from dao.abi import encode, keccak
from dao.lifecycle.advance import execute
from dao.lifecycle.verdict import Verdict
from dao.rewards.changes import AddStream, Rail, SetRail, SetSchedule
from dao.rewards.schedule import Constant, Segment
from dao.types import Address, Call
from tests.support.chain import MIN_DELAY, STRANGER, TOKEN, Dao
from tests.support.checking import PROPOSER, call, carried, force, policy_call, put_code, put_token, said, written

WEEK = 604_800
SCHEDULE = "  - set_schedule: {stream: %s, from_epoch: 2, segments: [{constant: %s RENDER}]}\n"
PAY = f"  - transfer: {{to: '{STRANGER}', amount: %s RENDER}}\n"


def fund(dao: Dao, amount: int) -> None:
    """Sends so many tokens to the treasury."""
    dao.call(PROPOSER, "token", "transfer", dao.deployment.addresses.timelock, amount * TOKEN)


def raw_transfer(token: Address, amount: int) -> str:
    data = keccak(b"transfer(address,uint256)")[:4] + encode(("address", "uint256"), (STRANGER, amount))
    return f"  - raw: {{target: '{token}', calldata: '0x{data.hex()}'}}\n"


# ------------------------------------------------------------ flows


def test_flows_of_the_token_against_what_the_root_yields(dao: Dao, tmp_path: Path) -> None:
    fund(dao, 100_000)
    within = said(dao, written(dao, tmp_path, PAY % "47_435"), "flows")
    assert within.verdict is Verdict.PASS
    assert "47_435 RENDER leave the treasury, after 0 RENDER in the same epoch" in within.text
    assert said(dao, written(dao, tmp_path, PAY % "47_436"), "flows").verdict is Verdict.WARNING
    assert said(dao, written(dao, tmp_path, SCHEDULE % ("root", "1")), "flows").text == "nothing leaves the treasury"


def test_flows_of_one_epoch_are_added_up(dao: Dao, tmp_path: Path) -> None:
    fund(dao, 100_000)
    first = dao.propose([call(dao, "token", "transfer", STRANGER, 30_000 * TOKEN)], b"# The first part")
    carried(dao, first)
    queued = said(dao, written(dao, tmp_path, PAY % "20_000"), "flows")
    assert (queued.verdict, "after 30_000 RENDER in the same epoch" in queued.text) == (Verdict.WARNING, True)
    dao.advance(MIN_DELAY)
    execute(dao.session(PROPOSER), first)
    done = said(dao, written(dao, tmp_path, PAY % "20_000"), "flows")
    assert (done.verdict, "after 30_000 RENDER" in done.text) == (Verdict.WARNING, True)
    dao.advance(WEEK)
    assert said(dao, written(dao, tmp_path, PAY % "20_000"), "flows").verdict is Verdict.PASS


def test_the_roots_rail_is_the_cap(dao: Dao, tmp_path: Path) -> None:
    fund(dao, 100_000)
    force(dao, SetRail("root", Rail(cap=60_000 * TOKEN)))
    found = said(dao, written(dao, tmp_path, PAY % "50_000"), "flows")
    assert (found.verdict, "60_000 RENDER, the root's rail" in found.text) == (Verdict.PASS, True)


def test_flows_of_ether(dao: Dao, tmp_path: Path) -> None:
    dao.connection.rpc("anvil_setBalance", [dao.deployment.addresses.timelock, hex(10**19)])
    send = f"  - send_ether: {{to: '{STRANGER}', amount: %s ETH}}\n"
    assert said(dao, written(dao, tmp_path, send % "1"), "flows").verdict is Verdict.PASS
    found = said(dao, written(dao, tmp_path, send % "1.5"), "flows")
    assert (found.verdict, "1.5 ETH leave the treasury" in found.text) == (Verdict.WARNING, True)
    carried(dao, dao.propose([Call(STRANGER, 8 * 10**17, b"")], b"# Some ether"))
    assert "after 0.8 ETH in the same epoch" in said(dao, written(dao, tmp_path, send % "0.5"), "flows").text


def test_flows_of_another_token(dao: Dao, tmp_path: Path) -> None:
    token = put_token(dao, decimals=6, treasury=1_000 * 10**6)
    within = said(dao, written(dao, tmp_path, raw_transfer(token, 100 * 10**6)), "flows")
    assert (within.verdict, token in within.text) == (Verdict.PASS, True)
    assert said(dao, written(dao, tmp_path, raw_transfer(token, 101 * 10**6)), "flows").verdict is Verdict.WARNING


# ------------------------------------------------------------ rails


def test_a_rail_in_the_way(dao: Dao) -> None:
    over = SetSchedule("compute/jobs", (Segment(2, Constant(60_000 * TOKEN)),))
    proposal = dao.propose([policy_call(dao, over)], b"# More")
    assert said(dao, proposal, "rails").verdict is Verdict.PASS
    force(dao, SetRail("compute/jobs", Rail(cap=50_000 * TOKEN)))
    found = said(dao, proposal, "rails")
    assert (found.verdict, "the rail of compute/jobs: cap" in found.text) == (Verdict.FAILURE, True)


def test_a_rail_that_the_proposal_moves_out_of_its_way(dao: Dao, tmp_path: Path) -> None:
    force(dao, SetRail("compute/jobs", Rail(cap=50_000 * TOKEN)))
    actions = "  - set_rail: {stream: compute/jobs, cap: 70_000 RENDER}\n" + SCHEDULE % ("compute/jobs", "60_000")
    found = said(dao, written(dao, tmp_path, actions), "rails")
    assert found.verdict is Verdict.WARNING
    assert "the rail of compute/jobs changes: cap: 50_000 RENDER → cap: 70_000 RENDER" in found.text


def test_who_touches_no_schedule_is_not_asked_about_rails(dao: Dao, tmp_path: Path) -> None:
    assert said(dao, written(dao, tmp_path, PAY % "0"), "rails").verdict is None


# ------------------------------------------------------------ solvency


def test_solvency_by_minting(dao: Dao, tmp_path: Path) -> None:
    assert said(dao, written(dao, tmp_path, SCHEDULE % ("root", "12_000_000")), "solvency").verdict is Verdict.PASS
    found = said(dao, written(dao, tmp_path, SCHEDULE % ("root", "13_000_000")), "solvency")
    assert found.verdict is Verdict.FAILURE
    assert "633_245_094 RENDER are there or can be minted" in found.text


def test_solvency_of_a_treasury_that_cannot_mint(dao: Dao, tmp_path: Path) -> None:
    timelock = dao.deployment.addresses.timelock
    fund(dao, 3_000_000)
    dao.impersonate(timelock)
    role = keccak(b"MINTER_ROLE")
    dao.call(timelock, "token", "revokeRole", role, timelock)
    assert said(dao, written(dao, tmp_path, SCHEDULE % ("compute/jobs", "1")), "solvency").verdict is Verdict.PASS
    spent = said(dao, written(dao, tmp_path, PAY % "2_000_000"), "solvency")
    assert spent.verdict is Verdict.FAILURE
    assert "and 1_000_000 RENDER are there" in spent.text
    force(dao, SetSchedule("root", (Segment(2, Constant(100_000 * TOKEN)),)))
    before = said(dao, written(dao, tmp_path, PAY % "1"), "solvency")
    assert (before.verdict, "it was so before" in before.text) == (Verdict.WARNING, True)


# ------------------------------------------------------------ units


def test_more_than_the_balance(dao: Dao, tmp_path: Path) -> None:
    fund(dao, 1_000)
    assert said(dao, written(dao, tmp_path, PAY % "1_000"), "units").verdict is Verdict.PASS
    twice = said(dao, written(dao, tmp_path, PAY % "600" + PAY % "600"), "units")
    assert (twice.verdict, "1_200 RENDER are sent, and the treasury has 1_000 RENDER" in twice.text) == (
        Verdict.FAILURE,
        True,
    )
    mint = "  - mint: {to: treasury, amount: 200 RENDER}\n"
    assert said(dao, written(dao, tmp_path, mint + PAY % "600" + PAY % "600"), "units").verdict is Verdict.PASS
    ether = said(dao, written(dao, tmp_path, f"  - send_ether: {{to: '{STRANGER}', amount: 1 ETH}}\n"), "units")
    assert (ether.verdict, "1 ETH are sent" in ether.text) == (Verdict.FAILURE, True)


def test_what_a_queued_proposal_takes_is_missing(dao: Dao, tmp_path: Path) -> None:
    fund(dao, 1_000)
    carried(dao, dao.propose([call(dao, "token", "transfer", STRANGER, 600 * TOKEN)], b"# The first part"))
    assert "the treasury has 400 RENDER" in said(dao, written(dao, tmp_path, PAY % "500"), "units").text


@pytest.mark.parametrize(
    ("amount", "verdict", "shown"),
    [
        (25 * 10**6, Verdict.PASS, ""),
        (25 * 10**18, Verdict.FAILURE, "10^12 times less would be there"),  # 18 decimals for a token of 6
    ],
)
def test_another_tokens_decimals(dao: Dao, tmp_path: Path, amount: int, verdict: Verdict, shown: str) -> None:
    token = put_token(dao, decimals=6, treasury=1_000 * 10**6)
    found = said(dao, written(dao, tmp_path, raw_transfer(token, amount)), "units")
    assert found.verdict is verdict
    assert shown in found.text


def test_an_amount_without_its_decimals(dao: Dao, tmp_path: Path) -> None:
    fund(dao, 1_000)
    found = said(dao, dao.propose([call(dao, "token", "transfer", STRANGER, 500)], b"# 500 tokens"), "units")
    assert (found.verdict, "18 decimals, which the amount may lack" in found.text) == (Verdict.WARNING, True)
    assert said(dao, written(dao, tmp_path, PAY % "0.5"), "units").verdict is Verdict.PASS


def test_an_emission_off_by_a_power_of_ten(dao: Dao, tmp_path: Path) -> None:
    found = said(dao, written(dao, tmp_path, SCHEDULE % ("root", "47_435_000")), "units")
    assert (found.verdict, "root in epoch 2 changes by 10^3" in found.text) == (Verdict.WARNING, True)
    assert "10^-4" in said(dao, written(dao, tmp_path, SCHEDULE % ("compute/jobs", "4")), "units").text
    assert said(dao, written(dao, tmp_path, SCHEDULE % ("compute/jobs", "15_000")), "units").verdict is Verdict.PASS


# ------------------------------------------------------------ the outcome


def test_the_outcome_is_what_the_calls_say(dao: Dao, tmp_path: Path) -> None:
    condition = "  - require_emission: {stream: compute/jobs, epoch: 2, amount: %s RENDER}\n"
    found = said(dao, written(dao, tmp_path, SCHEDULE % ("compute/jobs", "9") + condition % "9"), "outcome")
    assert (found.verdict, "its own 1 conditions hold" in found.text) == (Verdict.PASS, True)
    wrong = written(dao, tmp_path, SCHEDULE % ("compute/jobs", "9") + condition % "8")
    assert said(dao, wrong, "outcome").verdict is None
    assert said(dao, wrong, "simulation").verdict is Verdict.FAILURE


TARGET = Address("0x1111111111111111111111111111111111111111")


def relaying(*calls: Call) -> str:
    """Runtime code that makes `calls`, whatever it is called with."""
    # CODECOPY(0, begin, size), then CALL(gas, target, 0, 0, size, 0, 0) and POP, for each; then STOP and the calldata.
    length = 45
    begin, head, data = len(calls) * length + 1, "", ""
    for one in calls:
        size = len(one.calldata)
        head += f"61{size:04x}61{begin:04x}5f39" + f"5f5f61{size:04x}5f5f73{one.target[2:].lower()}5af150"
        head += "5b" * (length - (len(head) // 2) % length) if (len(head) // 2) % length else ""
        begin, data = begin + size, data + one.calldata.hex()
    return head + "00" + data


def test_a_change_of_the_policy_that_no_call_says(dao: Dao) -> None:
    put_code(dao, relaying(policy_call(dao, SetRail("compute/jobs", Rail(cap=10**30)))), at=TARGET)
    owner = call(dao, "policy", "transferOwnership", TARGET)
    found = said(dao, dao.propose([owner, Call(TARGET, 0, b"\xde\xad\xbe\xef")], b"# A hidden change"), "outcome")
    assert found.verdict is Verdict.FAILURE
    assert "and the contract made it 0x" in found.text


def test_a_change_that_works_only_after_one_that_no_call_says(dao: Dao) -> None:
    back = call(dao, "policy", "transferOwnership", dao.deployment.addresses.timelock)
    put_code(dao, relaying(policy_call(dao, AddStream("hidden")), back), at=TARGET)
    calls = [
        call(dao, "policy", "transferOwnership", TARGET),
        Call(TARGET, 0, b"\xde\xad\xbe\xef"),
        policy_call(dao, SetSchedule("hidden", (Segment(2, Constant(1)),))),
    ]
    found = said(dao, dao.propose(calls, b"# A hidden stream"), "outcome")
    assert found.verdict is Verdict.FAILURE
    assert "do not say what the contract did" in found.text
