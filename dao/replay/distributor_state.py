"""What the logs say of the distributor: its settings, what is published, disputed, claimed and lapsed."""

from __future__ import annotations

from dataclasses import dataclass, field

from dao.events.decode import Place
from dao.types import ZERO_ADDRESS, Address


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributorTerms:
    """`DistributorTerms.Terms`: durations of publications, in seconds."""

    challenge_window: int = 0
    dispute_hold: int = 0
    claim_period: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class PayoutDispute:
    """One account's dispute of one revision: where it was made and why, and where it was answered, if it was."""

    opened: Place
    reason: bytes
    answered: Place | None = None
    text: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutClaim:
    """What an account was paid of a publication.

    Args:
        receiver: Who got the tokens.
        amount: How many (wei).
        revision: The revision that stood then.
        place: Where it was claimed.
    """

    receiver: Address
    amount: int
    revision: int
    place: Place


@dataclass(slots=True, kw_only=True, eq=False)
class Revision:
    """One publication as it was made, and what became of it.

    Args:
        number: How often the series had been voided before.
        root: Root of the Merkle tree, 32 bytes.
        total: Of its payouts, as published (wei).
        data_hash: SHA-256 of the contributions, 32 bytes. Nothing on chain but the event has it.
        data_uri: Where they are, as bytes.
        published: Where it was published.
        window_ends_at: Until when it could be disputed (timestamp); likewise the opening of its claims, the latest
            possible opening, and their end.
        disputes: By account.
        voided: Where it was voided; likewise lapsed.
        voided_left: What was not claimed then (wei); likewise what lapsed.
    """

    number: int
    root: bytes
    total: int
    data_hash: bytes
    data_uri: bytes
    published: Place
    window_ends_at: int
    opens_at: int
    held_until: int
    lapses_at: int
    disputes: dict[Address, PayoutDispute] = field(default_factory=dict)
    voided: Place | None = None
    voided_left: int = 0
    lapsed: Place | None = None
    lapsed_amount: int = 0

    @property
    def open_disputes(self) -> int:
        """How many disputes were not answered; none counts once it is voided."""
        return 0 if self.voided else sum(dispute.answered is None for dispute in self.disputes.values())


@dataclass(slots=True, kw_only=True, eq=False)
class Publication:
    """One series of a stream's epoch: every revision, and what was claimed of any of them. Amounts in wei.

    Args:
        stream: Path of the stream.
        epoch: Number of the epoch.
        series: 0, or the number of a supplement.
        revisions: As they were published.
        claims: By account, which is paid once of a series, whichever revision stands.
        claimed: The sum of the claims.
        left: What of the standing revision is neither claimed nor lapsed.
    """

    stream: str
    epoch: int
    series: int
    revisions: list[Revision] = field(default_factory=list)
    claims: dict[Address, PayoutClaim] = field(default_factory=dict)
    claimed: int = 0
    left: int = 0

    @property
    def standing(self) -> Revision | None:
        """The revision that stands; None where none does."""
        return self.revisions[-1] if self.revisions and self.revisions[-1].voided is None else None

    @property
    def voids(self) -> int:
        """How often it was voided, which is the number of the next revision; `Standing.revision`."""
        return len(self.revisions) - (self.standing is not None)

    @property
    def total(self) -> int:
        """`Standing.total`: of the payouts; of a voided publication, what was claimed of it."""
        if not self.revisions:
            return 0
        last = self.revisions[-1]
        return last.total - last.voided_left

    @property
    def lapsed(self) -> int:
        """What lapsed."""
        return sum(revision.lapsed_amount for revision in self.revisions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A movement of tokens that an event of the distributor announces.

    Args:
        source: Who pays: the distributor, the treasury, or zero where it is minted.
        to: Who gets it.
        amount: How much (wei).
        account: Whose claim it is; None where it is no claim.
        subject: What it is about, for a finding.
        place: Where the event stands.
    """

    source: Address
    to: Address
    amount: int
    account: Address | None
    subject: str
    place: Place


@dataclass(slots=True)
class DistributorState:
    """`RewardDistributor`: who set what, what is paid to whom. Streams are named by their paths, amounts in wei."""

    owner: Address = ZERO_ADDRESS
    guardian: Address = ZERO_ADDRESS
    reporters: tuple[Address, ...] = ()
    threshold: int = 0
    terms: DistributorTerms = field(default_factory=DistributorTerms)
    minted: bool | None = None
    """Whether payouts are minted; None until the first publication shows it."""
    publications: dict[tuple[str, int, int], Publication] = field(default_factory=dict)
    """By stream, epoch and series, in the order of their first revisions."""
    committed: dict[tuple[str, int], int] = field(default_factory=dict)
    """What of the emission of a stream and epoch is published or was paid; `Publications.committed`."""
    last: dict[tuple[str, int], int] = field(default_factory=dict)
    """The series of a stream and epoch that was published last, by its number."""
    paths: dict[bytes, str] = field(default_factory=dict)
    """Paths of streams by id, as far as they were looked up."""

    @property
    def left(self) -> int:
        """What is published, and neither claimed nor lapsed."""
        return sum(publication.left for publication in self.publications.values())
