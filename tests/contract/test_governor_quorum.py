"""Quorum of the circulating supply: what exclusions take out of it, and since when."""

from __future__ import annotations

from typing import Any

import brownie
import pytest
from contract_evm import go_to, next_at, now, refused
from contract_proposal import Proposal, Support, setting
from contract_system import QUORUM, UNIT, System

from dao.types import ProposalState as State

SUPPLY = 560_000 * UNIT


def excluding(system: System, *lists: list[str], description: str = "Exclusions") -> Proposal:
    """A proposal, mature, that sets the exclusions, once for each list."""
    method = system.governor.setExclusions
    calls = [(system.governor, 0, method.encode_input(addresses)) for addresses in lists]
    return Proposal(system, calls, description).mature()


def ascending(*accounts: Any) -> list[str]:
    return sorted((str(account) for account in accounts), key=lambda address: int(address, 16))


def test_the_treasury_does_not_circulate(system: System) -> None:
    """What it holds counts as votes of the token itself, which nobody can cast."""
    token, governor = system.token, system.governor
    assert token.delegates(system.timelock) == token
    before = now()
    next_at(before + 10)
    token.transfer(system.timelock, 100_000 * UNIT, {"from": system.voters[1]})
    after = now()
    go_to(after + 1)
    assert token.getPastVotes(token, after) == 100_000 * UNIT
    assert governor.circulatingSupply(before) == SUPPLY
    assert governor.circulatingSupply(after) == SUPPLY - 100_000 * UNIT
    assert governor.quorum(after) == (SUPPLY - 100_000 * UNIT) * QUORUM // 10_000


def test_a_mint_to_the_treasury_leaves_the_quorum(system: System) -> None:
    before = now()
    next_at(before + 10)
    system.token.mint(system.timelock, 123_456, {"from": system.as_timelock})
    after = now()
    go_to(after + 1)
    assert system.token.getPastTotalSupply(after) == SUPPLY + 123_456
    assert system.governor.quorum(after) == system.governor.quorum(before)


def test_delegating_to_an_exclusion_lowers_the_quorum_by_less_than_it_gives_up(system: System) -> None:
    before = now()
    next_at(before + 10)
    system.token.delegate(system.token, {"from": system.minnow})
    after = now()
    go_to(after + 1)
    lowered = system.governor.quorum(before) - system.governor.quorum(after)
    assert lowered == 10_000 * UNIT * QUORUM // 10_000
    assert system.token.getPastVotes(system.minnow, after) == 0


def test_votes_at_the_snapshot_are_subtracted(system: System, target: Any) -> None:
    proposal = setting(system, 1, target).submit()
    next_at(proposal.snapshot)
    system.token.transfer(system.timelock, 50_000 * UNIT, {"from": system.voters[0]})
    next_at(proposal.snapshot + 1)
    system.token.transfer(system.timelock, 50_000 * UNIT, {"from": system.voters[0]})
    assert system.governor.proposalQuorum(proposal.id) == (SUPPLY - 50_000 * UNIT) * QUORUM // 10_000


def test_later_exclusions_do_not_flip_a_finished_proposal(system: System, target: Any) -> None:
    """22,000 votes are short of 4 % of 560,000, and would be enough of 260,000."""
    change = excluding(system, ascending(system.token, system.voters[0]))
    proposal = setting(system, 1, target).activate()
    params = bytes(16) + (22_000 * UNIT).to_bytes(16, "big") + bytes(16)
    system.governor.castVoteWithReasonAndParams(proposal.id, Support.FRACTIONAL, "", params, {"from": system.voters[1]})
    go_to(proposal.deadline + 1)
    receipt = change.run()
    assert list(receipt.events["ExclusionsSet"]["exclusions"]) == ascending(system.token, system.voters[0])
    assert proposal.state is State.DEFEATED
    later = setting(system, 2, target, description="Later").activate()
    assert system.governor.proposalQuorum(later.id) == 260_000 * UNIT * QUORUM // 10_000
    system.governor.castVoteWithReasonAndParams(later.id, Support.FRACTIONAL, "", params, {"from": system.voters[1]})
    go_to(later.deadline + 1)
    assert later.state is State.SUCCEEDED


def test_every_version_is_kept_and_the_last_of_a_block_counts(system: System) -> None:
    governor, first = system.governor, ascending(system.token)
    second, third = ascending(system.token, system.minnow), ascending(system.minnow, *system.voters)
    before = now()
    one = excluding(system, third, second, description="Two in a block")
    one.run()
    middle = now()
    other = excluding(system, [], third, [], description="Empty in the end")
    other.run()
    last = now()
    for timepoint, expected in ((before, first), (middle - 1, first), (middle, second), (last - 1, second), (last, [])):
        assert list(governor.exclusions(timepoint)) == expected
    go_to(last + 1)
    assert governor.circulatingSupply(middle) == SUPPLY - 10_000 * UNIT
    assert governor.circulatingSupply(last) == SUPPLY


def test_sixteen_at_most(system: System) -> None:
    addresses = [f"0x{i:040x}" for i in range(1, 18)]
    excluding(system, addresses[:16]).run()
    assert len(system.governor.exclusions(now())) == 16
    proposal = excluding(system, addresses, description="Too many")
    assert refused(system.governor.execute, *proposal.arguments, by=system.outsider) == (
        "GovernorTooManyExclusions",
        (17, 16),
    )


@pytest.mark.parametrize("numbers", [[0], [0, 1], [2, 1], [1, 1], [1, 3, 3]])
def test_exclusions_ascend(system: System, numbers: list[int]) -> None:
    addresses = [brownie.convert.to_address(f"0x{i:040x}") for i in numbers]
    proposal = excluding(system, addresses)
    name, (wrong,) = refused(system.governor.execute, *proposal.arguments, by=system.outsider)
    assert name == "GovernorExclusionsNotAscending"
    assert wrong == next(b for a, b in zip(["0x0", *addresses], addresses, strict=False) if int(b, 16) <= int(a, 16))


def test_the_whole_supply_excluded_needs_no_quorum(system: System, target: Any) -> None:
    """Nobody bricks governance by excluding everybody: what remains is nothing, and nothing of it is needed."""
    everyone = ascending(system.token, system.proposer, *system.voters, system.minnow)
    excluding(system, everyone).run()
    proposal = setting(system, 1, target).activate()
    assert system.governor.proposalQuorum(proposal.id) == 0
    proposal.vote(system.minnow, Support.FOR)
    go_to(proposal.deadline + 1)
    assert proposal.state is State.SUCCEEDED
