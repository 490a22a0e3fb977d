"""`dao audit prove` as a process: over a bundle, pinned by a hash, by nodes, or not at all; and over one that lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dao.collecting.state import add_state
from dao.collecting.targets import add_targets
from dao.lifecycle.journal import save
from dao.proving.bundle import read_evidence
from dao.proving.prove import Evidence
from tests.support.chain import Dao, deployed
from tests.support.cli import Invoke, invoker, run
from tests.support.proving import collected, lived, sealed


@pytest.fixture(scope="module")
def dao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    with deployed(tmp_path_factory.mktemp("dao")) as made:
        save(made.folder / "deployments" / "31337.json", made.deployment)
        lived(made)
        yield made


@pytest.fixture(scope="module")
def evidence(dao: Dao) -> Evidence:
    made = collected(dao)
    # What the local chain calls final lies 64 blocks back.
    dao.connection.rpc("anvil_mine", ["0x60"])
    return made


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    return invoker(tmp_path, monkeypatch, capsys)


def test_what_was_sealed_is_what_was_collected(dao: Dao, evidence: Evidence, tmp_path: Path) -> None:
    bare = sealed(replace(evidence, state=None, codes=(), targets=()), tmp_path / "evidence")
    read = read_evidence(add_targets([dao.connection], add_state(dao.connection, bare)))
    assert replace(read, logs=tuple(read.logs), receipts={k: tuple(v) for k, v in read.receipts.items()}) == replace(
        evidence,
        codes=tuple(sorted(evidence.codes)),
        receipts={number: values for number, values in evidence.receipts.items() if values},
    )


def test_a_bundle_that_a_hash_pins(evidence: Evidence, tmp_path: Path, invoke: Invoke) -> None:
    sealed(evidence, tmp_path / "evidence")
    pin = "0x" + evidence.end_hash.hex()
    shown = run("audit", "prove", "--anchor", pin, cwd=tmp_path).out
    assert "NOTHING CONTRADICTS" in shown
    assert "taken on trust: no other state; code before the end block" in " ".join(shown.split())
    made = invoke("audit", "prove", "evidence", "--anchor", pin, "--json").json()
    assert made["findings"] == []
    assert made["lines"][0]["standing"] == "proved"
    other = "0x" + "11" * 32
    assert "does not reach the anchor" in invoke("audit", "prove", "--anchor", other, code=1).err
    for wrong in (("--anchor", "0x11"), ("--blooms", "7"), ("--blooms", "9:3"), ("--agree", "1")):
        invoke("audit", "prove", *wrong, code=2)


def test_what_the_command_line_collects(dao: Dao, evidence: Evidence, tmp_path: Path, invoke: Invoke) -> None:
    """From the deployment on every header; blocks before it are not asked for."""
    end = str(evidence.to_block)
    file = str(dao.folder / "deployments" / "31337.json")
    arguments = ("--rpc", dao.connection.url, "--deployment", file, "--to-block", end, "--headers", "all")
    bare = invoke("audit", "collect", *arguments, "--no-proofs", "--json").json()
    assert "state of RewardToken" in invoke("audit", "prove", "--json").json()["trusted"]
    made = invoke("audit", "collect", *arguments, "--json").json()
    assert made["rows"] == {**bare["rows"], "state": 1, "code": 1, "targets": 1}
    found = invoke("audit", "prove", "--json", "--anchor", made["anchor"]).json()
    trusted = "taken on trust: no other state; code before the end block"
    assert found["trusted"] == trusted
    assert found["findings"] == []


def test_nodes_that_say_what_is_final(dao: Dao, evidence: Evidence, tmp_path: Path, invoke: Invoke) -> None:
    sealed(evidence, tmp_path / "evidence")
    url = dao.connection.url
    dead = "http://127.0.0.1:9"
    made = run("audit", "prove", "--json", cwd=tmp_path, DAO_AUDIT_RPC=f"{url} {url}").json()
    assert made["lines"][0]["standing"] == "trusted"
    assert made["lines"][0]["detail"] == "1 of 1 addresses say that it is final"
    assert "ConnectionFailed" not in invoke("audit", "prove", "--rpc", url, "--rpc", dead, code=1).err
    stale = replace(evidence, end_hash=bytes(32))
    sealed(stale, tmp_path / "stale")
    assert "another final block" in invoke("audit", "prove", "stale", "--rpc", url, code=1).err


def test_receipts_are_fetched_when_that_is_wanted(dao: Dao, evidence: Evidence, tmp_path: Path, invoke: Invoke) -> None:
    sealed(replace(evidence, receipts={}), tmp_path / "evidence")
    arguments = ("audit", "prove", "--anchor", "0x" + evidence.end_hash.hex(), "--blooms", f"0:{evidence.to_block}")
    without = invoke(*arguments, "--json")
    assert "no log is missing" in without.json()["trusted"]
    assert "blooms do not exclude the contracts" in without.err
    refused = invoke(*arguments, "--rpc", dao.connection.url, code=2)
    assert "add --yes" in refused.err
    made = invoke(*arguments, "--rpc", dao.connection.url, "--yes", "--json").json()
    assert "no log is missing" not in made["trusted"]


def test_a_bundle_without_a_log(evidence: Evidence, tmp_path: Path, invoke: Invoke) -> None:
    lost = evidence.logs[len(evidence.logs) // 2]
    sealed(replace(evidence, logs=[log for log in evidence.logs if log is not lost]), tmp_path / "evidence")
    arguments = ("audit", "prove", "--anchor", "0x" + evidence.end_hash.hex())
    assert "CONTRADICTED" in invoke(*arguments, code=3).out
    made = invoke(*arguments, "--blooms", f"0:{evidence.to_block}", "--json", code=3).json()
    assert lost.block_number in {finding["block"] for finding in made["findings"]}
