"""A block with transactions of every type, each of which makes a proposal, as a node has it and as its header says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from dao.abi import checksum, keccak
from dao.artifacts import load
from dao.blocks import receipts
from dao.blocks.headers import FIELDS, Header, encode, read_header
from dao.blocks.tries import root_of
from dao.collecting.transactions import transaction_of
from dao.events.log import RawLog
from dao.evidence.logs import from_raw
from dao.types import Address
from tests.support.chain import ROOT

NUMBER = 7
GOVERNOR: Address = checksum(b"\x77" * 20)
CREATED = load("RewardGovernor").abi.event("ProposalCreated").hash


def known() -> dict[str, dict[str, Any]]:
    """Transactions by what they are: of the execution APIs' public test chain, of the main network, of EIP-155."""
    answers: dict[str, dict[str, Any]] = json.loads((ROOT / "tests/data/transactions.json").read_text(encoding="utf-8"))
    return answers


@dataclass(frozen=True)
class Block:
    """The block: transactions and receipts as a node gives them, receipts as bytes, header, and the proposals' logs."""

    transactions: list[dict[str, Any]]
    receipts: list[dict[str, Any]]
    values: tuple[bytes, ...]
    header: Header
    logs: list[RawLog]

    @property
    def columns(self) -> pa.Table:
        """The logs as evidence has them."""
        return from_raw(self.logs)

    def answer(self, method: str, params: list[Any], _: Any = None) -> Any:
        """What a node of this block alone answers."""
        if method == "eth_chainId":
            return "0x1"
        if params[0] != "0x" + self.header.hash.hex():
            return None
        return {"eth_getBlockByHash": {"transactions": self.transactions}, "eth_getBlockReceipts": self.receipts}[
            method
        ]


def block(*more: dict[str, Any]) -> Block:
    """Such a block, with `more` transactions at its end, whose bytes no root in its header is of."""
    transactions = list(known().values())
    data = [transaction_of(answer) or b"" for answer in transactions]
    answers, values = zip(*(_receipt(index, answer) for index, answer in enumerate(transactions)), strict=True)
    sizes = {"miner": 20, "logsBloom": 256, "nonce": 8, "extraData": 0}
    known_fields = {
        "number": NUMBER,
        "timestamp": 70,
        "transactionsRoot": root_of(data),
        "receiptsRoot": root_of(values),
    }
    fields = [known_fields.get(name, 0 if number else bytes(sizes.get(name, 32))) for name, number in FIELDS]
    header = read_header(encode(fields))
    logs = [
        RawLog(
            address=GOVERNOR,
            topics=(CREATED,),
            data=bytes([index]),
            block_number=NUMBER,
            block_hash=header.hash,
            timestamp=70,
            transaction_hash=bytes.fromhex(answer["hash"][2:]),
            transaction_index=index,
            log_index=index,
        )
        for index, answer in enumerate(transactions)
    ]
    return Block([*transactions, *more], list(answers), values, header, logs)


def _receipt(index: int, transaction: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    log = {"address": GOVERNOR, "topics": ["0x" + CREATED.hex()], "data": "0x" + bytes([index]).hex()}
    kind = transaction.get("type", "0x0")
    answer = {
        "type": kind,
        "status": "0x1",
        "cumulativeGasUsed": hex(21_000 * (index + 1)),
        "logsBloom": "0x" + bytes(256).hex(),
        "logs": [log],
    }
    value = receipts.encode(
        kind=int(kind, 16),
        status=1,
        gas_used=21_000 * (index + 1),
        bloom=bytes(256),
        logs=[receipts.ProvenLog(GOVERNOR, (CREATED,), bytes([index]))],
    )
    return answer, value


def unknown() -> dict[str, Any]:
    """A transaction of a type that one network alone has: a deposit of Optimism."""
    return {"type": "0x7e", "hash": "0x" + keccak(b"deposit").hex(), "from": "0x" + "11" * 20, "to": "0x" + "22" * 20}
