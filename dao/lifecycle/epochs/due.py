"""What of an account's payouts can be claimed now, and why the others cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from dao.chain.distributor import PublicationState, Series
from dao.document.moments import moment
from dao.lifecycle.epochs.local import Local, LocalPayout, Unreadable
from dao.lifecycle.epochs.published import distributor_of
from dao.lifecycle.session import Session
from dao.lifecycle.wording import amount
from dao.payouts.publication import Publication
from dao.types import Address


class Standing(Enum):
    """Where a payout stands."""

    DUE = "due"
    PAID = "paid"
    CLAIMED = "claimed before"
    WAITING = "not open yet"
    DISPUTED = "held by disputes"
    UNPUBLISHED = "not published"
    VOIDED = "voided"
    LAPSED = "lapsed"
    EXHAUSTED = "total used up"
    OTHER_TREE = "another tree is published"
    ELSEWHERE = "of another chain or contract"
    UNREADABLE = "files damaged"
    FAILED = "not paid"

    @property
    def settled(self) -> bool:
        """Whether the account has it."""
        return self in (Standing.PAID, Standing.CLAIMED)

    @property
    def wrong(self) -> bool:
        """Whether it will not come right by waiting, and something is to be looked into."""
        return self in _WRONG


_WRONG = frozenset((Standing.EXHAUSTED, Standing.OTHER_TREE, Standing.ELSEWHERE, Standing.UNREADABLE, Standing.FAILED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """One payout of an account, and where it stands.

    Args:
        series: Stream (empty where a whole folder cannot be read), epoch and series.
        account: Whose it is.
        amount: How much (wei); None where that cannot be read.
        standing: Where it stands, and `reason` why it cannot be claimed. The reason may hold hostile text.
        payout: The payout with its proof; None where it cannot be read.
    """

    series: Series
    account: Address
    amount: int | None
    standing: Standing
    reason: str | None = None
    payout: LocalPayout | None = None


def assess(session: Session, local: Local) -> tuple[Entitlement, ...]:
    """Where each payout in `local` stands, by epoch, series and stream; asked in one batch, of one block."""
    here = [payout for payout in local.payouts if not elsewhere(session, payout.publication)]
    found = standings(session, local.account, here)
    every = [_entitlement(payout, *found[payout.series]) for payout in here]
    for payout in local.payouts:
        reason = elsewhere(session, payout.publication)
        if reason is not None:
            every.append(_entitlement(payout, Standing.ELSEWHERE, reason))
    every += [_unreadable(local.account, each) for each in local.unreadable]
    return tuple(sorted(every, key=lambda each: (each.series.epoch, each.series.series, each.series.stream)))


def standings(
    session: Session, account: Address, payouts: Sequence[LocalPayout]
) -> dict[Series, tuple[Standing, str | None]]:
    """Where each of `payouts`, which are of this chain and distributor, stands, and why it cannot be claimed if so."""
    if not payouts:
        return {}
    wanted = [payout.series for payout in payouts]
    block, now = session.connection.block(), session.connection.ahead().timestamp
    answers = distributor_of(session).entitlements(account, wanted, block=block.number)
    return {
        payout.series: (Standing.CLAIMED, None)
        if claimed
        else standing_of(session, state, root=payout.root, asked=payout.amount, now=now)
        for payout, (state, claimed) in zip(payouts, answers, strict=True)
    }


def standing_of(
    session: Session, state: PublicationState, *, root: bytes, asked: int, now: int
) -> tuple[Standing, str | None]:
    """Where an unclaimed payout of `asked` (wei) in the tree with `root` stands at the timestamp `now`."""
    if not state.stands:
        if state.revision:
            return Standing.VOIDED, "the guardian took the publication back; a corrected one may follow"
        return Standing.UNPUBLISHED, "the reporters have not published it"
    if state.root != root:
        return Standing.OTHER_TREE, (
            f"the root on chain is 0x{state.root.hex()}, the local one 0x{root.hex()}: fetch the folder from where it "
            "is published, and dispute it if that is another than it should be"
        )
    if now >= state.lapses_at:
        return Standing.LAPSED, f"it could be claimed until {moment(state.lapses_at)}"
    if now < state.opens_at:
        if state.open_disputes:
            count = f"{state.open_disputes} open dispute{'s' if state.open_disputes > 1 else ''}"
            return Standing.DISPUTED, f"{count}; opens {moment(state.opens_at, now)} at the latest"
        return Standing.WAITING, f"opens {moment(state.opens_at, now)}"
    if asked > state.left:
        return Standing.EXHAUSTED, (
            f"only {amount(state.left, session.deployment)} of the published total are left: the tree pays more than "
            "it; ask the reporters"
        )
    return Standing.DUE, None


def elsewhere(session: Session, made: Publication) -> str | None:
    """Of which other chain or contract a publication is; None if of this one."""
    distributor = distributor_of(session)
    if made.chain_id != session.deployment.chain_id:
        return f"it is for chain {made.chain_id}, this is chain {session.deployment.chain_id}"
    if made.distributor != distributor.address:
        return f"it is for the distributor {made.distributor}, here it is {distributor.address}"
    return None


def _entitlement(payout: LocalPayout, standing: Standing, reason: str | None) -> Entitlement:
    return Entitlement(
        series=payout.series,
        account=payout.account,
        amount=payout.amount,
        standing=standing,
        reason=reason,
        payout=payout,
    )


def _unreadable(account: Address, what: Unreadable) -> Entitlement:
    return Entitlement(
        series=Series(what.stream, what.folder.epoch, what.folder.series),
        account=account,
        amount=None,
        standing=Standing.UNREADABLE,
        reason=str(what.error),
    )
