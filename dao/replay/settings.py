"""What governor and timelock are set to, and what each setting was at any timepoint that still matters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any

from dao.events.decode import Place
from dao.events.model import (
    Event,
    GracePeriodSet,
    LateQuorumVoteExtensionSet,
    MinDelayChange,
    ProposalGuardianSet,
    ProposalThresholdSet,
    TimelockChange,
    VotingDelaySet,
    VotingPeriodSet,
)
from dao.replay.authority import require_effect
from dao.replay.ledger import Rule
from dao.replay.parts import Authority
from dao.replay.state import GovernanceState, Settings
from dao.types import Address


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of the governor: its function, how it is read, how it is written at a timepoint."""

    function: str
    read: Callable[[Settings], Any]
    write: Callable[[Settings, Any, int], object]


def _plain(function: str, attribute: str) -> Setting:
    return Setting(
        function,
        lambda settings: getattr(settings, attribute),
        lambda settings, value, _: setattr(settings, attribute, value),
    )


SETTINGS: dict[type[Event], Setting] = {
    VotingDelaySet: _plain("setVotingDelay", "voting_delay"),
    VotingPeriodSet: _plain("setVotingPeriod", "voting_period"),
    ProposalThresholdSet: _plain("setProposalThreshold", "proposal_threshold"),
    LateQuorumVoteExtensionSet: _plain("setLateQuorumVoteExtension", "late_quorum_extension"),
    ProposalGuardianSet: _plain("setProposalGuardian", "guardian"),
    TimelockChange: _plain("updateTimelock", "timelock"),
    GracePeriodSet: Setting(
        "setGracePeriod",
        lambda settings: settings.grace_periods.latest(),
        lambda settings, value, clock: settings.grace_periods.push(clock, value),
    ),
}
"""By the event that tells of a change; each of these events has the old and the new value, in this order.

The grace period keeps its history, because a proposal keeps that of its snapshot.
"""


def setting_changed(state: GovernanceState, event: Event, place: Place) -> None:
    """Sets one setting of the governor, through `onlyGovernance` once it is constructed."""
    setting = SETTINGS[type(event)]
    old, new = astuple(event)  # type: ignore[call-overload]
    subject = f"{type(event).__name__} to {new}"
    state.ledger.compare(Rule.SETTING, subject, expected=setting.read(state.settings), found=old, place=place)
    calls = [(setting.function, (new,))]
    require_effect(state, Rule.SETTING_AUTHORITY, subject, state.addresses.governor, calls, place)
    setting.write(state.settings, new, state.clock)


def min_delay_changed(state: Authority, event: MinDelayChange, timelock: Address, place: Place) -> None:
    """Sets the least delay of `timelock` (seconds); `TimelockController.updateDelay`."""
    subject = f"MinDelayChange of {timelock} to {event.new_duration}"
    before = state.min_delays.get(timelock, 0)
    state.ledger.compare(Rule.SETTING, subject, expected=before, found=event.old_duration, place=place)
    calls = [("updateDelay", (event.new_duration,))]
    require_effect(state, Rule.SETTING_AUTHORITY, subject, timelock, calls, place)
    state.min_delays[timelock] = event.new_duration
