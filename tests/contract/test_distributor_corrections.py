"""What corrects or ends a publication of RewardDistributor: voids, supplements, and the lapse of what is unclaimed."""

from __future__ import annotations

from typing import Any

import pytest
from contract_distributor import (
    ACCOUNTS,
    EMISSION,
    HOLD,
    JOBS,
    NONE,
    OPEN,
    PERIOD,
    REPORTERS,
    WINDOW,
    Made,
    distributor,
    tree,
)
from contract_evm import ZERO, go_to, next_at, now, refused
from contract_system import System


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


def test_numbers_may_be_left_out_and_only_ascend(made: Made, system: System) -> None:
    """A stream that paid nobody at first is in the same supplement as others."""
    third = tree(made, 100, series=3)
    made.opened(third)
    for series in (0, 2):
        late = made.publication(tree(made, 50, series=series))
        assert refused(made.contract.publish, *late, by=system.outsider) == (
            "RewardDistributorSeriesTooEarly",
            (JOBS, 1, series),
        )
    made.opened(tree(made, 50, series=7))
    # What was voided is published anew, whatever came after it.
    made.contract.void(*third.key, "", {"from": system.guardian})
    made.opened(tree(made, 90, series=3), revision=1)


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
