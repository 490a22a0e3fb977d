"""VotesWrapper: deposits one for one, votes, withdrawals, tokens that do not fit, and a governor over it."""

from __future__ import annotations

from typing import Any

import pytest
from contract_evm import ZERO, go_to, now, project, refused
from contract_system import DAY, System, configuration

UNIT = 10**6


@pytest.fixture(scope="module")
def plain(system: System) -> Any:
    """A token with six decimals that the deployer holds all of."""
    return project()["PlainToken"].deploy("Plain", "PLN", 6, 1_000 * UNIT, {"from": system.deployer})


@pytest.fixture(scope="module")
def wrapper(system: System, plain: Any) -> Any:
    """Votes for it."""
    return project()["VotesWrapper"].deploy("Plain Votes", "vPLN", plain, system.timelock, {"from": system.deployer})


@pytest.fixture(scope="module", autouse=True)
def wrapped_first(wrapper: Any) -> None:
    """Deploys before the first test's snapshot is taken."""


def deposit(system: System, plain: Any, wrapper: Any, amount: int, to: Any = None) -> Any:
    plain.approve(wrapper, amount, {"from": system.deployer})
    return wrapper.depositFor(to or system.deployer, amount, {"from": system.deployer})


def test_constructor_values(system: System, plain: Any, wrapper: Any) -> None:
    assert (wrapper.name(), wrapper.symbol(), wrapper.decimals()) == ("Plain Votes", "vPLN", 6)
    assert wrapper.underlying() == plain
    assert wrapper.totalSupply() == 0
    assert (wrapper.CLOCK_MODE(), wrapper.clock()) == ("mode=timestamp", now())
    assert wrapper.delegates(system.timelock) == wrapper


def test_deposits_vote_and_come_back(system: System, plain: Any, wrapper: Any) -> None:
    deposit(system, plain, wrapper, 100 * UNIT)
    assert (wrapper.balanceOf(system.deployer), wrapper.getVotes(system.deployer)) == (100 * UNIT, 0)
    wrapper.delegate(system.deployer, {"from": system.deployer})
    assert wrapper.getVotes(system.deployer) == wrapper.totalSupply() == plain.balanceOf(wrapper) == 100 * UNIT
    voted = now()
    go_to(voted + 1)
    wrapper.withdrawTo(system.minnow, 40 * UNIT, {"from": system.deployer})
    assert plain.balanceOf(system.minnow) == 40 * UNIT
    assert wrapper.getVotes(system.deployer) == wrapper.totalSupply() == plain.balanceOf(wrapper) == 60 * UNIT
    assert wrapper.getPastVotes(system.deployer, voted) == 100 * UNIT


def test_nobody_withdraws_or_deposits_what_he_does_not_have(system: System, plain: Any, wrapper: Any) -> None:
    deposit(system, plain, wrapper, UNIT)
    assert refused(wrapper.withdrawTo, system.outsider, 1, by=system.outsider) == (
        "ERC20InsufficientBalance",
        (system.outsider.address, 0, 1),
    )
    assert refused(wrapper.depositFor, system.deployer, 1, by=system.deployer)[0] == "ERC20InsufficientAllowance"
    assert refused(wrapper.depositFor, wrapper, 1, by=system.deployer) == ("ERC20InvalidReceiver", (wrapper.address,))
    assert refused(wrapper.withdrawTo, wrapper, 1, by=system.deployer) == ("ERC20InvalidReceiver", (wrapper.address,))


def test_nobody_mints(wrapper: Any) -> None:
    names = {entry["name"] for entry in wrapper.abi if entry["type"] == "function"}
    assert not names & {"mint", "cap", "grantRole", "hasRole", "owner", "recover"}


def test_a_token_with_a_fee_is_refused(system: System, plain: Any, wrapper: Any) -> None:
    plain.setFee(3, {"from": system.deployer})
    plain.approve(wrapper, 100, {"from": system.deployer})
    assert refused(wrapper.depositFor, system.deployer, 100, by=system.deployer) == (
        "VotesWrapperInexactDeposit",
        (100, 97),
    )


def test_deposits_of_the_treasury_do_not_circulate(system: System, plain: Any, wrapper: Any) -> None:
    deposit(system, plain, wrapper, 10 * UNIT)
    deposit(system, plain, wrapper, 4 * UNIT, system.timelock)
    assert wrapper.getVotes(wrapper) == 4 * UNIT
    governor = project()["RewardGovernor"].deploy(
        configuration(wrapper, system.timelock, system.guardian), {"from": system.deployer}
    )
    at = now()
    go_to(at + DAY)
    assert governor.circulatingSupply(at) == 10 * UNIT


def test_the_zero_address_gets_nothing(system: System, plain: Any, wrapper: Any) -> None:
    plain.approve(wrapper, 1, {"from": system.deployer})
    assert refused(wrapper.depositFor, ZERO, 1, by=system.deployer) == ("ERC20InvalidReceiver", (ZERO,))
