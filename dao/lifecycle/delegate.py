"""Delegates the sender's voting power, to itself or to another account."""

from __future__ import annotations

from dataclasses import dataclass

from dao.chain.transaction import Receipt
from dao.lifecycle.outgoing import Confirm, transact, unasked
from dao.lifecycle.power import Power, power
from dao.lifecycle.session import Session
from dao.types import Address


@dataclass(frozen=True, slots=True)
class Delegated:
    """The delegation as it stands afterwards, and the receipt; None where nothing had to be sent."""

    power: Power
    receipt: Receipt | None


def delegate(session: Session, to: Address, *, confirm: Confirm = unasked) -> Delegated:
    """Delegates the signer's voting power to `to`; `ERC20Votes.delegate`. Sends nothing where that is so already."""
    token = session.contracts.token
    if token.delegate(session.sender) == to:
        return Delegated(power(session, session.sender), None)
    receipt = transact(session, token, "delegate", to, confirm=confirm)
    return Delegated(power(session, session.sender), receipt)
