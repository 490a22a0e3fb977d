"""What an answer to eth_getLogs is read into: logs as columns, before their blocks' headers are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from dao.evidence.logs import SCHEMA

COLUMNS = pa.schema([field for field in SCHEMA if field.name != "timestamp"])
"""Columns of logs before their blocks' headers are known."""


@dataclass(frozen=True, slots=True)
class Page:
    """The logs of one answer, in its order."""

    table: pa.Table
    """The logs in `COLUMNS`."""
    times: np.ndarray[Any, np.dtype[np.uint64]] | None
    """Each log's `blockTimestamp` in seconds, which no one but the node vouches for; None where one lacks it."""
    removed: bool = False
    """Whether one says that it was removed by a reorganisation."""
