"""Every word of storage that a replayed state implies."""

from __future__ import annotations

from collections.abc import Iterator

from dao.proving.layout import Slot
from dao.proving.slots.distributor import all_epochs, distributor_slots
from dao.proving.slots.governor import governor_slots
from dao.proving.slots.policy import policy_slots
from dao.proving.slots.roles import role_slots
from dao.proving.slots.timelock import timelock_slots
from dao.proving.slots.token import token_slots
from dao.replay.state import GovernanceState

UNDECIDED = (
    "allowances, nonces, name and symbol of the token",
    "nonces of signed ballots, the governor's queue of its own calls, whether a late quorum settled a deadline",
    "roles of accounts that no log names, functions of other contracts put into a tier, other timelock operations",
    "sums that the policy notes for itself",
    "what leaves no state: reasons of ballots, ballots of no weight, transfers of nothing",
)
"""What no slot that is asked for decides, for the verdict."""

DEPOSITS = "that the wrapper holds what was deposited: the wrapped token's storage layout is unknown"

OTHER_EPOCHS = "payouts of epochs that no log names: there are too many to ask for"


def undecided(state: GovernanceState, timestamp: int) -> tuple[str, ...]:
    """What no slot decides of this deployment at `timestamp` (seconds)."""
    more = () if all_epochs(state, timestamp) else (OTHER_EPOCHS,)
    return (*UNDECIDED, *more, *(() if state.addresses.wraps is None else (DEPOSITS,)))


def slots(state: GovernanceState, timestamp: int) -> Iterator[Slot]:
    """The words that the contracts of `state` must hold, in a fixed order; no slot of an account comes twice.

    Args:
        state: What the logs say.
        timestamp: Of the block after which it is so (seconds).

    Raises ArtifactError where the layout of a contract is not the one that this release knows.
    """
    seen: set[tuple[str, bytes]] = set()
    for part in _parts(state, timestamp):
        for slot in part:
            if (slot.account, slot.key) not in seen:
                seen.add((slot.account, slot.key))
                yield slot


def _parts(state: GovernanceState, timestamp: int) -> Iterator[Iterator[Slot]]:
    yield token_slots(state)
    yield role_slots(state)
    yield governor_slots(state)
    yield timelock_slots(state)
    yield policy_slots(state)
    yield distributor_slots(state, timestamp)
