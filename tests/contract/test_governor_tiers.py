"""Impact tiers: which tier a proposal gets, what it then needs, and that nothing changes either afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from contract_evm import ZERO, go_to, next_at, now, project, refused, refused_creation
from contract_proposal import Proposal, Support
from contract_system import LATE_EXTENSION, UNIT, VOTING_DELAY, System, configuration, deploy

from dao.types import ProposalState as State

CONSTITUTIONAL, ISSUANCE, STANDARD = range(3)
RULES = [(7_000, 1_000), (6_000, 500), (5_000, 300)]
CIRCULATING = 560_000 * UNIT


@pytest.fixture(scope="module")
def tiered(system: System, accounts: Any) -> System:
    """A system of its own with DIMO's tiers: `CallTarget.set` is standard, `transfer` issuance, and no more listed."""
    target = project()["CallTarget"].deploy({"from": accounts[9]})
    listed = [(target.address, target.set.signature, STANDARD)]
    token_to_be = accounts[0].get_deployment_address(accounts[0].nonce + 2)
    listed.append((token_to_be, system.token.transfer.signature, ISSUANCE))
    made = deploy(accounts, tiers=RULES, selectors=listed)
    made.extra["target"] = target
    made.extra["forwarder"] = project()["Forwarder"].deploy({"from": accounts[9]})
    return made


@pytest.fixture(scope="module", autouse=True)
def tiered_first(tiered: System) -> None:
    """Deploys before the first test's snapshot is taken."""


def standard(system: System, value: int = 1) -> tuple[Any, int, str]:
    return system.extra["target"], 0, system.extra["target"].set.encode_input(value)


def issuance(system: System) -> tuple[Any, int, str]:
    return system.token, 0, system.token.transfer.encode_input(system.minnow, 0)


def params(against: int, for_: int, abstain: int) -> bytes:
    return b"".join(amount.to_bytes(16, "big") for amount in (against, for_, abstain))


def split(system: System, proposal: Proposal, voter: Any, against: int, for_: int, abstain: int = 0) -> None:
    system.governor.castVoteWithReasonAndParams(
        proposal.id, Support.FRACTIONAL, "", params(against, for_, abstain), {"from": voter}
    )


def test_constructor_values(tiered: System) -> None:
    governor, present = tiered.governor, now()
    assert [tuple(governor.tierRules(tier, present)) for tier in range(3)] == RULES
    assert governor.quorumNumerator() == 1_000
    target, token = tiered.extra["target"], tiered.token
    assert governor.selectorTier(target, target.set.signature) == STANDARD
    assert governor.selectorTier(token, token.transfer.signature) == ISSUANCE
    assert governor.selectorTier(token, token.mint.signature) == CONSTITUTIONAL
    assert list(governor.exclusions(present)) == [token]
    events = governor.tx.events
    assert [(e["tier"], e["approval"], e["quorum"]) for e in events["TierSet"]] == [
        (i, *r) for i, r in enumerate(RULES)
    ]
    assert [e["tier"] for e in events["SelectorTierSet"]] == [STANDARD, ISSUANCE]


CALLS: dict[str, Any] = {
    "standard": (STANDARD, lambda s: [standard(s)]),
    "issuance": (ISSUANCE, lambda s: [issuance(s)]),
    "standard twice": (STANDARD, lambda s: [standard(s), standard(s, 2)]),
    "standard, then issuance": (ISSUANCE, lambda s: [standard(s), issuance(s)]),
    "issuance, then standard": (ISSUANCE, lambda s: [issuance(s), standard(s)]),
    "with an unlisted function last": (
        CONSTITUTIONAL,
        lambda s: [standard(s), issuance(s), (s.token, 0, s.token.approve.encode_input(s.minnow, 1))],
    ),
    "with an unlisted function first": (
        CONSTITUTIONAL,
        lambda s: [(s.extra["target"], 0, s.extra["target"].refuse.encode_input()), standard(s)],
    ),
    "the listed selector of another target": (
        CONSTITUTIONAL,
        lambda s: [(s.extra["forwarder"], 0, standard(s)[2])],
    ),
    "wrapped by a forwarder": (
        CONSTITUTIONAL,
        lambda s: [(s.extra["forwarder"], 0, s.extra["forwarder"].forward.encode_input(*standard(s)[::2]))],
    ),
    "relayed": (CONSTITUTIONAL, lambda s: [(s.governor, 0, s.governor.relay.encode_input(*standard(s)))]),
    "the timelock itself": (CONSTITUTIONAL, lambda s: [(s.timelock, 0, s.timelock.updateDelay.encode_input(5))]),
    "through the timelock": (
        CONSTITUTIONAL,
        lambda s: [(s.timelock, 0, s.timelock.execute.encode_input(*standard(s), bytes(32), bytes(32)))],
    ),
    "the governor itself": (CONSTITUTIONAL, lambda s: [(s.governor, 0, s.governor.setVotingDelay.encode_input(5))]),
    "the rules": (CONSTITUTIONAL, lambda s: [(s.governor, 0, s.governor.setTier.encode_input(2, (5_000, 0)))]),
    "ether without calldata": (CONSTITUTIONAL, lambda s: [(s.minnow, 1, "0x")]),
    "nothing at all": (CONSTITUTIONAL, lambda s: [(s.extra["target"], 0, "0x")]),
    "ether with a listed function": (CONSTITUTIONAL, lambda s: [(standard(s)[0], 1, standard(s)[2])]),
    "less than a selector": (CONSTITUTIONAL, lambda s: [(s.extra["target"], 0, standard(s)[2][:8])]),
    "a selector and no arguments": (STANDARD, lambda s: [(s.extra["target"], 0, standard(s)[2][:10])]),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_proposal_has_the_highest_tier_of_its_calls(tiered: System, name: str) -> None:
    tier, calls = CALLS[name]
    proposal = Proposal(tiered, calls(tiered))
    receipt = tiered.governor.propose(*proposal.propose_arguments, {"from": tiered.proposer})
    assert dict(receipt.events["ProposalTier"]) == {"proposalId": proposal.id, "tier": tier}
    assert tiered.governor.proposalTier(proposal.id) == tier
    assert tiered.governor.proposalApproval(proposal.id) == RULES[tier][0]
    go_to(proposal.snapshot + 1)
    assert tiered.governor.proposalQuorum(proposal.id) == CIRCULATING * RULES[tier][1] // 10_000


@pytest.mark.parametrize("tier", range(3))
def test_approval_must_be_exceeded(tiered: System, tier: int) -> None:
    calls = {STANDARD: standard(tiered), ISSUANCE: issuance(tiered), CONSTITUTIONAL: (tiered.minnow, 0, "0x")}
    approval = RULES[tier][0]
    exact = Proposal(tiered, [calls[tier]], "Exact").submit()
    above = Proposal(tiered, [calls[tier]], "Above").submit()
    go_to(above.snapshot + 1)
    part = 20 * UNIT
    split(tiered, exact, tiered.voters[0], part * (10_000 - approval), part * approval)
    split(tiered, above, tiered.voters[0], part * (10_000 - approval), part * approval)
    tiered.governor.castVoteWithReasonAndParams(
        above.id, Support.FRACTIONAL, "", params(0, 1, 0), {"from": tiered.voters[1]}
    )
    go_to(above.deadline + 1)
    assert (exact.state, above.state) == (State.DEFEATED, State.SUCCEEDED)


@pytest.mark.parametrize("tier", range(3))
def test_quorum_must_be_reached(tiered: System, tier: int) -> None:
    calls = {STANDARD: standard(tiered), ISSUANCE: issuance(tiered), CONSTITUTIONAL: (tiered.minnow, 0, "0x")}
    needed = CIRCULATING * RULES[tier][1] // 10_000
    below = Proposal(tiered, [calls[tier]], "Below").submit()
    reached = Proposal(tiered, [calls[tier]], "Reached").submit()
    go_to(reached.snapshot + 1)
    split(tiered, below, tiered.voters[0], 0, 1, needed - 2)
    split(tiered, reached, tiered.voters[0], 0, 1, needed - 1)
    go_to(reached.deadline + 1)
    assert (below.state, reached.state) == (State.DEFEATED, State.SUCCEEDED)


def test_late_quorum_is_the_proposals_own(tiered: System) -> None:
    """The same ballot is a late quorum of a standard proposal, and none of a constitutional one."""
    low = Proposal(tiered, [standard(tiered)], "Low").submit()
    high = Proposal(tiered, [(tiered.minnow, 0, "0x")], "High").submit()
    deadline, late = high.deadline, low.deadline - 100
    next_at(late)
    low.vote(tiered.proposer, Support.FOR)
    next_at(late + 1)
    high.vote(tiered.proposer, Support.FOR)
    assert (low.deadline, high.deadline) == (late + LATE_EXTENSION, deadline)


def rules(system: System, *calls: tuple[str, Any], description: str = "Rules") -> Proposal:
    """A proposal that makes these calls of the governor."""
    made = [(system.governor, 0, getattr(system.governor, name).encode_input(*values)) for name, values in calls]
    return Proposal(system, made, description)


def change_rules(system: System, *calls: tuple[str, Any], description: str = "Rules") -> Proposal:
    """The same, mature."""
    return rules(system, *calls, description=description).mature()


def test_later_rules_do_not_flip_a_finished_proposal(tiered: System) -> None:
    governor = tiered.governor
    change = change_rules(
        tiered,
        ("setTier", (CONSTITUTIONAL, (9_000, 9_000))),
        ("setTier", (ISSUANCE, (9_000, 9_000))),
        ("setTier", (STANDARD, (9_000, 9_000))),
        ("setSelectorTier", (tiered.extra["target"], tiered.extra["target"].set.signature, CONSTITUTIONAL)),
        ("setExclusions", ([],)),
    )
    passed, failed = Proposal(tiered, [standard(tiered)], "Passed"), Proposal(tiered, [standard(tiered)], "Failed")
    passed.submit(), failed.submit()
    go_to(failed.snapshot + 1)
    split(tiered, passed, tiered.voters[0], 20_000 * UNIT, 30_000 * UNIT)
    split(tiered, failed, tiered.voters[0], 30_000 * UNIT, 20_000 * UNIT)
    go_to(failed.deadline + 1)
    before = [(governor.proposalQuorum(p.id), governor.proposalApproval(p.id)) for p in (passed, failed)]
    change.run()
    assert [(governor.proposalQuorum(p.id), governor.proposalApproval(p.id)) for p in (passed, failed)] == before
    assert (passed.state, failed.state) == (State.SUCCEEDED, State.DEFEATED)
    assert governor.proposalTier(passed.id) == STANDARD
    governor.queue(*passed.arguments, {"from": tiered.outsider})
    later = Proposal(tiered, [standard(tiered)], "Later").submit()
    assert governor.proposalTier(later.id) == CONSTITUTIONAL
    assert governor.proposalApproval(later.id) == 9_000
    assert governor.quorumNumerator() == 9_000


def test_rules_at_the_snapshot_count(tiered: System) -> None:
    """A change in the second of the snapshot counts, one a second later does not; the tier stays that of the making."""
    change = rules(tiered, ("setTier", (STANDARD, (5_500, 400))))
    other = rules(tiered, ("setTier", (STANDARD, (5_600, 401))), description="Other")
    Proposal.mature_together(change, other)
    proposal = Proposal(tiered, [standard(tiered)], "Snapshot").submit()
    go_to(proposal.snapshot - 5)
    assert tiered.governor.proposalApproval(proposal.id) == 5_000
    next_at(proposal.snapshot)
    tiered.governor.execute(*change.arguments, {"from": tiered.outsider})
    next_at(proposal.snapshot + 1)
    tiered.governor.execute(*other.arguments, {"from": tiered.outsider})
    assert tiered.governor.proposalApproval(proposal.id) == 5_500
    assert tiered.governor.proposalQuorum(proposal.id) == CIRCULATING * 400 // 10_000


def test_the_quorum_numerator_is_the_highest_tiers(tiered: System) -> None:
    receipt = change_rules(tiered, ("updateQuorumNumerator", (1_500,))).run()
    changed = now()
    assert tuple(tiered.governor.tierRules(CONSTITUTIONAL, changed)) == (7_000, 1_500)
    assert tiered.governor.quorumNumerator() == 1_500
    assert receipt.events["QuorumNumeratorUpdated"]["newQuorumNumerator"] == 1_500
    assert dict(receipt.events["TierSet"]) == {"tier": CONSTITUTIONAL, "approval": 7_000, "quorum": 1_500}
    go_to(changed + 1)
    assert tiered.governor.quorum(changed) == CIRCULATING * 1_500 // 10_000


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("setTier", (STANDARD, (5_000, 0))),
        ("setSelectorTier", ("0x" + "12" * 20, "0x12345678", STANDARD)),
        ("setExclusions", ([],)),
        ("updateQuorumNumerator", (600,)),
    ],
)
def test_only_a_proposal_changes_tiers(tiered: System, name: str, values: tuple[Any, ...]) -> None:
    method = getattr(tiered.governor, name)
    for account in (*tiered.everyone, tiered.governor):
        assert refused(method, *values, by=account) == ("GovernorOnlyExecutor", (str(account),))
    assert refused(method, *values, by=tiered.timelock)[0] == "Panic"


@pytest.mark.parametrize(
    ("tier", "refused_rules"),
    [
        (CONSTITUTIONAL, (10_000, 1_000)),
        (CONSTITUTIONAL, (7_000, 10_001)),
        (STANDARD, (4_999, 300)),
        (STANDARD, (6_001, 300)),
        (STANDARD, (5_000, 501)),
        (ISSUANCE, (7_001, 500)),
        (ISSUANCE, (6_000, 1_001)),
        (ISSUANCE, (6_000, 299)),
        (CONSTITUTIONAL, (5_999, 1_000)),
        (CONSTITUTIONAL, (7_000, 499)),
    ],
)
def test_refused_rules(tiered: System, tier: int, refused_rules: tuple[int, int]) -> None:
    proposal = change_rules(tiered, ("setTier", (tier, refused_rules)))
    assert refused(tiered.governor.execute, *proposal.arguments, by=tiered.outsider) == (
        "GovernorInvalidTierRules",
        (tier, *refused_rules),
    )


@pytest.mark.parametrize("numerator", [10_001, 65_536 + 1_000, 2**255])
def test_a_quorum_numerator_above_the_whole_is_refused(tiered: System, numerator: int) -> None:
    proposal = change_rules(tiered, ("updateQuorumNumerator", (numerator,)))
    assert refused(tiered.governor.execute, *proposal.arguments, by=tiered.outsider) == (
        "GovernorInvalidQuorumFraction",
        (numerator, 10_000),
    )


def test_governor_and_timelock_are_never_listed(tiered: System) -> None:
    for name in ("governor", "timelock"):
        contract = getattr(tiered, name)
        proposal = change_rules(tiered, ("setSelectorTier", (contract, "0x12345678", STANDARD)), description=name)
        assert refused(tiered.governor.execute, *proposal.arguments, by=tiered.outsider) == (
            "GovernorTargetNotListable",
            (contract.address,),
        )


def test_a_listed_contract_that_becomes_the_timelock_is_constitutional(tiered: System) -> None:
    target = tiered.extra["target"]
    assert tiered.governor.selectorTier(target, target.set.signature) == STANDARD
    change_rules(tiered, ("updateTimelock", (target,))).run()
    assert tiered.governor.selectorTier(target, target.set.signature) == CONSTITUTIONAL


def test_refused_constructors(tiered: System) -> None:
    container = project()["RewardGovernor"]
    parts = {"token": tiered.token, "timelock": tiered.timelock, "guardian": tiered.guardian}

    def creation(**changes: Any) -> Any:
        return refused_creation(container, configuration(**{**parts, **changes}))

    assert creation(tiers=[(7_000, 1_000), (7_001, 500), (5_000, 300)]) == (
        "GovernorInvalidTierRules",
        (ISSUANCE, 7_001, 500),
    )
    assert creation(tiers=[(0, 0)] * 3) == ("GovernorInvalidTierRules", (CONSTITUTIONAL, 0, 0))
    assert creation(selectors=[(tiered.timelock.address, "0x12345678", STANDARD)]) == (
        "GovernorTargetNotListable",
        (tiered.timelock.address,),
    )
    assert creation(exclusions=[ZERO]) == ("GovernorExclusionsNotAscending", (ZERO,))


def test_an_unknown_proposal_has_no_tier(tiered: System) -> None:
    for name in ("proposalTier", "proposalApproval", "proposalQuorum"):
        assert refused(getattr(tiered.governor, name), 7, by=tiered.outsider) == ("GovernorNonexistentProposal", (7,))


def test_a_quorum_is_known_when_the_snapshot_is_over(tiered: System) -> None:
    proposal = Proposal(tiered, [standard(tiered)]).submit()
    assert proposal.snapshot == now() + VOTING_DELAY
    assert refused(tiered.governor.proposalQuorum, proposal.id, by=tiered.outsider)[0] == "ERC5805FutureLookup"
