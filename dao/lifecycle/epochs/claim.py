"""Claims everything that an account is paid: all epochs and streams at once, to itself or to another receiver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dao.errors import EpochError
from dao.lifecycle.epochs import payment
from dao.lifecycle.epochs.due import Entitlement, Standing, assess
from dao.lifecycle.epochs.local import Local, Told, untold
from dao.lifecycle.epochs.payment import Confirm, Plan, Sent, unconfirmed
from dao.lifecycle.epochs.published import distributor_of
from dao.lifecycle.outgoing import Outgoing
from dao.lifecycle.packing import Packer
from dao.lifecycle.session import Session
from dao.types import ZERO_ADDRESS, Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Claiming:
    """What became of every payout of an account.

    Args:
        account: Whose they are.
        receiver: Who was paid.
        entitlements: By epoch, series and stream.
        sent: The transactions.
    """

    account: Address
    receiver: Address
    entitlements: tuple[Entitlement, ...]
    sent: tuple[Sent, ...]

    @property
    def paid(self) -> int:
        """What was paid by these transactions (wei)."""
        return sum(each.amount for each in self.sent)

    @property
    def complete(self) -> bool:
        """Whether something was paid or everything was before, and nothing is wrong."""
        done = bool(self.sent) or all(entry.standing.settled for entry in self.entitlements)
        return done and not any(entry.standing.wrong for entry in self.entitlements)


def claim(
    session: Session,
    local: Local,
    *,
    receiver: Address | None = None,
    confirm: Confirm = unconfirmed,
    told: Told = untold,
) -> Claiming:
    """Claims the payouts in `local` that are due, in as few transactions as gas allows.

    Args:
        session: The deployment and who sends: anybody, or with a `receiver` the account itself.
        local: The account's payouts.
        receiver: Who is paid; the account if None. Anybody else by a call of the account alone.
        confirm: Sees the plan before anything is sent.
        told: Hears of the progress.

    Raises:
        EpochError: The account has no payout here, or the receiver can be none.
        Unsent: The session writes transactions to a file, and has done so.
        TransactionFailed: A transaction was not mined in time; run again, it is waited for.
    """
    require_some(local)
    if receiver is not None:
        require_receiver(session, receiver)
        if session.sender != local.account:
            raise EpochError(
                "only the account itself can have another paid",
                expected=f"{local.account} as the sender",
                found=session.sender,
                remedy="send it from that account, or have it sign with --sign-to and send the file with --signed",
            )
    payment.settle(session)
    plan = _plan(session, assess(session, local), local.account, receiver, told)
    entitlements, sent = payment.send_all(session, plan, confirm=confirm, told=told)
    return Claiming(account=local.account, receiver=receiver or local.account, entitlements=entitlements, sent=sent)


def require_some(local: Local) -> None:
    """Raises EpochError where the account has no payout in the folders."""
    if not local.payouts and not local.unreadable:
        raise EpochError(
            "the epochs here pay this account nothing",
            expected="a payout of the account",
            found=local.account,
            remedy="look for the account in payouts.csv of the epoch, and dispute the publication if it is left out",
        )


def require_receiver(session: Session, receiver: Address) -> None:
    """Raises EpochError for a receiver that the contract refuses."""
    if receiver in (ZERO_ADDRESS, distributor_of(session).address):
        raise EpochError(
            "nobody could use what is paid to this receiver", expected="an account or a contract", found=receiver
        )


def _plan(
    session: Session, found: Sequence[Entitlement], account: Address, receiver: Address | None, told: Told
) -> Plan:
    due = [entry for entry in found if entry.standing is Standing.DUE]
    packer: Packer[Entitlement] = Packer(session, len(due), lambda done, of: told("putting them together", done, of))
    refused = packer.pack(due, lambda some: _call(session, some, account, receiver)) if due else []
    failed = {(entry.series, entry.account): each.reason for each in refused for entry in each.entries}
    return Plan(
        entitlements=tuple(payment.refusals(found, failed)), transactions=tuple(packer.packed), receiver=receiver
    )


def _call(session: Session, some: Sequence[Entitlement], account: Address, receiver: Address | None) -> Outgoing:
    """`claim` of one payout, `claimMany` of several, `claimTo` where another is paid by the account's own call."""
    claims = [entry.payout.claim for entry in some if entry.payout is not None]
    if receiver is not None:
        return payment.call(session, "claimTo", account, receiver, claims, 0, b"")
    if len(claims) == 1:
        return payment.call(session, "claim", account, claims[0])
    return payment.call(session, "claimMany", account, claims)
