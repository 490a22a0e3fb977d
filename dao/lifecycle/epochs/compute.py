"""Computes what an epoch pays, from contribution files and what earlier epochs left, into the epoch's folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from types import MappingProxyType

from dao.errors import EpochError
from dao.lifecycle.epochs.published import Records, distributor_of, records
from dao.lifecycle.policy import read_policy
from dao.lifecycle.session import Session
from dao.payouts.comparison import StreamComparison, compare
from dao.payouts.compute import compute
from dao.payouts.files import load_epoch, write_epoch
from dao.payouts.names import folder_name
from dao.payouts.summary import EpochSummary
from dao.payouts.supplement import supplement
from dao.payouts.values import EpochPayouts, StreamPayouts
from dao.rewards.accounts.allocate import AccountState
from dao.rewards.accounts.average import ShareAverage
from dao.rewards.accounts.caps import Cap, Scope
from dao.rewards.accounts.operators import Operator
from dao.rewards.accounts.prorata import pro_rata
from dao.rewards.accounts.streak import StreakWeights
from dao.rewards.parameters import decode
from dao.rewards.policy import Policy

_MONTHLY = (Scope.ACCOUNT_MONTH, Scope.NODE_MONTH, Scope.STREAM_MONTH)

Told = Callable[[str, int, int], None]
"""Called with the name of a step, how much of it is done and how much there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What is computed from what.

    Args:
        epoch: The epoch.
        contributions: The contribution files, CSV or Parquet.
        epochs: The folder of epoch folders: where earlier epochs are, and where this one is written.
        engine: `duckdb`, `local[…]` or `spark://…`.
        quarantine: Where bad rows are set apart; None where one stops the epoch.
        supplementary: Whether what is missing of the epoch's publications is computed.
        from_nothing: Whether streaks, averages and monthly caps begin with this epoch where earlier ones are not there.
    """

    epoch: int
    contributions: tuple[Path, ...]
    epochs: Path
    engine: str = "duckdb"
    quarantine: Path | None = None
    supplementary: bool = False
    from_nothing: bool = False


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


def compute_epoch(session: Session, inputs: Inputs, *, told: Told = lambda step, done, total: None) -> Computed:
    """Computes an epoch under the policy on chain, and writes its folder.

    Of a stream whose publication was voided, the accounts that had claimed are left out and their payouts are not in
    the pool: they were paid, and their claims count once.

    Raises:
        DocumentError: A contribution file is bad: file, line and field.
        PolicyError: The policy's parameters cannot be applied to the contributions.
        EpochError: An earlier epoch is needed and not there, or a publication that a supplement needs.
        FileError: Another epoch is in the way.
    """
    policy = read_policy(session)
    distributor = distributor_of(session)
    chain = records(session, policy)
    payouts = payouts_of(policy, inputs, told=told)
    series, claimed = 0, 0
    if inputs.supplementary:
        series, payouts = _supplement(chain, inputs, payouts)
    else:
        payouts, claimed = less_claimed(payouts, chain, series=0)
    folder = inputs.epochs / folder_name(inputs.epoch, series)
    told("writing the epoch", 0, 1)
    summary = write_epoch(
        folder, payouts, chain_id=session.deployment.chain_id, distributor=distributor.address, series=series
    )
    told("writing the epoch", 1, 1)
    before = _folder_before(inputs)
    return Computed(
        folder=folder,
        summary=summary,
        comparison=() if before is None or series else compare(load_epoch(before).payouts, payouts),
        over=chain.timestamp >= policy.start_of(inputs.epoch + 1),
        claimed=claimed,
    )


def payouts_of(policy: Policy, inputs: Inputs, *, told: Told = lambda step, done, total: None) -> EpochPayouts:
    """What the contributions come to under `policy`, with what the epochs before left in `inputs.epochs`.

    Raises like `compute_epoch`.
    """
    states = _states(policy, inputs)
    paid = _paid_this_month(policy, inputs)
    told("computing payouts", 0, 1)
    payouts = compute(
        policy,
        inputs.epoch,
        inputs.contributions,
        engine=inputs.engine,
        quarantine=inputs.quarantine,
        states=states,
        paid_this_month=paid,
    )
    told("computing payouts", 1, 1)
    return payouts


def less_claimed(payouts: EpochPayouts, chain: Records, *, series: int) -> tuple[EpochPayouts, int]:
    """The payouts without the accounts that claimed of voided publications of the same series, and how many those are.

    Their pools are less what those were paid; where the rest does not reach for the others, it is shared among them pro
    rata.
    """
    voided = {
        (each.series.stream, each.revision)
        for each in chain.publications
        if each.voided is not None and (each.series.epoch, each.series.series) == (payouts.epoch, series)
    }
    paid: dict[str, dict[str, int]] = {}
    for payment in chain.payments:
        at = payment.series
        if (at.epoch, at.series) == (payouts.epoch, series) and (at.stream, payment.revision) in voided:
            paid.setdefault(at.stream, {})[payment.account.lower()] = payment.amount
    made = tuple(_without(each, paid.get(each.stream, {})) for each in payouts.streams)
    return replace(payouts, streams=made), sum(map(len, paid.values()))


def _without(made: StreamPayouts, paid: Mapping[str, int]) -> StreamPayouts:
    if not paid:
        return made
    pairs = zip(made.accounts, made.amounts, strict=True)
    left = [(account, amount) for account, amount in pairs if account not in paid]
    amounts = [amount for _, amount in left]
    pool = made.pool - sum(paid.values())
    if sum(amounts) > pool:
        amounts = pro_rata(pool, amounts)
    kept = [(account, amount) for (account, _), amount in zip(left, amounts, strict=True) if amount]
    return replace(
        made,
        pool=pool,
        residual=pool - sum(amount for _, amount in kept),
        accounts=[account for account, _ in kept],
        amounts=[amount for _, amount in kept],
    )


def _supplement(chain: Records, inputs: Inputs, payouts: EpochPayouts) -> tuple[int, EpochPayouts]:
    """The number of the next supplementary publication and what it pays."""
    published = [each.series.series for each in chain.of(inputs.epoch)]
    if not published:
        raise EpochError(
            f"nothing of epoch {inputs.epoch} is published",
            expected="a publication that a supplement adds to",
            found="none",
            remedy="compute it without --supplementary, and publish that",
        )
    series = max(published) + 1
    earlier = [_required(inputs, inputs.epoch, number) for number in range(series)]
    return series, supplement(payouts, [load_epoch(folder).payouts for folder in earlier])


def _states(policy: Policy, inputs: Inputs) -> Mapping[str, AccountState]:
    """What accounts carry from the epoch before, where a stream's parameters read it."""
    if inputs.epoch == 0 or not _reads(policy, inputs.epoch, (StreakWeights, ShareAverage)):
        return MappingProxyType({})
    folder = _folder(inputs, inputs.epoch - 1, 0)
    if inputs.from_nothing and not folder.is_dir():
        return MappingProxyType({})
    return load_epoch(_required(inputs, inputs.epoch - 1, 0)).payouts.states


def _paid_this_month(policy: Policy, inputs: Inputs) -> Mapping[str, Mapping[str, int]]:
    """What each account was paid for the earlier epochs of the month, by stream, where a cap reads it.

    An epoch belongs to the month in which it begins, in UTC.
    """
    capped = [
        stream
        for stream in policy.streams
        if policy.is_leaf(stream, inputs.epoch)
        and any(isinstance(each, Cap) and each.scope in _MONTHLY for each in _operators(policy, stream, inputs.epoch))
    ]
    paid: dict[str, dict[str, int]] = {stream: {} for stream in capped}
    epoch = inputs.epoch - 1
    month = _month(policy, inputs.epoch)
    while capped and epoch >= 0 and _month(policy, epoch) == month:
        if not (inputs.from_nothing and not _folder(inputs, epoch, 0).is_dir()):
            for made in load_epoch(_required(inputs, epoch, 0)).payouts.streams:
                if made.stream in paid:
                    of = paid[made.stream]
                    for account, amount in zip(made.accounts, made.amounts, strict=True):
                        of[account] = of.get(account, 0) + amount
        epoch -= 1
    return paid


def _month(policy: Policy, epoch: int) -> tuple[int, int]:
    begins = datetime.fromtimestamp(policy.start_of(epoch), timezone.utc)
    return begins.year, begins.month


def _reads(policy: Policy, epoch: int, kinds: tuple[type, ...]) -> bool:
    leaves = (stream for stream in policy.streams if policy.is_leaf(stream, epoch))
    return any(isinstance(each, kinds) for stream in leaves for each in _operators(policy, stream, epoch))


def _operators(policy: Policy, stream: str, epoch: int) -> Sequence[Operator]:
    return decode(policy.parameters_at(stream, epoch))


def _folder(inputs: Inputs, epoch: int, series: int) -> Path:
    return inputs.epochs / folder_name(epoch, series)


def _folder_before(inputs: Inputs) -> Path | None:
    folder = _folder(inputs, inputs.epoch - 1, 0)
    return folder if inputs.epoch and folder.is_dir() else None


def _required(inputs: Inputs, epoch: int, series: int) -> Path:
    folder = _folder(inputs, epoch, series)
    if not folder.is_dir():
        raise EpochError(
            f"epoch {inputs.epoch} follows from what epoch {epoch} paid, which is not here",
            expected=f"the folder {folder}",
            found="none",
            remedy="compute or fetch that one first, or give --from-nothing to begin anew"
            if epoch != inputs.epoch
            else "fetch the folder of what was published",
        )
    return folder
