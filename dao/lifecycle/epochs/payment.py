"""Sends claims, transaction by transaction, and reads from the receipts what was paid."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dao import artifacts
from dao.chain import transaction
from dao.chain.distributor import Series
from dao.chain.transaction import Receipt
from dao.errors import CallReverted, RpcError, TransactionFailed
from dao.events.decode import decode_log
from dao.events.model import Claimed
from dao.lifecycle.epochs.due import Entitlement, Standing
from dao.lifecycle.epochs.local import Told
from dao.lifecycle.epochs.published import distributor_of
from dao.lifecycle.outgoing import Outgoing, send_once, unasked, write_unsigned
from dao.lifecycle.packing import Packed
from dao.lifecycle.session import Session
from dao.types import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A transaction that was mined, and what it paid. Gas in gas."""

    hash: bytes
    block_number: int
    gas_used: int
    payments: tuple[Claimed, ...]

    @property
    def amount(self) -> int:
        """What it paid in all (wei)."""
        return sum(made.amount for made in self.payments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is about to be sent: every payout as it stands, the transactions, and who is paid.

    `receiver` is None where every account is paid itself.
    """

    entitlements: tuple[Entitlement, ...]
    transactions: tuple[Packed[Entitlement], ...]
    receiver: Address | None = None

    @property
    def due(self) -> tuple[Entitlement, ...]:
        """The payouts that are in the transactions."""
        return tuple(entry for packed in self.transactions for entry in packed.entries)


Confirm = Callable[[Plan], None]
"""Called with the plan before anything is sent; raises to stop it."""


def unconfirmed(_: Plan) -> None:
    """The `Confirm` of programs."""


def call(session: Session, function: str, *arguments: Any) -> Outgoing:
    """A call of the distributor by the session's signer, as decoded from its bytes."""
    distributor = distributor_of(session)
    signature = artifacts.load(distributor.artifact).abi.function(function)
    data = signature.encode_call(*arguments)
    names = [parameter.name or str(index) for index, parameter in enumerate(signature.inputs)]
    return Outgoing(
        sender=session.sender,
        to=distributor.address,
        contract=distributor.artifact,
        function=signature.text,
        arguments=tuple(zip(names, signature.decode_call(data), strict=True)),
        value=0,
        data=data,
    )


def settle(session: Session) -> None:
    """Waits for what earlier runs of the session's signer have sent, so that nothing of it is sent again."""
    if session.outbox is not None and session.unsigned is None:
        to = distributor_of(session).address
        transaction.settle(session.connection, session.sender, to, session.outbox)


def send_all(
    session: Session, plan: Plan, *, confirm: Confirm, told: Told
) -> tuple[tuple[Entitlement, ...], tuple[Sent, ...]]:
    """Sends the transactions of `plan` one after the other; every payout as it stands then, and what was mined.

    What the chain or the node refuses is one transaction's matter, and said of the payouts in it.

    Raises:
        Unsent: The session writes transactions to a file, and has done so.
        TransactionFailed: One was not mined in time; run again, it is waited for.
    """
    if not plan.transactions:
        return plan.entitlements, ()
    confirm(plan)
    if session.unsigned is not None:
        raise write_unsigned(session, [packed.outgoing for packed in plan.transactions], unasked)
    sent: list[Sent] = []
    refused: dict[tuple[Series, Address], str] = {}
    done, total = 0, len(plan.due)
    told("claiming", done, total)
    for packed in plan.transactions:
        made = send(session, packed.outgoing)
        if isinstance(made, Sent):
            sent.append(made)
        else:
            refused |= {(entry.series, entry.account): made for entry in packed.entries}
        done += len(packed.entries)
        told("claiming", done, total)
    return settled(plan, sent, refused), tuple(sent)


def send(session: Session, outgoing: Outgoing) -> Sent | str:
    """What was mined, or why it was not. Raises where a transaction may still be mined, or the node does not answer."""
    try:
        receipt = send_once(session, outgoing)
    except CallReverted as error:
        return str(error)
    except (RpcError, TransactionFailed) as error:
        if "code" not in error.values and "block" not in error.values:
            raise
        return str(error)
    return Sent(
        hash=receipt.hash,
        block_number=receipt.block_number,
        gas_used=receipt.gas_used,
        payments=tuple(_payments(session, receipt)),
    )


def settled(plan: Plan, sent: Sequence[Sent], refused: Mapping[tuple[Series, Address], str]) -> tuple[Entitlement, ...]:
    """The payouts of `plan` as they stand after what was sent and what was refused."""
    paid = {(made.stream, made.epoch, made.series, made.account) for each in sent for made in each.payments}
    tried = {(entry.series, entry.account) for entry in plan.due}

    def after(entry: Entitlement) -> Entitlement:
        if (*entry.series.arguments, entry.account) in paid:
            return replace(entry, standing=Standing.PAID, reason=None)
        if (entry.series, entry.account) not in tried:
            return entry
        reason = refused.get((entry.series, entry.account), "somebody else claimed it meanwhile")
        return replace(entry, standing=Standing.FAILED, reason=reason)

    return tuple(after(entry) for entry in plan.entitlements)


def refusals(entitlements: Iterable[Entitlement], refused: Mapping[tuple[Series, Address], str]) -> list[Entitlement]:
    """`entitlements` with those that no transaction can carry marked as failed, and why."""
    return [
        replace(entry, standing=Standing.FAILED, reason=refused[entry.series, entry.account])
        if (entry.series, entry.account) in refused
        else entry
        for entry in entitlements
    ]


def _payments(session: Session, receipt: Receipt) -> Iterator[Claimed]:
    distributor = distributor_of(session)
    topic = artifacts.load(distributor.artifact).abi.event("Claimed").hash
    for log in receipt.logs:
        if log.address == distributor.address and log.topics[:1] == (topic,):
            event = decode_log(log, distributor.artifact)
            if isinstance(event, Claimed):
                yield event
