"""Raw logs of contracts over a range of blocks, in order, each with its block's timestamp."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from dao.abi import checksum
from dao.chain.connection import Block, Connection
from dao.errors import OversizedAnswer, RpcError
from dao.events.log import RawLog
from dao.types import Address

STEP = 5_000
"""How many blocks one request spans, within what public providers allow."""

MAX_TOPICS = 4

_TOO_WIDE = (-32000, -32005, -32600, -32602)
"""Error codes by which nodes refuse a range as too wide, or its logs as too many (EIP-1474, read differently)."""


def fetch(
    connection: Connection,
    addresses: Sequence[Address],
    *,
    from_block: int,
    to_block: int,
    topics: Sequence[bytes] = (),
    indexed: Sequence[bytes] = (),
    fourth: Sequence[bytes] = (),
    progress: Callable[[int, int], None] | None = None,
) -> list[RawLog]:
    """Every log of `addresses` from `from_block` to `to_block`, both included, by block and log index.

    Args:
        connection: The node.
        addresses: Contracts whose logs are wanted.
        from_block: First block.
        to_block: Last block.
        topics: Where given, only logs whose first topic is one of these.
        indexed: Where given beside `topics`, only logs whose second topic is one of these.
        fourth: The same of their fourth topic.
        progress: Called with blocks done and blocks in all.

    Raises:
        RpcError: The node answers with logs that were not asked for, removed, or malformed.
    """
    every = pages(
        connection,
        addresses,
        from_block=from_block,
        to_block=to_block,
        topics=topics,
        indexed=indexed,
        fourth=fourth,
        progress=progress,
    )
    return [log for page in every for log in page]


def pages(
    connection: Connection,
    addresses: Sequence[Address],
    *,
    from_block: int,
    to_block: int,
    topics: Sequence[bytes] = (),
    indexed: Sequence[bytes] = (),
    fourth: Sequence[bytes] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[list[RawLog]]:
    """The same page by page, for whoever need not hold all of them. Raises like `fetch`.

    A range of which the node answers with too much, or refuses it, is asked for in halves.
    """
    total = max(0, to_block - from_block + 1)
    start, step = from_block, STEP
    while start <= to_block:
        end = min(start + step - 1, to_block)
        question: dict[str, Any] = {"address": list(addresses), "fromBlock": hex(start), "toBlock": hex(end)}
        if topics:
            wanted = (topics, indexed, (), fourth)[: 4 if fourth else 2 if indexed else 1]
            question["topics"] = [["0x" + topic.hex() for topic in place] or None for place in wanted]
        try:
            answer = connection.rpc("eth_getLogs", [question])
        except RpcError as error:
            if end == start or not (isinstance(error, OversizedAnswer) or error.values.get("code") in _TOO_WIDE):
                raise
            step = (end - start + 1) // 2
            continue
        if not isinstance(answer, list):
            raise RpcError("eth_getLogs is malformed", expected="a list", found=type(answer).__name__)
        yield to_logs(connection, answer, addresses=addresses, from_block=start, to_block=end)
        if progress:
            progress(end - from_block + 1, total)
        start = end + 1


def of_blocks(
    connection: Connection, addresses: Sequence[Address], blocks: Sequence[Block], *, topics: Sequence[bytes]
) -> list[RawLog]:
    """Every log of `addresses` in `blocks`, which follow each other, whose first topic is one of `topics`.

    Asked for by the blocks' hashes (EIP-234): a node that does not have one of them refuses, where it would leave out
    its logs from a range of numbers. Raises RpcError then, and like `fetch`.
    """
    if not blocks:
        return []
    question = {"address": list(addresses), "topics": [["0x" + topic.hex() for topic in topics]]}
    requests = [("eth_getLogs", [{**question, "blockHash": "0x" + block.hash.hex()}]) for block in blocks]
    answers = connection.batch(requests)
    for block, answer in zip(blocks, answers, strict=True):
        if not isinstance(answer, list) or not all(isinstance(entry, dict) for entry in answer):
            raise RpcError("eth_getLogs is malformed", expected="a list of logs", found=type(answer).__name__)
        if any(entry.get("blockHash") != "0x" + block.hash.hex() for entry in answer):
            raise RpcError("the node answered with a log that was not asked for", expected=f"block {block.number}")
    every = [entry for answer in answers for entry in answer]
    return to_logs(connection, every, addresses=addresses, from_block=blocks[0].number, to_block=blocks[-1].number)


def to_logs(
    connection: Connection,
    raw: Sequence[dict[str, Any]],
    *,
    addresses: Sequence[Address],
    from_block: int,
    to_block: int,
) -> list[RawLog]:
    """The logs of JSON-RPC answers as values, checked against what was asked, timestamps looked up by block."""
    numbers = sorted({_int(entry, "blockNumber") for entry in raw})
    headers = {block.number: block for block in connection.blocks(numbers)}
    wanted = set(addresses)
    logs = []
    for entry in raw:
        number = _int(entry, "blockNumber")
        log = RawLog(
            address=checksum(_hex(entry, "address", length=20)),
            topics=_topics(entry),
            data=_hex(entry, "data"),
            block_number=number,
            block_hash=_hex(entry, "blockHash", length=32),
            timestamp=headers[number].timestamp,
            transaction_hash=_hex(entry, "transactionHash", length=32),
            transaction_index=_int(entry, "transactionIndex"),
            log_index=_int(entry, "logIndex"),
        )
        if log.address not in wanted or not from_block <= number <= to_block or entry.get("removed") is True:
            raise RpcError("the node answered with a log that was not asked for", found=f"{log.address} block {number}")
        if log.block_hash != headers[number].hash:
            raise RpcError(
                f"block {number} changed while its logs were read",
                expected="0x" + log.block_hash.hex(),
                found="0x" + headers[number].hash.hex(),
                remedy="run the command again",
            )
        logs.append(log)
    return sorted(logs, key=lambda log: (log.block_number, log.log_index))


def _int(entry: dict[str, Any], key: str) -> int:
    try:
        return int(entry[key], 16)
    except (KeyError, TypeError, ValueError) as error:
        raise RpcError("a log is malformed", expected=f"a number as {key}", found=str(entry)[:200]) from error


def _hex(entry: dict[str, Any], key: str, *, length: int | None = None) -> bytes:
    try:
        value = bytes.fromhex(entry[key].removeprefix("0x"))
        if length is not None and len(value) != length:
            raise ValueError(f"{len(value)} bytes")
        return value
    except (KeyError, AttributeError, TypeError, ValueError) as error:
        raise RpcError("a log is malformed", expected=f"bytes as {key}", found=str(entry)[:200]) from error


def _topics(entry: dict[str, Any]) -> tuple[bytes, ...]:
    try:
        topics = tuple(bytes.fromhex(topic.removeprefix("0x")) for topic in entry["topics"])
        if len(topics) > MAX_TOPICS or any(len(topic) != 32 for topic in topics):
            raise ValueError(f"{len(topics)} topics")
        return topics
    except (KeyError, AttributeError, TypeError, ValueError) as error:
        expected = f"at most {MAX_TOPICS} topics of 32 bytes"
        raise RpcError("a log is malformed", expected=expected, found=str(entry)[:200]) from error
