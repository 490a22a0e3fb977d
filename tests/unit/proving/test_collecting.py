"""Proofs are collected from a real chain, and a node that refuses them or proves another block is not believed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dao.blocks.headers import Header, read_header
from dao.chain.connection import Connection
from dao.chain.proofs import header_of
from dao.collecting.anchor import agreed_anchor
from dao.collecting.state import KEYS_AT_ONCE, collect_state
from dao.errors import ProofError, RpcError
from dao.proving.layout import Slot, number
from tests.support.chain import Dao, deployed


@pytest.fixture(scope="module")
def dao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    with deployed(tmp_path_factory.mktemp("dao")) as made:
        yield made


def header_at(dao: Dao, block: int) -> Header:
    digest = "0x" + dao.connection.block(block).hash.hex()
    return read_header(header_of(dao.connection.rpc("eth_getBlockByHash", [digest, False]), digest))


def slots(dao: Dao, count: int) -> list[Slot]:
    token = dao.deployment.addresses.token
    return [Slot(token, number(index), bytes(32), "a slot") for index in range(count)]


def test_more_slots_than_one_request_takes(dao: Dao) -> None:
    header = header_at(dao, dao.connection.block().number)
    told: list[tuple[str, int, int]] = []
    count = KEYS_AT_ONCE * 2 + 1
    made = collect_state(dao.connection, header, slots(dao, count), lambda *done: told.append(done))
    assert told == [("proofs", done, count) for done in (KEYS_AT_ONCE, KEYS_AT_ONCE * 2, count)]
    assert (made.block_number, made.block_hash) == (header.number, header.hash)
    assert made.nodes == tuple(sorted(set(made.nodes)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"accountProof": ["0x" + "22" * 40]}, "another block"),
        ({"accountProof": []}, "another block"),
        ({"accountProof": None}, "malformed"),
        ({"storageProof": []}, "not every slot"),
        ({"storageProof": None}, "malformed"),
        ({"storageProof": [{"proof": ["0xzz"]}]}, "malformed"),
        ({"storageProof": [None]}, "malformed"),
        (None, "proves nothing"),
    ],
)
def test_a_node_that_proves_something_else(
    dao: Dao, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any] | None, words: str
) -> None:
    header = header_at(dao, dao.connection.block().number)
    ask = dao.connection.rpc

    def lying(method: str, params: Any = ()) -> Any:
        if change is None:
            raise RpcError("eth_getProof was refused by the node", found="missing trie node")
        return {**ask(method, params), **change}

    monkeypatch.setattr(dao.connection, "rpc", lying)
    with pytest.raises(RpcError, match=words):
        collect_state(dao.connection, header, slots(dao, 1))


def test_an_anchor_that_nodes_agree_on(dao: Dao, monkeypatch: pytest.MonkeyPatch) -> None:
    dao.connection.rpc("anvil_mine", ["0x60"])
    block = dao.connection.block(3)
    made = agreed_anchor([dao.connection, dao.connection], 3, block.hash, need=2)
    assert (made.hash, made.pinned) == (block.hash, False)
    assert made.source == "2 of 2 addresses say that it is final"
    with pytest.raises(ProofError, match="another final block"):
        agreed_anchor([dao.connection], 3, bytes(32), need=1)
    newest = dao.connection.block()
    with pytest.raises(ProofError, match="too few"):
        agreed_anchor([dao.connection], newest.number, newest.hash, need=1)

    other = Connection.open(dao.connection.url)
    ask = other.rpc

    def forked(method: str, params: Any = ()) -> Any:
        answer = ask(method, params)
        return {**answer, "hash": "0x" + "22" * 32} if method == "eth_getBlockByNumber" else answer

    monkeypatch.setattr(other, "rpc", forked)
    made = agreed_anchor([other, dao.connection], 3, block.hash, need=1)
    assert made.source == "1 of 2 addresses say that it is final, 1 that another block is"
    with pytest.raises(ProofError, match="another final block"):
        agreed_anchor([other, dao.connection], 3, block.hash, need=2)
