"""What the accounts of an epoch's streams carry into the next one: streaks and averages, as Parquet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet

from dao.payouts.columns import DECIMAL, addresses
from dao.payouts.spelling import checksummed, text_order
from dao.rewards.accounts.allocate import AccountState
from dao.rewards.accounts.streak import Streak

_GROUP = 1 << 16

_SCHEMA = arrow.schema(
    [
        arrow.field("stream", arrow.string(), nullable=False),
        arrow.field("account", arrow.string(), nullable=False),
        arrow.field("active", arrow.uint64()),
        arrow.field("away", arrow.uint64()),
        arrow.field("average", DECIMAL),
    ]
)


def write_states(path: Path, states: Mapping[str, AccountState]) -> bool:
    """Writes a row per stream and account, ascending by both; whether there was one, and so a file."""
    carried = {stream: state for stream, state in sorted(states.items()) if state.streaks or state.averages}
    if not carried:
        return False
    with parquet.ParquetWriter(path, _SCHEMA, compression="zstd", use_dictionary=["stream"]) as writer:
        for stream, state in carried.items():
            accounts = sorted(state.streaks.keys() | state.averages.keys())
            spelled = checksummed(accounts)
            order = text_order(spelled)
            for begin in range(0, len(order), _GROUP):
                chosen = order[begin : begin + _GROUP]
                names = [accounts[index] for index in chosen.tolist()]
                streaks = [state.streaks.get(name) for name in names]
                columns = [
                    arrow.array([stream]).take(arrow.array(np.zeros(len(names), np.int8))),
                    addresses(spelled[chosen]),
                    arrow.array([streak and streak.active for streak in streaks], arrow.uint64()),
                    arrow.array([streak and streak.away for streak in streaks], arrow.uint64()),
                    arrow.array([state.averages.get(name) for name in names], DECIMAL),
                ]
                writer.write_table(arrow.table(columns, schema=_SCHEMA), row_group_size=_GROUP)
    return True


def read_states(path: Path) -> Mapping[str, AccountState]:
    """What `write_states` wrote, with accounts in lower case.

    Raises ValueError, or one of pyarrow's errors, where the file is none.
    """
    streaks: dict[str, dict[str, Streak]] = {}
    averages: dict[str, dict[str, int]] = {}
    with parquet.ParquetFile(path) as file:
        if not file.schema_arrow.equals(_SCHEMA):
            raise ValueError("the columns are others than stream, account, active, away and average")
        for batch in file.iter_batches(_GROUP):
            for row in batch.to_pylist():
                _read(row, streaks, averages)
    states = {
        stream: AccountState(
            streaks=MappingProxyType(dict(sorted(streaks.get(stream, {}).items()))),
            averages=MappingProxyType(dict(sorted(averages.get(stream, {}).items()))),
        )
        for stream in sorted(streaks.keys() | averages)
    }
    return MappingProxyType(states)


def _read(row: Any, streaks: dict[str, dict[str, Streak]], averages: dict[str, dict[str, int]]) -> None:
    account = row["account"].lower()
    if (row["active"] is None) != (row["away"] is None):
        raise ValueError("a streak is half")
    if row["active"] is not None:
        streaks.setdefault(row["stream"], {})[account] = Streak(active=row["active"], away=row["away"])
    if row["average"] is not None:
        averages.setdefault(row["stream"], {})[account] = int(row["average"])
