"""Impact tiers in the replay: rules, list and exclusions change while proposals are on their way."""

from __future__ import annotations

import pytest

from dao.replay.proposal_state import proposal_approval, proposal_quorum
from dao.tiers import Tier, TierRules
from dao.types import ProposalState, Support
from tests.support.history import DELAY, EXTENSION, MIN_DELAY, PERIOD, Dao

ONE = 10**18
RULES = [(7_000, 2_000), (6_000, 1_000), (5_000, 300)]
SUPPLY = 15_000 * ONE


def deployed() -> Dao:
    dao = Dao.deploy(tiers=RULES)
    for holder in dao.holders:
        dao.token(holder, "delegate", holder)
    dao.chain.advance(1)
    return dao


def test_the_constructor_tells_of_everything() -> None:
    dao = deployed()
    settings, now = dao.replay().settings, dao.chain.timestamp
    found = {tier: TierRules(settings.approvals[tier].latest(), settings.quorums[tier].latest()) for tier in Tier}
    assert found == {tier: TierRules(*RULES[tier]) for tier in Tier}
    assert settings.exclusions(now) == (dao.addresses.token,)
    assert sorted(settings.selector_tiers.values()) == [Tier.ISSUANCE, Tier.STANDARD]
    assert dao.audit().findings == ()


@pytest.mark.parametrize(("executed", "counts"), [(-1, True), (0, True), (1, False), (DELAY, False)])
def test_rules_list_and_exclusions_of_the_snapshot_count(executed: int, counts: bool) -> None:
    """The change is executed so many seconds after the snapshot of a proposal that it would decide otherwise."""
    dao = deployed()
    a, _, c, d, e = dao.holders
    transfer = dao.call_token("transfer", a, 0)
    change = dao.propose(
        e,
        [
            dao.call_governor("setTier", 2, (5_900, 900)),
            dao.call_governor("setExclusions", sorted([dao.addresses.token, d], key=str.lower)),
            dao.call_governor("setSelectorTier", transfer.target, transfer.calldata[:4], 1),
        ],
    )
    dao.chain.advance(DELAY + 1)
    for voter in (c, d, e):
        dao.vote(voter, change, Support.FOR)
    dao.chain.advance(PERIOD + EXTENSION)
    dao.carry(change, "queue")
    dao.chain.advance(MIN_DELAY)
    proposal = dao.propose(e, [transfer], "Decided")
    dao.chain.advance(DELAY + executed)
    dao.carry(change, "execute")
    dao.chain.advance(1)
    if executed < 1:
        dao.chain.advance(1)
    dao.vote(c, proposal, Support.FRACTIONAL, (450 * ONE, 550 * ONE, 0))
    dao.chain.advance(PERIOD + EXTENSION + 1)

    state = dao.replay()
    replayed = state.proposals[proposal]
    circulating = SUPPLY - (4_000 * ONE if counts else 0)
    assert replayed.tier is Tier.STANDARD
    assert proposal_approval(state, replayed) == (5_900 if counts else 5_000)
    assert proposal_quorum(state, replayed) == circulating * (900 if counts else 300) // 10_000
    assert dao.state(proposal) == (ProposalState.DEFEATED if counts else ProposalState.SUCCEEDED)
    later = dao.propose(e, [transfer], "Later")
    assert dao.replay().proposals[later].tier is Tier.ISSUANCE
    assert dao.audit().findings == ()
