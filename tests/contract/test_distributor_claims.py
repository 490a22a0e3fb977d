"""Claims from RewardDistributor: who is paid what, where to, and once."""

from __future__ import annotations

from typing import Any

import pytest
from contract_distributor import (
    ACCOUNTS,
    CLAIM_TO,
    DATA,
    EPOCH,
    JOBS,
    PAYOUT_KEY,
    Made,
    Tree,
    distributor,
    policy_of,
    settings,
    signer,
    tree,
)
from contract_evm import ZERO, go_to, next_at, now, project, refused
from contract_system import System

FIRST, SECOND, THIRD, FOURTH = ACCOUNTS[:4]
AMOUNTS = (100, 200, 300, 400, 500)


@pytest.fixture(scope="module")
def made(system: System) -> Made:
    return distributor(system)


@pytest.fixture(scope="module")
def paid(made: Made) -> Tree:
    """Five payouts of epoch 1, open for claims."""
    return made.opened(tree(made, *AMOUNTS))


@pytest.fixture(scope="module", autouse=True)
def deployed_first(paid: Tree) -> None:
    """Deploys and publishes before the first test's snapshot is taken."""


def invalid(of: Tree) -> tuple[str, Any]:
    return "RewardDistributorInvalidProof", of.key


# ---------------------------------------------------------------- being paid


def test_anybody_claims_for_an_account_which_is_paid(made: Made, system: System, paid: Tree) -> None:
    receipt = made.contract.claim(FIRST.address, paid.claim(FIRST), {"from": system.minnow})
    assert dict(receipt.events["Claimed"]) == {
        "stream": f"0x{JOBS.hex()}",
        "epoch": 1,
        "account": FIRST.address,
        "series": 0,
        "receiver": FIRST.address,
        "amount": 100,
    }
    assert (made.balance(FIRST), made.balance(system.minnow)) == (100, 10_000 * 10**8)
    assert made.standing(paid)[1] == sum(AMOUNTS) - 100
    assert [made.contract.isClaimed(*paid.key, account.address) for account in (FIRST, SECOND)] == [True, False]


def test_every_payout_is_claimed_to_the_last(made: Made, system: System, paid: Tree) -> None:
    for account, amount in zip(ACCOUNTS, AMOUNTS, strict=False):
        made.contract.claim(account.address, paid.claim(account), {"from": system.outsider})
        assert made.balance(account) == amount
    assert made.standing(paid)[1] == 0


def test_claims_open_in_their_second(made: Made, system: System) -> None:
    later = tree(made, 100, epoch=2)
    made.publish(later)
    opens = int(made.standing(later)[2])
    go_to(opens - 1)
    refusal = ("RewardDistributorNotOpen", (JOBS, 2, 0, opens))
    assert refused(made.contract.claim, FIRST.address, later.claim(FIRST), by=system.outsider) == refusal
    assert refused(made.contract.claimBatch, *later.batch([FIRST]), by=system.outsider) == refusal
    next_at(opens)
    made.contract.claim(FIRST.address, later.claim(FIRST), {"from": system.outsider})


def test_one_account_claims_many_epochs_and_streams_in_one_transfer(made: Made, system: System, paid: Tree) -> None:
    trees = [paid, made.opened(tree(made, 7, epoch=2)), made.opened(tree(made, 9, stream=DATA))]
    receipt = made.contract.claimMany(FIRST.address, [of.claim(FIRST) for of in trees], {"from": system.outsider})
    assert made.balance(FIRST) == 116
    assert [event["amount"] for event in receipt.events["Claimed"]] == [100, 7, 9]
    assert [event["value"] for event in receipt.events["Transfer"]] == [116]


def test_nothing_is_claimed_twice(made: Made, system: System, paid: Tree) -> None:
    claim = (FIRST.address, paid.claim(FIRST))
    twice = ("RewardDistributorAlreadyClaimed", (*paid.key, FIRST.address))
    assert refused(made.contract.claimMany, FIRST.address, [claim[1], claim[1]], by=system.outsider) == twice
    made.contract.claim(*claim, {"from": system.outsider})
    assert refused(made.contract.claim, *claim, by=system.outsider) == twice
    assert refused(made.contract.claimMany, FIRST.address, [claim[1]], by=system.outsider) == twice
    arguments = made.claim_to(FIRST, SECOND.address, [paid], now() + 100)
    assert refused(made.contract.claimTo, *arguments, by=system.outsider) == twice
    assert refused(made.contract.claimBatch, *paid.batch([FIRST]), by=system.outsider) == (
        "RewardDistributorNoClaims",
        (),
    )
    assert made.balance(FIRST) == 100


def test_a_batch_pays_many_accounts_of_one_publication(made: Made, system: System, paid: Tree) -> None:
    accounts = ACCOUNTS[:4]
    receipt = made.contract.claimBatch(*paid.batch(accounts), {"from": system.outsider})
    assert {event["account"]: event["amount"] for event in receipt.events["Claimed"]} == dict(paid.payouts[:4])
    assert [made.balance(account) for account in ACCOUNTS[:5]] == [100, 200, 300, 400, 0]
    assert made.standing(paid)[1] == 500


def test_a_batch_passes_over_what_was_claimed_meanwhile(made: Made, system: System, paid: Tree) -> None:
    made.contract.claim(SECOND.address, paid.claim(SECOND), {"from": system.outsider})
    receipt = made.contract.claimBatch(*paid.batch([FIRST, SECOND, THIRD]), {"from": system.outsider})
    assert {event["account"] for event in receipt.events["Claimed"]} == {FIRST.address, THIRD.address}
    assert [made.balance(account) for account in ACCOUNTS[:3]] == [100, 200, 300]
    assert made.standing(paid)[1] == 900


def test_bits_of_an_account_do_not_touch_one_another(system: System) -> None:
    """Epochs on both sides of a word's end, series, streams and accounts: each has a bit of its own."""
    policy = policy_of(system, now() - 520 * EPOCH)
    contract = project()["RewardDistributor"].deploy(settings(system, policy, system.token), {"from": system.deployer})
    system.token.grantRole(system.token.MINTER_ROLE(), contract, {"from": system.as_timelock})
    made = Made(system, contract, policy, system.token)
    keys = [(JOBS, epoch, 0) for epoch in (1, 254, 255, 256, 257, 511, 512)]
    keys += [(DATA, 255, 0), (JOBS, 255, 1), (JOBS, 255, 2)]
    trees = [made.opened(tree(made, 10, 20, stream=path, epoch=epoch, series=series)) for path, epoch, series in keys]
    for index, of in enumerate(trees):
        for account in (FIRST, SECOND):
            found = [contract.isClaimed(*key, account.address) for key in keys]
            assert found == [at < index for at in range(len(keys))]
        contract.claimBatch(*of.batch([FIRST, SECOND]), {"from": system.outsider})
    assert (made.balance(FIRST), made.balance(SECOND)) == (10 * len(keys), 20 * len(keys))


# ---------------------------------------------------------------- to another receiver


def test_an_account_sends_what_it_is_paid_elsewhere(made: Made, system: System) -> None:
    payouts = ((system.minnow.address, 100), (SECOND.address, 200))
    own = made.opened(Tree(made.contract.address, payouts, epoch=2))
    receipt = made.contract.claimTo(
        system.minnow, system.outsider, [own.claim(system.minnow)], 0, b"", {"from": system.minnow}
    )
    assert receipt.events["Claimed"]["receiver"] == system.outsider.address
    assert made.balance(system.outsider) == 100
    assert made.contract.isClaimed(*own.key, system.minnow)


def test_an_account_signs_where_it_is_paid_and_anybody_submits(made: Made, system: System, paid: Tree) -> None:
    second = made.opened(tree(made, 7, epoch=2))
    deadline = now() + 100
    arguments = made.claim_to(FIRST, THIRD.address, [paid, second], deadline)
    next_at(deadline)
    made.contract.claimTo(*arguments, {"from": system.outsider})
    assert (made.balance(FIRST), made.balance(THIRD)) == (0, 107)


def test_a_signed_receiver_holds_for_what_was_signed(made: Made, system: System, paid: Tree) -> None:
    second = made.opened(tree(made, 7, 8, epoch=2))
    deadline = now() + 100
    account, receiver, claims, _, signature = made.claim_to(FIRST, THIRD.address, [paid], deadline)
    method, by = made.contract.claimTo, system.outsider
    wrong = ("RewardDistributorInvalidSignature", (FIRST.address,))
    more = [*claims, second.claim(FIRST)]
    for forged in (
        (account, FOURTH.address, claims, deadline, signature),
        (account, receiver, more, deadline, signature),
        (account, receiver, [second.claim(FIRST)], deadline, signature),
        (account, receiver, claims, deadline + 1, signature),
        (account, receiver, claims, deadline, signature[:-1] + bytes([signature[-1] ^ 1])),
        (account, receiver, claims, deadline, b""),
        made.claim_to(FIRST, THIRD.address, [paid], deadline, by=SECOND),
    ):
        assert refused(method, *forged, by=by) == wrong
    others = (SECOND.address, receiver, [paid.claim(SECOND)], deadline, signature)
    assert refused(method, *others, by=by) == ("RewardDistributorInvalidSignature", (SECOND.address,))
    go_to(deadline + 1)
    expired = (account, receiver, claims, deadline, signature)
    assert refused(method, *expired, by=by) == ("RewardDistributorExpiredSignature", (deadline,))


def test_a_signed_receiver_counts_in_its_domain_alone(made: Made, system: System, paid: Tree) -> None:
    deadline, key = now() + 100, dict(zip(PAYOUT_KEY, paid.key, strict=True))
    values = (FIRST.address, THIRD.address, deadline, [key])
    for domain in ({"chainId": 1}, {"verifyingContract": system.token.address}):
        signature = made.signature(FIRST, "ClaimTo", CLAIM_TO, *values, **domain)
        arguments = (FIRST.address, THIRD.address, [paid.claim(FIRST)], deadline, signature)
        assert refused(made.contract.claimTo, *arguments, by=system.outsider) == (
            "RewardDistributorInvalidSignature",
            (FIRST.address,),
        )


def test_a_contract_account_signs_by_erc_1271(made: Made, system: System) -> None:
    key = signer("account's key")
    account = project()["ContractAccount"].deploy(key.address, {"from": system.deployer})
    own = made.opened(Tree(made.contract.address, ((account.address, 100), (SECOND.address, 200)), epoch=2))
    deadline = now() + 100
    values = (account.address, THIRD.address, deadline, [dict(zip(PAYOUT_KEY, own.key, strict=True))])
    signature = made.signature(key, "ClaimTo", CLAIM_TO, *values)
    arguments = (account.address, THIRD.address, [own.claim(account)], deadline, signature)
    for mood in (1, 2):
        account.setMood(mood, {"from": system.outsider})
        assert refused(made.contract.claimTo, *arguments, by=system.outsider) == (
            "RewardDistributorInvalidSignature",
            (account.address,),
        )
    account.setMood(0, {"from": system.outsider})
    made.contract.claimTo(*arguments, {"from": system.outsider})
    assert made.balance(THIRD) == 100


@pytest.mark.parametrize("receiver", ["zero", "distributor"])
def test_nobody_is_paid_where_nobody_could_use_it(made: Made, system: System, paid: Tree, receiver: str) -> None:
    to = ZERO if receiver == "zero" else made.contract.address
    arguments = made.claim_to(FIRST, to, [paid], now() + 100)
    assert refused(made.contract.claimTo, *arguments, by=system.outsider) == (
        "RewardDistributorInvalidReceiver",
        (to,),
    )
