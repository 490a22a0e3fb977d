"""Where every epoch's payouts stand: what is published, open, disputed, and what is still to come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dao.chain.distributor import Terms
from dao.errors import NotReported
from dao.lifecycle.epochs.published import Publication, distributor_of, records
from dao.lifecycle.policy import read_policy
from dao.lifecycle.session import Session
from dao.rewards.policy import Policy
from dao.types import Address

RECENT = 12
"""How many epochs are looked back for leaves that nobody published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpublished:
    """A leaf of an epoch that is over and not published. `emission` (wei) is None where it waits for a report."""

    stream: str
    epoch: int
    emission: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The distributor at the newest block. Times in seconds since the Unix epoch.

    Args:
        distributor: Where it is.
        minted: Whether payouts are minted when claimed, rather than drawn from the treasury.
        reporters: Who may sign, `threshold` of whom must.
        guardian: Who may void.
        terms: Of publications from now on.
        current: The epoch that runs; None before the genesis.
        publications: Oldest first, voided ones included.
        unpublished: Leaves of the last RECENT epochs that are over.
        timestamp: Of the block.
    """

    distributor: Address
    minted: bool
    reporters: tuple[Address, ...]
    threshold: int
    guardian: Address
    terms: Terms
    current: int | None
    publications: tuple[Publication, ...]
    unpublished: tuple[Unpublished, ...]
    timestamp: int


def overview(session: Session, *, epoch: int | None = None) -> Overview:
    """Where payouts stand, of one epoch or of all.

    Raises DeploymentError where the deployment has no distributor.
    """
    distributor, policy = distributor_of(session), read_policy(session)
    told = records(session, policy)
    current = policy.epoch_at(told.timestamp) if told.timestamp >= policy.genesis else None
    publications = told.publications if epoch is None else told.of(epoch)
    # A supplement that stands does not make up for a main publication that was voided.
    stands = {
        (each.series.stream, each.series.epoch)
        for each in told.publications
        if each.voided is None and each.series.series == 0
    }
    if current is None:
        over = range(0)
    elif epoch is None:
        over = range(max(0, current - RECENT), current)
    else:
        over = range(epoch, min(epoch + 1, current))
    reporters, threshold = distributor.reporters()
    return Overview(
        distributor=distributor.address,
        minted=distributor.minted(),
        reporters=reporters,
        threshold=threshold,
        guardian=distributor.guardian(),
        terms=distributor.terms(),
        current=current,
        publications=publications,
        unpublished=tuple(each for each in _leaves(policy, over) if (each.stream, each.epoch) not in stands),
        timestamp=told.timestamp,
    )


def _leaves(policy: Policy, epochs: range) -> Iterator[Unpublished]:
    for epoch in epochs:
        for stream in policy.streams:
            if not policy.is_leaf(stream, epoch):
                continue
            try:
                emission: int | None = policy.emission(stream, epoch)
            except NotReported:
                emission = None
            if emission != 0:
                yield Unpublished(stream=stream, epoch=epoch, emission=emission)
