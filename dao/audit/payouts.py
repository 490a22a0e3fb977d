"""What was paid out, as the replayed logs have it: by stream, and by publication with the vote behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dao.audit.check import Scene
from dao.replay.authorisation import authorising_change
from dao.replay.distributor_state import Publication
from dao.replay.state import GovernanceState

Authority = Literal["proposal", "deployment", "nobody"]
"""What an amount goes back to: a vote, the policy as it was deployed, or a change that no vote made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPayouts:
    """The payouts of one stream over all epochs (wei): what was published is claimed, lapsed or open.

    Args:
        stream: Its path.
        published: What stands or was paid; what was voided before it was claimed does not count.
        claimed: What accounts were paid.
        lapsed: What was not claimed in time.
        open: What is neither.
    """

    stream: str
    published: int
    claimed: int
    lapsed: int
    open: int

    def as_dict(self) -> dict[str, object]:
        """The sums as JSON holds them."""
        return {
            "stream": self.stream,
            "published": str(self.published),
            "claimed": str(self.claimed),
            "lapsed": str(self.lapsed),
            "open": str(self.open),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationSummary:
    """One series of a stream's epoch at the end of the audit. Amounts in wei, times in seconds.

    Args:
        stream: Path of the stream.
        epoch: Number of the epoch.
        series: 0, or the number of a supplement.
        voids: How often it was voided.
        stands: Whether something is published and not voided.
        root: Root of its tree, 32 bytes; the last one where it was voided.
        total: Of the payouts; where it was voided, what was claimed of it.
        claimed: What accounts were paid; of voided revisions, too.
        accounts: How many accounts were paid.
        lapsed: What was not claimed in time.
        left: What is neither claimed nor lapsed.
        disputes: How many disputes of it are open.
        opens_at: From when claims are paid.
        lapses_at: Until when.
        transaction: Hash of the transaction that published the last revision, 32 bytes.
        block: Number of its block.
        authority: What the amount goes back to.
        proposal: The proposal that made the last change of the stream's amount in force in this epoch; None where
            `authority` is another.
    """

    stream: str
    epoch: int
    series: int
    voids: int
    stands: bool
    root: bytes
    total: int
    claimed: int
    accounts: int
    lapsed: int
    left: int
    disputes: int
    opens_at: int
    lapses_at: int
    transaction: bytes
    block: int
    authority: Authority
    proposal: int | None

    def as_dict(self) -> dict[str, object]:
        """The publication as JSON holds it."""
        return {
            "stream": self.stream,
            "epoch": self.epoch,
            "series": self.series,
            "voids": self.voids,
            "stands": self.stands,
            "root": "0x" + self.root.hex(),
            "total": str(self.total),
            "claimed": str(self.claimed),
            "accounts": self.accounts,
            "lapsed": str(self.lapsed),
            "left": str(self.left),
            "disputes": self.disputes,
            "opens_at": self.opens_at,
            "lapses_at": self.lapses_at,
            "transaction": "0x" + self.transaction.hex(),
            "block": self.block,
            "authority": self.authority,
            "proposal": None if self.proposal is None else str(self.proposal),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutsSummary:
    """What the distributor did: streams by path, publications in the order in which they were first made.

    `minted` is whether payouts are minted rather than drawn from the treasury; None before the first publication.
    """

    minted: bool | None
    streams: tuple[StreamPayouts, ...]
    publications: tuple[PublicationSummary, ...]

    def as_dict(self) -> dict[str, object]:
        """The summary as JSON holds it."""
        return {
            "minted": self.minted,
            "streams": [stream.as_dict() for stream in self.streams],
            "publications": [publication.as_dict() for publication in self.publications],
        }


def summarise_payouts(scene: Scene) -> PayoutsSummary | None:
    """The payouts of the replayed state; None where the deployment has no distributor."""
    if scene.state.addresses.distributor is None:
        return None
    publications = scene.state.distributor.publications.values()
    streams = sorted({publication.stream for publication in publications})
    return PayoutsSummary(
        minted=scene.state.distributor.minted,
        streams=tuple(_stream(path, [made for made in publications if made.stream == path]) for path in streams),
        publications=tuple(_publication(scene, publication) for publication in publications),
    )


def _stream(path: str, publications: list[Publication]) -> StreamPayouts:
    claimed = sum(publication.claimed for publication in publications)
    lapsed = sum(publication.lapsed for publication in publications)
    left = sum(publication.left for publication in publications)
    return StreamPayouts(stream=path, published=claimed + lapsed + left, claimed=claimed, lapsed=lapsed, open=left)


def _publication(scene: Scene, publication: Publication) -> PublicationSummary:
    last = publication.revisions[-1]
    authority, proposal = authority_of(scene.state, publication.stream, publication.epoch)
    return PublicationSummary(
        stream=publication.stream,
        epoch=publication.epoch,
        series=publication.series,
        voids=publication.voids,
        stands=publication.standing is not None,
        root=last.root,
        total=publication.total,
        claimed=publication.claimed,
        accounts=len(publication.claims),
        lapsed=publication.lapsed,
        left=publication.left,
        disputes=last.open_disputes,
        opens_at=last.opens_at,
        lapses_at=last.lapses_at,
        transaction=last.published.transaction,
        block=last.published.block,
        authority=authority,
        proposal=proposal,
    )


def authority_of(state: GovernanceState, stream: str, epoch: int) -> tuple[Authority, int | None]:
    """What the amount of `stream` in `epoch` goes back to, and the proposal if it is one; see `authorising_change`."""
    made = authorising_change(state, stream, epoch)
    if made is None:
        return "deployment", None
    proposal = state.proposal_of(made.operation)
    return ("proposal", proposal.id) if proposal else ("nobody", None)
