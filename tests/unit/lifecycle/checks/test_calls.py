"""What a proposal's calls meet, say, log and change, and who gains power by them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dao.abi import encode, keccak
from dao.chain.contracts import MINTER_ROLE, TIMELOCK_ROLES
from dao.lifecycle.advance import cancel
from dao.lifecycle.proxies import IMPLEMENTATION
from dao.lifecycle.verdict import Verdict
from dao.types import Address, Call
from tests.support.chain import ACCOUNTS, STRANGER, TOKEN, Dao
from tests.support.checking import PROPOSER, STOP, call, carried, put_code, said, written

TARGET = Address("0x1111111111111111111111111111111111111111")
BEHIND = Address("0x2222222222222222222222222222222222222222")
CLONE = "363d3d373d3d3d363d73" + BEHIND[2:] + "5af43d82803e903d91602b57fd5bf3"
LOGS_UNKNOWN = "60005f5fa100"  # PUSH1 0, PUSH0, PUSH0, LOG1 with the topic 0
STORES = "602a60075500"  # slot 7 becomes 42


def raw(target: str, data: str, value: str = "") -> str:
    paid = f", value: {value}" if value else ""
    return f"  - raw: {{target: '{target}', calldata: '0x{data}'{paid}}}\n"


def selector(text: str) -> str:
    return keccak(text.encode())[:4].hex()


# ------------------------------------------------------------ calldata


def test_calldata_decoded_and_named(dao: Dao, tmp_path: Path) -> None:
    actions = "  - set_schedule: {stream: compute/jobs, from_epoch: 2, segments: [{constant: 1.5 RENDER}]}\n"
    found = said(dao, written(dao, tmp_path, actions), "calldata")
    assert found.verdict is Verdict.PASS
    assert "set_schedule: {stream: compute/jobs, from_epoch: 2, segments: [{constant: 1.5 RENDER}]}" in found.text


def test_calldata_of_a_common_function_of_any_target(dao: Dao, tmp_path: Path) -> None:
    put_code(dao, STOP, at=TARGET)
    data = selector("transfer(address,uint256)") + encode(("address", "uint256"), (STRANGER, 7)).hex()
    found = said(dao, written(dao, tmp_path, raw(TARGET, data)), "calldata")
    assert (found.verdict, f"{TARGET}.transfer({STRANGER}, 7)" in found.text) == (Verdict.PASS, True)
    trailing = said(dao, written(dao, tmp_path, raw(TARGET, data + "00")), "calldata")
    assert (trailing.verdict, TARGET in trailing.text) == (Verdict.WARNING, True)


def test_calldata_that_nobody_knows(dao: Dao, tmp_path: Path) -> None:
    put_code(dao, STOP, at=TARGET)
    found = said(dao, written(dao, tmp_path, raw(TARGET, "deadbeef")), "calldata")
    assert (found.verdict, "0xdeadbeef" in found.text) == (Verdict.WARNING, True)


def test_calldata_within_calldata(dao: Dao) -> None:
    inner = call(dao, "token", "mint", STRANGER, 5)
    outer = call(dao, "governor", "relay", inner.target, 0, inner.calldata)
    found = said(dao, dao.propose([outer], b"# Relayed"), "calldata")
    assert f"within it: RewardToken.mint({STRANGER}, 5)" in found.text


# ------------------------------------------------------------ code


def test_targets_without_code_of_their_own(dao: Dao, tmp_path: Path) -> None:
    for code, verdict in (("", Verdict.FAILURE), ("ef0100" + BEHIND[2:], Verdict.FAILURE), (STOP, Verdict.PASS)):
        put_code(dao, code, at=TARGET)
        assert said(dao, written(dao, tmp_path, raw(TARGET, "deadbeef")), "targets").verdict is verdict


def test_code_that_changed_since_the_proposal_was_made(dao: Dao, tmp_path: Path) -> None:
    put_code(dao, STOP, at=TARGET)
    dao.advance(1)
    proposal = dao.propose([Call(TARGET, 0, b"\xde\xad\xbe\xef")], b"# A call")
    dao.advance(1)
    assert said(dao, proposal, "code").verdict is Verdict.PASS
    put_code(dao, "5f5ffd", at=TARGET)
    dao.advance(1)
    found = said(dao, proposal, "code")
    assert (found.verdict, TARGET in found.text) == (Verdict.FAILURE, True)
    assert said(dao, written(dao, tmp_path, raw(TARGET, "deadbeef")), "code").verdict is None


def test_code_behind_a_proxy_that_changed_since(dao: Dao) -> None:
    put_code(dao, CLONE, at=TARGET)
    put_code(dao, STOP, at=BEHIND)
    dao.advance(1)
    proposal = dao.propose([Call(TARGET, 0, b"\xde\xad\xbe\xef")], b"# A call")
    dao.advance(1)
    assert said(dao, proposal, "code").verdict is Verdict.PASS
    put_code(dao, "5f5ffd", at=BEHIND)
    dao.advance(1)
    assert said(dao, proposal, "code").verdict is Verdict.FAILURE


@pytest.mark.parametrize(
    ("code", "verdict", "shown"),
    [
        ("33ff", Verdict.WARNING, "selfdestruct"),
        ("5f5f5f5f5f5af400", Verdict.WARNING, "delegatecall"),
        (CLONE, Verdict.WARNING, f"through {BEHIND}"),
        ("61fff400", Verdict.PASS, ""),  # PUSH2 0xfff4: what is pushed is no instruction
        ("00a264697066735822ff64736f6c63430008180f", Verdict.PASS, ""),  # metadata is no instruction
        (STOP, Verdict.PASS, ""),
    ],
)
def test_opcodes(dao: Dao, tmp_path: Path, code: str, verdict: Verdict, shown: str) -> None:
    body = code[:-4] + f"{len(code) // 2 - 3:04x}" if "a26469" in code else code
    put_code(dao, body, at=TARGET)
    found = said(dao, written(dao, tmp_path, raw(TARGET, "deadbeef")), "opcodes")
    assert found.verdict is verdict
    assert shown in found.text


def test_opcodes_behind_an_upgradable_proxy(dao: Dao, tmp_path: Path) -> None:
    put_code(dao, STOP, at=TARGET)
    put_code(dao, "33ff", at=BEHIND)
    subject = written(dao, tmp_path, raw(TARGET, "deadbeef"))
    assert said(dao, subject, "opcodes").verdict is Verdict.PASS
    word = "0x" + "00" * 12 + BEHIND[2:]
    dao.connection.rpc("anvil_setStorageAt", [TARGET, "0x" + IMPLEMENTATION.hex(), word])
    dao.advance(1)
    found = said(dao, subject, "opcodes")
    assert (found.verdict, BEHIND in found.text) == (Verdict.WARNING, True)


# ------------------------------------------------------------ logs and state


def test_logs(dao: Dao, tmp_path: Path) -> None:
    known = said(dao, written(dao, tmp_path, "  - set_parameter: {grace_period: 3 days}\n"), "logs")
    assert known.verdict is Verdict.PASS
    assert "RewardGovernor: GracePeriodSet: oldGracePeriod 172800, newGracePeriod 259200" in known.text
    put_code(dao, LOGS_UNKNOWN, at=TARGET)
    unknown = said(dao, written(dao, tmp_path, raw(TARGET, "deadbeef")), "logs")
    assert (unknown.verdict, f"{TARGET}: unknown event" in unknown.text) == (Verdict.WARNING, True)


def test_state_of_every_contract_by_name(dao: Dao, tmp_path: Path) -> None:
    dao.call(PROPOSER, "token", "transfer", dao.deployment.addresses.timelock, 10 * TOKEN)
    actions = (
        "  - set_parameter: {min_delay: 2 hours}\n"
        "  - set_tier: {tier: standard, approval: 55%, quorum: 4%}\n"
        "  - set_exclusions: {delegates: []}\n"
        "  - set_rail: {stream: compute/jobs, cap: 50_000 RENDER}\n"
        f"  - transfer: {{to: '{STRANGER}', amount: 4 RENDER}}\n"
        f"  - set_selector_tier: {{target: token, function: 'approve(address,uint256)', tier: standard}}\n"
    )
    lines = said(dao, written(dao, tmp_path, actions), "state").text.splitlines()
    for line in (
        "the timelock's delay: 1 hour → 2 hours",
        "approval of standard: 50% → 55%",
        "quorum of standard: 3% → 4%",
        "exclusions: RewardToken → none",
        "rails of compute/jobs: none → cap: 50_000 RENDER",
        "balance of treasury: 10 RENDER → 6 RENDER",
        f"balance of {STRANGER}: 0 RENDER → 4 RENDER",
        "tier of RewardToken 0x095ea7b3: constitutional → standard",
    ):
        assert line in lines


def test_state_of_other_contracts_by_slot(dao: Dao, tmp_path: Path) -> None:
    put_code(dao, STORES, at=TARGET)
    found = said(dao, written(dao, tmp_path, raw(TARGET, "deadbeef")), "state")
    assert f"slot 0x{7:064x} of {TARGET}: 0x{0:064x} → 0x{42:064x}" in found.text.splitlines()


def test_state_of_a_proposal_that_changes_nothing(dao: Dao, tmp_path: Path) -> None:
    put_code(dao, STOP, at=TARGET)
    found = said(dao, written(dao, tmp_path, raw(TARGET, "deadbeef")), "state")
    assert (found.verdict, found.text) == (Verdict.WARNING, "it changes nothing")


# ------------------------------------------------------------ power, supply, upgrades


@pytest.mark.parametrize("role", ["PROPOSER_ROLE", "CANCELLER_ROLE", "EXECUTOR_ROLE", "DEFAULT_ADMIN_ROLE"])
def test_a_role_of_the_timelock_for_anybody_else_fails(dao: Dao, role: str) -> None:
    granted = call(dao, "timelock", "grantRole", TIMELOCK_ROLES[role], STRANGER)
    found = said(dao, dao.propose([granted], b"# A role"), "roles")
    assert found.verdict is Verdict.FAILURE
    assert f"{STRANGER} gets {role} of treasury" in found.text


def test_roles_of_token_owner_of_policy_and_guardian(dao: Dao) -> None:
    minter = dao.propose([call(dao, "token", "grantRole", MINTER_ROLE, STRANGER)], b"# A minter")
    found = said(dao, minter, "roles")
    assert (found.verdict, f"{STRANGER} gets MINTER_ROLE of RewardToken" in found.text) == (Verdict.WARNING, True)
    owner = dao.propose([call(dao, "policy", "transferOwnership", STRANGER)], b"# An owner")
    assert said(dao, owner, "roles").verdict is Verdict.FAILURE
    guardian = dao.propose([call(dao, "governor", "setProposalGuardian", STRANGER)], b"# A guardian")
    assert said(dao, guardian, "roles").verdict is Verdict.WARNING
    timelock = dao.propose([call(dao, "governor", "updateTimelock", TARGET)], b"# A timelock")
    assert said(dao, timelock, "roles").verdict is Verdict.FAILURE
    own = call(dao, "timelock", "revokeRole", TIMELOCK_ROLES["PROPOSER_ROLE"], dao.deployment.addresses.governor)
    assert said(dao, dao.propose([own], b"# Without a governor"), "roles").verdict is Verdict.FAILURE


def test_roles_of_a_proposal_that_is_not_simulated(dao: Dao) -> None:
    proposal = dao.propose([call(dao, "token", "grantRole", MINTER_ROLE, STRANGER)], b"# A minter")
    cancel(dao.session(PROPOSER), proposal)
    found = said(dao, proposal, "roles")
    assert (found.verdict, "a call of grantRole on RewardToken" in found.text) == (Verdict.WARNING, True)


def test_no_roles(dao: Dao, tmp_path: Path) -> None:
    assert said(dao, written(dao, tmp_path, "  - set_parameter: {quorum: 20%}\n"), "roles").verdict is Verdict.PASS


def test_minting(dao: Dao, tmp_path: Path) -> None:
    found = said(dao, written(dao, tmp_path, f"  - mint: {{to: '{STRANGER}', amount: 1_100_000 RENDER}}\n"), "minting")
    assert found.verdict is Verdict.WARNING
    assert "1_100_000 RENDER are minted, 10% of the supply of 11_000_000 RENDER" in found.text
    assert f"1_100_000 RENDER to {STRANGER}" in found.text
    nothing = f"  - transfer: {{to: '{STRANGER}', amount: 0 RENDER}}\n"
    assert said(dao, written(dao, tmp_path, nothing), "minting").verdict is Verdict.PASS


def test_minting_that_would_fail_is_told_by_the_calls(dao: Dao, tmp_path: Path) -> None:
    actions = f"  - mint: {{to: '{STRANGER}', amount: 5 RENDER}}\n" + raw("policy", "deadbeef")
    assert "5 RENDER are minted" in said(dao, written(dao, tmp_path, actions), "minting").text


@pytest.mark.parametrize(
    ("function", "types", "values"),
    [
        ("upgradeTo(address)", ("address",), (BEHIND,)),
        ("upgradeToAndCall(address,bytes)", ("address", "bytes"), (BEHIND, b"")),
        ("changeProxyAdmin(address,address)", ("address", "address"), (TARGET, STRANGER)),
        ("setImplementation(address)", ("address",), (BEHIND,)),
    ],
)
def test_upgrade_selectors(
    dao: Dao, tmp_path: Path, function: str, types: tuple[str, ...], values: tuple[object, ...]
) -> None:
    put_code(dao, STOP, at=TARGET)
    subject = written(dao, tmp_path, raw(TARGET, selector(function) + encode(types, values).hex()))
    found = said(dao, subject, "upgrades")
    assert (found.verdict, f"{TARGET}.{function.split('(', maxsplit=1)[0]}" in found.text) == (Verdict.WARNING, True)


def test_an_upgrade_by_any_name_shows_in_the_slot(dao: Dao, tmp_path: Path) -> None:
    put_code(dao, "602a7f" + IMPLEMENTATION.hex() + "5500", at=TARGET)
    found = said(dao, written(dao, tmp_path, raw(TARGET, "deadbeef")), "upgrades")
    assert (found.verdict, "implementation (EIP-1967)" in found.text) == (Verdict.WARNING, True)
    put_code(dao, STOP, at=TARGET)
    assert said(dao, written(dao, tmp_path, raw(TARGET, "deadbeef")), "upgrades").verdict is Verdict.PASS


def test_an_upgrade_within_a_relayed_call(dao: Dao) -> None:
    put_code(dao, STOP, at=TARGET)
    inner = bytes.fromhex(selector("upgradeTo(address)")) + encode(("address",), (ACCOUNTS[1],))
    outer = call(dao, "governor", "relay", TARGET, 0, inner)
    assert said(dao, carried(dao, dao.propose([outer], b"# Relayed")), "upgrades").verdict is Verdict.WARNING
