"""Which block a collection ends at: one that no reorganisation is expected to take away."""

from __future__ import annotations

from dao.chain.connection import Connection, quantity
from dao.chain.node import CHAIN_ID
from dao.collecting.panel import Panel
from dao.collecting.source import Source
from dao.errors import ChainError, RpcError

CONFIRMATIONS = 64
"""How many blocks lie upon the end block where the node knows no finalized one: two epochs of the beacon chain."""


def end_block(panel: Panel, *, confirmations: int | None = None) -> int:
    """The newest block that is final on every node that answers.

    Args:
        panel: The nodes.
        confirmations: How many blocks are to lie upon it; the finalized one (EIP-3675) if not given, and the newest
            on the local chain, which never reorganises by itself.

    Raises ChainError when not enough nodes answer.
    """

    def ask(source: Source) -> int:
        return _end_of(source.connection, confirmations)

    answers = panel.each(ask)
    ends = [answer for answer in answers if isinstance(answer, int)]
    if len(ends) < panel.agree:
        raise next(answer for answer in answers if isinstance(answer, ChainError))
    return min(ends)


def _end_of(connection: Connection, confirmations: int | None) -> int:
    if confirmations is None and connection.chain_id != CHAIN_ID:
        try:
            answer = connection.rpc("eth_getBlockByNumber", ["finalized", False])
        except RpcError:
            answer = None
        if isinstance(answer, dict):
            return quantity(answer.get("number"), "number")
        confirmations = CONFIRMATIONS
    return max(0, connection.block().number - (confirmations or 0))
