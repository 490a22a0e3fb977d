"""RewardToken: supply cap, roles, permit, votes on the timestamp clock, first balances."""

from __future__ import annotations

import brownie
import pytest
from contract_evm import ZERO, go_to, next_at, now, project, refused, refused_creation
from contract_system import CAP, UNIT, System
from eth_account import Account

from dao.abi import keccak

MINTER = keccak(b"MINTER_ROLE")
ADMIN = bytes(32)


def test_constructor_values(system: System) -> None:
    token = system.token
    assert (token.name(), token.symbol(), token.decimals(), token.cap()) == ("Reward", "RWD", 8, CAP)
    assert token.totalSupply() == 560_000 * UNIT
    assert token.balanceOf(system.voters[0]) == 300_000 * UNIT


def test_the_deployer_holds_nothing(system: System) -> None:
    assert system.token.balanceOf(system.deployer) == 0
    assert not system.token.hasRole(MINTER, system.deployer)
    assert not system.token.hasRole(ADMIN, system.deployer)
    assert system.token.hasRole(ADMIN, system.timelock)
    assert int(system.token.getRoleAdmin(MINTER).hex(), 16) == 0


@pytest.mark.parametrize("who", ["deployer", "guardian", "proposer", "outsider", "governor"])
def test_only_minters_mint_and_only_the_timelock_grants(system: System, who: str) -> None:
    account = getattr(system, who)
    address = str(account)
    assert refused(system.token.mint, address, 1, by=address) == (
        "AccessControlUnauthorizedAccount",
        (address, MINTER),
    )
    for method in (system.token.grantRole, system.token.revokeRole):
        assert refused(method, MINTER, address, by=address) == (
            "AccessControlUnauthorizedAccount",
            (address, ADMIN),
        )


def test_the_timelock_appoints_a_minter(system: System) -> None:
    system.token.grantRole(MINTER, system.outsider, {"from": system.as_timelock})
    system.token.mint(system.minnow, 5, {"from": system.outsider})
    system.token.revokeRole(MINTER, system.outsider, {"from": system.as_timelock})
    assert refused(system.token.mint, system.minnow, 5, by=system.outsider)[0] == "AccessControlUnauthorizedAccount"
    assert system.token.balanceOf(system.minnow) == 10_000 * UNIT + 5


def test_the_cap_can_be_reached_and_not_passed(system: System) -> None:
    left = CAP - system.token.totalSupply()
    assert refused(system.token.mint, system.minnow, left + 1, by=system.timelock) == (
        "ERC20ExceededSafeSupply",
        (CAP + 1, CAP),
    )
    system.token.mint(system.minnow, left, {"from": system.as_timelock})
    assert system.token.totalSupply() == CAP
    assert refused(system.token.mint, system.minnow, 1, by=system.timelock)[0] == "ERC20ExceededSafeSupply"


def test_refused_constructors(system: System) -> None:
    container = project()["RewardToken"]
    owner, holder, most = system.timelock, str(system.minnow), 2**128 - 1

    def creation(cap: int, admin: object = owner, grants: tuple[tuple[str, int], ...] = ()) -> object:
        return refused_creation(container, "Reward", "RWD", 8, cap, admin, [], list(grants))

    assert creation(0) == ("RewardTokenInvalidCap", (0, most))
    assert creation(most + 1) == ("RewardTokenInvalidCap", (most + 1, most))
    assert creation(1, ZERO) == ("RewardTokenInvalidAdmin", (ZERO,))
    assert creation(10, owner, ((holder, 6), (holder, 5))) == ("ERC20ExceededSafeSupply", (11, 10))


def test_votes_follow_the_timestamp_clock(system: System) -> None:
    token, (first, second) = system.token, system.voters
    assert token.CLOCK_MODE() == "mode=timestamp"
    assert token.clock() == now()
    before = now()
    next_at(before + 10)
    token.transfer(second, 7, {"from": first})
    moved = now()
    assert refused(token.getPastVotes, first, moved, by=first) == ("ERC5805FutureLookup", (moved, moved))
    go_to(moved + 1)
    assert token.getPastVotes(first, before) == 300_000 * UNIT
    assert token.getPastVotes(first, moved) == 300_000 * UNIT - 7
    assert token.getPastVotes(second, moved) == 200_000 * UNIT + 7
    assert token.getPastTotalSupply(moved) == 560_000 * UNIT


def test_a_balance_counts_only_once_delegated(system: System) -> None:
    token, outsider, minnow = system.token, system.outsider, system.minnow
    token.transfer(outsider, 100, {"from": minnow})
    assert (token.balanceOf(outsider), token.getVotes(outsider)) == (100, 0)
    token.delegate(minnow, {"from": outsider})
    assert (token.getVotes(outsider), token.getVotes(minnow)) == (0, 10_000 * UNIT)
    token.delegate(ZERO, {"from": outsider})
    assert token.getVotes(minnow) == 10_000 * UNIT - 100


def test_permit_is_used_once_in_time_by_its_owner(system: System) -> None:
    token, spender = system.token, str(system.outsider)
    owner = Account.create()
    deadline = now() + 100

    def signed(value: int, nonce: int) -> tuple[object, ...]:
        message = {"owner": owner.address, "spender": spender, "value": value, "nonce": nonce, "deadline": deadline}
        types = {
            "Permit": [
                {"name": "owner", "type": "address"},
                {"name": "spender", "type": "address"},
                {"name": "value", "type": "uint256"},
                {"name": "nonce", "type": "uint256"},
                {"name": "deadline", "type": "uint256"},
            ]
        }
        domain = {
            "name": "Reward",
            "version": "1",
            "chainId": brownie.web3.eth.chain_id,
            "verifyingContract": token.address,
        }
        signature = owner.sign_typed_data(domain, types, message)
        parts = (signature.v, signature.r.to_bytes(32, "big"), signature.s.to_bytes(32, "big"))
        return owner.address, spender, value, deadline, *parts

    permit = signed(50, 0)
    token.permit(*permit, {"from": system.minnow})
    assert token.allowance(owner.address, spender) == 50
    assert token.nonces(owner.address) == 1
    assert refused(token.permit, *permit, by=spender)[0] == "ERC2612InvalidSigner"
    other = signed(60, 1)
    assert refused(token.permit, other[0], other[1], 61, *other[3:], by=spender)[0] == "ERC2612InvalidSigner"
    go_to(deadline + 1)
    assert refused(token.permit, *other, by=spender) == ("ERC2612ExpiredSignature", (deadline,))
