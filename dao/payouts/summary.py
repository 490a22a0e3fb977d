"""What an epoch's payouts come to: per stream its total, its classes, its largest accounts, how concentrated it is."""

from __future__ import annotations

from dataclasses import dataclass

from dao.abi import checksum
from dao.errors import DaoError, PolicyError
from dao.payouts.concentration import gini, largest, nakamoto
from dao.payouts.publication import MAX_AMOUNT, Publication
from dao.payouts.values import ClassUnits, ContributionFile, EpochPayouts, Quarantine, StreamPayouts
from dao.types import Address

FORMAT = "reward-dao epoch"
VERSION = 1

TOP = 10
"""How many of the largest accounts a summary names."""


@dataclass(frozen=True, slots=True)
class Payee:
    """An account and what it is paid (wei)."""

    account: Address
    amount: int


@dataclass(frozen=True, slots=True)
class StreamSummary:
    """One leaf stream.

    Args:
        stream: Its path.
        pool: What it may pay: its emission, of a supplementary publication what earlier ones left of it (wei).
        total: What it pays (wei).
        residual: What it does not (wei).
        root: Of the Merkle tree of its payouts, 32 bytes; None where nobody is paid and nothing is published.
        accounts: How many accounts are paid.
        contributors: How many contributed, those that are paid nothing included.
        classes: What was contributed in each resource class, ascending.
        top: The accounts that are paid most, descending, TOP at most.
        gini: Gini coefficient of what the paid accounts get, in parts of `concentration.GINI_UNIT`, rounded down.
        nakamoto: The fewest accounts that get more than half of the total together.
    """

    stream: str
    pool: int
    total: int
    residual: int
    root: bytes | None
    accounts: int
    contributors: int
    classes: tuple[ClassUnits, ...]
    top: tuple[Payee, ...]
    gini: int
    nakamoto: int


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file of an epoch's folder: its name, the SHA-256 of its bytes (32 bytes), how many there are."""

    name: str
    sha256: bytes
    size: int


@dataclass(frozen=True, slots=True)
class EpochSummary:
    """What `summary.json` says, in its order.

    Args:
        format: FORMAT.
        version: VERSION.
        chain_id: The chain of the distributor.
        distributor: The contract that pays.
        epoch: The epoch that is paid for.
        series: 0 of the main publication; 1, 2, … of supplementary ones.
        policy_hash: `RewardPolicy.policyHash` of the policy that was applied, 32 bytes.
        data_hash: What binds the contributions on chain, 32 bytes; see `EpochPayouts.data_hash`.
        contributions: The files that they were read from.
        quarantined: What was set apart.
        streams: Every leaf stream, ascending by path.
        files: The other files of the folder, ascending by name.
    """

    format: str
    version: int
    chain_id: int
    distributor: Address
    epoch: int
    series: int
    policy_hash: bytes
    data_hash: bytes
    contributions: tuple[ContributionFile, ...]
    quarantined: Quarantine
    streams: tuple[StreamSummary, ...]
    files: tuple[OutputFile, ...]

    def of(self, stream: str) -> StreamSummary:
        """The summary of `stream`. Raises PolicyError where the epoch has no such leaf."""
        found = next((made for made in self.streams if made.stream == stream), None)
        if found is None:
            raise PolicyError(
                "the epoch has no such leaf stream",
                expected=", ".join(made.stream for made in self.streams) or "none",
                found=stream,
            )
        return found

    def publication(self, stream: str) -> Publication:
        """What the leaves of `stream` are bound to."""
        return Publication(
            chain_id=self.chain_id,
            distributor=self.distributor,
            stream=stream,
            epoch=self.epoch,
            series=self.series,
        )


def summarise(payouts: StreamPayouts, root: bytes | None) -> StreamSummary:
    """The summary of a stream whose payouts have the Merkle root `root`.

    Raises PolicyError where payouts, residual and pool do not add up, or the pool exceeds what a publication may pay.
    """
    total = sum(payouts.amounts)
    problem: DaoError | None = None
    if payouts.pool > MAX_AMOUNT:
        problem = PolicyError("the pool is larger than a publication may pay", expected=MAX_AMOUNT, found=payouts.pool)
    elif total + payouts.residual != payouts.pool or payouts.residual < 0:
        problem = PolicyError(
            "payouts and residual are not the pool", expected=payouts.pool, found=f"{total} and {payouts.residual}"
        )
    if problem is not None:
        problem.values = {"stream": payouts.stream}
        raise problem
    top = largest(payouts.accounts, payouts.amounts, TOP)
    return StreamSummary(
        stream=payouts.stream,
        pool=payouts.pool,
        total=total,
        residual=payouts.residual,
        root=root,
        accounts=len(payouts.accounts),
        contributors=payouts.contributors,
        classes=payouts.classes,
        top=tuple(Payee(checksum(account), amount) for account, amount in top),
        gini=gini(payouts.amounts),
        nakamoto=nakamoto(payouts.amounts),
    )


def summarise_epoch(
    payouts: EpochPayouts,
    streams: tuple[StreamSummary, ...],
    files: tuple[OutputFile, ...],
    *,
    chain_id: int,
    distributor: Address,
    series: int,
) -> EpochSummary:
    """The summary of an epoch, whose streams and files are given."""
    return EpochSummary(
        format=FORMAT,
        version=VERSION,
        chain_id=chain_id,
        distributor=distributor,
        epoch=payouts.epoch,
        series=series,
        policy_hash=payouts.policy_hash,
        data_hash=payouts.data_hash,
        contributions=payouts.files,
        quarantined=payouts.quarantine,
        streams=streams,
        files=files,
    )
