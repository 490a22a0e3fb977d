"""Logs that are read part by part out of files are what they are in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from dao.events.log import RawLog
from dao.evidence.logs import from_raw
from dao.proving.logs import StoredLogs, between, claims, of_contract
from dao.types import Address

ONE, OTHER = Address("0x" + "11" * 20), Address("0x" + "22" * 20)
LOGS = [
    RawLog(
        address=ONE if number % 3 else OTHER,
        topics=tuple(bytes([number]) * 32 for _ in range(number % 5)),
        data=bytes(number),
        block_number=10 + number // 2,
        block_hash=bytes([number // 2]) * 32,
        timestamp=1_000 + number // 2,
        transaction_hash=bytes([number]) * 32,
        transaction_index=number % 2,
        log_index=number % 2,
    )
    for number in range(23)
]
READ: dict[str, Callable[[StoredLogs | list[RawLog]], Iterable[object]]] = {
    "all": iter,
    "claims": claims,
    "between": lambda logs: between(logs, 12, 17),
    "none between": lambda logs: between(logs, 30, 40),
    "of a contract": lambda logs: of_contract(logs, OTHER),
    "from the end": lambda logs: [logs[-1], logs[0], *logs[3:-2], len(logs)],
}


def stored(rows: int) -> StoredLogs:
    return StoredLogs(lambda: from_raw(LOGS).to_batches(max_chunksize=rows), len(LOGS))


@pytest.mark.parametrize("rows", [1, 7, 23, 100])
@pytest.mark.parametrize("read", READ)
def test_logs_read_in_parts_are_the_logs(read: str, rows: int) -> None:
    logs = stored(rows)
    expected = list(READ[read](LOGS))
    assert list(READ[read](logs)) == expected
    assert list(READ[read](logs)) == expected, "a second time"
    assert bool(expected) is (read != "none between")


def test_there_is_nothing_past_the_end() -> None:
    with pytest.raises(IndexError):
        stored(7)[len(LOGS)]
