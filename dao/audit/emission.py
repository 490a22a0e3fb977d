"""Emission over time: what the policy in force gives each epoch, and what was paid for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from dao.audit.document import EpochEntry, StreamEpoch
from dao.audit.payouts import PayoutsSummary, PublicationSummary
from dao.rewards.outlook import Horizon, decided, payees
from dao.rewards.policy import Policy
from dao.rewards.streams import ROOT

EPOCHS = 400
"""At most so many epochs, the last ones, are in a report."""


def emission(policy: Policy | None, payouts: PayoutsSummary | None, timepoint: int) -> Iterator[EpochEntry]:
    """The epochs that have begun at `timepoint` (seconds), the last EPOCHS of them, in order.

    A later change leaves an epoch that has begun as it is, so that the policy at the end has what was in force in each;
    source: `RewardPolicy.firstOpenEpoch`.
    """
    if policy is None or timepoint < policy.genesis:
        return
    last = policy.epoch_at(timepoint)
    horizon = Horizon(max(0, last - EPOCHS + 1), last)
    paid = _Paid(payouts.publications if payouts else ())
    leaves = payees(policy, horizon)
    for epoch in horizon.epochs:
        streams = tuple(
            StreamEpoch(stream=stream, voted=decided(policy, stream, epoch), **paid.of(stream, epoch))
            for stream in (*leaves, *sorted(paid.streams(epoch) - {*leaves}))
        )
        yield EpochEntry(
            epoch=epoch,
            start=policy.start_of(epoch),
            voted=decided(policy, ROOT, epoch),
            published=sum(stream.published for stream in streams),
            claimed=sum(stream.claimed for stream in streams),
            lapsed=sum(stream.lapsed for stream in streams),
            streams=streams,
        )


class _Paid:
    """Sums (wei) of publications by stream and epoch; what was voided before it was claimed does not count."""

    def __init__(self, publications: tuple[PublicationSummary, ...]) -> None:
        self._claimed: Counter[tuple[str, int]] = Counter()
        self._lapsed: Counter[tuple[str, int]] = Counter()
        self._left: Counter[tuple[str, int]] = Counter()
        self._streams: dict[int, set[str]] = {}
        for made in publications:
            key = made.stream, made.epoch
            self._claimed[key] += made.claimed
            self._lapsed[key] += made.lapsed
            self._left[key] += made.left
            self._streams.setdefault(made.epoch, set()).add(made.stream)

    def streams(self, epoch: int) -> set[str]:
        """Whose payouts of `epoch` were published."""
        return self._streams.get(epoch, set())

    def of(self, stream: str, epoch: int) -> dict[str, int]:
        """What was published, claimed and lapsed."""
        claimed, lapsed, left = (sums[stream, epoch] for sums in (self._claimed, self._lapsed, self._left))
        return {"published": claimed + lapsed + left, "claimed": claimed, "lapsed": lapsed}
