"""Every word of storage that a replayed state implies."""

from __future__ import annotations

from collections.abc import Iterator

from dao.proving.layout import Slot
from dao.proving.slots.distributor import distributor_slots
from dao.proving.slots.governor import governor_slots
from dao.proving.slots.policy import policy_slots
from dao.proving.slots.roles import role_slots
from dao.proving.slots.timelock import timelock_slots
from dao.proving.slots.token import token_slots
from dao.replay.state import GovernanceState

UNDECIDED = (
    "token: allowances and nonces of permits; name and symbol",
    "governor: nonces of signed ballots, the queue of its own calls, whether a late quorum settled a deadline",
    "roles: that nobody else holds one; timelock: that no other operation was scheduled (no slot lists them)",
    "policy: sums that it notes for itself",
    "distributor: that no other epoch has payouts (no slot lists them)",
    "events that leave no state: reasons of ballots, descriptions, ballots of no weight, transfers of nothing",
)
"""What no slot that is asked for decides, for the verdict."""


def slots(state: GovernanceState) -> Iterator[Slot]:
    """The words that the contracts of `state` must hold, in a fixed order; no slot of an account comes twice.

    Raises ArtifactError where the layout of a contract is not the one that this release knows.
    """
    seen: set[tuple[str, bytes]] = set()
    for part in (token_slots, role_slots, governor_slots, timelock_slots, policy_slots, distributor_slots):
        for slot in part(state):
            if (slot.account, slot.key) not in seen:
                seen.add((slot.account, slot.key))
                yield slot
