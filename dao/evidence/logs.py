"""Logs as columns: their Arrow schema, and the way from raw logs to a table and back."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from dao.abi import checksum
from dao.errors import CodecError
from dao.events.log import RawLog

TOPICS = ("topic0", "topic1", "topic2", "topic3")

SCHEMA = pa.schema(
    [
        pa.field("block_number", pa.uint64(), nullable=False),
        pa.field("log_index", pa.uint32(), nullable=False),
        pa.field("transaction_index", pa.uint32(), nullable=False),
        pa.field("timestamp", pa.uint64(), nullable=False),
        pa.field("block_hash", pa.binary(32), nullable=False),
        pa.field("transaction_hash", pa.binary(32), nullable=False),
        pa.field("address", pa.binary(20), nullable=False),
        *(pa.field(topic, pa.binary(32), nullable=True) for topic in TOPICS),
        pa.field("data", pa.binary(), nullable=False),
    ]
)
"""One row for each log. Topics that a log does not have are null; those that it has come first."""


def from_raw(logs: Sequence[RawLog]) -> pa.Table:
    """The rows of `logs`, in their order. Raises CodecError where a value does not fit its column."""
    columns = {
        "block_number": [log.block_number for log in logs],
        "log_index": [log.log_index for log in logs],
        "transaction_index": [log.transaction_index for log in logs],
        "timestamp": [log.timestamp for log in logs],
        "block_hash": [log.block_hash for log in logs],
        "transaction_hash": [log.transaction_hash for log in logs],
        "address": [bytes.fromhex(log.address[2:]) for log in logs],
        **{
            name: [log.topics[place] if place < len(log.topics) else None for log in logs]
            for place, name in enumerate(TOPICS)
        },
        "data": [log.data for log in logs],
    }
    try:
        return pa.table(columns, schema=SCHEMA)
    except (pa.ArrowException, OverflowError) as error:
        raise CodecError("a log does not fit the columns of evidence", found=error) from error


def to_raw(rows: pa.Table | pa.RecordBatch) -> list[RawLog]:
    """The logs in `rows`, in their order."""
    columns = [rows.column(name).to_pylist() for name in SCHEMA.names]
    return [
        RawLog(
            address=checksum(address),
            topics=tuple(topic for topic in topics if topic is not None),
            data=data,
            block_number=block_number,
            block_hash=block_hash,
            timestamp=timestamp,
            transaction_hash=transaction_hash,
            transaction_index=transaction_index,
            log_index=log_index,
        )
        for (
            block_number,
            log_index,
            transaction_index,
            timestamp,
            block_hash,
            transaction_hash,
            address,
            *topics,
            data,
        ) in zip(*columns, strict=True)
    ]
