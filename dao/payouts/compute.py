"""Computes an epoch: contribution files in, what every account of every leaf stream is paid out.

The result depends on what the rows say and on nothing else: not on their order, the files they stand in, the engine or
its threads. Memory stays bounded whatever the number of rows; it grows with the accounts of the largest stream, and
with the groups of rows (`groups`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType

from dao.errors import PolicyError
from dao.payouts.libraries import require_extra
from dao.payouts.values import EpochPayouts
from dao.rewards.accounts.allocate import AccountState
from dao.rewards.policy import Policy

DUCKDB = "duckdb"
"""The default engine."""

NO_STATES: Mapping[str, AccountState] = MappingProxyType({})
NO_PAYMENTS: Mapping[str, Mapping[str, int]] = MappingProxyType({})


def compute(
    policy: Policy,
    epoch: int,
    files: Sequence[Path],
    *,
    engine: str = DUCKDB,
    quarantine: Path | None = None,
    states: Mapping[str, AccountState] = NO_STATES,
    paid_this_month: Mapping[str, Mapping[str, int]] = NO_PAYMENTS,
    threads: int | None = None,
    memory: str = "2GiB",
    folder: Path | None = None,
) -> EpochPayouts:
    """What `files` come to in `epoch` under `policy`.

    Args:
        policy: The policy in force.
        epoch: The epoch.
        files: CSV or Parquet files with the columns `account`, `stream`, `units` and those that the parameters read.
        engine: What sums: `duckdb`, `spark`, `local[…]` or `spark://host:port`.
        quarantine: Where to write the rows that break a rule; without it, such a row stops the epoch. Nothing is
            written where all rows are good.
        states: What the accounts of each stream carry from the epoch before, accounts in lower case.
        paid_this_month: What each account of each stream was paid for earlier epochs of the month (wei), accounts in
            lower case.
        threads: How many threads the engine uses; all processors' if not given.
        memory: How much the engine holds before it spills.
        folder: Where temporary files go, about as much as the contributions; the system's own place if not given. On a
            cluster, a folder that its workers see.

    Raises DocumentError for a file that is broken or changes while it is read, and for bad rows; NotReported where an
    emission depends on a report; PolicyError where parameters do not give a number; DaoError for a missing library.
    """
    require_extra("payouts")
    from dao.payouts.epoch import EpochRun
    from dao.payouts.scratch import scratch
    from dao.payouts.staging import stage

    for state in states.values():
        _check_spelling(state.streaks)
        _check_spelling(state.averages)
    for paid in paid_this_month.values():
        _check_spelling(paid)
    with scratch(folder or Path(tempfile.gettempdir()), "payouts") as work, ThreadPoolExecutor(1) as pool:
        (work / "staged").mkdir()
        staged = stage(files, work / "staged")
        unchanged: Future[None] = pool.submit(staged.check_unchanged)
        run = EpochRun(policy, epoch, staged, work, states=states, paid_this_month=paid_this_month)
        return run.compute(engine, quarantine=quarantine, threads=threads, memory=memory, confirm=unchanged.result)


def _check_spelling(accounts: Mapping[str, object]) -> None:
    wrong = next((account for account in accounts if account != account.lower()), None)
    if wrong is not None:
        raise PolicyError("what accounts carry names one in another spelling", expected="lower case", found=wrong)
