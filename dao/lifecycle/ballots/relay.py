"""Sends signed ballots: checked, packed, and sent so that a rerun sends nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from dao import artifacts
from dao.chain import transaction
from dao.chain.transaction import Receipt
from dao.errors import CallReverted, CodecError, RpcError, TransactionFailed
from dao.lifecycle.ballots.check import Checked, Verdict, check
from dao.lifecycle.ballots.journal import Entry, Key, RelayJournal
from dao.lifecycle.ballots.parcels import Parcel, ballot_of, pack
from dao.lifecycle.ballots.sign import typed_of
from dao.lifecycle.outgoing import Outgoing, send_once, unasked, write_unsigned
from dao.lifecycle.session import Session
from dao.types import Address

Fate = tuple[Verdict, str | None, int]
"""What became of a ballot that was sent, why if it was not counted, and its weight."""

Told = Callable[[str, int, int], None]
"""Called with the name of a step, how much of it is done and how much there is."""

_SKIPPED = {
    "GovernorAlreadyCastVote": "its voter had no weight left when it was reached",
    "GovernorInvalidSignature": "its signature was none when it was reached",
    "GovernorInvalidVoteType": "its choice is unknown",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A transaction that was mined: `ballots` that were in it, of which `counted` were counted. Gas in gas."""

    hash: bytes
    block_number: int
    gas_used: int
    ballots: int
    counted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Relayed:
    """What became of every ballot file, in the order in which they were given, and what was sent for them."""

    ballots: tuple[Checked, ...]
    sent: tuple[Sent, ...]

    @property
    def complete(self) -> bool:
        """Whether every voter's weight is cast, by these ballots or before."""
        return all(entry.verdict in (Verdict.RELAYED, Verdict.VOTED) for entry in self.ballots)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is about to be sent: every file as it was checked, and the transactions."""

    ballots: tuple[Checked, ...]
    parcels: tuple[Parcel, ...]


Confirm = Callable[[Plan], None]
"""Called with the plan before anything is sent; raises to stop it."""


def _unasked(_: Plan) -> None:
    """Sends whatever the checks let pass."""


def _untold(step: str, done: int, total: int) -> None:
    """Tells nobody."""


def relay(
    session: Session,
    paths: Sequence[Path],
    *,
    journal: RelayJournal | None = None,
    confirm: Confirm = _unasked,
    told: Told = _untold,
) -> Relayed:
    """Sends the ballots in the files `paths` as the session's signer, who need not be a voter.

    With a `journal` what an earlier run had begun is carried on first, with the very same transactions.

    Args:
        session: The deployment and whoever pays.
        paths: Ballot files.
        journal: Where transactions are recorded with the ballots in them; None for programs that do so themselves.
        confirm: Sees the plan before anything is sent.
        told: Hears of the progress.

    Raises:
        Unsent: The session writes transactions to a file, and has done so.
        TransactionFailed: A transaction was not mined in time; run again, it is looked up.
    """
    with nullcontext() if journal is None else journal.locked():
        run = _Run(session, journal, told)
        if session.unsigned is None:
            run.carry_on()
        return run.relay(paths, confirm)


class _Run:
    """One run of a relay: what was sent, and what was counted by it."""

    def __init__(self, session: Session, journal: RelayJournal | None, told: Told) -> None:
        self._session = session
        self._journal = journal
        self._told = told
        self._sent: list[Sent] = []
        self._fate: dict[Key, Fate] = {}
        self._busy: dict[tuple[int, Address], Address] = {}

    def carry_on(self) -> None:
        """Brings to their end the transactions that an earlier run had begun; those of other senders are left alone."""
        outbox, connection = self._session.outbox, self._session.connection
        if self._journal is None or outbox is None:
            return
        for entry in self._journal.entries():
            attempt = outbox.find(entry.sender, entry.request)
            if entry.sender != self._session.sender:
                if attempt is not None and connection.nonce(entry.sender) <= attempt.nonce:
                    self._busy |= {(key.proposal_id, key.voter): entry.sender for key in entry.ballots}
                    continue
            elif attempt is not None:
                self._finish(entry)
            self._journal.forget(entry)

    def relay(self, paths: Sequence[Path], confirm: Confirm) -> Relayed:
        """Checks, packs and sends."""
        session = self._session
        checked = check(session, paths, progress=lambda done, total: self._told("checking ballots", done, total))
        checked = [self._with_fate(entry) for entry in checked]
        ready = [entry for entry in checked if entry.verdict is Verdict.READY]
        parcels, failed = pack(
            session, ready, progress=lambda done, total: self._told("putting them together", done, total)
        )
        for each in failed:
            self._fail(each.entries, each.reason)
        checked = [self._with_fate(entry) for entry in checked]
        if parcels:
            confirm(Plan(ballots=tuple(checked), parcels=tuple(parcels)))
            if session.unsigned is not None:
                raise write_unsigned(session, [parcel.outgoing for parcel in parcels], unasked)
            self._send(parcels)
        return Relayed(ballots=tuple(self._with_fate(entry) for entry in checked), sent=tuple(self._sent))

    def _send(self, parcels: Sequence[Parcel]) -> None:
        done, total = 0, sum(len(parcel.entries) for parcel in parcels)
        self._told("sending ballots", done, total)
        for parcel in parcels:
            outgoing = parcel.outgoing
            entry = Entry(
                sender=outgoing.sender,
                to=outgoing.to,
                data=outgoing.data,
                gas=parcel.gas_limit,
                ballots=tuple(_key(each) for each in parcel.entries),
            )
            if self._journal is not None:
                self._journal.put(entry)
            try:
                self._mined(send_once(self._session, outgoing), entry.ballots)
            except CallReverted as error:
                self._fail(parcel.entries, str(error))
            except (RpcError, TransactionFailed) as error:
                # What the node refused is one transaction's matter; what cannot be told or is waited for is not.
                if "code" not in error.values and "block" not in error.values:
                    raise
                self._fail(parcel.entries, str(error))
            outbox = self._session.outbox
            if self._journal is not None and (outbox is None or outbox.find(entry.sender, entry.request) is None):
                self._journal.forget(entry)
            done += len(parcel.entries)
            self._told("sending ballots", done, total)

    def _finish(self, entry: Entry) -> None:
        """Carries on one transaction of an earlier run."""
        session, outbox = self._session, self._session.outbox
        assert outbox is not None  # noqa: S101  # for the type checker; the caller has asked
        try:
            receipt = transaction.resume(session.connection, entry.sender, entry.request, outbox)
            if receipt is None and outbox.find(entry.sender, entry.request) is not None:
                outgoing = Outgoing(
                    sender=entry.sender,
                    to=entry.to,
                    contract="",
                    function="",
                    arguments=(),
                    value=0,
                    data=entry.data,
                    gas=entry.gas,
                )
                receipt = send_once(session, outgoing)
        except CallReverted:
            # It would fail now, and the ballots in it are looked at anew.
            return
        except TransactionFailed as error:
            if "block" not in error.values:
                raise
            return
        if receipt is not None:
            self._mined(receipt, entry.ballots)

    def _mined(self, receipt: Receipt, ballots: Sequence[Key]) -> None:
        told = dict(_fates(self._session, receipt))
        lost = (Verdict.FAILED, "the governor did not count it: it was invalid when it was reached", 0)
        fates = {key: told.get((key.proposal_id, key.voter), lost) for key in ballots}
        self._fate |= fates
        counted = sum(verdict is Verdict.RELAYED for verdict, _, _ in fates.values())
        self._sent.append(
            Sent(
                hash=receipt.hash,
                block_number=receipt.block_number,
                gas_used=receipt.gas_used,
                ballots=len(ballots),
                counted=counted,
            )
        )

    def _fail(self, entries: Sequence[Checked], reason: str) -> None:
        self._fate |= {_key(entry): (Verdict.FAILED, reason, 0) for entry in entries}

    def _with_fate(self, entry: Checked) -> Checked:
        """`entry` as this run left it."""
        if entry.ballot is None or entry.verdict is Verdict.REFUSED:
            return entry
        key = _key(entry)
        sender = self._busy.get((key.proposal_id, key.voter))
        if sender is not None:
            reason = f"{sender} has sent a ballot of its voter, and that is not mined yet"
            return replace(entry, verdict=Verdict.REFUSED, reason=reason)
        fate = self._fate.get(key)
        return entry if fate is None else replace(entry, verdict=fate[0], reason=fate[1], weight=fate[2])


def _key(entry: Checked) -> Key:
    ballot = ballot_of(entry)
    return Key(ballot.proposal_id, ballot.voter, "0x" + typed_of(ballot).digest.hex())


def _fates(session: Session, receipt: Receipt) -> Iterator[tuple[tuple[int, Address], Fate]]:
    """What became of each ballot that the governor tells of, by proposal and voter."""
    abi = artifacts.load("RewardGovernor").abi
    counted, split, skipped = (abi.event(name) for name in ("VoteCast", "VoteCastWithParams", "BallotSkipped"))
    for log in receipt.logs:
        if log.address != session.deployment.addresses.governor or not log.topics:
            continue
        topic = log.topics[0]
        try:
            if topic in (counted.hash, split.hash):
                voter, proposal_id, _, weight, *_ = (counted if topic == counted.hash else split).decode_log(
                    log.topics, log.data
                )
                yield (proposal_id, voter), (Verdict.RELAYED, None, weight)
            elif topic == skipped.hash:
                proposal_id, voter, selector = skipped.decode_log(log.topics, log.data)
                name = abi.errors[selector].name if selector in abi.errors else ""
                why = _SKIPPED.get(name, f"the governor passed it over: 0x{selector.hex()}")
                yield (proposal_id, voter), (Verdict.SKIPPED, why, 0)
        except CodecError:
            # A reason that is no text: the ballot is of another tool, and no file here is.
            continue
