"""The commands of the README, typed as they stand there."""

from __future__ import annotations

import os
import pty
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dao.chain import node
from dao.chain.connection import Connection
from tests.support.chain import ROOT, checkout
from tests.support.cli import COMMAND, environment, run


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A user's folder; a node that was started there is ended."""
    yield checkout(tmp_path)
    run("node", "stop", cwd=tmp_path, code=None)


def loop() -> list[str]:
    """The lines of the README's loop, without prompt; they begin with the signer and the local chain."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = text[text.index("```console\n$ export DAO_FROM=") :].split("```")[1]
    return [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]


def test_the_loop_runs_as_it_is_written(folder: Path) -> None:
    lines = loop()
    assert lines[1].split("#")[0].strip() == "dao node start"
    assert not any("advance" in line for line in lines[: next(i for i, line in enumerate(lines) if "submit" in line)])
    # The one thing that is not as written: a port that nobody else on the machine may have.
    lines[1] = "dao node start --port 0"
    program = f'set -e\ndao() {{ echo "\\$ dao $*"; {shlex.join(COMMAND)} "$@"; }}\n' + "\n".join(lines)
    # A terminal, because transactions are confirmed by somebody; whoever sits there says yes.
    ours, theirs = pty.openpty()
    try:
        os.write(ours, b"y\n" * 20)
        ended = subprocess.run(
            ["sh", "-c", program],
            cwd=folder,
            env=environment(),
            stdin=theirs,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
    finally:
        os.close(ours)
        os.close(theirs)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for words in ("no difference", "is queued", "is executed", "verified: every byte", "AGREES"):
        assert words in ended.stdout
    assert "stopped the local node" in ended.stdout.splitlines()[-1]
    assert ended.stderr.count("Send it?") == 5


def test_an_idle_chain_that_mines_on_demand_is_no_dead_end(folder: Path) -> None:
    """No block comes after the delegation: what is judged is the block that the next transaction makes."""
    run("node", "start", "--port", "0", "--block-time", "0", cwd=folder)
    first = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    run("deploy", "deploy.yaml", "--yes", cwd=folder, DAO_FROM=first)
    run("delegate", "self", "--yes", cwd=folder, DAO_FROM=first)
    status = node.status(folder / ".dao" / "node")
    assert status is not None
    connection = Connection.open(status.url)
    delegated = connection.block()
    while connection.ahead().timestamp <= delegated.timestamp:
        pass
    file = "proposals/0001-cut-node-job-rewards.yaml"
    run("proposal", "check", file, cwd=folder, DAO_FROM=first)
    assert connection.block() == delegated
    run("proposal", "submit", file, "--yes", cwd=folder, DAO_FROM=first)
    assert connection.block().number == delegated.number + 1
