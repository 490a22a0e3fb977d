"""Every way around the governor that we know of, tried: who can reach the timelock, and through what."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import brownie
import pytest
from contract_evm import go_to, now, project, refused, rpc, sender
from contract_proposal import Proposal, setting
from contract_system import TIMELOCK_DELAY, System

from dao.abi import keccak
from dao.types import ProposalState as State

ADMIN = bytes(32)
PROPOSER, EXECUTOR, CANCELLER = (keccak(f"{name}_ROLE".encode()) for name in ("PROPOSER", "EXECUTOR", "CANCELLER"))
MINTER = keccak(b"MINTER_ROLE")
NOTHING = bytes(32)


@pytest.fixture(scope="module")
def forwarder(system: System) -> Any:
    """Passes calls on under its own address."""
    return project()["Forwarder"].deploy({"from": system.deployer})


def roles(contract: Any) -> dict[bytes, set[str]]:
    """Who holds which role, from `RoleGranted` and `RoleRevoked` since the first block."""
    held: dict[bytes, set[str]] = defaultdict(set)
    granted, revoked = (
        "0x" + keccak(f"{name}(bytes32,address,address)".encode()).hex() for name in ("RoleGranted", "RoleRevoked")
    )
    found = rpc("eth_getLogs", {"address": contract.address, "fromBlock": "0x0", "topics": [[granted, revoked]]})
    for log in found:
        role = bytes.fromhex(log["topics"][1][2:])
        account = brownie.convert.to_address("0x" + log["topics"][2][-40:])
        if log["topics"][0] == granted:
            held[role].add(account)
        else:
            held[role].discard(account)
    return {role: accounts for role, accounts in held.items() if accounts}


def test_roles_are_exactly_the_intended_ones(system: System) -> None:
    timelock, governor = {system.timelock.address}, {system.governor.address}
    assert roles(system.timelock) == {ADMIN: timelock, PROPOSER: governor, EXECUTOR: governor, CANCELLER: governor}
    assert roles(system.token) == {ADMIN: timelock, MINTER: timelock}
    assert system.policy.owner() == system.timelock
    for role in (ADMIN, PROPOSER, EXECUTOR, CANCELLER):
        assert bytes(system.timelock.getRoleAdmin(role)) == ADMIN
        assert not system.timelock.hasRole(role, "0x" + "0" * 40)
        for account in system.everyone:
            assert not system.timelock.hasRole(role, account)


def test_the_deployer_never_held_a_role(system: System) -> None:
    for contract in (system.timelock, system.token):
        logs = rpc("eth_getLogs", {"address": contract.address, "fromBlock": "0x0"})
        deployer = system.deployer.address[2:].lower()
        granted = "0x" + keccak(b"RoleGranted(bytes32,address,address)").hex()
        assert [log for log in logs if log["topics"][0] == granted]
        assert not [log for log in logs if log["topics"][0] == granted and log["topics"][2].endswith(deployer)]


@pytest.mark.parametrize("who", ["deployer", "guardian", "proposer", "outsider", "minnow", "timelock", "policy"])
def test_nobody_but_the_governor_works_the_timelock(system: System, target: Any, who: str) -> None:
    proposal = setting(system, 1, target).mature()
    timelock, account = system.timelock, str(getattr(system, who))
    call = (target, 0, target.set.encode_input(5), NOTHING, NOTHING)

    def lacks(role: bytes) -> tuple[str, tuple[str, bytes]]:
        return "AccessControlUnauthorizedAccount", (account, role)

    assert refused(timelock.schedule, *call, TIMELOCK_DELAY, by=account) == lacks(PROPOSER)
    assert refused(
        timelock.scheduleBatch, *[[part] for part in call[:3]], NOTHING, NOTHING, TIMELOCK_DELAY, by=account
    ) == lacks(PROPOSER)
    assert refused(timelock.execute, *call, by=account) == lacks(EXECUTOR)
    assert refused(timelock.executeBatch, *proposal.batch, by=account) == lacks(EXECUTOR)
    assert refused(timelock.cancel, proposal.operation, by=account) == lacks(CANCELLER)
    if who != "timelock":
        for role in (ADMIN, PROPOSER, EXECUTOR, CANCELLER):
            for method in (timelock.grantRole, timelock.revokeRole):
                assert refused(method, role, account, by=account) == lacks(ADMIN)
        assert refused(timelock.updateDelay, 0, by=account) == ("TimelockUnauthorizedCaller", (account,))


def test_the_governor_is_no_admin_of_the_timelock(system: System) -> None:
    governor = system.governor.address
    for method in (system.timelock.grantRole, system.timelock.revokeRole):
        assert refused(method, PROPOSER, governor, by=governor) == (
            "AccessControlUnauthorizedAccount",
            (governor, ADMIN),
        )


def test_outsiders_do_not_relay(system: System, target: Any) -> None:
    for account in (*system.everyone, system.governor):
        assert refused(system.governor.relay, target, 0, target.set.encode_input(1), by=account) == (
            "GovernorOnlyExecutor",
            (str(account),),
        )
    # Not even the timelock itself, outside of an execution.
    assert refused(system.governor.relay, target, 0, target.set.encode_input(1), by=system.timelock)[0] == "Panic"


def test_an_expired_operation_is_executed_by_nobody(system: System, target: Any) -> None:
    proposal = setting(system, 1, target).expire()
    assert system.timelock.isOperationReady(proposal.operation)
    for account in (*system.everyone, system.timelock):
        assert refused(system.timelock.executeBatch, *proposal.batch, by=account)[0] == (
            "AccessControlUnauthorizedAccount"
        )
        assert refused(system.governor.execute, *proposal.arguments, by=account)[0] == (
            "GovernorUnexpectedProposalState"
        )
    # The batch really is one that the governor could execute, were it not for the expiry.
    system.timelock.executeBatch(*proposal.batch, {"from": sender(system.governor)})
    assert target.value() == 1


WRAPPINGS = ("timelock", "relay", "forwarder", "relay to forwarder", "relay to governor", "forwarder to governor")


@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize("verb", ["execute", "schedule", "cancel"])
def test_a_proposal_does_not_reach_another_operation(
    system: System, target: Any, forwarder: Any, wrapping: str, verb: str
) -> None:
    """A second proposal, voted and mature, tries to work the timelock or the governor on behalf of an expired one."""
    governor, timelock = system.governor, system.timelock
    victim = setting(system, 1, target, description="Expired").expire()
    on_timelock = {
        "execute": timelock.executeBatch.encode_input(*victim.batch),
        "schedule": timelock.scheduleBatch.encode_input(*victim.batch[:4], b"\1" * 32, TIMELOCK_DELAY),
        "cancel": timelock.cancel.encode_input(victim.operation),
    }[verb]
    on_governor = {
        "execute": governor.execute.encode_input(*victim.arguments),
        "schedule": governor.queue.encode_input(*victim.arguments),
        "cancel": governor.cancel.encode_input(*victim.arguments),
    }[verb]
    relayed = governor.relay.encode_input(timelock, 0, on_timelock)
    calls = {
        "timelock": (timelock, on_timelock),
        "relay": (governor, relayed),
        "forwarder": (forwarder, forwarder.forward.encode_input(timelock, on_timelock)),
        "relay to forwarder": (
            governor,
            governor.relay.encode_input(forwarder, 0, forwarder.forward.encode_input(timelock, on_timelock)),
        ),
        "relay to governor": (governor, governor.relay.encode_input(governor, 0, relayed)),
        "forwarder to governor": (forwarder, forwarder.forward.encode_input(governor, on_governor)),
    }
    errors = {
        "timelock": "AccessControlUnauthorizedAccount",
        "relay": "GovernorRelayToTimelock",
        "forwarder": "AccessControlUnauthorizedAccount",
        "relay to forwarder": "AccessControlUnauthorizedAccount",
        "relay to governor": "GovernorRelayToTimelock",
        "forwarder to governor": "GovernorUnableToCancel" if verb == "cancel" else "GovernorUnexpectedProposalState",
    }
    called, data = calls[wrapping]
    wrapper = Proposal(system, [(called, 0, data)], f"{wrapping} {verb}").mature()
    name, values = refused(governor.execute, *wrapper.arguments, by=system.outsider)
    assert name == errors[wrapping]
    if name == "AccessControlUnauthorizedAccount":
        assert values[0] == (timelock if wrapping == "timelock" else forwarder).address
    assert (victim.state, target.value()) == (State.EXPIRED, 0)


def test_only_a_vote_that_grants_a_role_in_the_open_opens_the_timelock(system: System, target: Any) -> None:
    """The timelock administers itself, so a proposal may hand a role on; it says so in its calls and in the logs."""
    victim = setting(system, 1, target, description="Expired").expire()
    timelock = system.timelock
    calls = [
        (timelock, 0, timelock.grantRole.encode_input(EXECUTOR, timelock)),
        (timelock, 0, timelock.executeBatch.encode_input(*victim.batch)),
        (timelock, 0, timelock.revokeRole.encode_input(EXECUTOR, timelock)),
    ]
    receipt = Proposal(system, calls, "Hand the executor role on").execute()
    assert receipt.events["RoleGranted"]["account"] == timelock
    assert target.value() == 1
    assert roles(timelock)[EXECUTOR] == {system.governor.address}
    # The governor reads the operation, as OpenZeppelin does: done on the timelock is executed.
    assert victim.state is State.EXECUTED


def test_a_relay_reaches_other_contracts_with_code_only(system: System, target: Any) -> None:
    governor = system.governor
    data = target.set.encode_input(4)
    Proposal(system, [(governor, 0, governor.relay.encode_input(target, 0, data))], "Relay").execute()
    assert (target.value(), target.caller()) == (4, governor)
    nowhere = Proposal(system, [(governor, 0, governor.relay.encode_input(system.outsider, 0, data))], "Lost").mature()
    assert refused(governor.execute, *nowhere.arguments, by=system.outsider) == (
        "GovernorTargetWithoutCode",
        (system.outsider.address, bytes.fromhex(data[2:10])),
    )


def test_the_governor_takes_no_ether(system: System) -> None:
    call = {"from": system.outsider.address, "to": system.governor.address, "value": "0x1"}
    answer = brownie.web3.provider.make_request("eth_call", [call, "latest"])
    assert answer["error"]["data"] == "0x" + keccak(b"GovernorDisabledDeposit()")[:4].hex()


def test_the_same_proposal_is_not_made_twice(system: System, target: Any) -> None:
    proposal = setting(system, 1, target).expire()
    system.governor.purge(*proposal.arguments, {"from": system.outsider})
    go_to(now() + 1)
    assert refused(system.governor.propose, *proposal.propose_arguments, by=system.proposer)[0] == (
        "GovernorUnexpectedProposalState"
    )
