"""Property: after any history, the replay of the logs answers every view as the contracts do."""

from __future__ import annotations

import os
import random
from functools import lru_cache

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from dao.audit.report import AuditReport
from tests.support.history import Dao
from tests.support.lives import ACTIONS, PAYING_ACTIONS, act, random_life
from tests.support.paying import DISTRIBUTOR, Funding

EXAMPLES = int(os.environ.get("REPLAY_EXAMPLES", "40"))
"""How many histories are tried; set REPLAY_EXAMPLES to try more."""

STEPS = st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 2**32 - 1)), max_size=160)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=HealthCheck.all())
@given(
    steps=STEPS,
    tiers=st.sampled_from(
        [[(5_000, quorum)] * 3 for quorum in (0, 1, 1_000, 10_000)] + [[(7_000, 4_000), (6_000, 1_500), (5_000, 300)]]
    ),
    threshold=st.sampled_from([0, 1, 2_000 * 10**18]),
    min_delay=st.sampled_from([0, 300]),
)
def test_replay_equals_the_contracts_all_along(
    steps: list[tuple[str, int]], tiers: list[tuple[int, int]], threshold: int, min_delay: int
) -> None:
    """The steps come from Hypothesis, so that a failing history shrinks; the contracts are asked on the way, too."""
    dao = Dao.deploy(tiers=tiers, threshold=threshold, min_delay=min_delay)
    for index, (action, seed) in enumerate(steps):
        act(dao, action, random.Random(seed))
        if index % 40 == 39:
            assert dao.audit().findings == ()
    dao.chain.advance(1)
    report = dao.audit()
    assert report.findings == ()
    assert report.verdict == "agrees"


PAYING_STEPS = st.lists(
    st.tuples(
        st.sampled_from([action for action in PAYING_ACTIONS if action not in ACTIONS]), st.integers(0, 2**32 - 1)
    ),
    max_size=120,
)


@settings(max_examples=max(1, EXAMPLES // 3), deadline=None, suppress_health_check=HealthCheck.all())
@given(steps=PAYING_STEPS, funding=st.sampled_from(["mint", "treasury"]))
def test_payouts_equal_the_contract_all_along(steps: list[tuple[str, int]], funding: Funding) -> None:
    """Payouts alone, so that a failing history shrinks to few of them."""
    dao = Dao.deploy(funding=funding)
    for index, (action, seed) in enumerate(steps):
        act(dao, action, random.Random(seed))
        if index % 40 == 39:
            assert dao.audit().findings == ()
    dao.chain.advance(1)
    assert dao.audit().findings == ()


@pytest.mark.parametrize("funding", ["mint", "treasury"])
@pytest.mark.parametrize("seed", range(max(1, EXAMPLES // 10)))
def test_payouts_beside_votes_equal_the_contract_after_a_long_life(seed: int, funding: Funding) -> None:
    """Reporters, terms and guardians change by votes meanwhile, and so does what the policy emits."""
    assert random_life(seed, 250, funding).audit().findings == ()


@lru_cache(maxsize=12)
def long_life(seed: int, funding: Funding | None) -> tuple[Dao, AuditReport]:
    """A DAO after 300 random acts, and its audit."""
    dao = random_life(seed, 300, funding)
    return dao, dao.audit()


@pytest.mark.parametrize("seed", range(max(1, EXAMPLES // 4)))
def test_replay_equals_the_contracts_after_a_long_life(seed: int) -> None:
    """Long lives are steered towards proposals that are queued, executed, cancelled and purged."""
    assert long_life(seed, None)[1].findings == ()


def test_long_lives_reach_every_kind_of_end() -> None:
    """The histories above would prove little if nothing happened in them."""
    seen: set[str] = set()
    compared: dict[str, int] = {}
    paid: set[str] = set()
    for seed in range(12):
        dao, report = long_life(seed, (None, "mint", "treasury")[seed % 3])
        mine = (log for log in dao.logs if log.address == dao.addresses.distributor)
        paid |= {DISTRIBUTOR.events[log.topics[0]].name for log in mine}
        seen |= {proposal.state.name for proposal in report.proposals}
        for check in report.checks:
            compared[check.name] = compared.get(check.name, 0) + check.compared
    assert seen >= {"ACTIVE", "CANCELED", "DEFEATED", "EXPIRED", "EXECUTED"}
    # Of code no log tells.
    assert {name for name, count in compared.items() if count == 0} == {"target-code"}
    assert paid == {event.name for event in DISTRIBUTOR.events.values()} - {"EIP712DomainChanged"}
