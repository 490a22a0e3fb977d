"""Rows of a policy as CSV and as Parquet, the same for the same rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import astuple, fields
from typing import BinaryIO

from dao.errors import PolicyError
from dao.lifecycle.export import Row

COLUMNS = tuple(entry.name for entry in fields(Row))
"""stream, epoch, start, amount, allocation, share, leaf."""

MAX_DECIMAL = 10**38 - 1
"""The largest amount of decimal128(38, 0), the widest type that most readers of Parquet add up."""

_BATCH = 65_536


def rows_csv(rows: Iterable[Row]) -> str:
    """RFC 4180 with a header: amounts as decimal digits in the smallest unit, empty while they wait for a report."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow("" if value is None else str(value).lower() for value in astuple(row))
    return text.getvalue()


def write_parquet(rows: Iterable[Row], file: BinaryIO) -> None:
    """Writes Parquet: `amount` as decimal128(38, 0) in the smallest unit, null while it waits for a report.

    Raises PolicyError where pyarrow is not installed, or for an amount of more than 38 digits, which CSV can hold.
    """
    try:
        import pyarrow as arrow
        import pyarrow.parquet as parquet
    except ImportError:
        raise PolicyError(
            "Parquet needs pyarrow, which is not installed", remedy='run `pip install "reward-dao[parquet]"`'
        ) from None
    schema = arrow.schema(
        [
            arrow.field("stream", arrow.string(), nullable=False),
            arrow.field("epoch", arrow.uint32(), nullable=False),
            arrow.field("start", arrow.timestamp("s", tz="UTC"), nullable=False),
            arrow.field("amount", arrow.decimal128(38, 0)),
            arrow.field("allocation", arrow.string(), nullable=False),
            arrow.field("share", arrow.uint16(), nullable=False),
            arrow.field("leaf", arrow.bool_(), nullable=False),
        ]
    )
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in _batches(rows):
            columns = [list(column) for column in zip(*map(astuple, batch), strict=True)]
            writer.write_table(arrow.table(columns, schema=schema))


def _batches(rows: Iterable[Row]) -> Iterable[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        if row.amount is not None and row.amount > MAX_DECIMAL:
            raise PolicyError(
                "an amount has more digits than Parquet's decimals",
                expected=f"at most {MAX_DECIMAL}",
                found=f"{row.amount} of {row.stream} in epoch {row.epoch}",
                remedy="export CSV instead",
            )
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
