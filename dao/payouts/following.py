"""An epoch computed after others: what accounts carry over, what a month has paid, what voided publications paid."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from types import MappingProxyType

from dao.errors import EpochError
from dao.payouts.compute import compute
from dao.payouts.files import load_epoch
from dao.payouts.names import folder_name
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

Paid = Mapping[str, Mapping[str, int]]
"""What accounts, in lower case, were paid (wei), by stream."""

Key = tuple[str, int, int]
"""Stream, epoch and series of a publication."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnChain:
    """What of all epochs is on chain at a moment.

    Args:
        roots: Merkle root (32 bytes) of every publication that stands.
        voided: Of every publication that was voided at some time, what was claimed of its voided revisions (wei), by
            account in lower case.
    """

    roots: Mapping[Key, bytes]
    voided: Mapping[Key, Mapping[str, int]]

    def numbers(self, epoch: int) -> tuple[int, ...]:
        """The series of `epoch` of which something stands, ascending."""
        return tuple(sorted({number for _, at, number in self.roots if at == epoch}))

    def claimed(self, epoch: int, numbers: Collection[int]) -> Paid:
        """What was claimed of voided revisions of the series `numbers` of `epoch`."""
        paid: dict[str, dict[str, int]] = {}
        for (stream, at, number), amounts in self.voided.items():
            if at == epoch and number in numbers:
                of = paid.setdefault(stream, {})
                for account, amount in amounts.items():
                    of[account] = of.get(account, 0) + amount
        return paid


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What is computed from what.

    Args:
        epoch: The epoch.
        contributions: The contribution files, CSV or Parquet.
        epochs: The folder of epoch folders: where earlier epochs are, and where this one is written.
        engine: `duckdb`, `local[…]` or `spark://…`.
        quarantine: Where bad rows are set apart; None where one stops the epoch.
        from_nothing: Whether streaks, averages and monthly caps begin with this epoch where earlier ones are not there.
    """

    epoch: int
    contributions: tuple[Path, ...]
    epochs: Path
    engine: str = "duckdb"
    quarantine: Path | None = None
    from_nothing: bool = False

    def folder(self, epoch: int, series: int = 0) -> Path:
        """Where the files of an epoch and series are, or will be."""
        return self.epochs.joinpath(folder_name(epoch, series))

    def required(self, epoch: int, series: int = 0) -> Path:
        """The same of one that must be there. Raises EpochError where it is not."""
        folder = self.folder(epoch, series)
        if not folder.is_dir():
            raise EpochError(
                f"epoch {self.epoch} follows from what epoch {epoch} paid, which is not here",
                expected=f"the folder {folder}",
                found="none",
                remedy="fetch the folder of what was published"
                if epoch == self.epoch
                else "compute or fetch that one first, or give --from-nothing to begin anew",
            )
        return folder


def payouts_of(
    policy: Policy, inputs: Inputs, chain: OnChain, *, told: Told = lambda step, done, total: None
) -> EpochPayouts:
    """What the contributions come to under `policy`, with what the epochs before left in `inputs.epochs`.

    Raises:
        DocumentError: A contribution file is bad: file, line and field; or an earlier epoch's folder is damaged.
        PolicyError: The policy's parameters cannot be applied to the contributions.
        EpochError: An earlier epoch is needed and not there, or is another than stands on `chain`.
    """
    states = _states(policy, inputs, chain)
    paid = _paid_this_month(policy, inputs, chain)
    told("computing payouts", 0, 1)
    payouts = compute(
        policy,
        inputs.epoch,
        inputs.contributions,
        engine=inputs.engine,
        quarantine=inputs.quarantine,
        states=states,
        paid_this_month=paid,
        # Beside the results: as much room as those have, and on a cluster a place that its workers can be given.
        folder=inputs.epochs if inputs.epochs.is_dir() else inputs.epochs.parent,
    )
    told("computing payouts", 1, 1)
    return payouts


def earlier(inputs: Inputs, chain: OnChain, epoch: int, series: int = 0) -> EpochPayouts:
    """What an earlier publication pays, out of its folder, without the streams of which it was voided and not replaced.

    Raises EpochError where the folder is not there, or another tree than in it stands on chain; DocumentError where it
    is damaged.
    """
    folder = inputs.required(epoch, series)
    held = load_epoch(folder, thorough=True)
    for made in held.summary.streams:
        standing = chain.roots.get((made.stream, held.summary.epoch, held.summary.series))
        if standing not in (None, made.root):
            raise EpochError(
                f"another tree stands for {made.stream} of epoch {epoch} than in {folder}",
                expected=f"root 0x{standing.hex()}",
                found="nobody who is paid" if made.root is None else f"root 0x{made.root.hex()}",
                remedy="fetch the folder of what was published, or compute it from the contributions that were",
            )
    gone = {stream for stream, at, number in chain.voided.keys() - chain.roots if (at, number) == (epoch, series)}
    return replace(held.payouts, streams=tuple(made for made in held.payouts.streams if made.stream not in gone))


def beside(inputs: Inputs, payouts: EpochPayouts, chain: OnChain, series: int) -> EpochPayouts:
    """What is left to `series` beside the epoch's other publications: those that stand, and claims of voided ones.

    Raises EpochError where a folder of one is not here or holds another tree, PolicyError where they pay so much that
    what is missing is not left.
    """
    others = {number for _, epoch, number in (*chain.roots, *chain.voided) if epoch == inputs.epoch} - {series}
    if not others:
        return payouts
    standing = [number for number in chain.numbers(inputs.epoch) if number != series]
    published = [earlier(inputs, chain, inputs.epoch, number) for number in standing]
    made = [_as_payouts(stream, amounts) for stream, amounts in chain.claimed(inputs.epoch, others).items()]
    return supplement(payouts, [*published, replace(payouts, streams=tuple(made))])


def less_paid(payouts: EpochPayouts, paid: Paid) -> EpochPayouts:
    """The payouts without the accounts that were `paid` of voided publications: a claim counts once for an epoch.

    Pools are less what those were paid; where the rest does not reach for the others, it is shared among them pro rata.
    """
    made = tuple(_without(each, paid.get(each.stream, {})) for each in payouts.streams)
    return replace(payouts, streams=made)


def _as_payouts(stream: str, amounts: Mapping[str, int]) -> StreamPayouts:
    accounts = sorted(amounts)
    return StreamPayouts(
        stream=stream,
        pool=sum(amounts.values()),
        residual=0,
        accounts=accounts,
        amounts=[amounts[account] for account in accounts],
        classes=(),
        contributors=len(accounts),
    )


def _without(made: StreamPayouts, paid: Mapping[str, int]) -> StreamPayouts:
    if not paid:
        return made
    pairs = zip(made.accounts, made.amounts, strict=True)
    left = [(account, amount) for account, amount in pairs if account not in paid]
    amounts = [amount for _, amount in left]
    pool = max(0, made.pool - sum(paid.values()))
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


def _states(policy: Policy, inputs: Inputs, chain: OnChain) -> Mapping[str, AccountState]:
    """What accounts carry from the epoch before, where a stream's parameters read it."""
    if inputs.epoch == 0 or not _reads(policy, inputs.epoch, (StreakWeights, ShareAverage)):
        return MappingProxyType({})
    folder = inputs.folder(inputs.epoch - 1)
    if inputs.from_nothing and not folder.is_dir():
        return MappingProxyType({})
    return earlier(inputs, chain, inputs.epoch - 1).states


def _paid_this_month(policy: Policy, inputs: Inputs, chain: OnChain) -> Paid:
    """What each account was paid for the earlier epochs of the month, by stream, where a cap reads it.

    That is what their publications pay, supplements included, and what was claimed of voided ones. An epoch belongs to
    the month in which it begins, in UTC.
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
        for number in sorted({0, *chain.numbers(epoch)}):
            if not (inputs.from_nothing and not inputs.folder(epoch, number).is_dir()):
                for made in earlier(inputs, chain, epoch, number).streams:
                    _add(paid, made.stream, zip(made.accounts, made.amounts, strict=True))
        for (stream, at, _), amounts in chain.voided.items():
            if at == epoch:
                _add(paid, stream, amounts.items())
        epoch -= 1
    return paid


def _add(paid: dict[str, dict[str, int]], stream: str, amounts: Iterable[tuple[str, int]]) -> None:
    """Adds `amounts` to what is counted of `stream`, if it is counted."""
    of = paid.get(stream)
    if of is not None:
        for account, amount in amounts:
            of[account] = of.get(account, 0) + amount


def _month(policy: Policy, epoch: int) -> tuple[int, int]:
    begins = datetime.fromtimestamp(policy.start_of(epoch), timezone.utc)
    return begins.year, begins.month


def _reads(policy: Policy, epoch: int, kinds: tuple[type, ...]) -> bool:
    leaves = (stream for stream in policy.streams if policy.is_leaf(stream, epoch))
    return any(isinstance(each, kinds) for stream in leaves for each in _operators(policy, stream, epoch))


def _operators(policy: Policy, stream: str, epoch: int) -> Sequence[Operator]:
    return decode(policy.parameters_at(stream, epoch))
