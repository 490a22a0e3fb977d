"""Transactions of proposals asked of a node: proved to be in their block, alone where that cannot be, or refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dao.abi import keccak
from dao.blocks.receipts import read_logs
from dao.blocks.transactions import read_transaction
from dao.blocks.tries import unpack, value_on_path
from dao.chain.connection import Connection
from dao.chain.transaction_fields import transaction_of
from dao.collecting.transactions import Row, transaction_rows
from dao.errors import RpcError
from tests.support.hostile import HostileNode, hostile
from tests.support.proposing import NUMBER, Block, block, known, unknown


def asked(made: Block, *, receipts: bool = False) -> tuple[list[Row], HostileNode]:
    """The rows that come of a node of this block, and the node."""
    with hostile() as node:
        node.result = made.answer
        connection = Connection.open(node.url)
        given = {NUMBER: made.values} if receipts else {}
        return transaction_rows(connection, made.columns, {NUMBER: made.header}, given), node


@pytest.mark.parametrize("receipts", [False, True])
def test_every_transaction_and_its_receipt_are_proved(receipts: bool) -> None:
    made = block()
    rows, node = asked(made, receipts=receipts)
    assert ("eth_getBlockReceipts" in node.methods) is not receipts
    assert [row[0] for row in rows] == [log.transaction_hash for log in made.logs]
    for place, (digest, number, index, data, path, receipt_path) in enumerate(rows):
        assert (number, index, keccak(data)) == (NUMBER, place, digest)
        assert value_on_path(made.header.transactions_root, index, unpack(path)) == data
        (log,) = read_logs(value_on_path(made.header.receipts_root, index, unpack(receipt_path))) or ()
        assert log.data == made.logs[place].data


def test_a_block_with_a_type_of_one_network_proves_nothing() -> None:
    """Nor with a transaction that is no transaction of the block, as some networks add."""
    added = {**known()["EIP-1559"], "hash": "0x" + "55" * 32}
    for more in (unknown(), added):
        rows, node = asked(block(more))
        assert len(rows) == len(known())
        assert {(row[4], row[5]) for row in rows} == {(b"\xc0", b"\xc0")}
        assert "eth_getBlockReceipts" not in node.methods


def test_a_proposal_in_a_transaction_of_another_type_is_left_out() -> None:
    made = block(unknown())
    place = len(made.transactions) - 1
    log = replace(made.logs[0], transaction_hash=keccak(b"deposit"), transaction_index=place, log_index=place)
    rows, _ = asked(replace(made, logs=[log]))
    assert rows == []


def changed(name: str, value: Any) -> Callable[[list[dict[str, Any]]], Any]:
    def change(transactions: list[dict[str, Any]]) -> None:
        transactions[3][name] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        changed("to", "0x" + "99" * 20),
        changed("to", None),
        changed("input", "0x"),
        changed("nonce", "0x1"),
        changed("r", "0x1"),
        changed("yParity", "0x0"),
        changed("type", "0x1"),
        changed("accessList", []),
        changed("hash", "0x" + "44" * 32),
        changed("gas", None),
        changed("accessList", [1]),
        changed("accessList", [{"address": "0x", "storageKeys": "0x"}]),
        changed("value", "-0x1"),
        lambda transactions: transactions.reverse(),
        lambda transactions: transactions.clear(),
        lambda transactions: transactions.pop(),
        lambda transactions: transactions.append(transactions[0]),
    ],
)
def test_other_fields_and_other_transactions_are_refused(change: Callable[[list[dict[str, Any]]], Any]) -> None:
    made = block()
    change(made.transactions)
    with pytest.raises(RpcError, match=f"block {NUMBER}: "):
        asked(made)


def test_a_sender_that_a_node_names_changes_nothing() -> None:
    made = block()
    honest, _ = asked(made)
    for entry in made.transactions:
        entry["from"] = "0x" + "66" * 20
    assert asked(made)[0] == honest


def test_receipts_of_another_root_are_refused() -> None:
    made = block()
    made.receipts[2]["cumulativeGasUsed"] = "0x1"
    with pytest.raises(RpcError, match="not those that its header names"):
        asked(made)


def test_older_names_of_fields() -> None:
    for name, answer in known().items():
        older = {key: value for key, value in answer.items() if key != "yParity"}
        older["data"] = older.pop("input")
        data = transaction_of(older)
        assert data is not None, name
        assert "0x" + read_transaction(data).hash.hex() == answer["hash"], name


@pytest.mark.parametrize("answer", [None, [], "0x", 7])
def test_what_is_no_transaction(answer: Any) -> None:
    with pytest.raises(RpcError, match="malformed"):
        transaction_of(answer)
