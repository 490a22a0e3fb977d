"""Publications of RewardDistributor: when they are taken, by whose signatures, and what the timelock sets."""

from __future__ import annotations

from typing import Any

import pytest
from contract_distributor import (
    ACCOUNTS,
    COMPUTE,
    DATA,
    EMISSION,
    HOLD,
    JOBS,
    PERIOD,
    PUBLICATION,
    REPORTERS,
    URI,
    WINDOW,
    Made,
    distributor,
    policy_of,
    settings,
    signer,
    tree,
)
from contract_evm import ZERO, go_to, next_at, now, project, refused
from contract_policy import ROOT, constant, create, metered, stream
from contract_system import DAY, System

from dao.abi import keccak


@pytest.fixture(scope="module")
def made(system: System) -> Made:
    return distributor(system)


@pytest.fixture(scope="module", autouse=True)
def deployed_first(made: Made) -> None:
    """Deploys before the first test's snapshot is taken."""


def dispute(made: Made, of: Any, by: Any, at: int) -> Any:
    next_at(at)
    return made.contract.dispute(*of.key, "I am in no row.", {"from": by})


def answer(made: Made, of: Any, account: Any, at: int, **how: Any) -> Any:
    call = made.answer(of, account, **how)
    next_at(at)
    return made.contract.answer(*call, {"from": made.system.outsider})


def opens_at(made: Made, of: Any) -> int:
    return int(made.standing(of)[2])


# ---------------------------------------------------------------- publishing


def test_what_is_published_stands_with_its_times(made: Made) -> None:
    paid, at = tree(made, 100, 0, 200), now() + 100
    receipt = made.publish(paid, at=at)
    times = {"opensAt": at + WINDOW, "heldUntil": at + WINDOW + HOLD, "lapsesAt": at + WINDOW + HOLD + PERIOD}
    root, data = f"0x{paid.root.hex()}", f"0x{keccak(b'contributions').hex()}"
    assert dict(receipt.events["PayoutsPublished"]) == {
        "stream": f"0x{JOBS.hex()}",
        "epoch": 1,
        "series": 0,
        "revision": 0,
        "root": root,
        "total": 300,
        **times,
        "dataHash": data,
        "dataURI": URI,
    }
    opens, held, lapses = times.values()
    assert tuple(made.standing(paid)) == (root, 300, opens, lapses, 0, 300, opens, held, 0)
    assert made.contract.committed(JOBS, 1) == 300
    assert made.balance(made.contract) == 0


def test_any_two_reporters_or_all_sign_and_anybody_submits(made: Made) -> None:
    first, second, third = REPORTERS
    for signers in ((first, second), (first, third), (second, third), (first, second, third)):
        made.contract.publish.call(*made.publication(tree(made, 1), by=signers), {"from": made.system.minnow})


def test_signatures_count_as_made_for_the_message_and_the_contract(made: Made, system: System) -> None:
    paid = tree(made, 100)
    values, signatures = made.publication(paid)
    publish, by = made.contract.publish, system.outsider
    invalid = ("RewardDistributorInvalidSignature", (REPORTERS[0].address,))
    for index, changed in enumerate((DATA, 2, 1, 1, bytes(31) + b"\1", 101, bytes(32), "ipfs://other")):
        other = (*values[:index], changed, *values[index + 1 :])
        expected = {
            3: ("RewardDistributorWrongRevision", (0, 1)),
        }.get(index, invalid)
        assert refused(publish, other, signatures, by=by) == expected
    second = distributor(system)
    assert refused(second.contract.publish, values, signatures, by=by) == invalid


@pytest.mark.parametrize("domain", [{"chainId": 1}, {"version": "2"}, {"name": "Other"}, {"verifyingContract": ZERO}])
def test_a_signature_of_another_domain_does_not_count(made: Made, domain: dict[str, Any]) -> None:
    values, _ = made.publication(tree(made, 100))
    signatures = [
        (account.address, made.signature(account, "Publication", PUBLICATION, *values, **domain))
        for account in REPORTERS[:2]
    ]
    assert refused(made.contract.publish, values, signatures, by=made.system.outsider) == (
        "RewardDistributorInvalidSignature",
        (REPORTERS[0].address,),
    )


def test_a_contract_account_reports_by_erc_1271(system: System) -> None:
    key = signer("contract reporter")
    account = project()["ContractAccount"].deploy(key.address, {"from": system.deployer})
    made = distributor(system, reporters=[account.address], threshold=1)
    values, ((_, signature),) = made.publication(tree(made, 100), by=[key])
    arguments = (values, [(account.address, signature)])
    invalid = ("RewardDistributorInvalidSignature", (account.address,))
    for mood in (1, 2):
        account.setMood(mood, {"from": system.outsider})
        assert refused(made.contract.publish, *arguments, by=system.outsider) == invalid
    account.setMood(0, {"from": system.outsider})
    made.contract.publish(*arguments, {"from": system.outsider})
    assert made.contract.committed(JOBS, 1) == 100


def test_a_vote_rotates_reporters_and_old_signatures_stop_counting(made: Made, system: System) -> None:
    signed = made.publication(tree(made, 100))
    newcomer = signer("newcomer")
    kept = sorted((REPORTERS[1], newcomer), key=lambda account: int(account.address, 16))
    addresses = [account.address for account in kept]
    receipt = made.contract.setReporters(addresses, 2, {"from": system.as_timelock})
    assert dict(receipt.events["ReportersSet"]) == {"reporters": addresses, "threshold": 2}
    assert (tuple(made.contract.reporters()), made.contract.threshold()) == (tuple(addresses), 2)
    assert [made.contract.isReporter(account.address) for account in REPORTERS] == [False, True, False]
    assert refused(made.contract.publish, *signed, by=system.outsider) == (
        "RewardDistributorNotReporter",
        (REPORTERS[0].address,),
    )
    made.publish(tree(made, 100), by=kept)


def test_an_epoch_is_published_from_its_first_second_after(made: Made) -> None:
    over = made.over(3)
    paid = made.publication(tree(made, 100, epoch=3))
    go_to(over - 1)
    assert refused(made.contract.publish, *paid, by=made.system.outsider) == ("RewardDistributorEpochNotOver", (3, 3))
    made.publish(tree(made, 100, epoch=3), at=over)


def test_nothing_is_published_above_the_emission(made: Made) -> None:
    assert made.policy.emission(JOBS, 1) == EMISSION
    above = made.publication(tree(made, EMISSION + 1))
    assert refused(made.contract.publish, *above, by=made.system.outsider) == (
        "RewardDistributorAboveEmission",
        (JOBS, 1, EMISSION + 1, EMISSION),
    )
    most = made.publication(tree(made, 1), total=2**128 - 1)
    assert refused(made.contract.publish, *most, by=made.system.outsider)[0] == "RewardDistributorAboveEmission"
    made.publish(tree(made, EMISSION))
    assert made.contract.committed(JOBS, 1) == EMISSION


def test_an_epoch_without_emission_pays_nobody(made: Made) -> None:
    """In epoch 0 nothing is emitted, and `compute/jobs` is in no split."""
    paid = made.publication(tree(made, 1, epoch=0))
    refusal = ("RewardDistributorAboveEmission", (JOBS, 0, 1, 0))
    assert refused(made.contract.publish, *paid, by=made.system.outsider) == refusal


def test_only_leaves_of_the_epoch_are_paid(made: Made, system: System) -> None:
    for path in (ROOT, COMPUTE):
        paid = made.publication(tree(made, 1, stream=path))
        assert refused(made.contract.publish, *paid, by=system.outsider) == (
            "RewardDistributorNotALeaf",
            (path, 1),
        )
    unknown = made.publication(tree(made, 1, stream=stream("unknown")))
    assert refused(made.contract.publish, *unknown, by=system.outsider) == (
        "RewardPolicyUnknownStream",
        (stream("unknown"),),
    )
    # The jobs leave the tree from epoch 5 on, and `compute` itself is a leaf again; epoch 4 stays as it was.
    made.policy.setSplit(COMPUTE, 5, [], {"from": system.as_timelock})
    go_to(made.over(5))
    made.publish(tree(made, EMISSION, epoch=4))
    made.publish(tree(made, EMISSION, epoch=5, stream=COMPUTE))
    none = made.publication(tree(made, 1, epoch=5))
    assert refused(made.contract.publish, *none, by=system.outsider) == (
        "RewardDistributorAboveEmission",
        (JOBS, 5, 1, 0),
    )


def test_an_epoch_that_waits_for_a_report_is_published_after_it(system: System) -> None:
    genesis = now() - 2_500
    reporters = [(ROOT, (str(system.timelock), 0, 10**18))]
    policy = create(system, genesis, [], [(ROOT, [metered(0, 1_000)])], [], [], [], [], reporters, epoch_length=1_000)
    contract = project()["RewardDistributor"].deploy(settings(system, policy, system.token), {"from": system.deployer})
    made = Made(system, contract, policy, system.token)
    paid = tree(made, 500, stream=ROOT, epoch=0)
    refusal = ("ScheduleNotReported", (ROOT, 0))
    assert refused(contract.publish, *made.publication(paid), by=system.outsider) == refusal
    policy.report(ROOT, 0, 5 * 10**17, {"from": system.as_timelock})
    above = made.publication(tree(made, 501, stream=ROOT, epoch=0))
    assert refused(contract.publish, *above, by=system.outsider)[0] == "RewardDistributorAboveEmission"
    made.publish(paid)


def test_nothing_is_published_before_the_genesis(system: System) -> None:
    policy = policy_of(system, now() + DAY)
    contract = project()["RewardDistributor"].deploy(settings(system, policy, system.token), {"from": system.deployer})
    made = Made(system, contract, policy, system.token)
    paid = made.publication(tree(made, 1))
    assert refused(contract.publish, *paid, by=system.outsider)[0] == "RewardPolicyBeforeGenesis"


def test_one_publication_stands_at_a_time(made: Made) -> None:
    made.publish(tree(made, 100))
    for again in (tree(made, 100), tree(made, 1)):
        assert refused(made.contract.publish, *made.publication(again), by=made.system.outsider) == (
            "RewardDistributorAlreadyPublished",
            (JOBS, 1, 0),
        )
    # Other streams and epochs are not touched.
    made.publish(tree(made, 100, epoch=2))
    made.publish(tree(made, 100, stream=DATA))


# ---------------------------------------------------------------- what the timelock alone sets


def test_new_terms_hold_for_later_publications_only(made: Made, system: System) -> None:
    before, after, at = tree(made, 100), tree(made, 100, epoch=2), now() + 10
    made.publish(before, at=at)
    times = tuple(made.standing(before))
    receipt = made.contract.setTerms((7, 8, DAY), {"from": system.as_timelock})
    assert dict(receipt.events["TermsSet"]) == {"challengeWindow": 7, "disputeHold": 8, "claimPeriod": DAY}
    assert tuple(made.contract.terms()) == (7, 8, DAY)
    made.publish(after, at=at + 100)
    assert tuple(made.standing(before)) == times
    opens = at + 107
    assert tuple(made.standing(after))[2:] == (opens, opens + 8 + DAY, 0, 100, opens, opens + 8, 0)


def test_nobody_but_the_timelock_sets_anything(made: Made, system: System) -> None:
    calls = (
        (made.contract.setReporters, ([REPORTERS[0].address], 1)),
        (made.contract.setTerms, ((1, 1, DAY),)),
        (made.contract.setGuardian, (system.outsider.address,)),
        (made.contract.transferOwnership, (system.outsider.address,)),
        (made.contract.renounceOwnership, ()),
    )
    for by in system.everyone:
        for method, arguments in calls:
            assert refused(method, *arguments, by=by) == ("OwnableUnauthorizedAccount", (by.address,))
    assert made.contract.owner() == made.contract.treasury() == system.timelock.address
    for method, arguments in calls:
        method.call(*arguments, {"from": system.as_timelock})


def test_without_an_owner_it_goes_on_as_it_was_set(made: Made, system: System) -> None:
    made.contract.renounceOwnership({"from": system.as_timelock})
    paid = made.opened(tree(made, 100, 200))
    made.contract.claim(ACCOUNTS[0].address, paid.claim(ACCOUNTS[0]), {"from": system.outsider})
    made.contract.void(*paid.key, "", {"from": system.guardian})
    assert made.balance(ACCOUNTS[0]) == 100
    assert refused(made.contract.setTerms, (1, 1, DAY), by=system.timelock)[0] == "OwnableUnauthorizedAccount"


def test_the_largest_amounts_fit(system: System) -> None:
    token = project()["CallbackToken"].deploy({"from": system.deployer})
    most = 2**128 - 1
    policy = policy_of(system, now() - 1_500, most)
    by = {"from": system.as_timelock}
    policy.setSchedule(ROOT, [constant(2, most)], by)
    policy.setSplit(ROOT, 2, [], by)
    contract = project()["RewardDistributor"].deploy(settings(system, policy, token), {"from": system.deployer})
    made = Made(system, contract, policy, token)
    go_to(made.over(2))
    paid = made.opened(tree(made, most, stream=ROOT, epoch=2))
    made.contract.claim(ACCOUNTS[0].address, paid.claim(ACCOUNTS[0]), {"from": system.outsider})
    assert made.balance(ACCOUNTS[0]) == most == made.contract.committed(ROOT, 2)
    more = made.publication(tree(made, 1, stream=ROOT, epoch=2, series=1))
    assert refused(contract.publish, *more, by=system.outsider)[1][2:] == (1, 0)
