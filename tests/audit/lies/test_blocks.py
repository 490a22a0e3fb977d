"""A node that lies about headers and receipts: a block's hash, or a root in its header, says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.support.lies import LISTS, dropped, field, first_with, flipped, of_one, rehashed, within
from tests.support.lying import Came, Honest, Node, Told, require

HEADER_FIELDS = (
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "difficulty"),
    *("number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce", "baseFeePerGas"),
    *("withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash", "hash"),
)
RECEIPT_FIELDS = ("status", "cumulativeGasUsed", "logsBloom", "type")
HEADERS, RECEIPTS = "eth_getBlockByNumber", "eth_getBlockReceipts"


def number(place: Callable[[Node], int]) -> Callable[[Node, list[Any]], bool]:
    return lambda node, params: params[0] == hex(place(node))


MIDDLE, END = number(lambda node: node.end // 2), number(lambda node: node.end)
EMPTY = number(lambda node: next(n for n in range(node.end) if not node.block(n)["transactions"]))

LIES: dict[str, Told] = {
    **{f"header {name}": Told(HEADERS, field(name), Came.REFUSED, where=MIDDLE) for name in HEADER_FIELDS},
    "header without a field": Told(HEADERS, field("requestsHash", None), Came.REFUSED, where=MIDDLE),
    "header of an empty block": Told(HEADERS, field("timestamp"), Came.REFUSED, where=EMPTY),
    "header of the end block": Told(HEADERS, field("stateRoot"), Came.REFUSED, where=END),
    **{
        f"another block without logs, by its {name}": Told(
            HEADERS, lambda header, name=name: rehashed(field(name)(header)), Came.REFUSED, where=EMPTY
        )
        for name in ("extraData", "parentHash", "timestamp")
    },
    "no header": Told(HEADERS, lambda header: ..., Came.REFUSED, where=MIDDLE),
    "no header at the end": Told(HEADERS, lambda header: ..., Came.REFUSED, where=END),
    **{f"receipt {name}": Told(RECEIPTS, lie, Came.REFUSED) for name, lie in LISTS.items()},
    **{f"receipt {name}": Told(RECEIPTS, of_one(field(name)), Came.REFUSED) for name in RECEIPT_FIELDS},
    **{
        f"receipt's logs {name}": Told(RECEIPTS, first_with(within("logs", lie)), Came.REFUSED)
        for name, lie in LISTS.items()
    },
    **{
        f"receipt's log {name}": Told(RECEIPTS, first_with(within("logs", of_one(field(name)))), Came.REFUSED)
        for name in ("data", "address")
    },
    "receipt's log topic": Told(
        RECEIPTS, first_with(within("logs", of_one(within("topics", of_one(flipped, 0))))), Came.REFUSED
    ),
    "receipt's log without a topic": Told(
        RECEIPTS, first_with(within("logs", of_one(within("topics", dropped)))), Came.REFUSED
    ),
}


@pytest.mark.parametrize("name", LIES)
def test_headers_and_receipts(node: Node, honest: Honest, tmp_path: Path, name: str) -> None:
    require(node, honest, tmp_path / "evidence", LIES[name])


@pytest.mark.parametrize("step", [-1, 1, 5])
@pytest.mark.parametrize("kept", [(), ("number",), ("hash",), ("number", "hash")])
def test_the_header_of_another_block(
    node: Node, honest: Honest, tmp_path: Path, step: int, kept: tuple[str, ...]
) -> None:
    other = node.block(node.end // 2 + step)
    told = Told(HEADERS, lambda header: {**other, **{name: header[name] for name in kept}}, Came.REFUSED, where=MIDDLE)
    require(node, honest, tmp_path / "evidence", told)


@pytest.mark.parametrize("method", [HEADERS, RECEIPTS])
def test_headers_and_receipts_of_the_block_before(node: Node, honest: Honest, tmp_path: Path, method: str) -> None:
    """The node is a block behind with every answer of this kind, and does not say so."""
    headers = [node.block(number) for number in range(node.end + 1)]
    before = {after["hash"]: header["hash"] for header, after in pairwise(headers)}

    asked: list[Any] = []

    def remembering(name: str, params: list[Any]) -> Any:
        asked[:] = params
        return node.answer(name, params)

    def stale(_: Any) -> Any:
        if method == HEADERS:
            return headers[max(0, int(asked[0], 16) - 1)]
        return node.answer(method, [before[asked[0]]])

    require(node, honest, tmp_path / "evidence", Told(method, stale, Came.REFUSED), instead=remembering)


# ------------------------------------------------------------ receipts one by one

ONE = "eth_getTransactionReceipt"
SINGLE: dict[str, Told] = {
    **{f"receipt {name}": Told(ONE, field(name), Came.REFUSED) for name in RECEIPT_FIELDS},
    "no receipt": Told(ONE, lambda receipt: ..., Came.REFUSED),
    "receipt's logs dropped": Told(ONE, within("logs", dropped), Came.REFUSED),
    "receipt's log data": Told(ONE, within("logs", of_one(field("data"))), Came.REFUSED),
    "receipt's log address": Told(ONE, within("logs", of_one(field("address"))), Came.REFUSED),
    "transactions dropped": Told("eth_getBlockByHash", within("transactions", dropped), Came.REFUSED),
    "transactions swapped": Told("eth_getBlockByHash", within("transactions", LISTS["swapped"]), Came.REFUSED),
    "transactions doubled": Told("eth_getBlockByHash", within("transactions", LISTS["doubled"]), Came.REFUSED),
}


def singly(node: Node) -> Callable[[str, list[Any]], Any]:
    """A node that does not know the question for all receipts of a block."""
    return lambda method, params: None if method == RECEIPTS else node.answer(method, params)


def test_receipts_one_by_one_make_the_same_bundle(node: Node, honest: Honest, tmp_path: Path) -> None:
    told = Told("eth_getBlockByNumber", field("size"), Came.HONEST)
    require(node, honest, tmp_path / "evidence", told, instead=singly(node))


@pytest.mark.parametrize("name", SINGLE)
def test_receipts_one_by_one(node: Node, honest: Honest, tmp_path: Path, name: str) -> None:
    require(node, honest, tmp_path / "evidence", SINGLE[name], instead=singly(node))


def test_the_receipt_of_another_transaction(node: Node, honest: Honest, tmp_path: Path) -> None:
    """Of the same block, whose receipts are all given then, one of them twice."""
    block = next(block for block in map(node.block, range(node.end + 1)) if len(block["transactions"]) > 2)
    first, second = block["transactions"][:2]
    told = Told(
        ONE,
        lambda receipt: node.answer(ONE, [second]),
        Came.REFUSED,
        where=lambda _, params: params[0] == first,
    )
    require(node, honest, tmp_path / "evidence", told, instead=singly(node))
