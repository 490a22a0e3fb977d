"""A node that lies about the transactions in which proposals were made, or about others of their blocks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.lies import LISTS, Lie, cut, dropped, field, of_one, within
from tests.support.lying import Came, Honest, Node, Told, require

BLOCK = "eth_getBlockByHash"
PLACE = 2
"""Where the proposal's transaction stands among the others of its block."""
WHO = frozenset({"who called for proposals"})
OTHER = "0x" + "11" * 20


def transactions(lie: Lie) -> Lie:
    """A lie about the transactions of the block that has several."""
    return within("transactions", lambda entries: lie(entries) if len(entries) > PLACE + 1 else None)


def of_proposal(lie: Lie) -> Lie:
    return transactions(of_one(lie, PLACE))


def of_another(lie: Lie) -> Lie:
    return transactions(of_one(lie, 0))


def more(value: Any) -> str:
    return hex(int(value, 16) + 1)


FIELDS: dict[str, Any] = {
    "to": OTHER,
    "input": lambda text: text[:-2] + "77",
    "nonce": more,
    "value": more,
    "gas": more,
    "maxFeePerGas": more,
    "maxPriorityFeePerGas": more,
    "chainId": more,
    "r": more,
    "s": more,
    "yParity": lambda text: "0x0" if text == "0x1" else "0x1",
    "accessList": lambda entries: [{"address": OTHER, "storageKeys": []}],
    "hash": "0x" + "11" * 32,
}
LIES: dict[str, Told] = {
    "from": Told(BLOCK, of_proposal(field("from", OTHER)), Came.HONEST),
    **{name: Told(BLOCK, of_proposal(field(name, value)), Came.REFUSED) for name, value in FIELDS.items()},
    "creates a contract": Told(BLOCK, of_proposal(field("to", None)), Came.REFUSED),
    "a legacy type": Told(BLOCK, of_proposal(lambda entry: {**entry, "type": "0x0", "gasPrice": "0x1"}), Came.REFUSED),
    "type 1": Told(BLOCK, of_proposal(lambda entry: {**entry, "type": "0x1", "gasPrice": "0x1"}), Came.REFUSED),
    "a type of another network": Told(BLOCK, of_proposal(field("type", "0x7e")), Came.WEAKER, WHO),
    "no transaction": Told(BLOCK, of_proposal(lambda entry: "0x"), Came.REFUSED),
    "no field": Told(BLOCK, of_proposal(lambda entry: {"hash": entry["hash"]}), Came.REFUSED),
    "another's to": Told(BLOCK, of_another(field("to", OTHER)), Came.WEAKER, WHO),
    "another's type": Told(BLOCK, of_another(field("type", "0x7e")), Came.WEAKER, WHO),
    "another's hash": Told(BLOCK, of_another(field("hash", OTHER)), Came.WEAKER, WHO),
    "another's from": Told(BLOCK, of_another(field("from", OTHER)), Came.HONEST),
    "the one before dropped": Told(BLOCK, transactions(lambda entries: entries[1:]), Came.REFUSED),
    "the last dropped": Told(BLOCK, transactions(lambda entries: entries[:-1]), Came.REFUSED),
    "the proposal dropped": Told(BLOCK, transactions(dropped), Came.REFUSED),
    "one more": Told(BLOCK, transactions(lambda entries: [*entries, entries[0]]), Came.REFUSED),
    "the first and last in each other's place": Told(BLOCK, transactions(LISTS["swapped"]), Came.REFUSED),
    "the last two cut": Told(BLOCK, transactions(cut), Came.REFUSED),
    "no transactions": Told(BLOCK, lambda block: {**block, "transactions": None}, Came.REFUSED),
    "hashes alone": Told(BLOCK, transactions(lambda entries: [entry["hash"] for entry in entries]), Came.REFUSED),
    "no block": Told(BLOCK, lambda block: ..., Came.REFUSED),
}


@pytest.mark.parametrize("name", LIES)
def test_transactions_of_proposals(node: Node, honest: Honest, tmp_path: Path, name: str) -> None:
    require(node, honest, tmp_path / "evidence", LIES[name])


def proposals(node: Node) -> list[tuple[str, int]]:
    """The hash of the block and the place of each transaction that calls the governor's `propose`."""
    governor = node.dao.deployment.addresses.governor.lower()
    return [
        (block["hash"], place)
        for block in (node.block(number, full=True) for number in range(node.end + 1))
        for place, entry in enumerate(block["transactions"])
        if entry["to"] == governor and entry["input"].startswith("0x7d5e81e2")
    ]


@pytest.mark.parametrize("renamed", [False, True])
def test_another_transaction_of_the_same_chain(node: Node, honest: Honest, tmp_path: Path, renamed: bool) -> None:
    """The other proposal's, which called the governor as well: under its own hash, or under the one asked for."""
    (first, place), (second, other_place) = proposals(node)
    other = node.answer(BLOCK, [first, True])["transactions"][place]

    def lie(entry: Any) -> Any:
        return {**other, "hash": entry["hash"]} if renamed else other

    told = Told(
        BLOCK,
        within("transactions", of_one(lie, other_place)),
        Came.REFUSED,
        where=lambda _, params: params[0] == second,
    )
    require(node, honest, tmp_path / "evidence", told)


def test_the_block_of_another_proposal(node: Node, honest: Honest, tmp_path: Path) -> None:
    (first, _), (second, _) = proposals(node)
    where: Callable[[Node, list[Any]], bool] = lambda _, params: params[0] == second  # noqa: E731
    told = Told(BLOCK, lambda block: node.answer(BLOCK, [first, True]), Came.REFUSED, where=where)
    require(node, honest, tmp_path / "evidence", told)
