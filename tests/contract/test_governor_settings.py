"""Every setting changes by an executed proposal alone."""

from __future__ import annotations

from typing import Any

import pytest
from contract_evm import ZERO, refused
from contract_proposal import Proposal
from contract_system import CAP, System

SETTINGS: list[tuple[str, tuple[Any, ...], str]] = [
    ("setVotingDelay", (7,), "votingDelay"),
    ("setVotingPeriod", (3 * 86_400,), "votingPeriod"),
    ("setProposalThreshold", (11,), "proposalThreshold"),
    ("updateQuorumNumerator", (500,), "quorumNumerator"),
    ("setLateQuorumVoteExtension", (13,), "lateQuorumVoteExtension"),
    ("setGracePeriod", (17,), "gracePeriod"),
    ("setProposalGuardian", ("0x" + "12" * 20,), "proposalGuardian"),
]


@pytest.mark.parametrize(("setter", "arguments", "getter"), SETTINGS, ids=[s[0] for s in SETTINGS])
def test_a_setting_changes_by_proposal_alone(
    system: System, setter: str, arguments: tuple[Any, ...], getter: str
) -> None:
    method = getattr(system.governor, setter)
    for account in (system.deployer, system.guardian, system.proposer, system.outsider, system.governor):
        assert refused(method, *arguments, by=account) == ("GovernorOnlyExecutor", (str(account),))
    # The timelock itself, outside of an execution, finds no authorised call.
    assert refused(method, *arguments, by=system.timelock)[0] == "Panic"
    Proposal(system, [(system.governor, 0, method.encode_input(*arguments))]).execute()
    assert getattr(system.governor, getter)() == arguments[0]


@pytest.mark.parametrize(
    ("setter", "argument", "error"),
    [("setProposalGuardian", ZERO, "GovernorInvalidGuardian"), ("setGracePeriod", 1, "GovernorInvalidGracePeriod")],
)
def test_no_proposal_sets_what_the_constructor_refuses(system: System, setter: str, argument: Any, error: str) -> None:
    call = getattr(system.governor, setter).encode_input(argument)
    proposal = Proposal(system, [(system.governor, 0, call)]).mature()
    name, (value,) = refused(system.governor.execute, *proposal.arguments, by=system.outsider)
    assert (name, value) == (error, argument)


def test_the_timelock_delay_changes_by_proposal_alone(system: System) -> None:
    assert refused(system.timelock.updateDelay, 1, by=system.guardian) == (
        "TimelockUnauthorizedCaller",
        (system.guardian.address,),
    )
    Proposal(system, [(system.timelock, 0, system.timelock.updateDelay.encode_input(5))]).execute()
    assert system.timelock.getMinDelay() == 5


def test_a_proposal_mints_within_the_cap(system: System) -> None:
    left = CAP - system.token.totalSupply()
    Proposal(system, [(system.token, 0, system.token.mint.encode_input(system.minnow, left))]).execute()
    assert system.token.totalSupply() == CAP
