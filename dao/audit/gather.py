"""Fetches every log that a replay needs, as the node has them up to one block."""

from __future__ import annotations

from collections.abc import Callable

from dao.chain.connection import Block, Connection
from dao.chain.logs import fetch
from dao.collecting.questions import payments
from dao.errors import RpcError
from dao.events.log import RawLog
from dao.replay.replay import timelocks
from dao.types import Addresses

Progress = Callable[[str, int, int], None]
"""Told the name of the step, how much of it is done, and how much there is."""


def gather(
    connection: Connection,
    addresses: Addresses,
    *,
    from_block: int,
    to_block: int,
    progress: Progress | None = None,
) -> list[RawLog]:
    """The logs of a deployment's contracts, of every timelock that its governor had, and of payouts in a wrapped token.

    Raises ChainError when the node does not answer.
    """

    def told(done: int, total: int) -> None:
        if progress is not None:
            progress("logs", done, total)

    known = [addresses.token, addresses.timelock, addresses.governor, addresses.policy]
    if addresses.distributor is not None:
        known.append(addresses.distributor)
    logs = fetch(connection, known, from_block=from_block, to_block=to_block, progress=told)
    others = [timelock for timelock in timelocks(logs, addresses) if timelock not in known]
    if others:
        logs = fetch(connection, [*known, *others], from_block=from_block, to_block=to_block, progress=told)
    payments = _wrapped_payments(connection, addresses, from_block, to_block)
    return sorted([*logs, *payments], key=lambda log: (log.block_number, log.log_index))


def require_unchanged(connection: Connection, end: Block) -> None:
    """Raises RpcError where the node has another block in the place of `end` by now."""
    after = connection.block(end.number)
    if after != end:
        raise RpcError(
            f"block {end.number} changed while the contracts were asked",
            expected="0x" + end.hash.hex(),
            found="0x" + after.hash.hex(),
            remedy="run the audit again, up to an older block",
        )


def _wrapped_payments(connection: Connection, addresses: Addresses, from_block: int, to_block: int) -> list[RawLog]:
    """Where payouts are in a wrapped token: its transfers from the distributor, and to it from the treasury."""
    if addresses.wraps is None or addresses.distributor is None:
        return []
    asked = payments(wraps=addresses.wraps, distributor=addresses.distributor, timelock=addresses.timelock)
    found = fetch(
        connection,
        asked.addresses,
        from_block=from_block,
        to_block=to_block,
        topics=asked.topics,
        indexed=asked.indexed,
    )
    return [log for log in found if asked.party in log.topics[1:3]]
