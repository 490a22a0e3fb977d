"""Has many accounts paid: each publication by as few batches as gas allows, so that a rerun pays nobody twice."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dao.chain.distributor import Series
from dao.errors import DaoError, DocumentError
from dao.lifecycle.epochs import payment
from dao.lifecycle.epochs.due import Standing, elsewhere, standing_of
from dao.lifecycle.epochs.local import (
    EpochFolder,
    Selection,
    Told,
    Unreadable,
    folders,
    paying_streams,
    require_streams,
    untold,
)
from dao.lifecycle.epochs.payment import Sent
from dao.lifecycle.epochs.published import distributor_of
from dao.lifecycle.outgoing import Outgoing, unasked, write_unsigned
from dao.lifecycle.packing import Packed, Packer
from dao.lifecycle.session import Session
from dao.payouts.libraries import require_extra
from dao.types import Address

if TYPE_CHECKING:
    from dao.payouts.batches import Batches

FIRST_GUESS = 200
"""How many accounts to try first in one transaction."""

_ASKED = 1_000
"""How many accounts are asked about at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationBatch:
    """What became of the accounts of one publication. Amounts in wei.

    Args:
        series: Stream (empty where a whole folder cannot be read), epoch and series.
        standing: DUE where its claims are open, else why nothing of it is sent; UNREADABLE where its files are damaged.
        reason: The same in words; of an open publication, why some were not paid. It may hold hostile text.
        accounts: How many of the accounts it pays.
        claimed: How many of them had claimed before, and `claimed_amount` what.
        paid: How many were paid now, and `paid_amount` what.
        amount: What it pays all of them.
    """

    series: Series
    standing: Standing
    reason: str | None = None
    accounts: int = 0
    amount: int = 0
    claimed: int = 0
    claimed_amount: int = 0
    paid: int = 0
    paid_amount: int = 0

    @property
    def left(self) -> int:
        """How many of the accounts are not paid."""
        return self.accounts - self.claimed - self.paid

    @property
    def complete(self) -> bool:
        """Whether all of them are."""
        return self.standing is not Standing.UNREADABLE and not self.left


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPlan:
    """What is about to be sent: every publication as it stands, and the transactions with their accounts."""

    publications: tuple[PublicationBatch, ...]
    transactions: tuple[Packed[Address], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batched:
    """What became of everybody.

    Args:
        publications: By epoch, series and stream.
        strangers: The accounts that none of these publications pays.
        sent: The transactions.
    """

    publications: tuple[PublicationBatch, ...]
    strangers: tuple[Address, ...]
    sent: tuple[Sent, ...]

    @property
    def complete(self) -> bool:
        """Whether all accounts have all that is due to them here."""
        return not self.strangers and all(each.complete for each in self.publications)


Confirm = Callable[[BatchPlan], None]
"""Called with the plan before anything is sent; raises to stop it."""


def unconfirmed(_: BatchPlan) -> None:
    """The `Confirm` of programs."""


def claim_batch(
    session: Session,
    root: Path,
    accounts: Collection[Address],
    selection: Selection,
    *,
    confirm: Confirm = unconfirmed,
    told: Told = untold,
) -> Batched:
    """Claims for `accounts` what the publications in the folders at `root` pay them, each to its account.

    Who has claimed is asked of the chain before anything is sent, and what an earlier run sent is waited for first.

    Args:
        session: The deployment and who sends, which is anybody.
        root: The folder of the epochs' folders.
        accounts: Who is to be paid.
        selection: Which publications are meant.
        confirm: Sees the plan before anything is sent.
        told: Hears of the progress.

    Raises:
        EpochError: There are no such epochs or streams here.
        Unsent: The session writes transactions to a file, and has done so.
        TransactionFailed: A transaction was not mined in time; run again, it is waited for.
    """
    require_extra("payouts")
    meant = folders(root, selection)
    payment.settle(session)
    run = _Run(session, accounts, told)
    run.read(meant, selection)
    return run.send(confirm)


class _Run:
    """One run: the publications as they are found, and the transactions that are made for them."""

    def __init__(self, session: Session, accounts: Collection[Address], told: Told) -> None:
        self._session, self._accounts, self._told = session, accounts, told
        self._publications: dict[Series, PublicationBatch] = {}
        self._amounts: dict[Series, dict[Address, int]] = {}
        self._packed: list[tuple[Series, Packed[Address]]] = []
        self._known: set[Address] = set()

    def read(self, meant: Sequence[EpochFolder], selection: Selection) -> None:
        """Finds the accounts in every publication, asks who of them has claimed, and makes the transactions."""
        seen: set[str] = set()
        unreadable: list[Unreadable] = []
        for done, folder in enumerate(meant, 1):
            try:
                streams = paying_streams(folder, selection.streams, seen)
            except DaoError as error:
                unreadable.append(Unreadable(folder, "", error))
                streams = []
            for stream in streams:
                self._read(folder, stream)
            self._told("reading epochs", done, len(meant))
        require_streams(selection, seen, unreadable)
        for each in unreadable:
            self._unreadable(Series("", each.folder.epoch, each.folder.series), each.error)

    def send(self, confirm: Confirm) -> Batched:
        """Sends them one after the other."""
        session, sent = self._session, []
        strangers = tuple(account for account in self._accounts if account not in self._known)
        if self._packed:
            confirm(BatchPlan(publications=self._ordered(), transactions=tuple(packed for _, packed in self._packed)))
            if session.unsigned is not None:
                raise write_unsigned(session, [packed.outgoing for _, packed in self._packed], unasked)
        done, total = 0, sum(len(packed.entries) for _, packed in self._packed)
        for series, packed in self._packed:
            self._told("claiming", done, total)
            made = payment.send(session, packed.outgoing)
            if isinstance(made, Sent):
                sent.append(made)
                of = self._publications[series]
                paid, paid_amount = of.paid + len(made.payments), of.paid_amount + made.amount
                self._put(series, paid=paid, paid_amount=paid_amount)
                self._passed_over(series, packed, made)
            else:
                self._put(series, reason=made)
            done += len(packed.entries)
            self._told("claiming", done, total)
        return Batched(publications=self._ordered(), strangers=strangers, sent=tuple(sent))

    def _read(self, folder: EpochFolder, stream: str) -> None:
        from dao.payouts.batches import batches

        series = Series(stream, folder.epoch, folder.series)
        first = len(self._packed)
        try:
            with batches(folder.path, stream, self._accounts) as found:
                if found.amounts:
                    self._look_up(series, found)
        except DocumentError as error:
            del self._packed[first:]
            self._unreadable(series, error)

    def _look_up(self, series: Series, found: Batches) -> None:
        """Where the publication stands on chain, and the transactions if it is open."""
        session, distributor = self._session, distributor_of(self._session)
        accounts, amount = tuple(found.amounts), sum(found.amounts.values())
        self._known.update(accounts)
        self._amounts[series] = found.amounts
        self._publications[series] = PublicationBatch(
            series=series, standing=Standing.DUE, accounts=len(accounts), amount=amount
        )
        reason = elsewhere(session, found.publication)
        if reason is not None:
            self._put(series, standing=Standing.ELSEWHERE, reason=reason)
            return
        waiting = self._who_waits(series, accounts)
        asked = sum(found.amounts[account] for account in waiting)
        self._put(series, claimed=len(accounts) - len(waiting), claimed_amount=amount - asked)
        if not waiting:
            return
        state, now = distributor.publication(series), session.connection.ahead().timestamp
        standing, reason = standing_of(session, state, root=found.root, asked=asked, now=now)
        self._put(series, standing=standing, reason=reason)
        if standing is Standing.DUE:
            self._pack(series, found, waiting)

    def _who_waits(self, series: Series, accounts: Sequence[Address]) -> list[Address]:
        """Who of `accounts` has not claimed."""
        distributor, waiting = distributor_of(self._session), []
        for start in range(0, len(accounts), _ASKED):
            some = accounts[start : start + _ASKED]
            claimed = distributor.who_claimed(series, some)
            waiting += [account for account, bit in zip(some, claimed, strict=True) if not bit]
            self._told("asking who has claimed", start + len(some), len(accounts))
        return waiting

    def _pack(self, series: Series, found: Batches, waiting: Sequence[Address]) -> None:
        """Makes the transactions of one publication."""
        session, told = self._session, self._told
        packer: Packer[Address] = Packer(
            session, len(waiting), lambda done, of: told("putting them together", done, of), first_guess=FIRST_GUESS
        )
        refused = packer.pack(waiting, lambda some: _call(session, found, some))
        self._packed += [(series, packed) for packed in packer.packed]
        if refused:
            self._put(series, reason=refused[0].reason)

    def _passed_over(self, series: Series, packed: Packed[Address], made: Sent) -> None:
        """Counts those whom somebody else had paid when the batch was mined: they have claimed, and are not left."""
        missed = set(packed.entries) - {event.account for event in made.payments}
        if missed:
            of, amounts = self._publications[series], self._amounts[series]
            amount = of.claimed_amount + sum(amounts[account] for account in missed)
            self._put(series, claimed=of.claimed + len(missed), claimed_amount=amount)

    def _unreadable(self, series: Series, error: DaoError) -> None:
        self._publications[series] = PublicationBatch(series=series, standing=Standing.UNREADABLE, reason=str(error))

    def _put(self, series: Series, **changed: object) -> None:
        self._publications[series] = replace(self._publications[series], **changed)  # type: ignore[arg-type]

    def _ordered(self) -> tuple[PublicationBatch, ...]:
        def key(each: PublicationBatch) -> tuple[int, int, str]:
            return each.series.epoch, each.series.series, each.series.stream

        return tuple(sorted(self._publications.values(), key=key))


def _call(session: Session, found: Batches, accounts: Sequence[Address]) -> Outgoing:
    """`claimBatch` of some accounts of one publication."""
    made = found.proof(accounts)
    publication = made.publication
    series = Series(publication.stream, publication.epoch, publication.series)
    payouts = list(zip(made.accounts, made.amounts, strict=True))
    return payment.call(session, "claimBatch", *series.arguments, payouts, list(made.proof), list(made.flags))
