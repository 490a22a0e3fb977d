"""Deposits an existing token for votes, and withdraws it; `VotesWrapper`."""

from __future__ import annotations

from dataclasses import dataclass

from dao.chain.contracts import Underlying
from dao.chain.transaction import Receipt
from dao.errors import DeploymentError
from dao.lifecycle.outgoing import Confirm, Step, transact, transact_all, unasked
from dao.lifecycle.power import Power, power
from dao.lifecycle.session import Session


@dataclass(frozen=True, slots=True)
class Wrapped:
    """How the signer stands afterwards, what it still holds of the wrapped token (smallest unit), and the receipt."""

    power: Power
    unwrapped: int
    receipt: Receipt


def deposit(session: Session, amount: int, *, confirm: Confirm = unasked) -> Wrapped:
    """Deposits `amount` (smallest unit) of the signer's, having approved of exactly that where it had not before.

    Raises:
        DeploymentError: The deployment's token wraps none, or the signer holds less than that.
        CallReverted: The token would refuse it.
    """
    underlying, token = _underlying(session), session.contracts.token
    held = int(underlying.ask("balanceOf", session.sender))
    if held < amount:
        raise DeploymentError(f"{session.sender} holds too little of {underlying.address}", expected=amount, found=held)
    steps = [Step(token, "depositFor", (session.sender, amount))]
    if int(underlying.ask("allowance", session.sender, token.address)) < amount:
        steps.insert(0, Step(underlying, "approve", (token.address, amount)))
    receipt = transact_all(session, steps, confirm=confirm)
    return _wrapped(session, receipt)


def withdraw(session: Session, amount: int, *, confirm: Confirm = unasked) -> Wrapped:
    """Gives `amount` (smallest unit) of votes up for as much of the wrapped token. Raises like `deposit`."""
    _underlying(session)
    receipt = transact(session, session.contracts.token, "withdrawTo", session.sender, amount, confirm=confirm)
    return _wrapped(session, receipt)


def _wrapped(session: Session, receipt: Receipt) -> Wrapped:
    left = int(_underlying(session).ask("balanceOf", session.sender))
    return Wrapped(power(session, session.sender), left, receipt)


def _underlying(session: Session) -> Underlying:
    wraps = session.deployment.wraps
    if wraps is None:
        raise DeploymentError(
            "the token of this deployment wraps none", expected="a votes wrapper", found="RewardToken"
        )
    return Underlying(session.connection, wraps)
