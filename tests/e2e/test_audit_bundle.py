"""`dao audit replay` and `dao audit report` over a bundle: offline, the same as beside the node, and lies are found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dao.lifecycle.journal import save
from dao.proving.prove import Evidence
from tests.support.chain import Dao, deployed
from tests.support.cli import Invoke, invoker
from tests.support.proving import collected, lived, sealed


@pytest.fixture(scope="module")
def dao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    with deployed(tmp_path_factory.mktemp("dao")) as made:
        save(made.folder / "deployments" / "31337.json", made.deployment)
        lived(made)
        yield made


@pytest.fixture(scope="module")
def evidence(dao: Dao) -> Evidence:
    return collected(dao)


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    return invoker(tmp_path, monkeypatch, capsys)


def test_a_bundle_says_what_the_node_says(dao: Dao, evidence: Evidence, tmp_path: Path, invoke: Invoke) -> None:
    sealed(evidence, tmp_path / "evidence")
    offline = invoke("audit", "replay", "evidence", "--json").json()
    file = str(dao.folder / "deployments" / "31337.json")
    node = ("--rpc", dao.connection.url, "--deployment", file, "--to-block", str(evidence.to_block))
    online = invoke("audit", "replay", *node, "--json").json()
    assert offline["findings"] == online["findings"] == []
    for part in ("proposals", "policy", "policy_changes", "payouts", "logs", "timepoint"):
        assert offline[part] == online[part], part
    assert offline["asked_contracts"] is False
    shown = invoke("audit", "replay", "evidence", "--deployment", file).out
    assert dao.deployment.symbol in shown
    assert "wei" in invoke("audit", "replay", "evidence").out
    invoke("audit", "replay", "evidence", "--to-block", "3", code=2)
    invoke("audit", "replay", "evidence", "--governor", dao.deployment.addresses.governor, code=2)
    invoke("audit", "replay", "nowhere", code=2)
    assert "no sealed evidence" in invoke("audit", "replay", str(tmp_path), code=1).err


def test_the_report_of_a_bundle_says_what_is_proved(evidence: Evidence, tmp_path: Path, invoke: Invoke) -> None:
    sealed(evidence, tmp_path / "evidence")
    pin = "0x" + evidence.end_hash.hex()
    invoke("audit", "report", "evidence", "--anchor", pin, "--out", "pinned")
    invoke("audit", "report", "evidence", "--anchor", pin, "--out", "again")
    for name in ("report.html", "report.json"):
        first, second = ((tmp_path / folder / name).read_bytes() for folder in ("pinned", "again"))
        assert first == second
    report = json.loads((tmp_path / "pinned" / "report.json").read_text(encoding="utf-8"))
    assert {line["standing"] for line in report["standings"]} == {"proved", "recomputed", "trusted"}
    assert report["checks"][-1]["name"] == "proofs"
    assert report["verdict"] == "agrees"
    assert invoke("audit", "diff", "pinned/report.json", "again/report.json", "--json").json()["equal"] is True
    invoke("audit", "report", "--anchor", pin, code=2)


def test_a_log_that_was_left_out_is_a_finding_of_the_report(evidence: Evidence, tmp_path: Path, invoke: Invoke) -> None:
    """The last transfer without votes contradicts no other log, but the proven state."""
    token = evidence.addresses.token if evidence.addresses is not None else ""
    place = max(n for n, log in enumerate(evidence.logs) if log.address == token and len(log.data) == 32)
    logs = [*evidence.logs[:place], *evidence.logs[place + 1 :]]
    sealed(replace(evidence, logs=tuple(logs)), tmp_path / "evidence")
    invoke("audit", "report", "evidence", "--out", "lying", code=3)
    report = json.loads((tmp_path / "lying" / "report.json").read_text(encoding="utf-8"))
    assert report["verdict"] == "disagrees"
    assert "proofs" in {finding["check"] for finding in report["findings"]}
    assert {finding["block"] for finding in report["findings"] if finding["check"] == "proofs"} == {evidence.to_block}
