"""A description of 10 MB on a real chain: its id is right, its beginning is shown, and memory stays within bounds."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dao.abi import encode, keccak
from dao.artifacts import load
from dao.chain import node, transaction
from dao.chain.accounts import NodeSigner
from dao.chain.connection import Connection
from dao.deployment.document import load_deployment
from dao.lifecycle.deploy import deploy
from dao.lifecycle.journal import save
from dao.lifecycle.proposals import KEPT, find
from dao.proposal.identity import proposal_id
from dao.types import Call
from tests.support.chain import ACCOUNTS, DEPLOYER, ROOT, Dao, checkout
from tests.support.cli import COMMAND, environment

SIZE = 10 * 2**20
MOST = 200 * 2**20
"""The most memory that a command may take, in bytes: its own libraries, and the answer once as text and once read."""

# Begins as an honest title, and hides its end.
TITLE = "# Pay \u202eeverybody\x1b[2J"
DESCRIPTION = (TITLE + "\n\n").encode() + b"spam and eggs, " * (SIZE // 15) + b"\xff\xfe"


@pytest.fixture(scope="module")
def dao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    """A chain that takes transactions of any size, with such a proposal on it."""
    folder = checkout(tmp_path_factory.mktemp("dao"))
    port = node.free_port()
    command = [
        str(node.find_anvil(ROOT)), "--host", node.HOST, "--port", str(port), "--silent", "--no-request-size-limit",
        "--chain-id", str(node.CHAIN_ID), "--gas-limit", str(10**12), "--memory-limit", str(2**31),
    ]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        try:
            connection = node.await_node(process, port)
            document = load_deployment(ROOT / "deploy.yaml")
            path = folder / "deployments" / "31337.json"
            deployment = deploy(connection, NodeSigner(DEPLOYER), document, journal_path=path)
            made = Dao(connection, deployment, document, folder)
            save(path, deployment)
            made.delegate_all()
            propose(made)
            yield made
        finally:
            process.terminate()


def propose(dao: Dao) -> None:
    calls = [Call(ACCOUNTS[1], 0, b"")]
    governor = dao.session().contracts.governor
    # As bytes, which need be no text; the two are encoded alike.
    types = ("address[]", "uint256[]", "bytes[]", "bytes")
    selector = load("RewardGovernor").abi.function("propose").selector
    data = selector + encode(types, ([ACCOUNTS[1]], [0], [b""], DESCRIPTION))
    fields = {"from": ACCOUNTS[0], "to": governor.address, "data": "0x" + data.hex(), "gas": hex(10**11)}
    slow = Connection.open(dao.connection.url, timeout=120)
    transaction.wait(slow, slow.rpc("eth_sendTransaction", [fields]), timeout=60)
    assert proposal_id(calls, keccak(DESCRIPTION)) == find(dao.session(), "latest").proposal_id


MEASURE = """
import runpy, sys
sys.argv = ["dao", *sys.argv[2:]]
try:
    runpy.run_path({cli!r}, run_name="__main__")
finally:
    # Not getrusage, which counts what the parent took before.
    with open("/proc/self/status") as status, open({peak!r}, "w") as peak:
        peak.write(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads a process's memory from /proc")


def measured(dao: Dao, tmp_path: Path, *arguments: str) -> tuple[str, int]:
    """What a command printed, and the most memory that it took, in bytes."""
    peak = tmp_path / "peak"
    script = MEASURE.format(cli=COMMAND[1], peak=str(peak))
    ended = subprocess.run(
        [sys.executable, "-c", script, "dao", *arguments, "--rpc", dao.connection.url],
        cwd=dao.folder,
        env=environment(PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2_000:]
    assert "Traceback" not in ended.stderr
    return ended.stdout, int(peak.read_text(encoding="utf-8")) * 1024


def test_the_id_is_right_and_little_is_kept(dao: Dao) -> None:
    proposal = find(dao.session(), "latest")
    assert proposal.proposal_id == proposal_id([Call(ACCOUNTS[1], 0, b"")], keccak(DESCRIPTION))
    assert proposal.description_hash == keccak(DESCRIPTION)
    assert proposal.description_length == len(DESCRIPTION) > 10_000_000
    assert proposal.description == DESCRIPTION[:KEPT]
    assert proposal.truncated
    assert len(proposal.title) <= 200


@linux
def test_the_view_is_truncated(dao: Dao, tmp_path: Path) -> None:
    shown, peak = measured(dao, tmp_path, "proposal", "show", "latest")
    assert peak < MOST, f"{peak / 2**20:.0f} MiB"
    assert len(shown) < 60_000
    assert f"{len(DESCRIPTION)} bytes; its beginning is shown" in shown
    assert str(find(dao.session(), "latest").proposal_id) in shown
    assert "\u202e" not in shown
    assert "\x1b[2J" not in shown


@linux
@pytest.mark.parametrize("arguments", [("proposal", "show", "latest"), ("proposal", "list"), ("status",)], ids=" ".join)
def test_memory_is_bounded(dao: Dao, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    text, peak = measured(dao, tmp_path, *arguments, "--json")
    assert peak < MOST, f"{peak / 2**20:.0f} MiB"
    document: Any = json.loads(text)
    assert len(text) < 2**20
    if arguments[-1] == "latest":
        assert document["description_bytes"] == len(DESCRIPTION)
        assert document["description_truncated"]


@linux
def test_it_is_cancelled_by_its_id(dao: Dao, tmp_path: Path) -> None:
    """What is needed of the description afterwards is its hash alone."""
    text, peak = measured(
        dao, tmp_path, "proposal", "cancel", "latest", "--from", ACCOUNTS[0], "--yes", "--json", "--timeout", "60"
    )
    assert json.loads(text)["state"] == "canceled"
    assert peak < MOST, f"{peak / 2**20:.0f} MiB"
