"""What changed an account's voting power since a timepoint, transaction by transaction, from the token's logs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from dao import artifacts
from dao.chain.logs import fetch
from dao.events.decode import decode_log
from dao.events.model import DelegateChanged, DelegateVotesChanged, Transfer
from dao.lifecycle.session import Session
from dao.types import Address


class Reason(Enum):
    """Why voting power changed; who it was stands in `PowerChange.who`."""

    DELEGATED = "somebody delegated to it"
    WITHDRAWN = "somebody took a delegation away"
    RECEIVED = "somebody who delegates to it received tokens"
    SPENT = "somebody who delegates to it sent tokens away"
    OTHER = "a transaction of another kind"


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerChange:
    """One change: votes in the token's smallest unit, timestamp in seconds. `who` is whose doing it was."""

    block: int
    timestamp: int
    before: int
    after: int
    reason: Reason
    who: Address


def power_changes(session: Session, account: Address, *, since: int) -> tuple[PowerChange, ...]:
    """Every change of the voting power of `account` after the timepoint `since`, oldest first.

    `ERC20Votes` logs what caused a change (Transfer, DelegateChanged) right before the change itself.
    """
    contract = session.contracts.token
    abi = artifacts.load(contract.artifact).abi
    kinds = (Transfer, DelegateChanged, DelegateVotesChanged)
    logs = fetch(
        session.connection,
        [contract.address],
        from_block=_first_after(session, since),
        to_block=session.connection.block().number,
        topics=[abi.event(kind.__name__).hash for kind in kinds],
    )
    changes: list[PowerChange] = []
    cause: Transfer | DelegateChanged | None = None
    for log in logs:
        event = decode_log(log, contract.artifact)
        if isinstance(event, Transfer | DelegateChanged):
            cause = event
        elif isinstance(event, DelegateVotesChanged) and event.delegate == account:
            reason, who = _why(cause, account, gained=event.new_votes > event.previous_votes)
            changes.append(
                PowerChange(
                    block=log.block_number,
                    timestamp=log.timestamp,
                    before=event.previous_votes,
                    after=event.new_votes,
                    reason=reason,
                    who=who,
                )
            )
    return tuple(changes)


def _why(cause: Transfer | DelegateChanged | None, account: Address, *, gained: bool) -> tuple[Reason, Address]:
    if isinstance(cause, DelegateChanged):
        return (Reason.DELEGATED if gained else Reason.WITHDRAWN), cause.delegator
    if isinstance(cause, Transfer):
        return (Reason.RECEIVED, cause.to) if gained else (Reason.SPENT, cause.source)
    return Reason.OTHER, account


def _first_after(session: Session, timepoint: int) -> int:
    """The first block later than `timepoint`, or the one after the newest where none is."""
    low, high = session.deployment.start_block, session.connection.block().number + 1
    while low < high:
        middle = (low + high) // 2
        if session.connection.block(middle).timestamp > timepoint:
            high = middle
        else:
            low = middle + 1
    return low
