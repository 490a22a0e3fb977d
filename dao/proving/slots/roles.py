"""Storage of token and timelocks that says who holds which role: `AccessControl`."""

from __future__ import annotations

from collections.abc import Iterator

from dao.proving.layout import Slot, at_key, layout, number
from dao.replay.roles import role_name
from dao.replay.state import GovernanceState

_ROLE = "struct AccessControl.RoleData"


def role_slots(state: GovernanceState) -> Iterator[Slot]:
    """Every role and account that a log ever named: a holder, or zero for who is none any more.

    No slot lists the holders of a role: that no log of a grant was left out, these cannot say.
    """
    named = {(change.contract, change.role, change.account) for change in state.roles.changes}
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
