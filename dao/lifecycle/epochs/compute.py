"""Computes what an epoch pays, from contribution files and what earlier epochs left, into the epoch's folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dao.errors import EpochError
from dao.lifecycle.epochs.published import Records, distributor_of, records
from dao.lifecycle.policy import read_policy
from dao.lifecycle.session import Session
from dao.payouts.comparison import StreamComparison, compare
from dao.payouts.files import load_epoch, write_epoch
from dao.payouts.following import Inputs, Key, OnChain, Told, beside, less_paid, payouts_of
from dao.payouts.summary import EpochSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """What was computed.

    Args:
        folder: Where it was written.
        summary: What it comes to.
        comparison: Beside the epoch before, where its folder is there.
        over: Whether the epoch is over, so that it can be published.
        claimed: How many accounts were left out because they claimed of a publication that was voided.
    """

    folder: Path
    summary: EpochSummary
    comparison: tuple[StreamComparison, ...]
    over: bool
    claimed: int


def compute_epoch(
    session: Session,
    inputs: Inputs,
    *,
    supplementary: bool = False,
    told: Told = lambda step, done, total: None,
) -> Computed:
    """Computes an epoch under the policy on chain, and writes its folder.

    Of a stream whose publication was voided, the accounts that had claimed are left out and their payouts are not in
    the pool: they were paid, and their claims count once. What supplements that stand pay is not paid again.

    Args:
        session: The deployment.
        inputs: The epoch and its files.
        supplementary: Whether what is missing of the epoch's publications is computed.
        told: Hears of the progress.

    Raises like `payouts_of`, and:
        EpochError: A supplement has no publication to add to, or its folder is not there.
        FileError: Another epoch is in the way.
    """
    policy = read_policy(session)
    distributor = distributor_of(session)
    chain = records(session, policy)
    told_of = on_chain(chain)
    series = _next_series(chain, inputs) if supplementary else 0
    paid = told_of.claimed(inputs.epoch, (series,))
    payouts = beside(inputs, payouts_of(policy, inputs, told_of, told=told), told_of, series)
    payouts = less_paid(payouts, paid)
    folder = inputs.folder(inputs.epoch, series)
    told("writing the epoch", 0, 1)
    summary = write_epoch(
        folder, payouts, chain_id=session.deployment.chain_id, distributor=distributor.address, series=series
    )
    told("writing the epoch", 1, 1)
    before = inputs.folder(inputs.epoch - 1) if inputs.epoch and not series else None
    return Computed(
        folder=folder,
        summary=summary,
        comparison=compare(load_epoch(before).payouts, payouts) if before is not None and before.is_dir() else (),
        over=chain.timestamp >= policy.start_of(inputs.epoch + 1),
        claimed=sum(map(len, paid.values())),
    )


def on_chain(chain: Records) -> OnChain:
    """The same as `chain` tells, of all epochs."""
    roots: dict[Key, bytes] = {}
    voided: dict[Key, dict[str, int]] = {}
    revisions = set()
    for each in chain.publications:
        key = (each.series.stream, each.series.epoch, each.series.series)
        if each.voided is None:
            roots[key] = each.root
        else:
            voided.setdefault(key, {})
            revisions.add((each.series, each.revision))
    for payment in chain.payments:
        if (payment.series, payment.revision) in revisions:
            key = (payment.series.stream, payment.series.epoch, payment.series.series)
            voided[key][payment.account.lower()] = payment.amount
    return OnChain(roots=roots, voided=voided)


def _next_series(chain: Records, inputs: Inputs) -> int:
    """The number of the next supplementary publication."""
    published = chain.of(inputs.epoch)
    if not published:
        raise EpochError(
            f"nothing of epoch {inputs.epoch} is published",
            expected="a publication that a supplement adds to",
            found="none",
            remedy="compute it without --supplementary, and publish that",
        )
    return max(each.series.series for each in published) + 1
