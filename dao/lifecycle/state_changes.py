"""What an execution changed, by name, before and after: as the contracts themselves answer in the copy of the chain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dao import artifacts
from dao.chain.connection import View
from dao.chain.trace import BALANCE, CODE, Write
from dao.document.quantities import ETHER, format_duration, format_share
from dao.errors import ChainError, CodecError
from dao.events.decode import decode_log
from dao.events.model import DelegateVotesChanged, Event, RoleGranted, RoleRevoked, SelectorTierSet
from dao.lifecycle.decoded import contract_at, named, transfers
from dao.lifecycle.journal import Deployment
from dao.lifecycle.roles import role_name
from dao.lifecycle.simulation import Simulation
from dao.lifecycle.wording import amount
from dao.lifecycle.words import NOTHING, held_text
from dao.rewards.outlook import decided
from dao.rewards.policy import Policy
from dao.tiers import Tier
from dao.types import ZERO_ADDRESS, Address

SLOTS = {
    "360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc": "implementation (EIP-1967)",
    "b53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103": "admin (EIP-1967)",
    "a3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50": "beacon (EIP-1967)",
}
"""Slots that mean the same in every proxy (EIP-1967)."""

_DATED = ("schedules", "splits", "budgets", "weights", "parameters")


@dataclass(frozen=True, slots=True)
class StateChange:
    """One thing that is different afterwards. Its texts may hold hostile text."""

    what: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.what}: {self.before} → {self.after}"


def state_changes(simulation: Simulation) -> list[StateChange]:
    """Everything that `simulation` changed, in the order of the contracts; nothing where it failed."""
    if not simulation.succeeded:
        return []
    made = (
        *_settings(simulation),
        *_policy(simulation),
        *_logged(simulation),
        *_balances(simulation),
        *_written(simulation),
    )
    return [change for change in made if change.before != change.after]


def _settings(simulation: Simulation) -> Iterator[StateChange]:
    deployment = simulation.session.deployment
    governor, timelock = simulation.session.contracts.governor, simulation.session.contracts.timelock
    before, after = (governor.settings(block=block) for block in (simulation.before, simulation.after))

    def account(value: Address) -> str:
        return named(value, deployment)

    def tokens(value: int) -> str:
        return amount(value, deployment)

    shown: tuple[tuple[str, str, Callable[..., str]], ...] = (
        ("voting_delay", "voting delay", format_duration),
        ("voting_period", "voting period", format_duration),
        ("proposal_threshold", "proposal threshold", tokens),
        ("late_quorum_extension", "late quorum extension", format_duration),
        ("grace_period", "grace period", format_duration),
        ("guardian", "guardian", account),
        ("timelock", "the governor's timelock", account),
        ("exclusions", "exclusions", lambda held: ", ".join(map(account, held)) or NOTHING),
    )
    for field, what, show in shown:
        yield StateChange(what, show(getattr(before, field)), show(getattr(after, field)))
    for tier in Tier:
        old, new = before.tiers[tier], after.tiers[tier]
        yield StateChange(f"approval of {tier.word}", format_share(old.approval), format_share(new.approval))
        yield StateChange(f"quorum of {tier.word}", format_share(old.quorum), format_share(new.quorum))
    delays = (timelock.min_delay(block=block) for block in (simulation.before, simulation.after))
    yield StateChange("the timelock's delay", *map(format_duration, delays))
    (was,), (now,) = simulation.both([simulation.session.contracts.policy.view("owner")])
    yield StateChange("owner of the policy", named(str(was[0]), deployment), named(str(now[0]), deployment))


def _policy(simulation: Simulation) -> Iterator[StateChange]:
    before, after, deployment = simulation.policy_before, simulation.policy_after, simulation.session.deployment
    if before.hash == after.hash:
        return
    for stream in after.streams:
        if stream not in before.streams:
            yield StateChange(f"stream {stream}", NOTHING, "added")
    for epoch in _changed_epochs(before, after):
        for stream in after.streams:
            was, now = decided(before, stream, epoch), decided(after, stream, epoch)
            yield StateChange(
                f"emission of {stream} in epoch {epoch}", _emission(was, deployment), _emission(now, deployment)
            )
    for field in (*_DATED, "reporters", "rails"):
        old, new = getattr(before, field), getattr(after, field)
        for stream in after.streams:
            if old.get(stream) != new.get(stream):
                what = f"{field} of {stream}"
                was_text = held_text(simulation.session, after, stream, old.get(stream))
                yield StateChange(what, was_text, held_text(simulation.session, after, stream, new.get(stream)))
    yield StateChange("policy hash", "0x" + before.hash.hex(), "0x" + after.hash.hex())


def _changed_epochs(before: Policy, after: Policy) -> list[int]:
    """The epochs at which something begins that only one of the two has."""
    epochs: set[int] = set()
    for field in _DATED:
        old, new = getattr(before, field), getattr(after, field)
        for stream in after.streams:
            was, now = old.get(stream, ()), new.get(stream, ())
            epochs |= {one.from_epoch for one in (*was, *now) if one not in was or one not in now}
    return sorted(epochs)


def _emission(value: int | None, deployment: Deployment) -> str:
    return "waits for a report" if value is None else amount(value, deployment)


def events(simulation: Simulation) -> Iterator[tuple[Address, Event]]:
    """What the deployment's contracts logged, decoded; what does not decode is left out."""
    for log in simulation.execution.logs:
        contract = contract_at(log.address, simulation.session.deployment)
        if contract:
            try:
                yield log.address, decode_log(log, contract)
            except CodecError:
                continue


def _logged(simulation: Simulation) -> Iterator[StateChange]:
    """What only the logs say where to look for: roles, functions' tiers, voting power."""
    deployment = simulation.session.deployment
    seen: set[tuple[object, ...]] = set()
    for address, event in events(simulation):
        match event:
            case RoleGranted() | RoleRevoked():
                view = View(
                    address,
                    artifacts.load(contract_at(address, deployment)).abi.function("hasRole"),
                    (event.role, event.account),
                )
                what = f"{role_name(event.role)} of {named(address, deployment)} for {named(event.account, deployment)}"
                show: Callable[[object], str] = lambda held: "held" if held else "not held"  # noqa: E731
            case SelectorTierSet():
                view = simulation.session.contracts.governor.view("selectorTier", event.target, event.selector)
                what = f"tier of {named(event.target, deployment)} 0x{event.selector.hex()}"
                show = lambda held: Tier(int(str(held))).word  # noqa: E731
            case DelegateVotesChanged():
                view = simulation.session.contracts.token.view("getVotes", event.delegate)
                what = f"voting power of {named(event.delegate, deployment)}"
                show = lambda held: amount(int(str(held)), deployment)  # noqa: E731
            case _:
                continue
        if (what, view.address) not in seen:
            seen.add((what, view.address))
            (was,), (now,) = simulation.both([view])
            yield StateChange(what, show(was[0]), show(now[0]))


def _balances(simulation: Simulation) -> Iterator[StateChange]:
    deployment = simulation.session.deployment
    token = simulation.session.contracts.token
    (was,), (now,) = simulation.both([token.view("totalSupply")])
    yield StateChange("supply", *(amount(int(str(held[0])), deployment) for held in (was, now)))
    moved: dict[Address, dict[Address, None]] = {}
    for transfer in transfers(simulation.execution.logs):
        moved.setdefault(transfer.token, {}).update(dict.fromkeys((transfer.source, transfer.to)))
    balance_of = artifacts.load("RewardToken").abi.function("balanceOf")
    for address, accounts in moved.items():
        holders = [holder for holder in accounts if holder != ZERO_ADDRESS]
        try:
            before, after = simulation.both([View(address, balance_of, (holder,)) for holder in holders])
        except ChainError as error:
            yield StateChange(f"balances of {address}", "unknown", f"no answer: {error.what}")
            continue
        for holder, old, new in zip(holders, before, after, strict=True):
            what = f"balance of {named(holder, deployment)}"
            if address == token.address:
                yield StateChange(what, *(amount(int(str(held[0])), deployment) for held in (old, new)))
            else:
                yield StateChange(f"{what} at {address}", str(old[0]), str(new[0]))


def _written(simulation: Simulation) -> Iterator[StateChange]:
    deployment = simulation.session.deployment
    for write in simulation.execution.writes:
        account = named(write.account, deployment)
        if write.slot == BALANCE:
            yield StateChange(f"ether of {account}", *(_ether(word) for word in (write.before, write.after)))
        elif write.slot == CODE:
            yield StateChange(f"code of {account}", *(_code(code) for code in (write.before, write.after)))
        elif not contract_at(write.account, deployment):
            yield StateChange(f"{_slot(write)} of {account}", "0x" + write.before.hex(), "0x" + write.after.hex())


def _slot(write: Write) -> str:
    slot = write.slot.hex() if isinstance(write.slot, bytes) else write.slot
    return SLOTS.get(slot, f"slot 0x{slot}")


def _ether(word: bytes) -> str:
    return str(ETHER.amount(int.from_bytes(word, "big")))


def _code(code: bytes) -> str:
    return f"{len(code)} bytes" if code else NOTHING
