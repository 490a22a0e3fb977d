"""Impact tiers and exclusions out of their events: `GovernorImpactTiers` and `GovernorCirculatingSupply`."""

from __future__ import annotations

from dao.events.decode import Place
from dao.events.model import ExclusionsSet, ProposalTier, QuorumNumeratorUpdated, SelectorTierSet, TierSet
from dao.replay.authority import require_effect
from dao.replay.ledger import Rule
from dao.replay.state import GovernanceState
from dao.tiers import Tier, highest_tier
from dao.types import Address, Call


def tier_set(state: GovernanceState, event: TierSet, place: Place) -> None:
    """Sets what proposals of a tier need; `_setTier`. The highest tier's quorum is told of by OpenZeppelin as well."""
    settings, rules = state.settings, (event.approval, event.quorum)
    if not _is_tier(state, event.tier, place):
        return
    tier = Tier(event.tier)
    calls: list[tuple[str, tuple[object, ...]]] = [("setTier", (event.tier, rules))]
    if tier is Tier.CONSTITUTIONAL:
        if event.approval == settings.approvals[tier].latest():
            calls.append(("updateQuorumNumerator", (event.quorum,)))
        state.transaction.numerators.append((settings.quorums[tier].latest(), event.quorum, place))
    subject = f"rules of the {tier.word} tier"
    require_effect(state, Rule.SETTING_AUTHORITY, subject, state.addresses.governor, calls, place)
    settings.approvals[tier].push(state.clock, event.approval)
    settings.quorums[tier].push(state.clock, event.quorum)


def quorum_numerator_updated(state: GovernanceState, event: QuorumNumeratorUpdated, place: Place) -> None:
    """Compares what OpenZeppelin's module says with the tier's event before it; it changes nothing.

    In the governor's constructor the module begins with zero, before there are tiers.
    """
    waiting = state.transaction.numerators
    begin = (0, 0) if state.constructing(state.addresses.governor, place) else "no change of the highest tier"
    expected = waiting.popleft()[:2] if waiting else begin
    found = (event.old_quorum_numerator, event.new_quorum_numerator)
    state.ledger.compare(Rule.SETTING, "quorum numerator", expected=expected, found=found, place=place)


def selector_tier_set(state: GovernanceState, event: SelectorTierSet, place: Place) -> None:
    """Puts a function into a tier; `_setSelectorTier`."""
    if not _is_tier(state, event.tier, place):
        return
    calls = [("setSelectorTier", (event.target, event.selector, event.tier))]
    subject = f"tier of 0x{event.selector.hex()} of {event.target}"
    require_effect(state, Rule.SETTING_AUTHORITY, subject, state.addresses.governor, calls, place)
    state.settings.selector_tiers[event.target, event.selector] = Tier(event.tier)


def exclusions_set(state: GovernanceState, event: ExclusionsSet, place: Place) -> None:
    """Replaces the delegates whose votes do not circulate; `_setExclusions`."""
    calls = [("setExclusions", (event.exclusions,))]
    require_effect(state, Rule.SETTING_AUTHORITY, "exclusions", state.addresses.governor, calls, place)
    state.settings.exclusions_since.push(state.clock, state.clock)
    state.settings.exclusion_lists[state.clock] = event.exclusions


def proposal_tier(state: GovernanceState, event: ProposalTier, place: Place) -> None:
    """Compares the governor's claim with the tier of the proposal that was just made."""
    waiting = state.transaction.tiers
    expected = waiting.popleft()[:2] if waiting else "no proposal"
    found = (event.proposal_id, event.tier)
    state.ledger.compare(Rule.TIER, f"proposal {event.proposal_id}", expected=expected, found=found, place=place)


def tier_of(state: GovernanceState, calls: tuple[Call, ...]) -> Tier:
    """The tier of a proposal of `calls` that is made now."""
    return highest_tier(calls, listed=state.settings.listed, own=_own(state))


def selector_tier(state: GovernanceState, target: Address, selector: bytes) -> Tier:
    """The tier of a function now; `selectorTier`."""
    return Tier.CONSTITUTIONAL if target in _own(state) else state.settings.listed(target, selector)


def settle_tiers(state: GovernanceState) -> None:
    """Notes every tier that the transaction's logs should have told of and did not."""
    for identifier, tier, place in state.transaction.tiers:
        subject = f"proposal {identifier}"
        expected = (identifier, int(tier))
        state.ledger.compare(Rule.TIER, subject, expected=expected, found="no ProposalTier", place=place)
    for old, new, place in state.transaction.numerators:
        found = "no QuorumNumeratorUpdated"
        state.ledger.compare(Rule.SETTING, "quorum numerator", expected=(old, new), found=found, place=place)


def _own(state: GovernanceState) -> tuple[Address, Address]:
    return state.addresses.governor, state.settings.timelock


def _is_tier(state: GovernanceState, number: int, place: Place) -> bool:
    known = number in list(Tier)
    return state.ledger.require(Rule.SETTING, "tier", known, expected="a tier, 0 to 2", found=number, place=place)
