"""`dao demo`: the whole promise in one command, which leaves nothing running however it ends."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.support.chain import checkout
from tests.support.cli import environment, run
from tests.support.forked import Forked

LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return checkout(tmp_path)


def fields(pid: int) -> list[str]:
    """State, parent and so on of a process; empty when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    except OSError:
        return []


def children(parent: int) -> set[int]:
    """The living children of a process."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            stat = fields(int(entry.name))
            if stat and stat[0] != "Z" and int(stat[1]) == parent:
                found.add(int(entry.name))
    return found


def alive(pid: int) -> bool:
    stat = fields(pid)
    return bool(stat) and stat[0] != "Z"


def assert_gone(pids: set[int]) -> None:
    deadline = time.monotonic() + 10
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < deadline, "the local chain still runs"
        time.sleep(0.02)


def test_the_promise_twice(folder: Path) -> None:
    before = sorted(os.listdir(folder))  # noqa: PTH208  # names only
    told = run("demo", cwd=folder).out
    verdict = told.strip().splitlines()[-1]
    assert verdict.startswith("AGREES: ")
    for step in ("A decision in YAML", "decoded from the bytes", "The vote", "refused:", "Binding", "audit"):
        assert step in told
    assert "15_000 RENDER" in told
    assert "47_435 RENDER" in told
    report = run("demo", "--json", cwd=folder).json()
    assert report["verdict"] == "agrees"
    assert report["proposals"][0]["state"] == "executed"
    assert sorted(os.listdir(folder)) == before  # noqa: PTH208  # names only


def test_a_deployment_that_fits_no_local_account(folder: Path) -> None:
    text = (folder / "deploy.yaml").read_text(encoding="utf-8")
    head, _, rest = text.partition("  grants:\n")
    tail = rest[rest.index("governor:\n") :]
    (folder / "other.yaml").write_text(f"{head}  grants: {{treasury: 5 RENDER}}\n{tail}", encoding="utf-8")
    result = run("demo", "--deploy", "other.yaml", "--json", cwd=folder, code=1)
    assert json.loads(result.out)["error"]["kind"] == "DeploymentError"


@LINUX
@pytest.mark.parametrize("heading", ["A local chain", "Submitted", "The vote"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_interrupted(folder: Path, heading: str, number: signal.Signals) -> None:
    with Forked(["demo"], cwd=folder, env=environment(PYTHONUNBUFFERED="1", TMPDIR=str(folder))) as process:
        for line in process.stdout:
            if heading.encode() in line:
                break
        nodes = children(process.pid)
        assert len(nodes) == 1
        process.send_signal(number)
        process.stdout.read()
        told = process.stderr.read()
        code = process.wait(30)
    assert_gone(nodes)
    if number is signal.SIGKILL:
        assert code == -number
    else:
        assert code == 1
        assert b"Traceback" not in told
        assert [name for name in os.listdir(folder) if name.startswith("dao-demo-")] == []  # noqa: PTH208


@LINUX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_interrupted_while_the_chain_starts(folder: Path, number: signal.Signals) -> None:
    with Forked(["demo"], cwd=folder, env=environment(TMPDIR=str(folder))) as process:
        nodes: set[int] = set()
        while not nodes and process.poll() is None:
            time.sleep(0.005)
            nodes = children(process.pid)
        process.send_signal(number)
        process.wait(30)
    assert nodes
    assert_gone(nodes)


@LINUX
def test_interrupted_twice(folder: Path) -> None:
    with Forked(["demo"], cwd=folder, env=environment(PYTHONUNBUFFERED="1", TMPDIR=str(folder))) as process:
        while b"A local chain" not in process.stdout.readline():
            assert process.poll() is None
        nodes = children(process.pid)
        for number in (signal.SIGINT, signal.SIGTERM):
            process.send_signal(number)
        process.stdout.read()
        process.wait(30)
    assert_gone(nodes)
