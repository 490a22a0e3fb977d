"""An epoch as its people type it: computed, signed, published, disputed, answered, claimed, listed and reconciled."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dao.chain import node
from dao.chain.connection import Connection
from tests.support.chain import ACCOUNTS, DEPLOYER, ROOT, STRANGER, TOKEN, checkout
from tests.support.cli import Result, invoker, run
from tests.support.epochs import WINDOW

FIRST, SECOND, THIRD = ACCOUNTS[:3]
REPORTERS = (
    "0x976EA74026E726554dB657fA54763abd0C3a0aa9",
    "0x14dC79964da2C08b23698B3D3cc7Ca32193d9955",
    STRANGER,
)
URI = ("--uri", "https://example.org/contributions.csv")
WEEK = 7 * 86_400
MINE = 47_435 * TOKEN * 1_680 // 3_600
"""What the second account earns of epoch 0 by examples/contributions.csv (wei)."""


class Cli:
    """A user's folder, its local chain, and the commands."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._invoke = invoker(folder, monkeypatch, capsys)
        run("node", "start", "--port", "0", "--block-time", "0", cwd=folder)
        status = node.status(folder / ".dao" / "node")
        assert status is not None
        self.connection = Connection.open(status.url)
        run("deploy", "deploy.yaml", "--from", DEPLOYER, "--yes", cwd=folder)

    def __call__(self, *arguments: str, code: int = 0) -> Result:
        return self._invoke(*arguments, code=code)

    def json(self, *arguments: str, code: int = 0) -> Any:
        return self._invoke(*arguments, "--json", code=code).json()

    def sign(self, *reporters: str, epoch: int = 0) -> None:
        for reporter in reporters:
            self.json("epoch", "publish", "--epoch", str(epoch), *URI, "--sign", "--from", reporter)

    def advance(self, seconds: int) -> None:
        node.advance(self.connection, seconds)


@pytest.fixture
def dao(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Cli]:
    checkout(tmp_path)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    yield Cli(tmp_path, monkeypatch, capsys)
    run("node", "stop", cwd=tmp_path, code=None)


def test_from_contributions_to_claimed_tokens(dao: Cli) -> None:
    contributions = ("--contributions", "examples/contributions.csv")
    # While the epoch runs it can be computed, and not published.
    computed = dao.json("epoch", "compute", "--epoch", "0", *contributions)
    jobs = computed["streams"][0]
    assert (jobs["stream"], jobs["accounts"], computed["over"]) == ("compute/jobs", 5, False)
    assert int(jobs["total"]) + int(jobs["residual"]) == 47_435 * TOKEN
    refused = dao.json("epoch", "publish", "--epoch", "0", *URI, "--sign", "--from", REPORTERS[0], code=1)
    assert "not over" in refused["error"]["what"]
    dao.advance(WEEK)
    # The same again is the same, byte for byte, from another process.
    before = {path.name: path.read_bytes() for path in (dao.folder / "epochs" / "0").iterdir()}
    run("epoch", "compute", "--epoch", "0", *contributions, cwd=dao.folder)
    assert {path.name: path.read_bytes() for path in (dao.folder / "epochs" / "0").iterdir()} == before

    # Two reporters sign, and a stranger publishes; once.
    refused = dao.json("epoch", "publish", "--epoch", "0", *URI, "--from", FIRST, "--yes", code=1)
    assert "no reporter's signature" in refused["error"]["what"]
    dao.sign(REPORTERS[0])
    refused = dao.json("epoch", "publish", "--epoch", "0", *URI, "--from", FIRST, "--yes", code=1)
    assert "too few reporters" in refused["error"]["what"]
    dao.sign(REPORTERS[1])
    (published,) = dao.json("epoch", "publish", "--epoch", "0", *URI, "--from", FIRST, "--yes")
    assert (published["stream"], published["total"]) == ("compute/jobs", jobs["total"])
    (again,) = dao.json("epoch", "publish", "--epoch", "0", *URI, "--from", FIRST, "--yes")
    assert again["transaction"] is None

    # A contributor disputes, the reporters answer.
    series = ("--epoch", "0", "--stream", "compute/jobs")
    disputed = dao.json("epoch", "dispute", *series, "--reason", "a job is missing", "--from", THIRD, "--yes")
    assert disputed["stage"] == "disputed"
    dao.advance(WINDOW)
    waiting = dao.json("epoch", "claim", "--from", SECOND, "--yes", code=1)
    assert "1 open dispute" in json.dumps(waiting)
    for reporter in REPORTERS[1:]:
        dao.json("epoch", "answer", THIRD, *series, "--text", "it failed", "--sign", "--from", reporter)
    answered = dao.json("epoch", "answer", THIRD, *series, "--text", "it failed", "--from", FIRST, "--yes")
    assert answered["stage"] == "open"
    assert answered["disputes"][0]["answer"] == "it failed"

    # Claims: a proof without a network, one's own, everybody's.
    proof = dao.json("epoch", "proof", "--account", SECOND)
    assert str(MINE) in json.dumps(proof)
    token = dao.json("status")["token"]
    dao.json("epoch", "claim", "--from", SECOND, "--yes")
    assert int(dao.json("status")["token"]["supply"]) - int(token["supply"]) == MINE
    everybody = dao.folder / "accounts.csv"
    rows = (dao.folder / "epochs" / "0" / "payouts.csv").read_text(encoding="utf-8").split()[1:]
    everybody.write_text("account\n" + "".join(f"{row.split(',')[1]}\n" for row in rows), encoding="utf-8")
    dao.json("epoch", "claim", "--for", "accounts.csv", "--from", FIRST, "--yes")
    assert int(dao.json("status")["token"]["supply"]) - int(token["supply"]) == int(jobs["total"])
    history = dao.json("epoch", "history", "--account", SECOND)
    assert str(MINE) in json.dumps(history)

    # The auditor.
    status = dao.json("epoch", "status")
    assert [each["stage"] for each in status["publications"]] == ["paid"]
    reconciled = dao.json("epoch", "reconcile", "--epoch", "0", *contributions)
    assert reconciled["verdict"] == "reconciled"
    assert reconciled["streams"][0]["claimed"] == jobs["total"]
    assert dao.json("audit", "replay")["verdict"] == "agrees"
    # A figure that differs is a finding, and the exit code says so.
    changed = (dao.folder / "examples" / "contributions.csv").read_text(encoding="utf-8").replace("1680", "1681")
    (dao.folder / "other.csv").write_text(changed, encoding="utf-8")
    differs = dao.json("epoch", "reconcile", "--epoch", "0", "--contributions", "other.csv", code=3)
    assert {finding["what"] for finding in differs["findings"]} >= {"compute/jobs: hash of the contributions"}
    text = dao("epoch", "reconcile", "--epoch", "0", *contributions).out
    assert "RECONCILED" in text
    assert "the deployment" in text


def test_bad_contributions_leave_nothing_behind(dao: Cli) -> None:
    bad = dao.folder / "bad.csv"
    bad.write_text(
        f"account,stream,units\n{SECOND},compute/jobs,10\n{THIRD},compute/jobs,-1\n{THIRD},compute/nothing,5\n",
        encoding="utf-8",
    )
    refused = dao.json("epoch", "compute", "--epoch", "0", "--contributions", "bad.csv", code=1)
    assert refused["error"]["kind"] == "DocumentError"
    assert "line 3" in json.dumps(refused) or '"line": 3' in json.dumps(refused)
    assert not (dao.folder / "epochs").exists() or not list((dao.folder / "epochs").iterdir())
    computed = dao.json("epoch", "compute", "--epoch", "0", "--contributions", "bad.csv", "--quarantine", "apart.csv")
    assert computed["quarantined"]["rows"] == 2
    assert computed["streams"][0]["accounts"] == 1
    assert len((dao.folder / "apart.csv").read_text(encoding="utf-8").splitlines()) == 3
    # Another computation of the epoch does not replace what is there.
    bad.write_text(f"account,stream,units\n{THIRD},compute/jobs,10\n", encoding="utf-8")
    refused = dao.json("epoch", "compute", "--epoch", "0", "--contributions", "bad.csv", code=1)
    assert refused["error"]["remedy"]
