"""An epoch's payouts beside those of the epoch before."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nsmallest

from dao.payouts.summary import TOP
from dao.payouts.values import EpochPayouts, StreamPayouts


@dataclass(frozen=True, slots=True)
class Change:
    """What an account was paid before and is paid now (wei); 0 where it was not, or is not."""

    account: str
    before: int
    now: int


@dataclass(frozen=True, slots=True)
class StreamComparison:
    """One leaf stream in two epochs.

    Args:
        stream: Its path.
        total_before: What it paid in the epoch before (wei); 0 where it was no leaf then.
        total: What it pays now (wei); 0 where it is no leaf any more.
        accounts_before: How many accounts it paid.
        accounts: How many it pays.
        new: How many of them it did not pay before.
        gone: How many it paid before and pays no more.
        changes: The largest changes of one account, descending, TOP at most; of equal ones, ascending by account.
    """

    stream: str
    total_before: int
    total: int
    accounts_before: int
    accounts: int
    new: int
    gone: int
    changes: tuple[Change, ...]


def compare(before: EpochPayouts, now: EpochPayouts) -> tuple[StreamComparison, ...]:
    """Every stream that is a leaf in one of two epochs, ascending by path."""
    older = {made.stream: made for made in before.streams}
    newer = {made.stream: made for made in now.streams}
    return tuple(_compare(stream, older.get(stream), newer.get(stream)) for stream in sorted(older.keys() | newer))


def _compare(stream: str, before: StreamPayouts | None, now: StreamPayouts | None) -> StreamComparison:
    older, newer = _amounts(before), _amounts(now)
    accounts = older.keys() | newer
    changes = (Change(account, older.get(account, 0), newer.get(account, 0)) for account in accounts)
    moved = (change for change in changes if change.before != change.now)
    return StreamComparison(
        stream=stream,
        total_before=sum(older.values()),
        total=sum(newer.values()),
        accounts_before=len(older),
        accounts=len(newer),
        new=len(accounts) - len(older),
        gone=len(accounts) - len(newer),
        changes=tuple(nsmallest(TOP, moved, key=lambda change: (-abs(change.now - change.before), change.account))),
    )


def _amounts(payouts: StreamPayouts | None) -> dict[str, int]:
    return {} if payouts is None else dict(zip(payouts.accounts, payouts.amounts, strict=True))
