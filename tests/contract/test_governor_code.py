"""Calldata needs a target with code, when proposed and when executed; empty calldata is a transfer."""

from __future__ import annotations

from typing import Any

import pytest
from contract_evm import go_to, now, refused, rpc
from contract_proposal import Proposal, setting
from contract_system import System

from dao.types import ProposalState as State

DESIGNATOR = "0xef0100" + "11" * 20


@pytest.mark.parametrize("code", ["0x", DESIGNATOR])
def test_calldata_needs_code_when_proposed(system: System, target: Any, code: str) -> None:
    account = system.outsider.address
    rpc("anvil_setCode", account, code)
    data = target.set.encode_input(1)
    proposal = Proposal(system, [(target, 0, data), (account, 0, data)])
    assert refused(system.governor.propose, *proposal.propose_arguments, by=system.proposer) == (
        "GovernorTargetWithoutCode",
        (account, bytes.fromhex(data[2:10])),
    )


def test_one_byte_of_calldata_needs_code_as_well(system: System) -> None:
    proposal = Proposal(system, [(system.outsider, 0, "0xab")])
    assert refused(system.governor.propose, *proposal.propose_arguments, by=system.proposer) == (
        "GovernorTargetWithoutCode",
        (system.outsider.address, bytes.fromhex("ab000000")),
    )


@pytest.mark.parametrize("code", ["0x" + "00" * 23, "0x00"])
def test_what_only_looks_like_a_designator_is_code(system: System, code: str) -> None:
    rpc("anvil_setCode", system.outsider.address, code)
    Proposal(system, [(system.outsider, 0, "0x12345678")]).submit()


@pytest.mark.parametrize("code", ["0x", DESIGNATOR])
def test_calldata_needs_code_again_when_executed(system: System, target: Any, code: str) -> None:
    proposal = setting(system, 1, target).mature()
    kept = rpc("eth_getCode", target.address, "latest")
    rpc("anvil_setCode", target.address, code)
    go_to(now() + 1)
    assert refused(system.governor.execute, *proposal.arguments, by=system.outsider) == (
        "GovernorTargetWithoutCode",
        (target.address, bytes.fromhex(proposal.calls[0][2][2:10])),
    )
    rpc("anvil_setCode", target.address, kept)
    proposal.run()
    assert target.value() == 1


@pytest.mark.parametrize("code", ["0x", DESIGNATOR])
def test_empty_calldata_is_a_plain_transfer(system: System, code: str) -> None:
    heir = "0x" + "ab" * 20
    if code != "0x":  # a delegated account runs its delegate's code; this delegate has none
        rpc("anvil_setCode", heir, code)
    proposal = Proposal(system, [(heir, 70, "0x")])
    system.outsider.transfer(system.timelock, 100)
    proposal.execute()
    assert int(rpc("eth_getBalance", heir, "latest"), 16) == 70
    assert system.timelock.balance() == 30


def test_ether_given_at_execution_goes_through_the_timelock(system: System, target: Any) -> None:
    Proposal(system, [(target, 5, target.set.encode_input(1))]).execute(value=5)
    assert (target.balance(), system.timelock.balance(), system.governor.balance()) == (5, 0, 0)
    assert target.caller() == system.timelock


def test_a_failing_call_fails_the_execution(system: System, target: Any) -> None:
    proposal = Proposal(
        system, [(target, 0, target.set.encode_input(1)), (target, 0, target.refuse.encode_input())]
    ).mature()
    assert refused(system.governor.execute, *proposal.arguments, by=system.outsider) == (
        "CallTargetRefused",
        (system.timelock.address,),
    )
    assert target.value() == 0
    assert proposal.state is State.QUEUED
