"""What the distributor refuses, said by its events all the same: every rule is broken once."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from dao.events.decode import Place
from dao.events.model import (
    Claimed,
    DisputeAnswered,
    Event,
    GuardianSet,
    OwnershipTransferred,
    PayoutsDisputed,
    PayoutsLapsed,
    PayoutsPublished,
    PayoutsVoided,
    ReportersSet,
    TermsSet,
    Transfer,
)
from dao.replay.distributor import MAX_TEXT
from dao.replay.ledger import Rule
from dao.replay.state import GovernanceState
from dao.replay.transition import apply, end_transaction
from dao.rewards.streams import stream_id
from dao.types import ZERO_ADDRESS, Address
from tests.support import paying
from tests.support.history import START, Dao
from tests.support.paying import CLAIM_PERIOD, HOLD, REPORTERS, WINDOW, Funding

ONE = 10**18
STREAM = stream_id("data")
KEY = ("data", 8, 0)
STRANGER = Address("0x" + "99" * 20)
OPEN, LAPSED = WINDOW, WINDOW + HOLD + CLAIM_PERIOD
"""Seconds after its publication at which KEY opens and lapses."""


@cache
def history(funding: Funding) -> Dao:
    """KEY is published and pays 1 to holder 0 and 2 to holder 1; nobody changes it."""
    dao = Dao.deploy(funding=funding)
    a, b = dao.holders[:2]
    paying.send(dao, a, paying.published(dao, KEY, [(a, ONE), (b, 2 * ONE)]))
    return dao


def replayed(funding: Funding) -> GovernanceState:
    """A replay of `history` to go on with."""
    state = history(funding).replay()
    assert state.ledger.disagreements == []
    return state


A, B = history("mint").holders[:2]
PUBLISHED = START + 2
"""When `replayed` publishes."""


def publication(**changes: Any) -> PayoutsPublished:
    """A publication of epoch 9 that is in order a second after KEY's."""
    opens = PUBLISHED + 1 + WINDOW
    made = PayoutsPublished(
        STREAM, 9, 0, 0, b"\1" * 32, ONE, opens, opens + HOLD, opens + HOLD + CLAIM_PERIOD, b"\2" * 32, b"ipfs://"
    )
    return replace(made, **changes)


def claim(**changes: Any) -> Claimed:
    """A claim of KEY that is in order once it is open."""
    return replace(Claimed(STREAM, 8, A, 0, A, ONE), **changes)


def broken(state: GovernanceState, event: Event, after: int) -> set[Rule]:
    """The rules that `event`, `after` seconds behind KEY's publication, breaks by itself."""
    place = Place(block=90 + after, timestamp=PUBLISHED + after, transaction=b"\1" * 32, log_index=0)
    before = len(state.ledger.disagreements)
    assert state.addresses.distributor is not None
    apply(state, event, state.addresses.distributor, place)
    return {disagreement.rule for disagreement in state.ledger.disagreements[before:]}


HONEST: list[tuple[Event, int]] = [
    (publication(), 1),
    (publication(total=10 * ONE), 1),
    (publication(series=3), 1),
    (PayoutsDisputed(STREAM, 8, 0, 0, A, b"x" * MAX_TEXT), WINDOW - 1),
    (PayoutsVoided(STREAM, 8, 0, 0, 3 * ONE, b""), LAPSED - 1),
    (PayoutsLapsed(STREAM, 8, 0, 3 * ONE), LAPSED),
    (claim(), OPEN),
    (claim(receiver=B), LAPSED - 1),
    (claim(amount=3 * ONE), OPEN),
]

WRONG: list[tuple[Event, int, Rule]] = [
    (publication(stream=b"\7" * 32), 1, Rule.PUBLICATION),
    (publication(stream=stream_id("root")), 1, Rule.PUBLICATION),
    (publication(epoch=10), 1, Rule.PUBLICATION),
    (publication(epoch=8), 1, Rule.PUBLICATION),
    (publication(revision=1), 1, Rule.PUBLICATION),
    (publication(root=bytes(32)), 1, Rule.PUBLICATION),
    (publication(total=0), 1, Rule.PUBLICATION),
    (publication(data_uri=b"x" * (MAX_TEXT + 1)), 1, Rule.PUBLICATION),
    (publication(epoch=8, series=1), 1, Rule.PUBLICATION),
    (publication(total=10 * ONE + 1), 1, Rule.PUBLICATION_TOTAL),
    (publication(stream=stream_id("map")), 1, Rule.PUBLICATION_TOTAL),
    (publication(opens_at=PUBLISHED), 1, Rule.PUBLICATION_TIMES),
    (publication(held_until=PUBLISHED), 1, Rule.PUBLICATION_TIMES),
    (publication(lapses_at=PUBLISHED), 1, Rule.PUBLICATION_TIMES),
    (publication(), 2, Rule.PUBLICATION_TIMES),
    (PayoutsDisputed(STREAM, 8, 0, 0, A, b""), WINDOW, Rule.DISPUTE),
    (PayoutsDisputed(STREAM, 8, 0, 1, A, b""), 1, Rule.DISPUTE),
    (PayoutsDisputed(STREAM, 9, 0, 0, A, b""), 1, Rule.DISPUTE),
    (PayoutsDisputed(STREAM, 8, 0, 0, A, b"x" * (MAX_TEXT + 1)), 1, Rule.DISPUTE),
    (DisputeAnswered(STREAM, 8, 0, 0, A, PUBLISHED + WINDOW, b""), 1, Rule.ANSWER),
    (DisputeAnswered(STREAM, 9, 0, 0, A, PUBLISHED + WINDOW, b""), 1, Rule.ANSWER),
    (PayoutsVoided(STREAM, 8, 0, 0, 3 * ONE, b""), LAPSED, Rule.VOID),
    (PayoutsVoided(STREAM, 8, 0, 0, 2 * ONE, b""), 1, Rule.VOID),
    (PayoutsVoided(STREAM, 8, 0, 1, 3 * ONE, b""), 1, Rule.VOID),
    (PayoutsVoided(STREAM, 8, 1, 0, 3 * ONE, b""), 1, Rule.VOID),
    (PayoutsLapsed(STREAM, 8, 0, 3 * ONE), LAPSED - 1, Rule.LAPSE),
    (PayoutsLapsed(STREAM, 8, 0, 2 * ONE), LAPSED, Rule.LAPSE),
    (PayoutsLapsed(STREAM, 7, 0, 2 * ONE), LAPSED, Rule.LAPSE),
    (claim(), OPEN - 1, Rule.CLAIM),
    (claim(), LAPSED, Rule.CLAIM),
    (claim(series=1), OPEN, Rule.CLAIM),
    (claim(receiver=ZERO_ADDRESS), OPEN, Rule.CLAIM),
    (claim(amount=3 * ONE + 1), OPEN, Rule.CLAIM_TOTAL),
    (ReportersSet((), 0), 1, Rule.DISTRIBUTOR_SETTING),
    (ReportersSet((ZERO_ADDRESS,), 1), 1, Rule.DISTRIBUTOR_SETTING),
    (ReportersSet(REPORTERS[1::-1], 1), 1, Rule.DISTRIBUTOR_SETTING),
    (ReportersSet(REPORTERS[:2], 3), 1, Rule.DISTRIBUTOR_SETTING),
    (ReportersSet(REPORTERS[:2], 0), 1, Rule.DISTRIBUTOR_SETTING),
    (TermsSet(1, 1, 86_399), 1, Rule.DISTRIBUTOR_SETTING),
    (GuardianSet(STRANGER, A), 1, Rule.DISTRIBUTOR_SETTING),
    (OwnershipTransferred(STRANGER, A), 1, Rule.DISTRIBUTOR_SETTING),
]


@pytest.mark.parametrize(("event", "after"), HONEST)
def test_what_is_in_order_breaks_nothing(event: Event, after: int) -> None:
    assert broken(replayed("mint"), event, after) == set()


@pytest.mark.parametrize(("event", "after", "rule"), WRONG)
def test_what_the_contract_refuses_breaks_its_rule(event: Event, after: int, rule: Rule) -> None:
    assert broken(replayed("mint"), event, after) == {rule}


def test_second_times_are_refused() -> None:
    state = replayed("mint")
    dispute = PayoutsDisputed(STREAM, 8, 0, 0, A, b"")
    assert broken(state, dispute, 1) == set()
    assert broken(state, dispute, 2) == {Rule.DISPUTE}
    assert broken(state, DisputeAnswered(STREAM, 8, 0, 0, A, PUBLISHED + WINDOW, b""), 3) == set()
    assert broken(state, DisputeAnswered(STREAM, 8, 0, 0, A, PUBLISHED + WINDOW, b""), 3) == {Rule.ANSWER}
    assert broken(state, claim(), OPEN) == set()
    assert broken(state, claim(), OPEN) == {Rule.CLAIM_ONCE}
    assert broken(state, PayoutsVoided(STREAM, 8, 0, 0, 2 * ONE, b""), OPEN) == set()
    assert broken(state, PayoutsVoided(STREAM, 8, 0, 1, 0, b""), OPEN) == {Rule.VOID}
    assert broken(state, claim(account=B, receiver=B), OPEN) == {Rule.CLAIM}


def test_nobody_is_paid_in_the_distributors_name_but_the_distributor() -> None:
    """`claimTo` refuses it as a receiver; a leaf of its own it takes."""
    payer = history("mint").addresses.distributor
    assert payer is not None
    assert broken(replayed("mint"), claim(receiver=payer), OPEN) == {Rule.CLAIM}
    assert broken(replayed("mint"), claim(account=payer, receiver=payer), OPEN) == set()


def test_what_lapsed_lapses_once_and_stands_for_good() -> None:
    state = replayed("mint")
    assert broken(state, PayoutsLapsed(STREAM, 8, 0, 3 * ONE), LAPSED) == set()
    assert broken(state, PayoutsLapsed(STREAM, 8, 0, 0), LAPSED) == {Rule.LAPSE}
    assert broken(state, publication(epoch=8, revision=1), LAPSED) == {Rule.PUBLICATION}
    assert state.distributor.committed["data", 8] == 3 * ONE


def test_claims_wait_for_the_answer_of_a_dispute_or_for_the_end_of_the_hold() -> None:
    state = replayed("mint")
    broken(state, PayoutsDisputed(STREAM, 8, 0, 0, A, b""), 1)
    assert broken(state, claim(), WINDOW + HOLD - 1) == {Rule.CLAIM}
    answered = DisputeAnswered(STREAM, 8, 0, 0, A, PUBLISHED + OPEN + 7, b"")
    assert broken(state, replace(answered, opens_at=PUBLISHED + OPEN), OPEN + 7) == {Rule.ANSWER}
    assert broken(state, claim(), OPEN + 6) == {Rule.CLAIM}
    assert broken(state, claim(), OPEN + 7) == set()


def test_an_answer_after_the_hold_leaves_the_opening_where_it_was() -> None:
    state = replayed("mint")
    broken(state, PayoutsDisputed(STREAM, 8, 0, 0, A, b""), 1)
    end = WINDOW + HOLD
    assert broken(state, claim(), end) == set()
    late = DisputeAnswered(STREAM, 8, 0, 0, A, PUBLISHED + end, b"")
    assert broken(state, late, end + 5) == set()
    assert broken(state, claim(account=B, receiver=B), end) == set()


def test_what_a_void_leaves_is_published_again_and_who_was_paid_is_not_paid_twice() -> None:
    state = replayed("mint")
    assert broken(state, claim(), OPEN) == set()
    assert broken(state, PayoutsVoided(STREAM, 8, 0, 0, 2 * ONE, b""), OPEN) == set()
    assert state.distributor.committed["data", 8] == ONE
    times = {name: getattr(publication(), name) + OPEN - 1 for name in ("opens_at", "held_until", "lapses_at")}
    again = publication(epoch=8, revision=1, **times)
    assert broken(state, replace(again, total=9 * ONE + 1), OPEN) == {Rule.PUBLICATION_TOTAL}
    assert broken(state, replace(again, total=9 * ONE), OPEN) == set()
    assert broken(state, claim(), 2 * OPEN) == {Rule.CLAIM_ONCE}
    assert broken(state, claim(account=B, receiver=B), 2 * OPEN) == set()
    (made,) = state.distributor.publications.values()
    assert (made.voids, made.total, made.left, made.claimed) == (1, 9 * ONE, 8 * ONE, 2 * ONE)


def test_nobody_voids_without_a_guardian_and_nothing_is_set_past_the_timelock() -> None:
    state = replayed("mint")
    guardian = state.distributor.guardian
    assert broken(state, GuardianSet(guardian, ZERO_ADDRESS), 1) == set()
    assert broken(state, PayoutsVoided(STREAM, 8, 0, 0, 3 * ONE, b""), 1) == {Rule.VOID}
    assert broken(state, TermsSet(1, 1, 86_400), 1) == set()
    assert broken(state, ReportersSet(REPORTERS, 5), 1) == set()
    assert broken(state, OwnershipTransferred(state.distributor.owner, STRANGER), 1) == set()
    before = len(state.ledger.disagreements)
    end_transaction(state)
    assert [made.rule for made in state.ledger.disagreements[before:]] == [Rule.DISTRIBUTOR_AUTHORITY] * 4


def test_a_timelock_that_is_guardian_voids_by_a_vote_alone() -> None:
    state = replayed("mint")
    state.distributor.guardian = state.addresses.timelock
    assert broken(state, PayoutsVoided(STREAM, 8, 0, 0, 3 * ONE, b"\xff"), 1) == set()
    end_transaction(state)
    assert state.ledger.disagreements[-1].rule is Rule.VOID


@pytest.mark.parametrize(
    ("funding", "event", "after", "source", "value"),
    [
        ("mint", claim(receiver=B), OPEN, "zero", ONE),
        ("treasury", claim(receiver=B), OPEN, "distributor", ONE),
        ("treasury", PayoutsVoided(STREAM, 8, 0, 0, 3 * ONE, b""), 1, "distributor", 3 * ONE),
        ("treasury", PayoutsLapsed(STREAM, 8, 0, 3 * ONE), LAPSED, "distributor", 3 * ONE),
        ("treasury", publication(), 1, "timelock", ONE),
    ],
)
def test_every_payment_must_come_as_announced(
    funding: Funding, event: Event, after: int, source: str, value: int
) -> None:
    def rules(transfer: tuple[Address, Address, int] | None) -> set[Rule]:
        state = replayed(funding)
        assert broken(state, event, after) == set()
        if transfer:
            place = Place(block=90 + after, timestamp=PUBLISHED + after, transaction=b"\1" * 32, log_index=1)
            apply(state, Transfer(*transfer), state.addresses.token, place)
        end_transaction(state)
        return {made.rule for made in state.ledger.disagreements} - {Rule.POWER}

    addresses = replayed(funding).addresses
    assert addresses.distributor is not None
    payer = {"zero": ZERO_ADDRESS, "distributor": addresses.distributor, "timelock": addresses.timelock}[source]
    to = B if isinstance(event, Claimed) else addresses.timelock if payer != addresses.timelock else payer
    if source == "timelock":
        to = addresses.distributor
    assert rules((payer, to, value)) == set()
    assert Rule.PAYOUT_FUNDING in rules(None)
    assert Rule.PAYOUT_FUNDING in rules((payer, STRANGER, value))
    assert Rule.PAYOUT_FUNDING in rules((payer, to, value + 1))
    assert Rule.PAYOUT_FUNDING in rules((STRANGER, to, value))


def test_nothing_returns_of_what_was_claimed_in_full() -> None:
    state = replayed("treasury")
    assert broken(state, claim(amount=3 * ONE), OPEN) == set()
    place = Place(block=90 + OPEN, timestamp=PUBLISHED + OPEN, transaction=b"\1" * 32, log_index=1)
    apply(state, Transfer(state.addresses.distributor or ZERO_ADDRESS, A, 3 * ONE), state.addresses.token, place)
    assert broken(state, PayoutsVoided(STREAM, 8, 0, 0, 0, b""), OPEN) == set()
    end_transaction(state)
    assert {made.rule for made in state.ledger.disagreements} <= {Rule.POWER}


def test_a_distributor_that_lost_its_role_does_not_mint() -> None:
    state = replayed("mint")
    for members in state.roles.members.values():
        members.discard(state.addresses.distributor or ZERO_ADDRESS)
    broken(state, claim(), OPEN)
    place = Place(block=90 + OPEN, timestamp=PUBLISHED + OPEN, transaction=b"\1" * 32, log_index=1)
    apply(state, Transfer(ZERO_ADDRESS, A, ONE), state.addresses.token, place)
    assert [made.rule for made in state.ledger.disagreements] == [Rule.MINTING]
