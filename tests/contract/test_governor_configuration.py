"""RewardGovernor's constructor values, its refusals, zero settings, and inheritance."""

from __future__ import annotations

from typing import Any

from contract_evm import ZERO, go_to, now, project, refused_creation
from contract_proposal import Support, setting
from contract_system import (
    GRACE,
    LATE_EXTENSION,
    QUORUM,
    THRESHOLD,
    TIMELOCK_DELAY,
    UNIT,
    VOTING_DELAY,
    VOTING_PERIOD,
    System,
    configuration,
    deploy,
)

from dao.types import ProposalState as State

NO_QUORUM = [(5_000, 0)] * 3


def test_constructor_values(system: System) -> None:
    governor = system.governor
    assert governor.name() == "Reward DAO"
    assert governor.token() == system.token
    assert governor.timelock() == system.timelock
    assert governor.proposalGuardian() == system.guardian
    assert governor.votingDelay() == VOTING_DELAY
    assert governor.votingPeriod() == VOTING_PERIOD
    assert governor.proposalThreshold() == THRESHOLD
    assert governor.quorumNumerator() == QUORUM
    assert governor.quorumDenominator() == 10_000
    assert governor.lateQuorumVoteExtension() == LATE_EXTENSION
    assert governor.gracePeriod() == GRACE
    assert governor.CLOCK_MODE() == "mode=timestamp"
    assert governor.clock() == now()
    assert system.timelock.getMinDelay() == TIMELOCK_DELAY
    assert governor.quorum(now() - 1) == 560_000 * UNIT * QUORUM // 10_000


def test_refused_constructors(system: System) -> None:
    container = project()["RewardGovernor"]

    parts = {"token": system.token, "timelock": system.timelock, "guardian": system.guardian}

    def creation(**changes: Any) -> Any:
        return refused_creation(container, configuration(**{**parts, **changes}))

    assert creation(guardian=ZERO) == ("GovernorInvalidGuardian", (ZERO,))
    for seconds in (0, 1):
        assert creation(gracePeriod=seconds) == ("GovernorInvalidGracePeriod", (seconds,))
    assert creation(votingPeriod=0) == ("GovernorInvalidVotingPeriod", (0,))
    assert creation(tiers=[(5_000, 10_001), (5_000, 0), (5_000, 0)]) == (
        "GovernorInvalidTierRules",
        (0, 5_000, 10_001),
    )
    assert creation(lateQuorumVoteExtension=VOTING_PERIOD + 1) == (
        "GovernorPreventLateQuorumVoteExtensionTooLarge",
        (VOTING_PERIOD + 1, VOTING_PERIOD),
    )


def test_a_token_on_another_clock_is_refused(system: System) -> None:
    token = project()["BlockClockToken"].deploy({"from": system.deployer})
    name, (clock, timestamp) = refused_creation(
        project()["RewardGovernor"], configuration(token, system.timelock, system.guardian)
    )
    assert name == "GovernorClockNotTimestamp"
    assert clock < 1_000 < timestamp


def test_zero_threshold_and_zero_quorum(accounts: Any) -> None:
    system = deploy(accounts, proposalThreshold=0, tiers=NO_QUORUM, votingDelay=0)
    target = project()["CallTarget"].deploy({"from": system.deployer})
    proposal = setting(system, 9, target)
    system.governor.propose(*proposal.propose_arguments, {"from": system.outsider})
    go_to(proposal.snapshot + 1)
    assert proposal.state is State.ACTIVE
    proposal.vote(system.minnow, Support.FOR)
    go_to(proposal.deadline + 1)
    system.governor.queue(*proposal.arguments, {"from": system.outsider})
    go_to(proposal.eta)
    proposal.run()
    assert target.value() == 9


def test_nobody_votes_and_zero_quorum_is_still_defeated(accounts: Any) -> None:
    system = deploy(accounts, tiers=NO_QUORUM)
    target = project()["CallTarget"].deploy({"from": system.deployer})
    proposal = setting(system, 9, target).activate()
    go_to(proposal.deadline + 1)
    assert proposal.state is State.DEFEATED


def test_inheritance(accounts: Any) -> None:
    system = deploy(accounts, "ExtendedGovernor")
    governor = system.governor
    target = project()["CallTarget"].deploy({"from": system.deployer})
    assert governor.version() == "2"
    assert refused_creation(
        project()["ExtendedGovernor"], configuration(system.token, system.timelock, system.guardian, gracePeriod=59)
    ) == ("ExtendedGovernorGracePeriodTooShort", (59,))
    proposal = setting(system, 3, target).activate().vote(system.voters[0], Support.FOR)
    go_to(proposal.deadline + 1)
    governor.queue(*proposal.arguments, {"from": system.outsider})
    eta = proposal.eta
    assert proposal.expiry == eta + GRACE + 1
    go_to(eta + GRACE)
    assert proposal.state is State.QUEUED
    go_to(eta + GRACE + 1)
    assert proposal.state is State.EXPIRED
    governor.purge(*proposal.arguments, {"from": system.outsider})
    others = [setting(system, value, target, description=f"Number {value}").submit() for value in (4, 5)]
    go_to(others[1].snapshot + 1)
    ballots = [governor.castVote.encode_input(other.id, Support.FOR) for other in others]
    governor.multicall(ballots, {"from": system.voters[0]})
    go_to(others[1].deadline + 1)
    for other in others:
        assert other.state is State.SUCCEEDED
