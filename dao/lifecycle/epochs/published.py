"""Every publication of a deployment, out of the distributor's logs, and where each stands now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from enum import Enum

from dao import artifacts
from dao.chain.contract import Contract
from dao.chain.distributor import Distributor, PublicationState, Series
from dao.chain.logs import fetch
from dao.errors import DeploymentError, RpcError
from dao.events.decode import Place, decode_log, place_of
from dao.events.model import (
    Claimed,
    DisputeAnswered,
    Event,
    PayoutsDisputed,
    PayoutsLapsed,
    PayoutsPublished,
    PayoutsVoided,
)
from dao.events.policy import text
from dao.lifecycle.session import Session
from dao.rewards.policy import Policy
from dao.rewards.streams import stream_id
from dao.types import Address


class Stage(Enum):
    """Where a publication stands."""

    WAITING = "in its challenge window"
    DISPUTED = "held by disputes"
    OPEN = "open for claims"
    PAID = "paid out"
    LAPSED = "lapsed"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A dispute of a publication. Texts are hostile.

    Args:
        account: Who disputes.
        reason: Why.
        place: Where it was logged.
        answer: What the reporters answered; None where they did not.
    """

    account: Address
    reason: str
    place: Place
    answer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payout that was claimed: of which revision, who was paid what (wei), to whom, where."""

    series: Series
    revision: int
    account: Address
    receiver: Address
    amount: int
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One revision of a series: what was published, and what became of it. Amounts in wei, times in seconds.

    Args:
        series: Stream, epoch and number of the series.
        revision: How often the series was voided before.
        root: Root of the Merkle tree, 32 bytes.
        total: Sum of the payouts.
        paid: What was claimed.
        opens_at: From when claims are paid, as it stands now.
        held_until: The latest opening.
        lapses_at: Until when claims are paid.
        data_hash: SHA-256 of the contributions, 32 bytes.
        data_uri: Where they are. Hostile.
        place: Where it was published.
        disputes: In the order in which they were made.
        voided: Where it was voided, and `void_reason` why; None where it was not. The reason is hostile.
        lapsed: What lapsed and was settled.
        stage: Where it stands at the block that was asked.
    """

    series: Series
    revision: int
    root: bytes
    total: int
    paid: int
    opens_at: int
    held_until: int
    lapses_at: int
    data_hash: bytes
    data_uri: str
    place: Place
    disputes: tuple[Dispute, ...] = ()
    voided: Place | None = None
    void_reason: str = ""
    lapsed: int = 0
    stage: Stage = Stage.WAITING

    @property
    def left(self) -> int:
        """What can still be claimed (wei), now or when its claims open."""
        return 0 if self.voided is not None else self.total - self.paid - self.lapsed

    @property
    def open_disputes(self) -> int:
        """How many disputes are not answered."""
        return sum(dispute.answer is None for dispute in self.disputes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What the distributor's logs tell, until a block.

    Args:
        publications: Oldest first, voided ones included.
        payments: Every claim, oldest first.
        timestamp: Of that block (seconds).
    """

    publications: tuple[Publication, ...]
    payments: tuple[Payment, ...]
    timestamp: int

    def standing(self, series: Series) -> Publication | None:
        """What stands of `series`; None where nothing does."""
        found = [each for each in self.publications if each.series == series and each.voided is None]
        return found[-1] if found else None

    def of(self, epoch: int) -> tuple[Publication, ...]:
        """The publications of `epoch`."""
        return tuple(each for each in self.publications if each.series.epoch == epoch)


def distributor_of(session: Session) -> Distributor:
    """The session's distributor. Raises DeploymentError where the deployment has none."""
    if session.contracts.distributor is None:
        raise DeploymentError(
            "this deployment has no distributor",
            expected="a section distributor in the deployment file",
            found="none",
            remedy="deploy with one; contributors are paid by nobody here",
        )
    return session.contracts.distributor


def records(session: Session, policy: Policy, *, accounts: Collection[Address] = ()) -> Records:
    """What the logs of the session's distributor tell until the newest block.

    Args:
        session: The deployment.
        policy: The policy, whose streams give ids their paths.
        accounts: Where given, `payments` are those of these accounts alone.

    Raises DeploymentError where there is no distributor, RpcError where logs do not go together.
    """
    distributor = distributor_of(session)
    block = session.connection.block()
    logs = fetch(
        session.connection,
        [distributor.address],
        from_block=session.deployment.start_block,
        to_block=block.number,
        topics=_topics(distributor),
    )
    told = _Told({stream_id(path): path for path in policy.streams})
    for log in logs:
        told.apply(decode_log(log, distributor.artifact), place_of(log))
    wanted = set(accounts)
    return Records(
        publications=tuple(_staged(each, block.timestamp) for each in told.publications),
        payments=tuple(each for each in told.payments if not wanted or each.account in wanted),
        timestamp=block.timestamp,
    )


def _topics(contract: Contract) -> list[bytes]:
    abi = artifacts.load(contract.artifact).abi
    kinds = (PayoutsPublished, PayoutsDisputed, DisputeAnswered, PayoutsVoided, PayoutsLapsed, Claimed)
    return [abi.event(kind.__name__).hash for kind in kinds]


@dataclass(slots=True)
class _Told:
    """What the logs told so far."""

    paths: dict[bytes, str]
    publications: list[Publication] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    _at: dict[Series, int] = field(default_factory=dict)

    def apply(self, event: Event, place: Place) -> None:
        match event:
            case PayoutsPublished():
                series = self._series(event.stream, event.epoch, event.series)
                self._at[series] = len(self.publications)
                self.publications.append(_published(event, series, place))
            case PayoutsDisputed():
                made = Dispute(account=event.account, reason=text(event.reason), place=place)
                of = self._standing(event.stream, event.epoch, event.series, place)
                self._put(replace(of, disputes=(*of.disputes, made), opens_at=of.held_until))
            case DisputeAnswered():
                of = self._standing(event.stream, event.epoch, event.series, place)
                answered = tuple(
                    replace(each, answer=text(event.text)) if each.account == event.account else each
                    for each in of.disputes
                )
                self._put(replace(of, disputes=answered, opens_at=event.opens_at))
            case PayoutsVoided():
                of = self._standing(event.stream, event.epoch, event.series, place)
                self._put(replace(of, voided=place, void_reason=text(event.reason)))
            case PayoutsLapsed():
                of = self._standing(event.stream, event.epoch, event.series, place)
                self._put(replace(of, lapsed=event.amount))
            case Claimed():
                of = self._standing(event.stream, event.epoch, event.series, place)
                self._put(replace(of, paid=of.paid + event.amount))
                self.payments.append(
                    Payment(
                        series=of.series,
                        revision=of.revision,
                        account=event.account,
                        receiver=event.receiver,
                        amount=event.amount,
                        place=place,
                    )
                )

    def _series(self, stream: bytes, epoch: int, series: int) -> Series:
        return Series(self.paths.get(stream, "0x" + stream.hex()), epoch, series)

    def _standing(self, stream: bytes, epoch: int, series: int, place: Place) -> Publication:
        wanted = self._series(stream, epoch, series)
        if wanted not in self._at:
            raise RpcError(
                "the distributor's logs do not go together",
                expected=f"a publication of {wanted.stream} in epoch {wanted.epoch}",
                found=f"a log of it in block {place.block} without one",
                remedy="do not trust this node",
            )
        return self.publications[self._at[wanted]]

    def _put(self, publication: Publication) -> None:
        self.publications[self._at[publication.series]] = publication


def _published(event: PayoutsPublished, series: Series, place: Place) -> Publication:
    return Publication(
        series=series,
        revision=event.revision,
        root=event.root,
        total=event.total,
        paid=0,
        opens_at=event.opens_at,
        held_until=event.held_until,
        lapses_at=event.lapses_at,
        data_hash=event.data_hash,
        data_uri=text(event.data_uri),
        place=place,
    )


def _staged(publication: Publication, now: int) -> Publication:
    if publication.voided is not None:
        stage = Stage.VOIDED
    elif publication.left == 0 and not publication.lapsed:
        stage = Stage.PAID
    elif now >= publication.lapses_at:
        stage = Stage.LAPSED
    elif now >= publication.opens_at:
        stage = Stage.OPEN
    else:
        stage = Stage.DISPUTED if publication.open_disputes else Stage.WAITING
    return replace(publication, stage=stage)


def require_same(publication: Publication, state: PublicationState) -> None:
    """Raises RpcError unless what the logs tell of a publication that stands is what the contract answers."""
    told = (publication.root, publication.left, publication.opens_at, publication.revision)
    answered = (state.root, state.left, state.opens_at, state.revision)
    if told != answered:
        raise RpcError(
            "the node's logs of a publication are not what the distributor answers",
            expected=f"{state.left} wei left, revision {state.revision}",
            found=f"{publication.left} wei left, revision {publication.revision}",
            remedy="do not trust this node",
        )
