"""Impact tiers: which tier a call has, and the list and the rules that a deployment begins with."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import IntEnum

from dao.artifacts import load
from dao.types import Address, Addresses, Call

SELECTOR_LENGTH = 4
MIN_APPROVAL = 5_000
"""The least approval of a tier, in basis points: with less, a minority would decide."""
MAX_EXCLUSIONS = 16
"""The most delegates whose votes do not circulate."""


class Tier(IntEnum):
    """What a proposal touches, numbered as `GovernorImpactTiers.Tier`: from the highest down."""

    CONSTITUTIONAL = 0
    ISSUANCE = 1
    STANDARD = 2

    @property
    def word(self) -> str:
        """The tier as documents write it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class TierRules:
    """What a proposal of a tier needs, in basis points; `GovernorImpactTiers.TierRules`.

    Args:
        approval: The part of the votes for and against that the votes for must exceed.
        quorum: The part of the circulating supply that for and abstain together must reach.
    """

    approval: int
    quorum: int


DEFAULT_RULES = {
    Tier.CONSTITUTIONAL: TierRules(7_000, 1_000),
    Tier.ISSUANCE: TierRules(6_000, 500),
    Tier.STANDARD: TierRules(5_000, 300),
}
"""DIMO's three tiers: 70 % and 10 %, 60 % and 5 %, 50 % and 3 %."""

MINT = ("token", "mint")
"""What a wrapper does not have."""

DEFAULT_TIERS = {
    ("token", "transfer"): Tier.STANDARD,
    MINT: Tier.ISSUANCE,
    ("policy", "addStream"): Tier.ISSUANCE,
    ("policy", "setSchedule"): Tier.ISSUANCE,
    ("policy", "setSplit"): Tier.ISSUANCE,
    ("policy", "setWeights"): Tier.ISSUANCE,
    ("policy", "setParameters"): Tier.ISSUANCE,
    ("policy", "requireHash"): Tier.STANDARD,
    ("policy", "requireEmission"): Tier.STANDARD,
}
"""By contract and function: what a deployment lists below the highest tier. Nothing here may pass a call on.

Budgets, rails and reporters are left out: who changes a bound needs the highest tier.
"""


def default_list(addresses: Addresses) -> tuple[tuple[Address, bytes, Tier], ...]:
    """The list that a deployment begins with: contract, selector (4 bytes) and tier of each function."""
    at = {
        "token": (addresses.token, load(addresses.token_contract).abi),
        "policy": (addresses.policy, load("RewardPolicy").abi),
    }
    return tuple(
        (at[contract][0], at[contract][1].function(function).selector, tier)
        for (contract, function), tier in DEFAULT_TIERS.items()
        if addresses.wraps is None or (contract, function) != MINT
    )


def call_tier(call: Call, *, listed: Callable[[Address, bytes], Tier], own: Collection[Address]) -> Tier:
    """The tier of one call; `GovernorImpactTiers._callTier`.

    Args:
        call: The call.
        listed: The tier of a contract and selector on the list; the highest where they are not on it.
        own: The governor and its timelock, calls to which are constitutional whatever the list says.
    """
    if call.value != 0 or len(call.calldata) < SELECTOR_LENGTH or call.target in own:
        return Tier.CONSTITUTIONAL
    return listed(call.target, call.calldata[:SELECTOR_LENGTH])


def highest_tier(calls: Iterable[Call], *, listed: Callable[[Address, bytes], Tier], own: Collection[Address]) -> Tier:
    """The tier of a proposal: the highest of its calls; `GovernorImpactTiers._propose`."""
    return min((call_tier(call, listed=listed, own=own) for call in calls), default=Tier.STANDARD)
