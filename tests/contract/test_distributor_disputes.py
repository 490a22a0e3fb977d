"""Disputes of RewardDistributor's publications: how long they hold claims, and what answers them."""

from __future__ import annotations

from typing import Any

import pytest
from contract_distributor import (
    ACCOUNTS,
    ANSWERED,
    DATA,
    HOLD,
    JOBS,
    OPEN,
    REPORTERS,
    WINDOW,
    Made,
    distributor,
    tree,
)
from contract_evm import go_to, next_at, now, refused
from contract_system import DAY, System


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
