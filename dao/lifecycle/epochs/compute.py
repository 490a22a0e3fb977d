"""Computes what an epoch pays, from contribution files and what earlier epochs left, into the epoch's folder."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from dao.errors import EpochError
from dao.lifecycle.epochs.published import Records, distributor_of, records
from dao.lifecycle.policy import read_policy
from dao.lifecycle.session import Session
from dao.payouts.comparison import StreamComparison, compare
from dao.payouts.files import load_epoch, write_epoch
from dao.payouts.following import Inputs, Paid, Roots, Told, earlier, less_paid, payouts_of, supplement_to
from dao.payouts.summary import EpochSummary
from dao.payouts.values import EpochPayouts


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
    payouts = payouts_of(policy, inputs, standing_roots(chain), told=told)
    series, paid = 0, voided_payments(chain, inputs.epoch, (0,))
    if supplementary:
        series = _next_series(chain, inputs)
    payouts = _beside(chain, inputs, payouts, series)
    if not series:
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
        claimed=0 if series else sum(map(len, paid.values())),
    )


def standing_roots(chain: Records) -> Roots:
    """The roots of every publication that stands."""
    return {
        (each.series.stream, each.series.epoch, each.series.series): each.root
        for each in chain.publications
        if each.voided is None
    }


def voided_payments(chain: Records, epoch: int, numbers: Collection[int]) -> Paid:
    """What was claimed of publications of an epoch that were voided, of the series `numbers`."""
    voided = {
        (each.series, each.revision)
        for each in chain.of(epoch)
        if each.voided is not None and each.series.series in numbers
    }
    paid: dict[str, dict[str, int]] = {}
    for payment in chain.payments:
        if (payment.series, payment.revision) in voided:
            of, account = paid.setdefault(payment.series.stream, {}), payment.account.lower()
            of[account] = of.get(account, 0) + payment.amount
    return paid


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


def _beside(chain: Records, inputs: Inputs, payouts: EpochPayouts, series: int) -> EpochPayouts:
    """What is left to `series` beside the epoch's other publications: those that stand, and claims of voided ones."""
    published = [each for each in chain.of(inputs.epoch) if each.series.series != series]
    if not published:
        return payouts
    roots = standing_roots(chain)
    numbers = sorted({each.series.series for each in published if each.voided is None})
    before = []
    for number in numbers:
        streams = {each.series.stream for each in published if each.series.series == number}
        voided = {stream for stream in streams if (stream, inputs.epoch, number) not in roots}
        before.append(earlier(inputs, roots, inputs.epoch, number, without=voided))
    paid = voided_payments(chain, inputs.epoch, {each.series.series for each in published})
    return supplement_to(payouts, before, paid)
