"""The roles of timelock and token by name."""

from __future__ import annotations

from dao.chain.contracts import MINTER_ROLE, TIMELOCK_ROLES

NAMES = {role: name for name, role in TIMELOCK_ROLES.items()} | {MINTER_ROLE: "MINTER_ROLE"}
"""Names of the roles that the contracts know."""


def role_name(role: bytes) -> str:
    """The name of `role`; its bytes where the contracts know no such role."""
    return NAMES.get(role, "0x" + role.hex())
