"""Where RewardDistributor's payouts come from: minted within the cap, or drawn from the treasury; hostile tokens."""

from __future__ import annotations

from typing import Any

import pytest
from contract_distributor import ACCOUNTS, EMISSION, JOBS, Made, Tree, distributor, tree
from contract_evm import decode_error, go_to, now, project, refused
from contract_system import CAP, DAY, UNIT, System

FIRST, SECOND, THIRD = ACCOUNTS[:3]
TREASURY = 10_000 * UNIT


@pytest.fixture(scope="module")
def drawn(system: System) -> Made:
    """Pays in the DAO's own token out of a treasury of 10,000."""
    system.token.transfer(system.timelock, TREASURY, {"from": system.voters[0]})
    return distributor(system, minted=False)


@pytest.fixture(scope="module", autouse=True)
def deployed_first(drawn: Made) -> None:
    """Deploys before the first test's snapshot is taken."""


def hostile(system: System, **changes: Any) -> tuple[Made, Any]:
    """A distributor of a token that calls back, and whom it calls: the distributor's guardian too."""
    reenterer = project()["Reenterer"].deploy({"from": system.deployer})
    token = project()["CallbackToken"].deploy({"from": system.deployer})
    token.mint(system.timelock, TREASURY, {"from": system.outsider})
    return distributor(system, token=token, guardian=str(reenterer), **changes), reenterer


def arm(made: Made, reenterer: Any, *calls: str) -> None:
    """The next movement of the token makes these calls to the distributor."""
    reenterer.arm([bytes.fromhex(call[2:]) for call in calls], {"from": made.system.outsider})
    made.token.arm(reenterer, made.contract, {"from": made.system.outsider})


def answers(reenterer: Any) -> list[str]:
    """What each call was answered with: an error's name, or nothing where it succeeded."""
    successes, data = reenterer.answers()
    return ["" if success else decode_error(bytes(answer))[0] for success, answer in zip(successes, data, strict=True)]


# ---------------------------------------------------------------- minted


def test_minted_payouts_exist_once_they_are_claimed(system: System) -> None:
    made, supply = distributor(system), system.token.totalSupply()
    paid = made.opened(tree(made, 100, 200))
    assert system.token.totalSupply() == supply
    made.contract.claim(FIRST.address, paid.claim(FIRST), {"from": system.outsider})
    assert system.token.totalSupply() == supply + 100
    made.contract.void(*paid.key, "", {"from": system.guardian})
    assert (system.token.totalSupply(), made.balance(made.contract)) == (supply + 100, 0)


def test_nothing_is_minted_above_the_cap_or_without_the_role(system: System) -> None:
    made = distributor(system)
    paid = made.opened(tree(made, 100, 200))
    by = {"from": system.as_timelock}
    system.token.mint(system.timelock, CAP - system.token.totalSupply() - 250, by)
    claims = (made.contract.claimBatch, *paid.batch([FIRST, SECOND]))
    assert refused(*claims, by=system.outsider)[0] == "ERC20ExceededSafeSupply"
    made.contract.claim(SECOND.address, paid.claim(SECOND), {"from": system.outsider})
    role = system.token.MINTER_ROLE()
    system.token.revokeRole(role, made.contract, by)
    refusal = ("AccessControlUnauthorizedAccount", (made.contract.address, bytes(role)))
    assert refused(made.contract.claim, FIRST.address, paid.claim(FIRST), by=system.outsider) == refusal
    assert not made.contract.isClaimed(*paid.key, FIRST.address)


def test_the_deployer_keeps_nothing(system: System) -> None:
    made = distributor(system)
    assert made.contract.owner() == system.timelock.address
    for role in (system.token.MINTER_ROLE(), system.token.DEFAULT_ADMIN_ROLE()):
        assert not system.token.hasRole(role, system.deployer)
    assert not made.contract.isReporter(system.deployer)
    assert made.contract.guardian() != system.deployer.address


# ---------------------------------------------------------------- drawn from the treasury


def test_a_publication_draws_its_total_and_claims_pay_it_out(drawn: Made, system: System) -> None:
    paid = tree(drawn, 100, 200)
    drawn.publish(paid)
    assert (drawn.balance(drawn.contract), drawn.balance(system.timelock)) == (300, TREASURY - 300)
    go_to(int(drawn.standing(paid)[2]))
    supply = system.token.totalSupply()
    drawn.contract.claimBatch(*paid.batch([FIRST, SECOND]), {"from": system.outsider})
    assert [drawn.balance(account) for account in (FIRST, SECOND, drawn.contract)] == [100, 200, 0]
    assert system.token.totalSupply() == supply


def test_what_is_voided_or_lapsed_returns_to_the_treasury(drawn: Made, system: System) -> None:
    wrong = drawn.opened(tree(drawn, 100, 200))
    drawn.contract.claim(FIRST.address, wrong.claim(FIRST), {"from": system.outsider})
    drawn.contract.void(*wrong.key, "", {"from": system.guardian})
    assert (drawn.balance(drawn.contract), drawn.balance(system.timelock)) == (0, TREASURY - 100)
    right = drawn.opened(tree(drawn, 0, 250, 300), revision=1)
    drawn.contract.claim(SECOND.address, right.claim(SECOND), {"from": system.outsider})
    go_to(int(drawn.standing(right)[3]))
    drawn.contract.lapse(*right.key, {"from": system.outsider})
    assert (drawn.balance(drawn.contract), drawn.balance(system.timelock)) == (0, TREASURY - 350)
    assert drawn.contract.committed(JOBS, 1) == 650
    refusal = ("RewardDistributorNothingToPay", right.key)
    assert refused(drawn.contract.lapse, *right.key, by=system.outsider) == refusal


def test_voiding_what_was_claimed_to_the_last_moves_nothing(drawn: Made, system: System) -> None:
    paid = drawn.opened(tree(drawn, 100))
    drawn.contract.claim(FIRST.address, paid.claim(FIRST), {"from": system.outsider})
    receipt = drawn.contract.void(*paid.key, "", {"from": system.guardian})
    assert "Transfer" not in receipt.events
    assert drawn.balance(FIRST) == 100


def test_what_the_treasury_does_not_have_or_allow_is_not_published(drawn: Made, system: System) -> None:
    by = {"from": system.as_timelock}
    system.token.approve(drawn.contract, 299, by)
    paid = tree(drawn, 100, 200)
    arguments = drawn.publication(paid)
    assert refused(drawn.contract.publish, *arguments, by=system.outsider) == (
        "ERC20InsufficientAllowance",
        (drawn.contract.address, 299, 300),
    )
    system.token.approve(drawn.contract, 300, by)
    system.token.transfer(system.minnow, TREASURY - 299, by)
    assert refused(drawn.contract.publish, *arguments, by=system.outsider)[0] == "ERC20InsufficientBalance"
    assert drawn.contract.committed(JOBS, 1) == 0
    system.token.transfer(system.timelock, 1, {"from": system.minnow})
    drawn.contract.publish(*arguments, {"from": system.outsider})


def test_what_is_drawn_does_not_circulate_until_it_is_claimed(drawn: Made, system: System) -> None:
    """The governor's quorum is a share of what circulates: a publication does not raise it, a claim does."""
    go_to(now() + 10)
    before = system.governor.circulatingSupply(now() - 1)
    paid = drawn.opened(tree(drawn, 100, EMISSION - 100))
    assert drawn.balance(drawn.contract) == EMISSION
    assert system.governor.circulatingSupply(now() - 1) == before
    drawn.contract.claim(FIRST.address, paid.claim(FIRST), {"from": system.outsider})
    go_to(now() + 1)
    assert system.governor.circulatingSupply(now() - 1) == before + 100
    assert system.token.delegates(drawn.contract) == system.token.address


def test_a_token_that_keeps_a_fee_is_not_drawn(system: System) -> None:
    token = project()["PlainToken"].deploy("Plain", "PLN", 8, TREASURY, {"from": system.as_timelock})
    made = distributor(system, token=token, minted=False)
    token.setFee(1, {"from": system.outsider})
    paid = tree(made, 100, 200)
    assert refused(made.contract.publish, *made.publication(paid), by=system.outsider) == (
        "RewardDistributorUnderfunded",
        (300, 299),
    )
    token.setFee(0, {"from": system.outsider})
    made.opened(paid)
    # A fee that comes later is the receiver's: what is left for others stays whole.
    token.setFee(1, {"from": system.outsider})
    made.contract.claim(FIRST.address, paid.claim(FIRST), {"from": system.outsider})
    assert (made.balance(FIRST), made.balance(made.contract)) == (99, 200)


def test_tokens_that_somebody_sends_pay_nobody(drawn: Made, system: System) -> None:
    system.token.transfer(drawn.contract, 1_000, {"from": system.minnow})
    paid = drawn.opened(tree(drawn, 100, 200), total=150)
    refusal = ("RewardDistributorAboveTotal", (*paid.key, 200, 150))
    assert refused(drawn.contract.claim, SECOND.address, paid.claim(SECOND), by=system.outsider) == refusal
    drawn.contract.void(*paid.key, "", {"from": system.guardian})
    assert drawn.balance(drawn.contract) == 1_000


# ---------------------------------------------------------------- a hostile token


@pytest.mark.parametrize("minted", [True, False])
def test_a_token_that_calls_back_is_paid_nothing_twice(system: System, minted: bool) -> None:
    made, reenterer = hostile(system, minted=minted)
    paid = made.opened(tree(made, 100, 200, 300))
    contract = made.contract
    arm(
        made,
        reenterer,
        contract.claim.encode_input(FIRST.address, paid.claim(FIRST)),
        contract.claimMany.encode_input(FIRST.address, [paid.claim(FIRST)]),
        contract.claimBatch.encode_input(*paid.batch([FIRST])),
        contract.publish.encode_input(*made.publication(paid)),
        contract.lapse.encode_input(*paid.key),
        contract.claim.encode_input(SECOND.address, paid.claim(SECOND)),
    )
    contract.claim(FIRST.address, paid.claim(FIRST), {"from": system.outsider})
    assert answers(reenterer) == [
        "RewardDistributorAlreadyClaimed",
        "RewardDistributorAlreadyClaimed",
        "RewardDistributorNoClaims",
        "RewardDistributorAlreadyPublished",
        "RewardDistributorNotLapsed",
        "",
    ]
    assert [made.balance(account) for account in (FIRST, SECOND)] == [100, 200]
    assert (made.standing(paid)[1], made.balance(contract)) == (300, 0 if minted else 300)


@pytest.mark.parametrize("minted", [True, False])
def test_a_batch_in_whose_middle_everything_is_voided(system: System, minted: bool) -> None:
    """All of the batch was due before the first payment, so that all of it is paid, and the rest goes back."""
    made, reenterer = hostile(system, minted=minted)
    paid = made.opened(tree(made, 100, 200, 300))
    arm(
        made,
        reenterer,
        made.contract.void.encode_input(*paid.key, ""),
        made.contract.claim.encode_input(THIRD.address, paid.claim(THIRD)),
    )
    made.contract.claimBatch(*paid.batch([FIRST, SECOND]), {"from": system.outsider})
    assert answers(reenterer) == ["", "RewardDistributorNotPublished"]
    assert [made.balance(account) for account in (FIRST, SECOND, THIRD, made.contract)] == [100, 200, 0, 0]
    assert made.balance(system.timelock) == TREASURY - (0 if minted else 300)
    assert made.contract.committed(JOBS, 1) == 300


def test_what_returns_to_the_treasury_returns_once(system: System) -> None:
    made, reenterer = hostile(system, minted=False)
    voided, lapsed = made.opened(tree(made, 100)), made.opened(tree(made, 200, epoch=2))
    void = made.contract.void.encode_input(*voided.key, "")
    claim = made.contract.claim.encode_input(FIRST.address, voided.claim(FIRST))
    arm(made, reenterer, void, claim)
    reenterer.poke(made.contract, {"from": system.outsider})
    # The guardian's own void, then within its transfer both calls again, then the claim after it.
    assert answers(reenterer) == [
        "RewardDistributorNotPublished",
        "RewardDistributorNotPublished",
        "",
        "RewardDistributorNotPublished",
    ]
    go_to(int(made.standing(lapsed)[3]))
    arm(made, reenterer, made.contract.lapse.encode_input(*lapsed.key))
    made.contract.lapse(*lapsed.key, {"from": system.outsider})
    assert answers(reenterer)[4:] == ["RewardDistributorNothingToPay"]
    assert (made.balance(made.contract), made.balance(system.timelock)) == (0, TREASURY)


def test_a_publication_that_is_claimed_while_it_is_drawn_is_refused(system: System) -> None:
    made, reenterer = hostile(system, minted=False, terms=(0, 0, DAY))
    paid = tree(made, 100, 200)
    arm(made, reenterer, made.contract.claim.encode_input(FIRST.address, paid.claim(FIRST)))
    assert refused(made.contract.publish, *made.publication(paid), by=system.outsider) == (
        "RewardDistributorUnderfunded",
        (300, 200),
    )


def test_a_publication_within_another_is_refused(system: System) -> None:
    """Both would count the same tokens as received."""
    made, reenterer = hostile(system, minted=False)
    outer, inner = tree(made, 100), tree(made, 200, epoch=2)
    arm(made, reenterer, made.contract.publish.encode_input(*made.publication(inner)))
    assert refused(made.contract.publish, *made.publication(outer), by=system.outsider) == (
        "RewardDistributorUnderfunded",
        (100, 300),
    )


def test_one_account_that_cannot_be_paid_is_left_out_of_a_batch(system: System) -> None:
    made = distributor(system)
    zero = "0x" + "0" * 40
    there = made.opened(Tree(made.contract.address, ((FIRST.address, 100), (zero, 50), (SECOND.address, 200))))
    refusal = ("ERC20InvalidReceiver", (zero,))
    assert refused(made.contract.claimBatch, *there.batch([FIRST, zero]), by=system.outsider) == refusal
    made.contract.claimBatch(*there.batch([FIRST, SECOND]), {"from": system.outsider})
    assert [made.balance(account) for account in (FIRST, SECOND)] == [100, 200]
