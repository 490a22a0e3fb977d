"""The commands in front of a lying node: a finding ends with exit code 3, a refusal with 1, and both name the block."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dao.lifecycle.journal import save
from tests.support.cli import Invoke, Result, invoker
from tests.support.hostile import hostile
from tests.support.lies import dropped, field, of_one, within
from tests.support.lying import Node


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    return invoker(tmp_path, monkeypatch, capsys)


def collect(
    node: Node, invoke: Invoke, folder: Path, method: str, lie: Callable[[Any], Any], *more: str, code: int
) -> Result:
    """`dao audit collect` from a node that tells `lie` about `method`."""
    file = folder / "deployment.json"
    save(file, node.dao.deployment)

    def result(asked: str, params: list[Any], _: Any) -> Any:
        real = node.answer(asked, params)
        changed = lie(real) if asked == method else real
        return real if changed is None else changed

    with hostile() as proxy:
        proxy.result = result
        arguments = ("--rpc", proxy.url, "--deployment", str(file), "--to-block", str(node.end))
        return invoke("audit", "collect", *arguments, "--headers", "all", "--receipts", "--json", *more, code=code)


def prove(node: Node, invoke: Invoke, first: int, *, code: int) -> Any:
    arguments = ("--anchor", "0x" + node.end_hash.hex(), "--blooms", f"{first}:{node.end}", "--json")
    return invoke("audit", "prove", "evidence", *arguments, code=code).json()


def test_a_log_that_contradicts(node: Node, invoke: Invoke, tmp_path: Path) -> None:
    """Of a ballot with another weight: the logs alone contradict, and so does the proof."""
    governor = node.dao.deployment.addresses.governor.lower()

    def lie(logs: Any) -> Any:
        for log in logs:
            if log["address"] == governor and len(log["topics"]) == 2:
                block.append(int(log["blockNumber"], 16))
                log["data"] = log["data"][: 2 + 64 * 2] + f"{7:064x}" + log["data"][2 + 64 * 3 :]
        return logs

    block: list[int] = []
    collected = collect(node, invoke, tmp_path, "eth_getLogs", lie, code=0).json()
    proof = prove(node, invoke, collected["from_block"], code=3)
    assert {finding["block"] for finding in proof["findings"]} & set(block)
    replay = invoke("audit", "replay", "evidence", "--json", code=3).json()
    assert {finding["block"] for finding in replay["findings"]} & set(block)


def test_a_log_that_is_left_out(node: Node, invoke: Invoke, tmp_path: Path) -> None:
    """A transfer of nobody's votes contradicts no other log, but the state and the receipts."""
    last = max(int(log["blockNumber"], 16) for log in _transfers(node))

    def lie(logs: Any) -> Any:
        return [log for log in logs if log not in _transfers(node) or int(log["blockNumber"], 16) != last]

    collected = collect(node, invoke, tmp_path, "eth_getLogs", lie, code=0).json()
    proof = prove(node, invoke, collected["from_block"], code=3)
    assert last in {finding["block"] for finding in proof["findings"]}


def test_a_lie_that_is_refused(node: Node, invoke: Invoke, tmp_path: Path) -> None:
    """Nothing is sealed then; a bundle that lacks its proofs alone is, and says that its state is trusted."""

    def refused(method: str, lie: Callable[[Any], Any]) -> str:
        error = collect(node, invoke, tmp_path, method, lie, "--output", method, code=1).json()["error"]
        assert re.search(r"block \d+", error["what"])
        return method

    for method, lie in (
        ("eth_getBlockReceipts", of_one(field("status"))),
        ("eth_getBlockByHash", within("transactions", dropped)),
    ):
        folder = refused(method, lie)
        assert "no sealed evidence" in invoke("audit", "prove", folder, code=1).err
    folder = refused("eth_getProof", within("storageProof", dropped))
    assert "state of RewardToken" in invoke("audit", "prove", folder, "--json").json()["trusted"]


def test_a_lie_that_only_takes_something_away(node: Node, invoke: Invoke, tmp_path: Path) -> None:
    """Nothing contradicts: exit code 0, and the first line says what is trusted."""
    lie = within("transactions", of_one(field("type", "0x7e"), -1))
    collected = collect(node, invoke, tmp_path, "eth_getBlockByHash", lie, code=0).json()
    proof = prove(node, invoke, collected["from_block"], code=0)
    assert proof["findings"] == []
    assert proof["trusted"].endswith("; who called for proposals")


def _transfers(node: Node) -> list[dict[str, Any]]:
    token = node.dao.deployment.addresses.token
    transfer = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    asked = {"address": [token], "topics": [[transfer]], "fromBlock": "0x0", "toBlock": hex(node.end)}
    logs: list[dict[str, Any]] = node.answer("eth_getLogs", [asked])
    return logs
