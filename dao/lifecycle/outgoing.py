"""A transaction about to be sent: what its bytes say, simulated, shown, and only then sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dao import artifacts
from dao.chain import transaction
from dao.chain.contract import Contract
from dao.chain.transaction import Receipt, Request
from dao.lifecycle.session import Session
from dao.lifecycle.wording import reverts_in_units
from dao.types import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A transaction as decoded from the very bytes that will be sent.

    Args:
        sender: Who signs.
        to: The contract that is called; `contract` is its name.
        function: Canonical signature of the function.
        arguments: The decoded arguments by their names in the contract.
        value: Ether sent along, in wei.
        data: The bytes.
        title: The title of the proposal that the call is about, as hostile as all text from a chain; None for others.
        weight: The voting weight that a ballot uses, in the token's smallest unit; None for other calls.
    """

    sender: Address
    to: Address
    contract: str
    function: str
    arguments: tuple[tuple[str, Any], ...]
    value: int
    data: bytes
    title: str | None = None
    weight: int | None = None


Confirm = Callable[[Outgoing], None]
"""Called with a simulated transaction before it is sent; raises to stop it."""


def unasked(_: Outgoing) -> None:
    """The `Confirm` of programs: sends whatever its simulation let pass."""


def transact(
    session: Session,
    contract: Contract,
    function: str,
    *arguments: Any,
    value: int = 0,
    title: str | None = None,
    weight: int | None = None,
    confirm: Confirm = unasked,
) -> Receipt:
    """Calls `function` of `contract` as the session's signer and waits for the receipt.

    Args:
        session: The deployment and the signer.
        contract: One of the session's contracts.
        function: Name or full signature.
        arguments: The function's arguments.
        value: Ether to send along, in wei.
        title: The title of the proposal that this is about, for whoever confirms.
        weight: The voting weight that a ballot uses, for whoever confirms.
        confirm: Sees the decoded transaction after its simulation succeeded, before it is sent.

    Raises:
        AccountError: Nobody signs.
        CallReverted: The simulation failed; nothing was sent.
        TransactionFailed: It was mined and failed, or not mined in time.
    """
    signer = session.require_signer()
    signature = artifacts.load(contract.artifact).abi.function(function)
    data = signature.encode_call(*arguments)
    decoded = signature.decode_call(data)
    names = [parameter.name or str(index) for index, parameter in enumerate(signature.inputs)]
    outgoing = Outgoing(
        sender=signer.address,
        to=contract.address,
        contract=contract.artifact,
        function=signature.text,
        arguments=tuple(zip(names, decoded, strict=True)),
        value=value,
        data=data,
        title=title,
        weight=weight,
    )
    request = Request(to=contract.address, data=data, value=value)
    with reverts_in_units(session.deployment):
        transaction.simulate(session.connection, signer.address, request)
        confirm(outgoing)
        return transaction.send(session.connection, signer, request, chain_id=session.deployment.chain_id)
