"""An account's voting power, now or at a snapshot, and why it is not what its balance suggests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from dao.lifecycle.power_changes import PowerChange, power_changes
from dao.lifecycle.session import Session
from dao.types import ZERO_ADDRESS, Address


class Cause(Enum):
    """Why an account's voting power differs from its balance."""

    NONE = "its balance is its voting power"
    NO_TOKENS = "it holds no tokens and nobody delegated to it"
    NEVER_DELEGATED = "it holds tokens but never delegated them: they vote only once they are, to itself or another"
    DELEGATED_AWAY = "its tokens vote through another account"
    RECEIVES = "others delegated to it"
    AFTER_SNAPSHOT = "its voting power came, or changed, after the snapshot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """An account's standing as a voter. Amounts are in the token's smallest unit, timepoints in seconds.

    `at_snapshot` is None where no snapshot was asked for, or it is not over. `delegate` is the zero address where there
    is none. `changes` has what made the power of now out of that at the snapshot, where the two differ.
    """

    account: Address
    balance: int
    delegate: Address
    votes: int
    snapshot: int | None
    at_snapshot: int | None
    cause: Cause
    changes: tuple[PowerChange, ...] = ()


def power(session: Session, account: Address, *, snapshot: int | None = None) -> Power:
    """The voting power of `account` now, and at the timepoint `snapshot` if given and over."""
    token = session.contracts.token
    asked = snapshot is not None and session.connection.block().timestamp > snapshot
    views = [token.view("balanceOf", account), token.view("delegates", account), token.view("getVotes", account)]
    if asked:
        views.append(token.view("getPastVotes", account, snapshot))
    answers = [answer[0] for answer in session.connection.views(views)]
    balance, delegate, votes = answers[:3]
    at_snapshot = answers[3] if asked else None
    return Power(
        account=account,
        balance=balance,
        delegate=delegate,
        votes=votes,
        snapshot=snapshot,
        at_snapshot=at_snapshot,
        cause=_cause(account, balance=balance, delegate=delegate, votes=votes, at_snapshot=at_snapshot),
        changes=_changes(session, account, snapshot=snapshot, votes=votes, at_snapshot=at_snapshot),
    )


def _changes(
    session: Session, account: Address, *, snapshot: int | None, votes: int, at_snapshot: int | None
) -> tuple[PowerChange, ...]:
    if snapshot is None or at_snapshot is None or at_snapshot == votes:
        return ()
    return power_changes(session, account, since=snapshot)


def _cause(account: Address, *, balance: int, delegate: Address, votes: int, at_snapshot: int | None) -> Cause:
    if at_snapshot is not None and at_snapshot != votes:
        return Cause.AFTER_SNAPSHOT
    if votes == balance and delegate == account:
        return Cause.NONE
    if delegate == ZERO_ADDRESS and balance:
        return Cause.NEVER_DELEGATED if not votes else Cause.RECEIVES
    if delegate not in (ZERO_ADDRESS, account) and balance:
        return Cause.DELEGATED_AWAY
    return Cause.RECEIVES if votes else Cause.NO_TOKENS
