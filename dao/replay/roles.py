"""Who may do what on token and timelock: `AccessControl`."""

from __future__ import annotations

from dao.abi import keccak
from dao.events.decode import Place
from dao.events.model import RoleAdminChanged, RoleGranted, RoleRevoked
from dao.replay.authority import require_effect
from dao.replay.ledger import Rule
from dao.replay.parts import Authority
from dao.replay.state import RoleChange
from dao.types import Address

ADMIN = bytes(32)
"""`DEFAULT_ADMIN_ROLE` of every contract."""

MINTER = keccak(b"MINTER_ROLE")
PROPOSER = keccak(b"PROPOSER_ROLE")
EXECUTOR = keccak(b"EXECUTOR_ROLE")
CANCELLER = keccak(b"CANCELLER_ROLE")

NAMES = {
    ADMIN: "DEFAULT_ADMIN_ROLE",
    MINTER: "MINTER_ROLE",
    PROPOSER: "PROPOSER_ROLE",
    EXECUTOR: "EXECUTOR_ROLE",
    CANCELLER: "CANCELLER_ROLE",
}


def role_name(role: bytes) -> str:
    """The name of `role` (32 bytes), or its hash."""
    return NAMES.get(role, "0x" + role.hex())


def role_granted(state: Authority, event: RoleGranted, contract: Address, place: Place) -> None:
    """Adds a holder; `AccessControl._grantRole`."""
    members = state.roles.members.setdefault((contract, event.role), set())
    subject = f"role {role_name(event.role)} of {contract} for {event.account}"
    lacked = event.account not in members
    state.ledger.require(Rule.ROLE, subject, lacked, expected="an account without it", found="a holder", place=place)
    _require_authority(state, subject, event.role, event.sender, contract, place)
    if event.sender in state.min_delays:
        calls = [("grantRole", (event.role, event.account))]
        require_effect(state, Rule.ROLE_AUTHORITY, subject, contract, calls, place)
    members.add(event.account)
    _note(state, event, contract, place, granted=True)


def role_revoked(state: Authority, event: RoleRevoked, contract: Address, place: Place) -> None:
    """Takes a holder away; `AccessControl._revokeRole`, by an administrator or by the holder itself."""
    members = state.roles.members.setdefault((contract, event.role), set())
    subject = f"role {role_name(event.role)} of {contract} for {event.account}"
    held = event.account in members
    state.ledger.require(Rule.ROLE, subject, held, expected="a holder", found="an account without it", place=place)
    if event.sender != event.account:
        _require_authority(state, subject, event.role, event.sender, contract, place)
    if event.sender in state.min_delays:
        calls = [(name, (event.role, event.account)) for name in ("revokeRole", "renounceRole")]
        require_effect(state, Rule.ROLE_AUTHORITY, subject, contract, calls, place)
    members.discard(event.account)
    _note(state, event, contract, place, granted=False)


def role_admin_changed(state: Authority, event: RoleAdminChanged, contract: Address, place: Place) -> None:
    """Sets which role administers a role; `AccessControl._setRoleAdmin`."""
    subject = f"role {role_name(event.role)} of {contract}"
    before = state.roles.admin_of(contract, event.role)
    state.ledger.compare(Rule.ROLE, subject, expected=before, found=event.previous_admin_role, place=place)
    state.roles.admins[contract, event.role] = event.new_admin_role


def _require_authority(
    state: Authority, subject: str, role: bytes, sender: Address, contract: Address, place: Place
) -> None:
    if state.constructing(contract, place):
        return
    admins = state.roles.holders(contract, state.roles.admin_of(contract, role))
    expected = ", ".join(sorted(admins)) or "nobody"
    state.ledger.require(Rule.ROLE_AUTHORITY, subject, sender in admins, expected=expected, found=sender, place=place)


def _note(
    state: Authority, event: RoleGranted | RoleRevoked, contract: Address, place: Place, *, granted: bool
) -> None:
    state.roles.changes.append(
        RoleChange(
            contract=contract,
            role=event.role,
            account=event.account,
            granted=granted,
            sender=event.sender,
            place=place,
        )
    )
