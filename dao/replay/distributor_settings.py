"""What the distributor is set to, by the timelock alone: `DistributorTerms`, `Reporters`."""

from __future__ import annotations

from typing import Any

from dao.events.decode import Place
from dao.events.model import GuardianSet, ReportersSet, TermsSet
from dao.replay.authority import require_effect
from dao.replay.distributor_state import DistributorTerms
from dao.replay.ledger import Rule
from dao.replay.state import GovernanceState
from dao.types import ZERO_ADDRESS

MAX_REPORTERS = 32
"""`Reporters.MAX_REPORTERS`."""

MIN_CLAIM_PERIOD = 86_400
"""`DistributorTerms.MIN_CLAIM_PERIOD`, in seconds."""


def reporters_set(state: GovernanceState, event: ReportersSet, place: Place) -> None:
    """Replaces all reporters; `Reporters._setReporters`."""
    subject = f"reporters {', '.join(event.reporters)}"
    count, numbers = len(event.reporters), [int(reporter, 16) for reporter in event.reporters]
    fits = 1 <= count <= MAX_REPORTERS and 1 <= event.threshold <= count
    _require(state, subject, fits, f"1 to {MAX_REPORTERS}, of whom 1 to all sign", (count, event.threshold), place)
    ascending = all(one < other for one, other in zip([0, *numbers], numbers, strict=False))
    _require(state, subject, ascending, "ascending addresses, none zero", event.reporters, place)
    _require_call(state, subject, "setReporters", (event.reporters, event.threshold), place)
    state.distributor.reporters, state.distributor.threshold = event.reporters, event.threshold


def terms_set(state: GovernanceState, event: TermsSet, place: Place) -> None:
    """Sets the durations of publications from now on; `DistributorTerms._setTerms`."""
    values = (event.challenge_window, event.dispute_hold, event.claim_period)
    subject = f"terms {values}"
    fits = event.claim_period >= MIN_CLAIM_PERIOD
    _require(state, subject, fits, f"a claim period of {MIN_CLAIM_PERIOD} or more", event.claim_period, place)
    _require_call(state, subject, "setTerms", (values,), place)
    state.distributor.terms = DistributorTerms(
        challenge_window=event.challenge_window, dispute_hold=event.dispute_hold, claim_period=event.claim_period
    )


def guardian_set(state: GovernanceState, event: GuardianSet, place: Place) -> None:
    """Sets who may void; `DistributorTerms._setGuardian`."""
    subject, before = f"guardian {event.guardian}", state.distributor.guardian
    _require(state, subject, event.previous == before, before, event.previous, place)
    _require_call(state, subject, "setGuardian", (event.guardian,), place)
    state.distributor.guardian = event.guardian


def _require(state: GovernanceState, subject: str, holds: bool, expected: object, found: object, place: Place) -> None:
    state.ledger.require(Rule.DISTRIBUTOR_SETTING, subject, holds, expected=expected, found=found, place=place)


def _require_call(
    state: GovernanceState, subject: str, function: str, arguments: tuple[Any, ...], place: Place
) -> None:
    target = state.addresses.distributor or ZERO_ADDRESS
    require_effect(state, Rule.DISTRIBUTOR_AUTHORITY, subject, target, [(function, arguments)], place)
