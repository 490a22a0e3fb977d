"""Who owns policy and distributor: `Ownable`."""

from __future__ import annotations

from dao.events.decode import Place
from dao.events.model import OwnershipTransferred
from dao.replay.authority import require_effect
from dao.replay.ledger import Rule
from dao.replay.state import GovernanceState
from dao.types import ZERO_ADDRESS, Address


def ownership_transferred(state: GovernanceState, event: OwnershipTransferred, contract: Address, place: Place) -> None:
    """Notes who may write the policy, or set the distributor; `Ownable._transferOwnership`."""
    of_policy = contract == state.addresses.policy
    subject = f"owner of the {'policy' if of_policy else 'distributor'} to {event.new_owner}"
    before = state.policy_owner if of_policy else state.distributor.owner
    setting = Rule.SETTING if of_policy else Rule.DISTRIBUTOR_SETTING
    state.ledger.compare(setting, subject, expected=before, found=event.previous_owner, place=place)
    calls: list[tuple[str, tuple[object, ...]]] = [("transferOwnership", (event.new_owner,))]
    if event.new_owner == ZERO_ADDRESS:
        calls = [("renounceOwnership", ())]
    authority = Rule.POLICY_AUTHORITY if of_policy else Rule.DISTRIBUTOR_AUTHORITY
    require_effect(state, authority, subject, contract, calls, place)
    if of_policy:
        state.policy_owner = event.new_owner
    else:
        state.distributor.owner = event.new_owner
