"""Asks a node for the transactions in which proposals were made: whom each called, and who sent it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from dao.abi import keccak
from dao.audit.history import Caller
from dao.audit.witness import Callers
from dao.blocks.transactions import read_transaction
from dao.chain.connection import Connection
from dao.chain.transaction_fields import transaction_of
from dao.collecting.asking import Ask, answers
from dao.errors import RpcError


def callers_of(connection: Connection) -> Callers:
    """What a node says of them, as far as it has them and their hashes and signatures bear it out.

    The sender that it names is not read: it follows from the signature. What the node lacks, what it tells otherwise
    than the hash says, and what is of a network's own type is left out. The calls raise ConnectionFailed.
    """

    def ask(hashes: Sequence[bytes]) -> Mapping[bytes, Caller] | None:
        asks = [Ask("eth_getTransactionByHash", ("0x" + one.hex(),), partial(_caller, one)) for one in hashes]
        found = {
            bytes.fromhex(asked.parameters[0][2:]): caller
            for chunk in answers(connection, asks)
            for asked, caller in chunk
        }
        return found if found or not hashes else None

    return ask


def _caller(digest: bytes, answer: Any) -> Caller:
    data = transaction_of(answer)
    if data is None or keccak(data) != digest:
        raise RpcError("the node tells another transaction", expected="0x" + digest.hex())
    transaction = read_transaction(data)
    return Caller(transaction.sender, transaction.to)
