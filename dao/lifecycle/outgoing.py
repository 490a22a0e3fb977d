"""A transaction about to be sent: what its bytes say, simulated, shown, and only then sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dao import artifacts
from dao.abi import Parameter
from dao.chain import transaction
from dao.chain.contract import Contract
from dao.chain.transaction import Receipt, Request
from dao.errors import Unsent
from dao.lifecycle import safe
from dao.lifecycle.session import Session
from dao.lifecycle.wording import reverts_in_units
from dao.types import ZERO_ADDRESS, Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A transaction as decoded from the very bytes that will be sent.

    Args:
        sender: Who signs.
        to: The contract that is called; `contract` is its name.
        function: Canonical signature of the function.
        arguments: The decoded arguments by their names in the contract; of a struct, each field as `struct.field`.
        value: Ether sent along, in wei.
        data: The bytes.
        title: The title of the proposal that the call is about, as hostile as all text from a chain; None for others.
        weight: The voting weight that a ballot uses, in the token's smallest unit; None for other calls.
        gas: The gas limit, where it is not to be estimated.
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
    gas: int | None = None

    @property
    def request(self) -> Request:
        """What is sent."""
        return Request(to=self.to, data=self.data, value=self.value, gas=self.gas)


Confirm = Callable[[Outgoing], None]
"""Called with a simulated transaction before it is sent; raises to stop it."""


def unasked(_: Outgoing) -> None:
    """The `Confirm` of programs: sends whatever its simulation let pass."""


@dataclass(frozen=True, slots=True)
class Step:
    """One call of several: a contract of the session, a function's name or full signature, and its arguments."""

    contract: Contract
    function: str
    arguments: tuple[Any, ...]


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

    Where an earlier run of the same call was interrupted after it was signed, that transaction is carried on and no
    other is sent.

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
        Unsent: The session writes transactions to a file, and has done so.
    """
    outgoing = _outgoing(session, Step(contract, function, arguments), value=value, title=title, weight=weight)
    with reverts_in_units(session.deployment):
        if session.unsigned is not None:
            raise write_unsigned(session, [outgoing], confirm)
        return _send(session, outgoing, confirm)


def transact_all(session: Session, steps: Sequence[Step], *, confirm: Confirm = unasked) -> Receipt:
    """Makes the calls `steps` one after the other; the receipt of the last.

    Each is simulated when those before it are mined. Raises like `transact`; what was mined until then stays.
    """
    outgoing = [_outgoing(session, step) for step in steps]
    with reverts_in_units(session.deployment):
        if session.unsigned is not None:
            raise write_unsigned(session, outgoing, confirm)
        return [_send(session, each, confirm) for each in outgoing][-1]


def send_once(session: Session, outgoing: Outgoing, *, confirm: Confirm = unasked) -> Receipt:
    """Sends what was put together elsewhere, or carries on an earlier run of it. Raises like `transact`."""
    with reverts_in_units(session.deployment):
        return _send(session, outgoing, confirm)


def write_unsigned(session: Session, outgoing: Sequence[Outgoing], confirm: Confirm) -> Unsent:
    """Writes the calls for a multisig to sign, each simulated after those before it; what there is to say of it.

    A node that cannot simulate several calls in a row (`eth_simulateV1`) simulates the first alone.
    """
    assert session.unsigned is not None  # noqa: S101  # both callers have asked
    requests = [each.request for each in outgoing]
    transaction.simulate_all(session.connection, outgoing[0].sender, requests)
    for each in outgoing:
        confirm(each)
    return safe.write(
        session.unsigned,
        [safe.SafeCall(request.to or ZERO_ADDRESS, request.value, request.data) for request in requests],
        chain_id=session.deployment.chain_id,
        account=outgoing[0].sender,
        name=" and ".join(each.function.split("(")[0] for each in outgoing),
        created=session.connection.block().timestamp,
    )


def _outgoing(
    session: Session, step: Step, *, value: int = 0, title: str | None = None, weight: int | None = None
) -> Outgoing:
    signature = artifacts.load(step.contract.artifact).abi.function(step.function)
    data = signature.encode_call(*step.arguments)
    decoded = signature.decode_call(data)
    return Outgoing(
        sender=session.require_signer().address,
        to=step.contract.address,
        contract=step.contract.artifact,
        function=signature.text,
        arguments=tuple(_named(signature.inputs, decoded)),
        value=value,
        data=data,
        title=title,
        weight=weight,
    )


def _named(parameters: Sequence[Parameter], values: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    """Values by their parameters' names; of a struct, each field as `struct.field`."""
    for index, (parameter, value) in enumerate(zip(parameters, values, strict=True)):
        name = parameter.name or str(index)
        if parameter.components and not parameter.type.endswith("]"):
            yield from ((f"{name}.{part.name}", each) for part, each in zip(parameter.components, value, strict=True))
        else:
            yield name, value


def _send(session: Session, outgoing: Outgoing, confirm: Confirm) -> Receipt:
    signer, request, outbox = session.require_signer(), outgoing.request, session.outbox
    if outbox is not None:
        receipt = transaction.resume(session.connection, signer.address, request, outbox)
        if receipt is not None:
            return receipt
    transaction.simulate(session.connection, signer.address, request)
    confirm(outgoing)
    chain_id = session.deployment.chain_id
    return transaction.send(session.connection, signer, request, chain_id=chain_id, outbox=outbox)
