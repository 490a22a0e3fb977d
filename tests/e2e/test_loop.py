"""The whole loop as a user types it, and its JSON read.

The README's loop starts each of its commands anew, as a user does (test_readme.py); here that is done once with those
that it lacks. The others run here, which saves their start.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dao.chain.connection import Connection
from tests.support.chain import ACCOUNTS, CUT, DEPLOYER, ORDER, TOKEN, checkout
from tests.support.cli import Result, invoker, run, run_anew

FIRST, SECOND, THIRD, FOURTH, FIFTH = ACCOUNTS
FILE = f"proposals/{CUT}"
ANEW = {
    *("node status", "node reset", "power", "status", "proposal preview", "proposal list", "proposal show"),
    *("policy at", "policy history"),
}
"""The commands that nothing in README.md's loop starts."""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A user's folder; a node that was started there is ended."""
    yield checkout(tmp_path)
    run("node", "stop", cwd=tmp_path, code=None)


def test_from_a_file_to_the_verdict(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    invoke = invoker(folder, monkeypatch, capsys)
    anew = set(ANEW)

    def command(*arguments: str, code: int, **env: str) -> Result:
        for name in (arguments[0], " ".join(arguments[:2])):
            if name in anew:
                anew.remove(name)
                return run_anew(*arguments, cwd=folder, code=code, **env)
        # A node that goes on must not be this process's child.
        if env or arguments[:2] == ("node", "start"):
            return run(*arguments, cwd=folder, code=code, **env)
        return invoke(*arguments, code=code)

    def dao(*arguments: str, code: int = 0, **env: str) -> Any:
        return command(*arguments, "--json", code=code, **env).json()

    def text(*arguments: str, code: int = 0) -> str:
        result = command(*arguments, code=code)
        return result.out + result.err

    # The local chain.
    assert dao("node", "status") == {"running": False}
    started = dao("node", "start", "--port", "0", "--block-time", "0")
    assert started["running"]
    assert dao("node", "status")["pid"] == started["pid"]
    connection = Connection.open(started["url"])

    # The deployment: once, and never again.
    deployed = dao("deploy", "deploy.yaml", "--from", DEPLOYER, "--yes")
    assert deployed["complete"]
    assert len({contract["address"] for contract in deployed["contracts"].values()}) == len(ORDER)
    assert connection.nonce(DEPLOYER) == len(ORDER)
    assert dao("deploy", "deploy.yaml", "--from", DEPLOYER, "--yes") == deployed
    assert connection.nonce(DEPLOYER) == len(ORDER)
    verified = dao("deploy", "verify", "deploy.yaml")
    assert verified["verified"]
    assert len(verified["comparisons"]) == 2 * len(ORDER) + 8
    assert "another deployer" in text("deploy", "deploy.yaml", "--from", FIRST, "--yes", code=1)

    # Delegations and voting power.
    for holder in (FIRST, SECOND, FOURTH):
        assert dao("delegate", "self", "--from", holder, "--yes")["votes"] != "0"
    assert dao("delegate", SECOND.lower(), "--yes", DAO_FROM=THIRD)["cause"] == "delegated_away"
    assert "nothing was sent" in text("delegate", "self", "--from", FIRST, "--yes")
    assert dao("power", SECOND)["votes"] == str(5_000_000 * TOKEN)
    assert dao("power", FIFTH)["cause"] == "never_delegated"
    assert dao("node", "advance", "1 minute")["block"] == connection.block().number

    # The proposal: checked, previewed, submitted once.
    checks = dao("proposal", "check", FILE, "--from", FIRST)["checks"]
    # One holder has a third of the tokens, which `check` tells.
    assert {check["check"] for check in checks if check["verdict"] != "pass"} == {"quorum"}
    without = {check["check"]: check["verdict"] for check in dao("proposal", "check", FILE)["checks"]}
    assert {name for name, verdict in without.items() if verdict == "skipped"} == {"new", "threshold", "proposer-power"}
    assert dao("proposal", "preview", FILE)["proposal_id"] is None
    assert "0 RENDER, and 100_000 RENDER are needed" in text("proposal", "check", FILE, "--proposer", FIFTH, code=1)
    preview = dao("proposal", "preview", FILE, "--proposer", FIRST)
    assert preview["actions"][0]["set_schedule"]["stream"] == "compute/jobs"
    submitted = dao("proposal", "submit", FILE, "--from", FIRST, "--yes")
    assert (submitted["proposal_id"], submitted["state"]) == (preview["proposal_id"], "pending")
    nonce = connection.nonce(FIRST)
    again = dao("proposal", "submit", FILE, "--from", FIRST, "--yes")
    assert (again["proposal_id"], again["transaction"]) == (submitted["proposal_id"], None)
    assert connection.nonce(FIRST) == nonce
    identity = submitted["proposal_id"]
    (listed,) = dao("proposal", "list")
    assert listed["proposal_id"] == identity
    assert "not begun" in dao("vote", "cast", "latest", "for", "--from", FIRST, "--yes", code=1)["error"]["what"]

    # The vote.
    dao("node", "advance", "2 minutes")
    cast = dao("vote", "cast", identity[:9], "for", "--reason", "fair", "--from", FIRST, "--yes")
    assert (cast["for"], cast["against"]) == (str(4_000_000 * TOKEN), "0")
    assert "against" in text("vote", "cast", "latest", "against", "--from", SECOND, "--yes")
    split = dao("vote", "cast", "latest", "--split", "for=60%,abstain=40%", "--from", FOURTH, "--yes")
    assert (split["for"], split["abstain"]) == (str(900_000 * TOKEN), str(600_000 * TOKEN))
    refused = dao("vote", "cast", "latest", "for", "--from", FIFTH, "--yes", code=1)["error"]
    assert (refused["kind"], refused["remedy"][:23]) == ("VoteRefused", "run `dao delegate self`")
    assert "voted already" in text("vote", "cast", "latest", "abstain", "--from", FIRST, "--yes", code=1)
    assert dao("power", FOURTH, "--proposal", "latest")["votes_at_snapshot"] == str(1_500_000 * TOKEN)

    # Defeated by one ballot; another proposer's decision goes through.
    shown = dao("proposal", "show", "latest")
    assert (shown["for"], shown["against"]) == (str(4_900_000 * TOKEN), str(5_000_000 * TOKEN))
    assert "active" in text("proposal", "show", "latest")
    dao("node", "advance", "1 hour")
    queued = dao("proposal", "queue", "latest", "--from", FIRST, "--yes", code=1)["error"]
    assert (queued["expected"], queued["found"]) == ("succeeded", "defeated")
    shutil.copy(folder / FILE, folder / "proposals" / "0003-again.yaml")
    second = dao("proposal", "submit", "proposals/0003-again.yaml", "--from", SECOND, "--yes")["proposal_id"]
    dao("node", "advance", "2 minutes")
    dao("vote", "cast", "latest", "for", "--from", SECOND, "--yes")
    dao("node", "advance", "1 hour")
    assert dao("proposal", "queue", "latest", "--from", FIFTH, "--yes")["state"] == "queued"
    assert "delay is not over" in text("proposal", "execute", "latest", "--from", FIFTH, "--yes", code=1)
    dao("node", "advance", "1 hour")
    assert dao("proposal", "execute", "latest", "--from", FIFTH, "--yes")["state"] == "executed"

    # What is in force, and the proof.
    emissions = {stream["stream"]: stream["emission"] for stream in dao("policy", "at", "2")["streams"]}
    assert emissions["compute/jobs"] == str(15_000 * TOKEN)
    current = dao("policy", "show")
    assert current["epoch"] == current["current_epoch"] == 0
    assert "47_435 RENDER" in text("policy", "show")
    assert dao("policy", "history")[-1]["proposal_id"] == second
    assert dao("proposal", "verify", second)["against"] == "proposals/0003-again.yaml"
    assert dao("proposal", "verify", second, "--chain")["against"] == "the document in its description"
    assert "expected either" in text("proposal", "verify", second, "--chain", "--file", FILE, code=2)
    assert dao("proposal", "verify", second, "--file", "proposals/0003-again.yaml")["verified"]
    assert not dao("proposal", "verify", identity, "--file", "proposals/0003-again.yaml", code=1)["verified"]
    status = dao("status")
    assert status["proposals"] == {"defeated": 1, "executed": 1}
    report = dao("audit", "replay")
    assert (report["verdict"], report["findings"]) == ("agrees", [])
    assert "AGREES" in text("audit", "replay")

    # The chain is kept over a stop, and forgotten by a reset.
    assert dao("node", "stop") == {"running": False, "stopped": True}
    port = started["url"].rsplit(":", 1)[1]
    assert dao("node", "start", "--port", port, "--block-time", "0")["block"] == report["to_block"]
    assert dao("status")["proposals"] == status["proposals"]
    removed = [".dao/node/state.json", "deployments/31337.json"]
    assert dao("node", "reset") == {"running": False, "stopped": True, "removed": removed}
    assert os.listdir(folder / "deployments") == []  # noqa: PTH208  # names only
    assert dao("node", "status") == {"running": False}
    assert not anew
