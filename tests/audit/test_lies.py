"""A node that lies, in front of everything that an auditor does: collect, prove from the right hash, replay.

Whatever it says, the collection is refused, or the bundle is the honest one, or something contradicts, or a line of the
verdict that was proved no longer is. Nothing else may come of a lie.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest

from dao.artifacts import load
from dao.audit.offline import audit_bundle
from dao.chain.connection import Connection
from dao.chain.transport import Patience
from dao.collecting import collect as collecting
from dao.collecting.collect import Collector
from dao.collecting.journal import Plan
from dao.collecting.panel import Panel
from dao.collecting.source import Source
from dao.collecting.state import add_state
from dao.errors import DaoError, ProofError
from dao.evidence.bundle import Bundle
from dao.evidence.manifest import Contracts
from dao.proving.bundle import read_evidence
from dao.proving.prove import Anchor, prove
from dao.proving.verdict import Standing
from tests.support.chain import ACCOUNTS, Dao, deployed
from tests.support.hostile import hostile
from tests.support.proving import lived

Lie = Callable[[Any], Any]
"""From an honest result, a copy of its own, to another one; None where it has nothing to lie about."""

HONEST, REFUSED, FOUND, WEAKER = "honest", "refused", "found", "weaker"
IMPATIENT = Patience(attempts=2, pause=0.01, timeout=10)


@dataclass
class Node:
    """A chain whose every answer is remembered, so that the same is never asked twice."""

    dao: Dao
    end: int
    end_hash: bytes
    answers: dict[str, Any]

    @classmethod
    def of(cls, dao: Dao) -> Node:
        block = dao.connection.block()
        return cls(dao, block.number, block.hash, {})

    def answer(self, method: str, params: list[Any]) -> Any:
        key = json.dumps([method, params])
        if key not in self.answers:
            self.answers[key] = self.dao.connection.rpc(method, params)
        return copy.deepcopy(self.answers[key])


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a chain to settle here."""
    monkeypatch.setattr(collecting, "_WAIT_SECONDS", ())


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with deployed(tmp_path_factory.mktemp("dao")) as made:
        lived(made)
        together(made)
        yield Node.of(made)


def together(dao: Dao) -> None:
    """A block of several transactions."""
    token = dao.deployment.addresses.token
    transfer = load("RewardToken").abi.function("transfer")
    dao.connection.rpc("evm_setAutomine", [False])
    for sender, to in pairwise(ACCOUNTS[:4]):
        data = "0x" + transfer.encode_call(to, 7).hex()
        dao.connection.rpc("eth_sendTransaction", [{"from": sender, "to": token, "data": data}])
    dao.connection.rpc("evm_mine")
    dao.connection.rpc("evm_setAutomine", [True])


@pytest.fixture(scope="module")
def honest(node: Node, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, set[str]]:
    """The content hash of the honest bundle, and what it proves."""
    with hostile() as proxy:
        proxy.result = lambda method, params, _: node.answer(method, params)
        bundle = collected(node, proxy.url, tmp_path_factory.mktemp("honest") / "evidence")
    findings, proved = verdict(node, bundle)
    assert findings == 0
    assert len(proved) > 10
    return bundle.manifest.content_hash(), proved


def collected(node: Node, url: str, folder: Path) -> Bundle:
    connection = Connection.open(url, patience=IMPATIENT)
    plan = Plan(
        chain_id=connection.chain_id,
        contracts=Contracts.of_deployment(node.dao.deployment.addresses),
        from_block=0,
        to_block=node.end,
        anchor=node.end_hash,
        every_header=True,
        receipts=True,
    )
    collector = Collector(folder, Panel([Source(connection)], 1), plan)
    collector.collect()
    return add_state(connection, collector.seal())


def verdict(node: Node, bundle: Bundle) -> tuple[int, set[str]]:
    """How many contradictions there are, and what is proved."""
    pinned = Anchor(hash=node.end_hash, pinned=True, source="the honest chain")
    made = prove(read_evidence(bundle), pinned, blooms=(0, node.end))
    found = len(made.findings) + len(audit_bundle(bundle).findings)
    return found, {line.what for line in made.lines if line.standing is Standing.PROVED}


def outcome(node: Node, honest: tuple[bytes, set[str]], folder: Path, answer: Callable[[str, list[Any]], Any]) -> str:
    with hostile() as proxy:
        proxy.result = lambda method, params, _: answer(method, params)
        try:
            bundle = collected(node, proxy.url, folder)
            findings, proved = verdict(node, bundle)
        except DaoError as error:
            assert error.what
            assert error.expected is not None or error.found is not None
            return REFUSED
    if findings:
        return FOUND
    if bundle.manifest.content_hash() == honest[0]:
        return HONEST
    return WEAKER if honest[1] - proved else "accepted"


# ------------------------------------------------------------ lies


def flipped(text: str) -> str:
    return text[:-1] + ("1" if text[-1] != "1" else "2")


def dropped(items: Any) -> Any:
    return items[: len(items) // 2] + items[len(items) // 2 + 1 :] if len(items) > 1 else None


def doubled(items: Any) -> Any:
    return [*items, items[len(items) // 2]] if items else None


def swapped(items: Any) -> Any:
    return [*items[-1:], *items[1:-1], *items[:1]] if len(items) > 1 else None


def cut(items: Any) -> Any:
    return items[: len(items) - 2] if len(items) > 2 else None


def of_one(change: Callable[[dict[str, Any]], None]) -> Lie:
    """A lie about the one in the middle of a list."""

    def lie(items: Any) -> Any:
        if not items:
            return None
        change(items[len(items) // 2])
        return items

    return lie


def field(name: str, value: Any = flipped) -> Callable[[Any], Any]:
    def change(entry: Any) -> Any:
        if not isinstance(entry, dict) or entry.get(name) is None:
            return None
        entry[name] = value(entry[name]) if callable(value) else value
        return entry

    return change


def of_logs(name: str, change: Callable[[Any], Any]) -> Lie:
    """A lie about the logs within the receipt in the middle that has some."""

    def lie(receipts: Any) -> Any:
        for receipt in receipts or ():
            if len(receipt["logs"]) > 1:
                receipt["logs"] = change(receipt["logs"]) if name == "logs" else of_one(field(name))(receipt["logs"])
                return receipts
        return None

    return lie


def of_slots(change: Callable[[Any], Any]) -> Lie:
    def lie(proof: Any) -> Any:
        changed = change(proof["storageProof"])
        return None if changed is None else {**proof, "storageProof": changed}

    return lie


LISTS: dict[str, Lie] = {"dropped": dropped, "doubled": doubled, "swapped": swapped, "cut": cut}
LOG_FIELDS = ("address", "data", "blockHash", "blockNumber", "transactionHash", "transactionIndex", "logIndex")
HEADER_FIELDS = ("stateRoot", "receiptsRoot", "logsBloom", "timestamp", "parentHash", "number", "hash", "extraData")
RECEIPT_FIELDS = ("status", "cumulativeGasUsed", "logsBloom", "type")
LIES: dict[str, tuple[str, Lie]] = {
    **{f"log {name}": ("eth_getLogs", lie) for name, lie in LISTS.items()},
    **{f"log {name}": ("eth_getLogs", of_one(field(name))) for name in LOG_FIELDS},
    "log data cut": ("eth_getLogs", of_one(field("data", lambda text: text[:-64] if len(text) > 66 else text + "00"))),
    "log topic": ("eth_getLogs", of_one(field("topics", lambda topics: [*topics[:-1], flipped(topics[-1])]))),
    "log topics cut": ("eth_getLogs", of_one(field("topics", lambda topics: topics[:-1]))),
    "log removed": ("eth_getLogs", of_one(field("removed", True))),
    "no logs": ("eth_getLogs", lambda logs: []),
    **{f"header {name}": ("eth_getBlockByNumber", field(name)) for name in HEADER_FIELDS},
    "no header": ("eth_getBlockByNumber", lambda header: ...),
    **{f"receipt {name}": ("eth_getBlockReceipts", lie) for name, lie in LISTS.items()},
    **{f"receipt {name}": ("eth_getBlockReceipts", of_one(field(name))) for name in RECEIPT_FIELDS},
    **{f"receipt's logs {name}": ("eth_getBlockReceipts", of_logs("logs", lie)) for name, lie in LISTS.items()},
    "receipt's log data": ("eth_getBlockReceipts", of_logs("data", flipped)),
    **{f"slot {name}": ("eth_getProof", of_slots(lie)) for name, lie in LISTS.items()},
    "slot value": ("eth_getProof", of_slots(of_one(field("value")))),
    "slot key": ("eth_getProof", of_slots(of_one(field("key")))),
    "slot node": ("eth_getProof", of_slots(of_one(field("proof", lambda nodes: [*nodes[:-1], flipped(nodes[-1])])))),
    "slot path cut": ("eth_getProof", of_slots(of_one(field("proof", lambda nodes: nodes[:-1])))),
    "account node": ("eth_getProof", field("accountProof", lambda nodes: [*nodes[:-1], flipped(nodes[-1])])),
    "account path cut": ("eth_getProof", field("accountProof", lambda nodes: nodes[:-1])),
    "storage hash": ("eth_getProof", field("storageHash")),
    "code hash": ("eth_getProof", field("codeHash")),
    "code": ("eth_getCode", flipped),
    "code cut": ("eth_getCode", lambda code: code[:-2]),
    "no code": ("eth_getCode", lambda code: "0x"),
}


@pytest.mark.parametrize("name", LIES)
def test_every_lie_is_refused_found_or_without_effect(
    node: Node, honest: tuple[bytes, set[str]], tmp_path: Path, name: str
) -> None:
    method, lie = LIES[name]
    told = []

    def answer(asked: str, params: list[Any]) -> Any:
        real = node.answer(asked, params)
        if asked != method or real is None or (name.startswith("header") and params[0] != hex(node.end // 2)):
            return real
        changed = lie(copy.deepcopy(real))
        if changed is None or changed == real:
            return real
        told.append(params)
        return None if changed is ... else changed

    result = outcome(node, honest, tmp_path / "evidence", answer)
    assert told, "nothing was said that is not so"
    assert result in (HONEST, REFUSED, FOUND, WEAKER)
    if name in ("log dropped", "log cut", "no logs", "log data", "log topic", "code"):
        assert result != HONEST


# ------------------------------------------------------------ other chains


@pytest.fixture(scope="module")
def other(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Another history of contracts at the same addresses, as long as the honest one and without contradiction."""
    with deployed(tmp_path_factory.mktemp("other")) as made:
        made.delegate_all()
        while made.connection.block().number < node.end:
            made.call(ACCOUNTS[4], "token", "transfer", ACCOUNTS[0], 3)
        assert made.deployment.addresses == node.dao.deployment.addresses
        yield Node.of(made)


def test_an_invented_chain_does_not_reach_the_anchor(
    node: Node, other: Node, honest: tuple[bytes, set[str]], tmp_path: Path
) -> None:
    with hostile() as proxy:
        proxy.result = lambda method, params, _: other.answer(method, params)
        bundle = collected(node, proxy.url, tmp_path / "evidence")
    assert audit_bundle(bundle).findings == ()
    with pytest.raises(ProofError, match="does not reach the anchor"):
        verdict(node, bundle)


@pytest.mark.parametrize(
    "mixed", ["eth_getLogs", "eth_getBlockByNumber", "eth_getBlockReceipts", "eth_getProof", "half"]
)
def test_answers_of_two_forks_are_refused_or_found(
    node: Node, other: Node, honest: tuple[bytes, set[str]], tmp_path: Path, mixed: str
) -> None:
    turn = count()

    def answer(method: str, params: list[Any]) -> Any:
        lying = next(turn) % 2 == 1 if mixed == "half" else method == mixed
        return (other if lying else node).answer(method, params)

    result = outcome(node, honest, tmp_path / "evidence", answer)
    assert result == HONEST if mixed == "eth_getBlockReceipts" else result in (REFUSED, FOUND, WEAKER)


@pytest.mark.parametrize("method", ["eth_getLogs", "eth_getProof", "eth_getCode"])
def test_stale_answers_are_refused_or_found(
    node: Node, honest: tuple[bytes, set[str]], tmp_path: Path, method: str
) -> None:
    """The node is three blocks behind, and does not say so."""
    behind = hex(node.end - 3)

    def answer(asked: str, params: list[Any]) -> Any:
        real = node.answer(asked, params)
        if asked != method:
            return real
        if asked == "eth_getLogs":
            return [log for log in real if int(log["blockNumber"], 16) <= node.end - 3]
        return node.answer(asked, [*params[:-1], behind])

    result = outcome(node, honest, tmp_path / "evidence", answer)
    # The code is what it was three blocks ago.
    assert result == HONEST if method == "eth_getCode" else result in (REFUSED, FOUND, WEAKER)
