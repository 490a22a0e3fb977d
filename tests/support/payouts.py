"""Epochs' payouts made up for tests: small, exact, of any order."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

from dao.abi import keccak
from dao.payouts.files import write_epoch
from dao.payouts.values import ClassUnits, ContributionFile, EpochPayouts, Quarantine, StreamPayouts
from dao.rewards.accounts.allocate import AccountState
from dao.rewards.accounts.streak import Streak
from dao.types import Address

CHAIN_ID = 31_337
DISTRIBUTOR = Address("0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512")


def account(number: int) -> str:
    """An address in lower case."""
    return "0x" + keccak(str(number).encode())[:20].hex()


def stream_of(stream: str, amounts: dict[str, int], *, residual: int = 0) -> StreamPayouts:
    """A stream that pays `amounts`."""
    accounts = sorted(amounts)
    return StreamPayouts(
        stream=stream,
        pool=sum(amounts.values()) + residual,
        residual=residual,
        accounts=accounts,
        amounts=[amounts[made] for made in accounts],
        classes=(ClassUnits("gpu.h100", 2, 10**18), ClassUnits("gpu.h200", 1, 3)),
        contributors=len(accounts) + 1,
    )


def epoch_of(*streams: StreamPayouts, epoch: int = 7) -> EpochPayouts:
    """An epoch of `streams`, with streaks and averages."""
    carried = AccountState(
        streaks=MappingProxyType({account(2): Streak(active=3, away=1), account(1): Streak(active=0, away=2)}),
        averages=MappingProxyType({account(3): 10**27, account(1): 5}),
    )
    return EpochPayouts(
        epoch=epoch,
        policy_hash=keccak(b"policy"),
        files=(ContributionFile("a.csv", keccak(b"a"), 123, 4), ContributionFile("b.parquet", keccak(b"b"), 5, 0)),
        quarantine=Quarantine(rows=1, units=2, of_units=200),
        streams=streams,
        states=MappingProxyType({"compute/jobs": carried}),
    )


JOBS = stream_of("compute/jobs", {account(number): number**9 + 1 for number in range(40)}, residual=3)
ONE = stream_of("data", {account(5): 2**64})
NONE = stream_of("grants", {}, residual=10**18)
EPOCH = epoch_of(JOBS, ONE, NONE)


HELD = [
    "compute.jobs.nodes.arrow",
    "compute.jobs.tree.json",
    "data.nodes.arrow",
    "data.tree.json",
    "payouts.csv",
    "payouts.parquet",
    "state.parquet",
    "summary.json",
]
"""What the folder of EPOCH holds."""


def write_folder(folder: Path, payouts: EpochPayouts = EPOCH, series: int = 0) -> Path:
    """Writes `payouts` into `folder`, which it returns."""
    write_epoch(folder, payouts, chain_id=CHAIN_ID, distributor=DISTRIBUTOR, series=series)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of each file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}
