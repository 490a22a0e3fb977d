"""Property: RewardGovernor counts, extends and refuses as OpenZeppelin's modules do, log for log, view for view."""

from __future__ import annotations

import os
import random
from collections import Counter
from functools import lru_cache

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from tests.support.counting import ACTS, DELAY, EXTENSION, SELECTORS, Twins, act
from tests.support.history import GOVERNOR

EXAMPLES = int(os.environ.get("COUNTING_EXAMPLES", "30"))
"""How many sequences are tried; set COUNTING_EXAMPLES to try more."""

QUORUMS = (0, 1, 1_000, 2_500, 4_000, 7_500, 10_000)
"""Basis points of a supply of which the voters have none, almost none, a quarter and a half."""
STEPS = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 2**32 - 1)), max_size=60)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=HealthCheck.all())
@given(steps=STEPS, quorum=st.sampled_from(QUORUMS))
def test_the_governors_do_the_same(steps: list[tuple[str, int]], quorum: int) -> None:
    twins = Twins.deploy(quorum=quorum)
    for index, (action, seed) in enumerate(steps):
        act(twins, action, seed)
        if index % 10 == 9:
            assert twins.differences() == []
    twins.chain.advance(1)
    assert twins.differences() == []


@pytest.mark.parametrize("quorum", [0, 1_000])
@pytest.mark.parametrize("first", ["early", "late"])
def test_a_split_of_nothing_reaches_a_quorum_of_zero_and_no_other(quorum: int, first: str) -> None:
    """It leaves the tally as it was; what it did shows when somebody else votes in the window."""
    twins = Twins.deploy(quorum=quorum)
    twins.propose(1)
    proposal = twins.proposals[0][0]
    nobody, somebody = twins.voters[-1].address, twins.voters[-2].address
    deadline = twins.ask(twins.ours, "proposalDeadline", proposal)
    twins.chain.advance((DELAY if first == "early" else deadline - EXTENSION // 2 - twins.chain.timestamp) + 1)
    split = twins.both(nobody, "castVoteWithReasonAndParams", proposal, 255, "", bytes(48))
    assert len(split.logs) == 1 + (quorum == 0 and first == "late")
    twins.chain.advance(max(0, deadline - 1 - twins.chain.timestamp))
    full = twins.both(somebody, "castVote", proposal, 1)
    assert len(full.logs) == 1 + (quorum != 0)
    assert twins.differences() == []


@lru_cache(maxsize=12)
def long_life(seed: int) -> Twins:
    """Two governors after 150 random acts, compared on the way."""
    rng = random.Random(seed)
    twins = Twins.deploy(quorum=rng.choice(QUORUMS))
    for index in range(150):
        act(twins, rng.choice(ACTS), rng.randrange(2**32))
        if index % 10 == 9:
            assert twins.differences() == []
    return twins


@pytest.mark.parametrize("seed", range(max(1, EXAMPLES // 3)))
def test_the_governors_do_the_same_for_long(seed: int) -> None:
    assert long_life(seed).differences() == []


def test_long_lives_reach_what_is_rare() -> None:
    """The sequences above would prove little if nothing happened in them."""
    events: Counter[str] = Counter()
    skips: Counter[bytes] = Counter()
    for seed in range(12):
        twins = long_life(seed)
        for log in twins.chain.logs:
            if log.address == twins.ours.governor:
                name = GOVERNOR.events[log.topics[0]].name
                events[name] += 1
                if name == "BallotSkipped":
                    skips[log.data[:4]] += 1
    assert min(events[name] for name in ("VoteCast", "VoteCastWithParams", "ProposalExtended", "ProposalCanceled")) > 5
    names = ("GovernorAlreadyCastVote", "GovernorInvalidVoteType", "GovernorInvalidSignature")
    assert skips.keys() == {SELECTORS[name] for name in names}
