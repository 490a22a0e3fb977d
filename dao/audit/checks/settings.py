"""Check: governor and timelock are set to what their events say, now and at every past timepoint."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.replay.checkpoints import Trace
from dao.replay.ledger import Rule
from dao.replay.state import GovernanceState
from dao.replay.tiers import selector_tier
from dao.tiers import SELECTOR_LENGTH, Tier
from dao.types import Address


def questions(scene: Scene) -> Iterator[Question]:
    """Every setting now; rules, exclusions and grace period at each of their changes; minimum delays; the owner."""
    state, settings = scene.state, scene.state.settings
    now = {
        "votingDelay": settings.voting_delay,
        "votingPeriod": settings.voting_period,
        "proposalThreshold": settings.proposal_threshold,
        "lateQuorumVoteExtension": settings.late_quorum_extension,
        "proposalGuardian": settings.guardian,
        "timelock": settings.timelock,
        "token": state.addresses.token,
        "quorumNumerator()": settings.quorums[Tier.CONSTITUTIONAL].latest(),
        "gracePeriod()": settings.grace_periods.latest(),
    }
    for function, value in now.items():
        yield scene.governor(function, expected=value, what="governor")
    histories = {
        "quorumNumerator(uint256)": settings.quorums[Tier.CONSTITUTIONAL],
        "gracePeriod(uint256)": settings.grace_periods,
    }
    for function, trace in histories.items():
        for timepoint in _around(trace, scene.timepoint):
            expected = trace.upper_lookup(timepoint)
            yield scene.governor(function, timepoint, expected=expected, what=f"governor at {timepoint}")
    for tier in Tier:
        approvals, quorums = settings.approvals[tier], settings.quorums[tier]
        for timepoint in _around(approvals, scene.timepoint):
            rules = (approvals.upper_lookup(timepoint), quorums.upper_lookup(timepoint))
            what = f"{tier.word} tier at {timepoint}"
            yield scene.governor("tierRules", int(tier), timepoint, expected=rules, what=what)
    for target, selector in _functions(state):
        listed = int(selector_tier(state, target, selector))
        what = f"0x{selector.hex()} of {target}"
        yield scene.governor("selectorTier", target, selector, expected=listed, what=what)
    for timepoint in _around(settings.exclusions_since, scene.timepoint):
        excluded = settings.exclusions(timepoint)
        yield scene.governor("exclusions", timepoint, expected=excluded, what=f"governor at {timepoint}")
    for timelock, delay in state.min_delays.items():
        yield scene.ask(timelock, "getMinDelay", expected=delay, what=f"timelock {timelock}")
    yield scene.policy("owner", expected=state.policy_owner, what="policy")


def _functions(state: GovernanceState) -> list[tuple[Address, bytes]]:
    """Every function that was ever listed or proposed, and every one of token and policy."""
    called = {
        (call.target, call.calldata[:SELECTOR_LENGTH])
        for proposal in state.proposals.values()
        for call in proposal.calls
        if len(call.calldata) >= SELECTOR_LENGTH
    }
    known = {
        (contract, selector)
        for contract in (state.addresses.token, state.addresses.policy)
        for selector in state.abi(contract).functions
    }
    return sorted({*state.settings.selector_tiers, *called, *known})


def _around(trace: Trace, now: int) -> list[int]:
    return sorted({now, *(timepoint for key in trace.keys for timepoint in (key - 1, key))})


CHECK = Check(
    name="settings",
    proves="governor and timelock are set to what their events say, now and at every past timepoint",
    rules=(Rule.SETTING,),
    questions=questions,
)
