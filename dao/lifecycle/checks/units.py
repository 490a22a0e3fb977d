"""Amounts that cannot be meant: more than there is, or off by the decimals of a token."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dao import artifacts
from dao.chain.connection import View
from dao.document.quantities import ETHER
from dao.errors import ChainError
from dao.lifecycle.decoded import Decoded, decoded, named
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict
from dao.lifecycle.wording import amount
from dao.rewards.outlook import decided
from dao.types import Address

FACTOR = 1_000
"""From which factor on a change of an emission by a power of ten looks like a slip of the decimals."""

_SENDS = ("transfer", "transferFrom")
_AMOUNTS = {"transfer": 1, "transferFrom": 2, "approve": 1, "mint": 1, "burn": 0}


@dataclass(frozen=True, slots=True)
class _Token:
    decimals: int
    balance: int
    supply: int


def _run(facts: Facts) -> Iterator[CheckResult]:
    results = [*_tokens(facts), *_ether(facts), *_emissions(facts)]
    yield from results or [CheckResult("units", Verdict.PASS, "no amount is more than there is, or off by decimals")]


def _tokens(facts: Facts) -> Iterator[CheckResult]:
    treasury = facts.session.deployment.addresses.timelock
    tokens = facts.session.deployment.addresses.token_contract
    spent: dict[Address, int] = {}
    held: dict[Address, _Token | None] = {}
    for one in decoded(facts.examined.calls, facts.session.deployment):
        if one.name not in _AMOUNTS or one.contract not in ("", tokens):
            continue
        target = one.call.target
        if target not in held:
            held[target] = _token(facts, target)
        token = held[target]
        if token is None:
            continue
        value = int(one.arguments[_AMOUNTS[one.name]])
        yield from _scale(facts, one, value, token)
        leaves = one.name == "transfer" or (one.name == "transferFrom" and one.arguments[0] == treasury)
        if leaves:
            spent[target] = spent.get(target, 0) + value
    for target, value in spent.items():
        token = held[target]
        minted = _minted(facts, target)
        if token is not None and value > token.balance + minted:
            detail = (
                f"{_text(facts, target, value)} are sent, and the treasury has {_text(facts, target, token.balance)}"
            )
            off = _power(value, token.balance + minted)
            slip = f"; 10^{off} times less would be there" if off else ""
            yield CheckResult("units", Verdict.FAILURE, detail + slip)


def _scale(facts: Facts, one: Decoded, value: int, token: _Token) -> Iterator[CheckResult]:
    """A whole number of tokens whose decimals were forgotten: less than a millionth, and plausible with them."""
    unit = 10**token.decimals
    if token.decimals > 6 and 0 < value < unit // 10**6 and value * unit <= max(token.supply, 1):
        detail = (
            f"{one.name} of {_text(facts, one.call.target, value)}: the token has {token.decimals} decimals, "
            "which the amount may lack"
        )
        yield CheckResult("units", Verdict.WARNING, detail)


def _minted(facts: Facts, target: Address) -> int:
    """What the proposal itself mints to the treasury."""
    return sum(
        int(one.arguments[1])
        for one in decoded(facts.examined.calls, facts.session.deployment)
        if one.call.target == target
        and one.name == "mint"
        and one.arguments[0] == facts.session.deployment.addresses.timelock
    )


def _ether(facts: Facts) -> Iterator[CheckResult]:
    treasury = facts.session.deployment.addresses.timelock
    value = sum(call.value for call in facts.examined.calls)
    if value:
        connection, block = facts.ready
        held = connection.balance(treasury, block=block)
        if value > held:
            detail = f"{ETHER.amount(value)} are sent, and the treasury has {ETHER.amount(held)}"
            yield CheckResult("units", Verdict.FAILURE, detail)


def _emissions(facts: Facts) -> Iterator[CheckResult]:
    effect, deployment = facts.examined.effect, facts.session.deployment
    if effect is None:
        return
    seen: set[str] = set()
    for epoch in effect.epochs:
        for stream in effect.before.streams:
            was, now = decided(effect.before, stream, epoch), decided(effect.after, stream, epoch)
            if not was or not now or stream in seen:
                continue
            off = _off(was, now)
            if off:
                seen.add(stream)
                detail = (
                    f"the emission of {stream} in epoch {epoch} changes by 10^{off}, from {amount(was, deployment)} "
                    f"to {amount(now, deployment)}: is the unit right?"
                )
                yield CheckResult("units", Verdict.WARNING, detail)


def _off(was: int, now: int) -> int:
    """By which power of ten two amounts differ, if by FACTOR or more; 0 otherwise. Rounded to the nearest below."""
    larger, smaller = max(was, now), min(was, now)
    if larger < FACTOR * smaller:
        return 0
    power = len(str(larger // smaller)) - 1
    return power if now > was else -power


def _power(value: int, held: int) -> int:
    """The smallest of the usual differences of decimals by which `value` would have to shrink; 0 where none does."""
    if not held:
        return 0
    return next((power for power in (2, 6, 10, 12, 18) if value // 10**power <= held), 0)


def _token(facts: Facts, target: Address) -> _Token | None:
    """Decimals, the treasury's balance and the supply of the token at `target`; None where it is no token."""
    abi = artifacts.load("RewardToken").abi
    treasury = facts.session.deployment.addresses.timelock
    views = [
        View(target, abi.function("decimals"), ()),
        View(target, abi.function("balanceOf"), (treasury,)),
        View(target, abi.function("totalSupply"), ()),
    ]
    try:
        connection, block = facts.ready
        (decimals,), (balance,), (supply,) = connection.views(views, block=block)
    except ChainError:
        return None
    return _Token(int(decimals), int(balance), int(supply))


def _text(facts: Facts, target: Address, value: int) -> str:
    deployment = facts.session.deployment
    if target == deployment.addresses.token:
        return amount(value, deployment)
    return f"{value} units of {named(target, deployment)}"


CHECK = Check(name="units", looks="amounts beyond the balance or off by decimals", run=_run)
