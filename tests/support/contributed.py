"""Policies and contribution files for epoch payouts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pyarrow.csv as arrow_csv
import pyarrow.parquet as parquet

from dao.rewards.accounts.operators import Operator
from dao.rewards.changes import (
    AddStream,
    Allocation,
    ClassWeight,
    Parameters,
    Part,
    SetParameters,
    SetSchedule,
    SetSplit,
    SetWeights,
    Split,
    Weights,
)
from dao.rewards.parameters import encode
from dao.rewards.policy import Policy
from dao.rewards.schedule import Constant, Segment

WAD = 10**18


def equal_policy(
    streams: Mapping[str, Sequence[Operator]],
    *,
    pool: int,
    classes: Mapping[str, Mapping[str, int]] | None = None,
) -> Policy:
    """A policy that pays `pool` (wei) an epoch, in equal shares, to `streams` with their parameters and `classes`."""
    made = Policy.create(genesis=0, epoch_length=1).apply(SetSchedule("root", (Segment(0, Constant(pool)),)))
    for stream in streams:
        made = made.apply(AddStream(stream))
    *shared, last = streams
    share = 10_000 // len(streams)
    parts = (*(Part(stream, Allocation.SHARE, share) for stream in shared), Part(last, Allocation.RESIDUAL))
    made = made.apply(SetSplit("root", Split(0, parts)))
    for stream, operators in streams.items():
        if operators:
            made = made.apply(SetParameters(stream, Parameters(0, encode(operators))))
    for stream, weights in (classes or {}).items():
        table = tuple(ClassWeight(name, weight) for name, weight in sorted(weights.items()))
        made = made.apply(SetWeights(stream, Weights(0, table)))
    return made


def write_csv(path: Path, columns: Mapping[str, Sequence[Any]]) -> Path:
    """Writes columns as CSV, in quotes where they are text."""
    arrow_csv.write_csv(arrow.table(dict(columns)), path)
    return path


def write_parquet(path: Path, columns: Mapping[str, Sequence[Any]]) -> Path:
    """Writes columns as Parquet; integers stay integers."""
    parquet.write_table(arrow.table(dict(columns)), path)
    return path
