"""Storage of token and timelocks that says who holds which role: `AccessControl`."""

from __future__ import annotations

from collections.abc import Iterator

from dao.proving.layout import Slot, at_key, layout, number
from dao.replay.roles import NAMES, role_name
from dao.replay.state import GovernanceState
from dao.types import ZERO_ADDRESS

_ROLE = "struct AccessControl.RoleData"


def role_slots(state: GovernanceState) -> Iterator[Slot]:
    """Every role and account that a log ever named: a holder, or zero for who is none any more.

    No slot lists the holders of a role: that nobody else was granted one, these cannot say. Of the deployment's own
    contracts, its guardian and the zero address, which stands for everybody, each known role is asked for nevertheless.
    """
    named = {(change.contract, change.role, change.account) for change in state.roles.changes}
    addresses = state.addresses
    own = {*state.min_delays, addresses.timelock, addresses.governor, addresses.token, addresses.policy}
    own |= {ZERO_ADDRESS, state.settings.guardian, state.settings.timelock}
    own |= {addresses.distributor} if addresses.distributor is not None else set()
    contracts = {*state.min_delays, addresses.timelock} | ({addresses.token} if addresses.wraps is None else set())
    named |= {(contract, role, account) for contract in contracts for role in NAMES for account in own}
    for contract, role, account in sorted(named):
        where = layout(_kind(state, contract))
        base = at_key(where.slot("_roles"), role)
        held = account in state.roles.holders(contract, role)
        key = number(at_key(base + where.member(_ROLE, "hasRole").slot, account))
        yield Slot(contract, key, number(held), f"role {role_name(role)} of {contract} for {account}")
    for contract, role in sorted({(contract, role) for contract, role, _ in named} | set(state.roles.admins)):
        where = layout(_kind(state, contract))
        key = number(at_key(where.slot("_roles"), role) + where.member(_ROLE, "adminRole").slot)
        admin = state.roles.admin_of(contract, role)
        yield Slot(contract, key, admin, f"administrator of role {role_name(role)} of {contract}")


def _kind(state: GovernanceState, contract: str) -> str:
    return "RewardToken" if contract == state.addresses.token else "TimelockController"
