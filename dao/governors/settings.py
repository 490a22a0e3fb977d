"""What the governor is set to, from its events; what it was before the first of them, as that event or a view says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple
from typing import Any

from dao.abi import encode, keccak
from dao.events.decode import Place
from dao.events.model import (
    Event,
    LateQuorumVoteExtensionSet,
    ProposalGuardianSet,
    ProposalThresholdSet,
    QuorumNumeratorUpdated,
    TimelockChange,
    VotingDelaySet,
    VotingPeriodSet,
)
from dao.governors.events import SuperQuorumNumeratorUpdated, WhitelistAccountExpirationSet
from dao.governors.state import GovernorState
from dao.replay.authority import require_call
from dao.replay.checkpoints import Trace
from dao.replay.ledger import Rule
from dao.types import ZERO_ADDRESS

SETTINGS: dict[type[Event], tuple[str, str]] = {
    VotingDelaySet: ("voting_delay", "setVotingDelay(uint48)|setVotingDelay(uint256)"),
    VotingPeriodSet: ("voting_period", "setVotingPeriod(uint32)|setVotingPeriod(uint256)"),
    ProposalThresholdSet: ("proposal_threshold", "setProposalThreshold(uint256)"),
    LateQuorumVoteExtensionSet: (
        "late_quorum_extension",
        "setLateQuorumVoteExtension(uint48)|setLateQuorumVoteExtension(uint64)",
    ),
    QuorumNumeratorUpdated: ("numerators", "updateQuorumNumerator(uint256)"),
    SuperQuorumNumeratorUpdated: ("super_numerators", "updateSuperQuorumNumerator(uint256)"),
    ProposalGuardianSet: ("guardian", "setProposalGuardian(address)"),
    TimelockChange: ("timelock", "updateTimelock(address)"),
}
"""By the event of a change, with old and new value: what changes, and which functions do it in one version or other."""


def begin(state: GovernorState, events: Iterable[Event]) -> None:
    """Sets everything to what it was before the first log: the first change's old value, or what views answered."""
    settings, profile = state.settings, state.profile
    first: dict[str, Any] = {}
    delays = False
    for event in events:
        if type(event) in SETTINGS:
            first.setdefault(SETTINGS[type(event)][0], astuple(event)[0])  # type: ignore[call-overload]
        delays |= type(event).__name__ in ("MinDelayChange", "NewDelay")
    for name, _ in SETTINGS.values():
        value = first.get(name, profile.trusts(name))
        if value is not None and name not in first:
            state.trusted[name] = value
        if name in ("numerators", "super_numerators"):
            # Before the first block: the constructor of a later implementation does not tell what was before it.
            getattr(settings, name).push(0, value or 0)
        elif name in ("guardian", "timelock"):
            setattr(settings, name, first.get(name, ZERO_ADDRESS))
        else:
            setattr(settings, name, value or 0)
    if "timelock" not in first:
        settings.timelock = state.deployment.timelock or ZERO_ADDRESS
    least, timelock = profile.trusts("min_delay"), state.deployment.timelock
    if timelock is not None and not delays and least is not None:
        state.min_delays[timelock] = state.trusted["min_delay"] = least
    for name in ("grace_period", "quorum_votes", "first_id"):
        value = profile.trusts(name)
        if value is not None:
            state.trusted[name] = value
    settings.grace_period = state.trusted.get("grace_period", 0)


def setting_changed(state: GovernorState, event: Event, place: Place) -> None:
    """Sets one setting of the governor; through `onlyGovernance` once it is constructed, where it is OpenZeppelin's."""
    name, functions = SETTINGS[type(event)]
    old, new = astuple(event)  # type: ignore[call-overload]
    before = getattr(state.settings, name)
    traced = isinstance(before, Trace)
    subject = f"{type(event).__name__} to {new}"
    expected = before.latest() if traced else before
    state.ledger.compare(Rule.SETTING, subject, expected=expected, found=old, place=place)
    if state.profile.family == "openzeppelin":
        kind = "address" if isinstance(new, str) else "uint256"
        calls = tuple(keccak(name.encode())[:4] + encode([kind], [new]) for name in functions.split("|"))
        require_call(state, Rule.SETTING_AUTHORITY, subject, state.deployment.governor, calls, place)
    if traced:
        before.push(state.clock, new)
    else:
        setattr(state.settings, name, new)


def whitelisted(state: GovernorState, event: WhitelistAccountExpirationSet, place: Place) -> None:
    """Lets an account propose below the threshold for a while; `GovernorBravo._setWhitelistAccountExpiration`."""
    state.settings.whitelist[event.account] = event.expiration
