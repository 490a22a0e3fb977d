"""Check: the governor alone works the timelock, and the timelock alone administers timelock, token and policy."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Fact, Question, Scene
from dao.events.decode import Place
from dao.replay.ledger import Rule
from dao.replay.roles import ADMIN, CANCELLER, EXECUTOR, PROPOSER, role_name
from dao.types import Address


def facts(scene: Scene) -> Iterator[Fact]:
    """Who held each role that binds governance, from the first proposal on: nobody else, at no moment.

    What stands before the first proposal is the deployment, which may hand roles over in several transactions.
    """
    state = scene.state
    first = next(iter(state.proposals.values()), None)
    for contract, role, holder in _bound(scene):
        members: set[Address] = set()
        what = f"holders of {role_name(role)} of {contract}"
        changes = [c for c in state.roles.changes if (c.contract, c.role) == (contract, role)]
        if first is not None:
            before = [c for c in changes if _position(c.place) < _position(first.created)]
            changes = changes[len(before) :]
            for change in before:
                (members.add if change.granted else members.discard)(change.account)
            yield Fact(what=what, expected=[holder], found=sorted(members), place=first.created)
            for change in changes:
                (members.add if change.granted else members.discard)(change.account)
                yield Fact(what=what, expected=[holder], found=sorted(members), place=change.place)
        yield Fact(what=what, expected=[holder], found=sorted(state.roles.holders(contract, role)))
    owner = state.settings.timelock
    yield Fact(what="owner of the policy", expected=owner, found=state.policy_owner)


def questions(scene: Scene) -> Iterator[Question]:
    """`hasRole` of every account that ever got or lost a role, and of the zero address, which stands for everybody."""
    roles = scene.state.roles
    known = dict.fromkeys((change.contract, change.role, change.account) for change in roles.changes)
    for contract, role, account in known:
        expected = account in roles.holders(contract, role)
        what = f"{role_name(role)} of {contract} for {account}"
        yield scene.ask(contract, "hasRole", role, account, expected=expected, what=what)
    for contract, role in dict.fromkeys((change.contract, change.role) for change in roles.changes):
        expected_admin = roles.admin_of(contract, role)
        yield scene.ask(contract, "getRoleAdmin", role, expected=expected_admin, what=role_name(role))


def _bound(scene: Scene) -> list[tuple[Address, bytes, Address]]:
    """Contract, role and the one account that may hold it."""
    addresses, timelock = scene.state.addresses, scene.state.settings.timelock
    token = [] if addresses.wraps is not None else [(addresses.token, ADMIN, timelock)]
    return [
        (timelock, PROPOSER, addresses.governor),
        (timelock, CANCELLER, addresses.governor),
        (timelock, EXECUTOR, addresses.governor),
        (timelock, ADMIN, timelock),
        *token,
    ]


def _position(place: Place) -> tuple[int, int]:
    return place.block, place.log_index


CHECK = Check(
    name="roles",
    proves="the governor alone works the timelock, and the timelock alone administers timelock, token and policy",
    rules=(Rule.ROLE, Rule.ROLE_AUTHORITY),
    facts=facts,
    questions=questions,
)
