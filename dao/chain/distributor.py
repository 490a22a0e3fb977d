"""RewardDistributor at an address: what stands published, disputed and claimed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from dao.chain.connection import BlockRef
from dao.chain.contract import Contract
from dao.errors import RpcError
from dao.rewards.streams import stream_id
from dao.types import Address


class Dispute(IntEnum):
    """Where a dispute stands, numbered as `Publications.Dispute`."""

    NONE = 0
    OPEN = 1
    ANSWERED = 2


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """One series of publications: a leaf stream's path, an epoch, and 0 or the number of a supplement."""

    stream: str
    epoch: int
    series: int = 0

    @property
    def arguments(self) -> tuple[bytes, int, int]:
        """Stream id, epoch and series, as the contract takes them."""
        return stream_id(self.stream), self.epoch, self.series


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """`DistributorTerms.Terms`: durations in seconds."""

    challenge_window: int
    dispute_hold: int
    claim_period: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationState:
    """`Publications.Standing`: what stands of a series. Amounts in wei, times in seconds since the Unix epoch.

    Args:
        root: Root of the Merkle tree, 32 bytes; zeros where nothing stands.
        left: What of the total is neither claimed nor lapsed.
        opens_at: From when claims are paid, unless a dispute changes it.
        lapses_at: Until when.
        revision: How often the series was voided.
        total: Of the payouts; where the publication was voided, what was claimed of it.
        window_ends_at: Until when it can be disputed.
        held_until: The latest opening.
        open_disputes: How many are not answered.
    """

    root: bytes
    left: int
    opens_at: int
    lapses_at: int
    revision: int
    total: int
    window_ends_at: int
    held_until: int
    open_disputes: int

    @property
    def stands(self) -> bool:
        """Whether something is published and not voided."""
        return any(self.root)

    @property
    def paid(self) -> int:
        """What was claimed or lapsed (wei)."""
        return self.total - self.left


class Distributor(Contract):
    """RewardDistributor. Amounts are in wei, times in seconds since the Unix epoch."""

    artifact = "RewardDistributor"

    def publications(self, wanted: Sequence[Series], *, block: BlockRef = "latest") -> tuple[PublicationState, ...]:
        """`publication` of each of `wanted`, in order."""
        answers = self.connection.views([self.view("publication", *series.arguments) for series in wanted], block=block)
        return tuple(_state(answer[0]) for answer in answers)

    def publication(self, series: Series, *, block: BlockRef = "latest") -> PublicationState:
        """`publication`: what stands of `series`."""
        return self.publications([series], block=block)[0]

    def committed(self, stream: str, epoch: int, *, block: BlockRef = "latest") -> int:
        """`committed`: what of the emission of `stream` in `epoch` is published or was paid (wei)."""
        return int(self.ask("committed", stream_id(stream), epoch, block=block))

    def are_claimed(
        self, account: Address, wanted: Sequence[Series], *, block: BlockRef = "latest"
    ) -> tuple[bool, ...]:
        """`isClaimed` of `account` for each of `wanted`, in order."""
        views = [self.view("isClaimed", *series.arguments, account) for series in wanted]
        return tuple(bool(answer[0]) for answer in self.connection.views(views, block=block))

    def entitlements(
        self, account: Address, wanted: Sequence[Series], *, block: BlockRef = "latest"
    ) -> tuple[tuple[PublicationState, bool], ...]:
        """`publication` and `isClaimed` of `account` for each of `wanted`, in order, asked together."""
        views = [self.view("publication", *series.arguments) for series in wanted]
        views += [self.view("isClaimed", *series.arguments, account) for series in wanted]
        answers = self.connection.views(views, block=block)
        states, claimed = answers[: len(wanted)], answers[len(wanted) :]
        return tuple((_state(state[0]), bool(bit[0])) for state, bit in zip(states, claimed, strict=True))

    def who_claimed(
        self, series: Series, accounts: Sequence[Address], *, block: BlockRef = "latest"
    ) -> tuple[bool, ...]:
        """`isClaimed` of `series` for each of `accounts`, in order."""
        views = [self.view("isClaimed", *series.arguments, account) for account in accounts]
        return tuple(bool(answer[0]) for answer in self.connection.views(views, block=block))

    def dispute_of(self, series: Series, revision: int, account: Address, *, block: BlockRef = "latest") -> Dispute:
        """`disputeOf`: where the dispute of `account` of that revision stands."""
        number = self.ask("disputeOf", *series.arguments, revision, account, block=block)
        try:
            return Dispute(number)
        except ValueError:
            raise RpcError("the distributor answers with an unknown dispute", expected="0 to 2", found=number) from None

    def terms(self, *, block: BlockRef = "latest") -> Terms:
        """`terms`: the durations of publications from now on."""
        window, hold, period = self.ask("terms", block=block)
        return Terms(challenge_window=window, dispute_hold=hold, claim_period=period)

    def reporters(self, *, block: BlockRef = "latest") -> tuple[tuple[Address, ...], int]:
        """`reporters` and `threshold`: who may sign, and how many must."""
        views = [self.view("reporters"), self.view("threshold")]
        accounts, threshold = self.connection.views(views, block=block)
        return tuple(Address(account) for account in accounts[0]), int(threshold[0])

    def guardian(self, *, block: BlockRef = "latest") -> Address:
        """`guardian`: who may void; zero for nobody."""
        return Address(self.ask("guardian", block=block))

    def minted(self, *, block: BlockRef = "latest") -> bool:
        """`minted`: whether payouts are minted when claimed, rather than drawn from the treasury."""
        return bool(self.ask("minted", block=block))


def _state(answer: tuple[object, ...]) -> PublicationState:
    names = (
        "root",
        "left",
        "opens_at",
        "lapses_at",
        "revision",
        "total",
        "window_ends_at",
        "held_until",
        "open_disputes",
    )
    return PublicationState(**dict(zip(names, answer, strict=True)))  # type: ignore[arg-type]
