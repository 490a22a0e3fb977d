"""Every payout of an account: what the chain's logs tell that it got, and what the local folders still have for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from dao import artifacts
from dao.chain.distributor import Series
from dao.chain.logs import fetch
from dao.errors import RpcError
from dao.events.decode import Place, decode_log, place_of
from dao.events.model import Claimed
from dao.lifecycle.epochs.due import Entitlement, Standing, assess
from dao.lifecycle.epochs.local import Local, Told, untold
from dao.lifecycle.epochs.published import distributor_of
from dao.lifecycle.policy import read_policy
from dao.lifecycle.session import Session
from dao.rewards.streams import stream_id
from dao.types import Address


class Part(Enum):
    """How an amount counts in a total."""

    PAID = "paid"
    OPEN = "open"
    WAITING = "waiting"
    LOST = "not to be had"


_PARTS = {
    Standing.DUE: Part.OPEN,
    Standing.WAITING: Part.WAITING,
    Standing.DISPUTED: Part.WAITING,
    Standing.UNPUBLISHED: Part.WAITING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A payout that the account got: of which publication, how much (wei), to whom, where."""

    series: Series
    amount: int
    receiver: Address
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What an account got and is to get.

    Args:
        account: Whose it is.
        received: What was paid, oldest first.
        others: What the local folders have besides, by epoch, series and stream; empty where there are none.
    """

    account: Address
    received: tuple[Received, ...]
    others: tuple[Entitlement, ...]

    def totals(self) -> dict[str, dict[Part, int]]:
        """The sums (wei) by stream, ascending by path."""
        sums: dict[str, dict[Part, int]] = {}
        for stream, part, amount in self._amounts():
            of = sums.setdefault(stream, dict.fromkeys(Part, 0))
            of[part] += amount
        return dict(sorted(sums.items()))

    def _amounts(self) -> Iterator[tuple[str, Part, int]]:
        for received in self.received:
            yield received.series.stream, Part.PAID, received.amount
        for entry in self.others:
            if entry.amount is not None:
                yield entry.series.stream, _PARTS.get(entry.standing, Part.LOST), entry.amount


def history(session: Session, account: Address, local: Local | None, *, told: Told = untold) -> History:
    """What `account` got until the newest block, and what else is in `local`, its payouts in the folders if there are.

    Raises RpcError where the node's logs lack a payment that the distributor says was made.
    """
    received = _received(session, account, told)
    if local is None:
        return History(account=account, received=received, others=())
    found = assess(session, local)
    paid = {each.series for each in received}
    for entry in found:
        if entry.standing is Standing.CLAIMED and entry.series not in paid:
            raise RpcError(
                "the node's logs lack a payment that the distributor says was made",
                expected=f"a log of what {entry.series.stream} paid in epoch {entry.series.epoch}",
                found="none",
                remedy="do not trust this node",
            )
    others = tuple(entry for entry in found if entry.standing is not Standing.CLAIMED)
    return History(account=account, received=received, others=others)


def _received(session: Session, account: Address, told: Told) -> tuple[Received, ...]:
    distributor = distributor_of(session)
    paths = {stream_id(path): path for path in read_policy(session).streams}
    logs = fetch(
        session.connection,
        [distributor.address],
        from_block=session.deployment.start_block,
        to_block=session.connection.block().number,
        topics=[artifacts.load(distributor.artifact).abi.event("Claimed").hash],
        fourth=[bytes.fromhex(account[2:]).rjust(32, b"\0")],
        progress=lambda done, of: told("reading logs", done, of),
    )
    found = []
    for log in logs:
        event = decode_log(log, distributor.artifact)
        # A node may answer with more than was asked for.
        if isinstance(event, Claimed) and event.account == account:
            path = paths.get(event.stream, "0x" + event.stream.hex())
            found.append(
                Received(
                    series=Series(path, event.epoch, event.series),
                    amount=event.amount,
                    receiver=event.receiver,
                    place=place_of(log),
                )
            )
    return tuple(found)
