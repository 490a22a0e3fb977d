"""Publications of RewardDistributor: when they are taken, disputed, answered, voided, corrected and lapsed."""

from __future__ import annotations

from typing import Any

import pytest
from contract_distributor import (
    ACCOUNTS,
    ANSWERED,
    COMPUTE,
    DATA,
    EMISSION,
    HOLD,
    JOBS,
    NONE,
    OPEN,
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
            2: ("RewardDistributorSeriesTooEarly", (JOBS, 1, 1)),
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


# ---------------------------------------------------------------- disputes


def test_a_dispute_holds_claims_until_the_hold_ends(made: Made, system: System) -> None:
    paid, at = tree(made, 100), now() + 10
    made.publish(paid, at=at)
    receipt = dispute(made, paid, system.outsider, at + WINDOW - 1)
    assert dict(receipt.events["PayoutsDisputed"]) == {
        "stream": f"0x{JOBS.hex()}",
        "epoch": 1,
        "series": 0,
        "revision": 0,
        "account": system.outsider.address,
        "reason": "I am in no row.",
    }
    assert made.contract.disputeOf(*paid.key, 0, system.outsider) == OPEN
    assert made.standing(paid)[8] == 1
    held = at + WINDOW + HOLD
    go_to(held - 1)
    assert refused(made.contract.claim, ACCOUNTS[0].address, paid.claim(ACCOUNTS[0]), by=system.minnow) == (
        "RewardDistributorNotOpen",
        (JOBS, 1, 0, held),
    )
    next_at(held)
    made.contract.claim(ACCOUNTS[0].address, paid.claim(ACCOUNTS[0]), {"from": system.minnow})
    assert made.balance(ACCOUNTS[0]) == 100


def test_disputes_end_with_the_window(made: Made, system: System) -> None:
    paid, at = tree(made, 100), now() + 10
    made.publish(paid, at=at)
    go_to(at + WINDOW)
    assert refused(made.contract.dispute, *paid.key, "late", by=system.outsider) == (
        "RewardDistributorWindowOver",
        (at + WINDOW,),
    )
    assert opens_at(made, paid) == at + WINDOW


def test_the_last_answer_opens_claims_but_not_before_the_window_ends(made: Made, system: System) -> None:
    paid, at = tree(made, 100), now() + 10
    made.publish(paid, at=at)
    dispute(made, paid, system.outsider, at + 10)
    dispute(made, paid, system.minnow, at + 20)
    receipt = answer(made, paid, system.outsider, at + 30)
    held = at + WINDOW + HOLD
    assert dict(receipt.events["DisputeAnswered"]) == {
        "stream": f"0x{JOBS.hex()}",
        "epoch": 1,
        "series": 0,
        "revision": 0,
        "account": system.outsider.address,
        "opensAt": held,
        "text": "It is in row 7.",
    }
    answer(made, paid, system.minnow, at + 40)
    assert (opens_at(made, paid), made.standing(paid)[8]) == (at + WINDOW, 0)
    assert made.contract.disputeOf(*paid.key, 0, system.minnow) == ANSWERED
    # Within the window somebody else may still dispute, but nobody twice.
    assert refused(made.contract.dispute, *paid.key, "again", by=system.minnow) == (
        "RewardDistributorAlreadyDisputed",
        (system.minnow.address,),
    )
    dispute(made, paid, system.proposer, at + 50)
    assert opens_at(made, paid) == held
    answer(made, paid, system.proposer, at + WINDOW + 7)
    assert opens_at(made, paid) == at + WINDOW + 7


def test_an_answer_after_the_hold_changes_no_time(made: Made, system: System) -> None:
    paid, at = tree(made, 100), now() + 10
    made.publish(paid, at=at)
    dispute(made, paid, system.outsider, at + 10)
    held = at + WINDOW + HOLD
    answer(made, paid, system.outsider, held)
    assert opens_at(made, paid) == held
    assert made.contract.disputeOf(*paid.key, 0, system.outsider) == ANSWERED


def test_any_number_of_disputes_holds_no_longer_than_one(made: Made, system: System) -> None:
    paid, at = tree(made, 100), now() + 10
    made.publish(paid, at=at)
    for delay, by in enumerate(system.everyone):
        dispute(made, paid, by, at + WINDOW - 10 + delay)
    assert (made.standing(paid)[8], opens_at(made, paid)) == (len(system.everyone), at + WINDOW + HOLD)
    for delay, by in enumerate(system.everyone[1:]):
        answer(made, paid, by, at + WINDOW + delay)
    assert opens_at(made, paid) == at + WINDOW + HOLD


def test_answers_are_signed_like_publications(made: Made, system: System) -> None:
    paid, at = tree(made, 100), now() + 10
    made.publish(paid, at=at)
    dispute(made, paid, system.outsider, at + 10)
    contract, by = made.contract, system.outsider
    values, signatures = made.answer(paid, system.outsider)
    for index, changed in enumerate((DATA, 2, 1, 1, system.minnow.address, "other")):
        other = (*values[:index], changed, *values[index + 1 :])
        expected = {
            3: ("RewardDistributorWrongRevision", (0, 1)),
            4: ("RewardDistributorNoOpenDispute", (system.minnow.address,)),
            5: ("RewardDistributorInvalidSignature", (REPORTERS[0].address,)),
        }.get(index, ("RewardDistributorNotPublished", other[:3]))
        assert refused(contract.answer, other, signatures, by=by) == expected
    assert refused(contract.answer, values, signatures[:1], by=by) == ("RewardDistributorTooFewSignatures", (1, 2))
    contract.answer(values, signatures, {"from": by})
    assert refused(contract.answer, values, signatures, by=by) == ("RewardDistributorNoOpenDispute", (by.address,))


def test_without_a_window_claims_open_at_once_and_nobody_disputes(made: Made, system: System) -> None:
    made.contract.setTerms((0, 0, DAY), {"from": system.as_timelock})
    paid, at = tree(made, 100), now() + 10
    made.publish(paid, at=at)
    assert tuple(made.standing(paid))[2:4] == (at, at + DAY)
    assert refused(made.contract.dispute, *paid.key, "", by=system.outsider) == ("RewardDistributorWindowOver", (at,))
    made.contract.claim.call(ACCOUNTS[0].address, paid.claim(ACCOUNTS[0]), {"from": system.outsider})


# ---------------------------------------------------------------- voiding


def test_a_voided_publication_gives_its_emission_back_and_restarts_the_window(made: Made, system: System) -> None:
    wrong, right, at = tree(made, EMISSION), tree(made, 100, 200), now() + 10
    made.publish(wrong, at=at)
    dispute(made, wrong, system.outsider, at + 10)
    receipt = made.contract.void(*wrong.key, "wrong file", {"from": system.guardian})
    assert dict(receipt.events["PayoutsVoided"]) == {
        "stream": f"0x{JOBS.hex()}",
        "epoch": 1,
        "series": 0,
        "revision": 0,
        "left": EMISSION,
        "reason": "wrong file",
    }
    assert (made.contract.committed(JOBS, 1), made.standing(wrong)[0]) == (0, "0x" + "00" * 32)
    # What was signed for the voided revision is void with it.
    assert refused(made.contract.publish, *made.publication(wrong), by=system.outsider) == (
        "RewardDistributorWrongRevision",
        (1, 0),
    )
    again = at + 500
    made.publish(right, at=again, revision=1)
    assert tuple(made.standing(right)) == (
        f"0x{right.root.hex()}",
        300,
        again + WINDOW,
        again + WINDOW + HOLD + PERIOD,
        1,
        300,
        again + WINDOW,
        again + WINDOW + HOLD,
        0,
    )
    # Disputes belong to a revision: the old one cannot be answered, and the same account may dispute anew.
    assert refused(made.contract.answer, *made.answer(right, system.outsider), by=system.outsider) == (
        "RewardDistributorWrongRevision",
        (1, 0),
    )
    assert [made.contract.disputeOf(*right.key, revision, system.outsider) for revision in (0, 1)] == [OPEN, NONE]
    dispute(made, right, system.outsider, again + 10)
    answer(made, right, system.outsider, again + 20, revision=1)


def test_a_void_takes_no_claim_back_and_nobody_is_paid_twice(made: Made, system: System) -> None:
    first, second, third = ACCOUNTS[:3]
    wrong = made.opened(tree(made, 100, 200))
    made.contract.claim(first.address, wrong.claim(first), {"from": system.outsider})
    made.contract.void(*wrong.key, "", {"from": system.guardian})
    assert (made.balance(first), made.contract.committed(JOBS, 1)) == (100, 100)
    assert made.standing(wrong)[5] == 100
    nothing = ("RewardDistributorNotPublished", wrong.key)
    assert refused(made.contract.claim, second.address, wrong.claim(second), by=system.outsider) == nothing
    # What was claimed counts against the emission, and the claimed bit stays.
    above = made.publication(tree(made, EMISSION - 99), revision=1)
    assert refused(made.contract.publish, *above, by=system.outsider)[1][2:] == (EMISSION - 99, EMISSION - 100)
    right = made.opened(tree(made, 150, 250, 300), revision=1)
    assert refused(made.contract.claim, first.address, right.claim(first), by=system.outsider) == (
        "RewardDistributorAlreadyClaimed",
        (*right.key, first.address),
    )
    made.contract.claimBatch(*right.batch([first, second, third]), {"from": system.outsider})
    assert [made.balance(account) for account in (first, second, third)] == [100, 250, 300]
    assert made.contract.committed(JOBS, 1) == 100 + 700
    # A second void gives back what the paid account did not get of this revision.
    made.contract.void(*right.key, "", {"from": system.guardian})
    assert made.contract.committed(JOBS, 1) == 100 + 550


def test_the_guardian_alone_voids_until_the_lapse(made: Made, system: System) -> None:
    paid = tree(made, 100)
    made.publish(paid)
    for by in (*system.everyone, system.as_timelock):
        if by != system.guardian:
            assert refused(made.contract.void, *paid.key, "", by=by) == (
                "RewardDistributorNotGuardian",
                (by.address, system.guardian.address),
            )
    lapses = int(made.standing(paid)[3])
    go_to(lapses - 1)
    made.contract.void.call(*paid.key, "", {"from": system.guardian})
    go_to(lapses)
    assert refused(made.contract.void, *paid.key, "", by=system.guardian) == ("RewardDistributorLapsed", (lapses,))


def test_a_vote_replaces_the_guardian_or_does_without(made: Made, system: System) -> None:
    paid = tree(made, 100)
    made.publish(paid)
    receipt = made.contract.setGuardian(system.minnow, {"from": system.as_timelock})
    assert dict(receipt.events["GuardianSet"]) == {
        "previous": system.guardian.address,
        "guardian": system.minnow.address,
    }
    made.contract.void.call(*paid.key, "", {"from": system.minnow})
    made.contract.setGuardian(ZERO, {"from": system.as_timelock})
    for by in (system.guardian, system.minnow):
        assert refused(made.contract.void, *paid.key, "", by=by)[0] == "RewardDistributorNotGuardian"


# ---------------------------------------------------------------- supplements


def test_a_supplement_pays_what_the_emission_left(made: Made, system: System) -> None:
    first, second = ACCOUNTS[:2]
    main, more = tree(made, 100, 200), tree(made, 50, EMISSION - 350, series=1)
    for early in (main.other(series=2), main.other(series=1)):
        assert refused(made.contract.publish, *made.publication(early), by=system.outsider) == (
            "RewardDistributorSeriesTooEarly",
            early.key,
        )
    at = now() + 10
    made.publish(main, at=at)
    go_to(at + WINDOW - 1)
    refusal = ("RewardDistributorSeriesTooEarly", more.key)
    assert refused(made.contract.publish, *made.publication(more), by=system.outsider) == refusal
    made.publish(more, at=at + WINDOW)
    assert made.contract.committed(JOBS, 1) == EMISSION
    go_to(opens_at(made, more))
    nothing_left = made.publication(tree(made, 1, series=2))
    assert refused(made.contract.publish, *nothing_left, by=system.outsider) == (
        "RewardDistributorAboveEmission",
        (JOBS, 1, 1, 0),
    )
    # One account is paid by both, each once.
    made.contract.claimMany(first.address, [main.claim(first), more.claim(first)], {"from": system.outsider})
    made.contract.claim(second.address, more.claim(second), {"from": system.outsider})
    assert (made.balance(first), made.balance(second)) == (150, EMISSION - 350)
    assert [made.contract.isClaimed(*key, second.address) for key in (main.key, more.key)] == [False, True]


def test_a_held_publication_has_no_supplement_yet(made: Made, system: System) -> None:
    main, more, at = tree(made, 100), tree(made, 50, series=1), now() + 10
    made.publish(main, at=at)
    dispute(made, main, system.outsider, at + 10)
    go_to(at + WINDOW + HOLD - 1)
    refusal = ("RewardDistributorSeriesTooEarly", more.key)
    assert refused(made.contract.publish, *made.publication(more), by=system.outsider) == refusal
    made.publish(more, at=at + WINDOW + HOLD)


def test_signatures_of_one_series_do_not_count_for_another(made: Made, system: System) -> None:
    made.opened(tree(made, 100))
    made.opened(tree(made, 100, series=1))
    values, signatures = made.publication(tree(made, 100, series=1))
    for series in (0, 2):
        other = (*values[:2], series, *values[3:])
        assert refused(made.contract.publish, other, signatures, by=system.outsider) == (
            ("RewardDistributorAlreadyPublished", (JOBS, 1, 0))
            if series == 0
            else ("RewardDistributorInvalidSignature", (REPORTERS[0].address,))
        )


def test_what_a_voided_publication_paid_too_little_is_paid_by_a_supplement(made: Made, system: System) -> None:
    """All of it was claimed, so that nobody is left whom a new revision could pay."""
    first = ACCOUNTS[0]
    main, more = made.opened(tree(made, 100)), tree(made, 50, series=1)
    made.contract.claim(first.address, main.claim(first), {"from": system.outsider})
    made.contract.void(*main.key, "too little", {"from": system.guardian})
    made.opened(more)
    made.contract.claim(first.address, more.claim(first), {"from": system.outsider})
    assert (made.balance(first), made.contract.committed(JOBS, 1)) == (150, 150)


def test_a_supplement_stays_while_what_it_corrects_is_voided_and_replaced(made: Made, system: System) -> None:
    main, more = made.opened(tree(made, 100, 200)), tree(made, EMISSION - 300, series=1)
    made.publish(more)
    made.contract.void(*main.key, "", {"from": system.guardian})
    above = made.publication(tree(made, 301), revision=1)
    assert refused(made.contract.publish, *above, by=system.outsider)[1][2:] == (301, 300)
    made.publish(tree(made, 300), revision=1)
    assert made.contract.committed(JOBS, 1) == EMISSION


# ---------------------------------------------------------------- lapsing


def test_what_is_unclaimed_lapses_and_is_never_minted(made: Made, system: System) -> None:
    first, second = ACCOUNTS[:2]
    paid = made.opened(tree(made, 100, 200))
    supply = system.token.totalSupply()
    lapses = int(made.standing(paid)[3])
    go_to(lapses - 1)
    assert refused(made.contract.lapse, *paid.key, by=system.outsider) == ("RewardDistributorNotLapsed", (lapses,))
    made.contract.claim.call(first.address, paid.claim(first), {"from": system.outsider})
    next_at(lapses)
    receipt = made.contract.lapse(*paid.key, {"from": system.outsider})
    assert dict(receipt.events["PayoutsLapsed"]) == {
        "stream": f"0x{JOBS.hex()}",
        "epoch": 1,
        "series": 0,
        "amount": 300,
    }
    for method, arguments in (
        (made.contract.claim, (first.address, paid.claim(first))),
        (made.contract.claimBatch, paid.batch([first, second])),
    ):
        assert refused(method, *arguments, by=system.outsider) == ("RewardDistributorLapsed", (lapses,))
    refusal = ("RewardDistributorNothingToPay", paid.key)
    assert refused(made.contract.lapse, *paid.key, by=system.outsider) == refusal
    assert (system.token.totalSupply(), made.standing(paid)[1]) == (supply, 0)
    # The epoch's emission does not get it back, and what was never published can still be.
    assert made.contract.committed(JOBS, 1) == 300
    again = made.publication(paid)
    assert refused(made.contract.publish, *again, by=system.outsider)[0] == "RewardDistributorAlreadyPublished"
    above = made.publication(tree(made, EMISSION - 299, series=1))
    assert refused(made.contract.publish, *above, by=system.outsider)[1][2:] == (EMISSION - 299, EMISSION - 300)
    made.publish(tree(made, EMISSION - 300, series=1))


def test_claims_end_in_the_second_of_the_lapse_though_nobody_settles_it(made: Made, system: System) -> None:
    paid = made.opened(tree(made, 100))
    lapses = int(made.standing(paid)[3])
    go_to(lapses)
    refusal = ("RewardDistributorLapsed", (lapses,))
    assert refused(made.contract.claim, ACCOUNTS[0].address, paid.claim(ACCOUNTS[0]), by=system.outsider) == refusal


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
