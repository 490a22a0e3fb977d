"""`dao proposal check`, `simulate` and `submit --force`: what they print, write, refuse and record."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dao.errors import DocumentError, ProposalError
from dao.lifecycle.checks import CHECKS
from dao.lifecycle.journal import save
from dao.lifecycle.proposals import find
from dao.lifecycle.submit import submit
from dao.lifecycle.verify_proposal import verify_file
from dao.proposal.lock import lock_path, read_lock
from dao.types import Call
from tests.support.chain import ACCOUNTS, CUT, STRANGER, Dao, checkout, deployed, rewound
from tests.support.checking import call
from tests.support.cli import Invoke, invoker

PROPOSER = ACCOUNTS[0]
FILE = f"proposals/{CUT}"
FAILING = f"""\
title: Pay somebody
summary: A payment that the treasury cannot make.
actions:
  - transfer: {{to: '{STRANGER}', amount: 1 RENDER}}
"""
HOSTILE = (
    "# Pay ``` | <b>you</b>\u202e\x1b[31m\n\n````\n# A heading\n| a | b |\n![x](https://example.com/x.png) @everyone\n"
)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    with deployed(checkout(tmp_path_factory.mktemp("dao"))) as dao:
        save(dao.folder / "deployments" / "31337.json", dao.deployment)
        dao.delegate_all()
        yield dao


@pytest.fixture
def dao(chain: Dao) -> Iterator[Dao]:
    with rewound(chain):
        yield chain


@pytest.fixture
def invoke(dao: Dao, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    inner = invoker(dao.folder, monkeypatch, capsys)
    return lambda *arguments, code=0: inner(*arguments, "--rpc", dao.connection.url, code=code)


@pytest.fixture
def failing(tmp_path: Path) -> Path:
    path = tmp_path / "0003-pay.yaml"
    path.write_text(FAILING, encoding="utf-8")
    return path


def test_a_file_and_a_proposal_on_chain(dao: Dao, invoke: Invoke) -> None:
    printed = invoke("proposal", "check", FILE, "--proposer", PROPOSER, "--json").json()
    assert (printed["file"], printed["offline"], printed["verdict"]) == (FILE, False, "warning")
    found = {entry["check"]: entry for entry in printed["checks"]}
    assert set(found) == {one.name for one in CHECKS} - {"code", "parameters"}
    assert all(set(entry) == {"check", "verdict", "detail", "items"} for entry in printed["checks"])
    assert "emission of compute/jobs in epoch 2: 47_435 RENDER → 15_000 RENDER" in found["state"]["items"]
    proposal = dao.submit()
    for name in ("latest", str(proposal.proposal_id)[:9], hex(proposal.proposal_id)):
        printed = invoke("proposal", "check", name, "--json").json()
        assert (printed["file"], printed["title"]) == (None, proposal.title)
        assert {"code", "simulation"} <= {entry["check"] for entry in printed["checks"]}


def test_in_the_terminal(invoke: Invoke) -> None:
    out = invoke("proposal", "check", FILE).out
    assert re.search(r"warning +quorum +one account alone", out)
    assert re.search(r"skipped +threshold", out)
    assert "- set_schedule: {stream: compute/jobs" in out
    assert re.search(r"1 warned, \d+ passed, 3 skipped", out)


def test_a_failure_is_exit_code_one(invoke: Invoke, failing: Path) -> None:
    assert invoke("proposal", "check", str(failing), "--json", code=1).json()["verdict"] == "failure"
    assert invoke("proposal", "simulate", str(failing), "--json", code=1).json()["succeeded"] is False


def test_simulate(dao: Dao, invoke: Invoke) -> None:
    printed = invoke("proposal", "simulate", FILE, "--proposer", PROPOSER, "--json").json()
    assert (printed["succeeded"], printed["voters"], printed["predecessors"]) == (True, 1, [])
    assert printed["executed_at"] > dao.connection.block().timestamp
    assert {"what": "emission of compute/jobs in epoch 2", "before": "47_435 RENDER", "after": "15_000 RENDER"} in (
        printed["changes"]
    )
    assert {entry["check"] for entry in printed["checks"]} >= {"simulation", "state", "logs", "flows", "outcome"}
    out = invoke("proposal", "simulate", FILE).out
    assert "after 1 delegates voted for it: it succeeds with" in out
    dao.submit()
    assert "it succeeds" in invoke("proposal", "simulate", "latest").out


def test_markdown_to_the_terminal_and_to_a_file(dao: Dao, invoke: Invoke) -> None:
    for verb in ("check", "simulate"):
        printed = invoke("proposal", verb, FILE, "--markdown").out
        assert printed.startswith("# ")
        assert "| state | state changes, before and after | pass |" in printed
        path = dao.folder / f"{verb}.md"
        assert f"wrote {verb}.md" in invoke("proposal", verb, FILE, "--output", f"{verb}.md").out
        kept = [line for line in path.read_text(encoding="utf-8").splitlines() if not re.search(r"T\d\d:|gas", line)]
        assert kept == [line for line in printed.splitlines() if not re.search(r"T\d\d:|gas", line)]
        assert "expected either" in invoke("proposal", verb, FILE, "--markdown", "--json", code=2).err


def test_hostile_text_stays_within_its_code_block(dao: Dao, invoke: Invoke) -> None:
    dao.propose([call(dao, "token", "transfer", PROPOSER, 0)], HOSTILE.encode())
    printed = invoke("proposal", "check", "latest", "--markdown", code=1).out
    outside, fence = [], ""
    for line in printed.splitlines():
        ticks = re.match(r"`{3,}", line)
        if not fence and ticks:
            fence = ticks.group()
        elif fence and line == fence:
            fence = ""
        elif not fence:
            outside.append(line)
    assert not fence
    words = "\n".join(outside)
    for hostile in ("everyone", "example.com", "<b>", "A heading"):
        assert hostile not in words
    for out in (printed, invoke("proposal", "check", "latest", code=1).out):
        assert "\x1b" not in out
        assert "\u202e" not in out
        assert "\\x1b" in out


@pytest.mark.parametrize(
    "arguments",
    [("no-such-file.yaml",), ("proposals",), ("proposals/none",), ("latest", "--offline"), (FILE, "--output", ".")],
)
def test_what_is_no_proposal(invoke: Invoke, arguments: tuple[str, ...]) -> None:
    invoke("proposal", "check", *arguments, code=2)


def test_an_unknown_id(invoke: Invoke) -> None:
    for verb in ("check", "simulate"):
        assert "no proposals have this id" in invoke("proposal", verb, "123", code=1).err


# ------------------------------------------------------------ submitting all the same


def test_a_failed_check_stops_the_submission_unless_it_is_forced_with_a_reason(
    dao: Dao, invoke: Invoke, failing: Path
) -> None:
    before = dao.nonces()
    arguments = ("proposal", "submit", str(failing), "--from", PROPOSER, "--yes")
    refused = invoke(*arguments, code=1).err
    assert "units" in refused
    assert "--force" in refused
    assert (dao.nonces(), lock_path(failing).exists()) == (before, False)

    arguments = (*arguments, "--json")
    forced = invoke(*arguments, "--force", "The treasury is funded before the vote ends.").json()
    assert forced["forced"] == "The treasury is funded before the vote ends."
    lock = read_lock(lock_path(failing))
    assert lock.forced is not None
    assert (lock.forced.reason, lock.forced.failed) == (forced["forced"], ("units", "simulation"))
    proposal = find(dao.session(), forced["proposal_id"])
    assert verify_file(dao.session(), proposal, failing).differences == ()

    again = invoke(*arguments).json()
    assert (again["transaction"], again["forced"]) == (None, forced["forced"])
    assert read_lock(lock_path(failing)) == lock
    assert dao.nonces() == before + 1


@pytest.mark.parametrize("reason", ["", "two\nlines", "hidden \u202e text", "x" * 1_001])
def test_a_reason_that_is_none(dao: Dao, failing: Path, reason: str) -> None:
    before = dao.nonces()
    with pytest.raises(ProposalError, match="no reason"):
        submit(dao.session(PROPOSER), failing, force=reason)
    assert dao.nonces() == before


def test_a_reason_that_nothing_needed_is_not_kept(dao: Dao, tmp_path: Path) -> None:
    path = tmp_path / CUT
    path.write_text((dao.folder / "proposals" / CUT).read_text(encoding="utf-8"), encoding="utf-8")
    assert submit(dao.session(PROPOSER), path, force="To be sure").forced is None
    assert read_lock(lock_path(path)).forced is None


def test_a_reason_given_again_after_an_interruption_is_kept(dao: Dao, failing: Path) -> None:
    submit(dao.session(PROPOSER), failing, force="It will be funded")
    lock_path(failing).unlink()
    again = submit(dao.session(PROPOSER), failing, force="It will be funded")
    assert again.receipt is None
    lock = read_lock(again.lock)
    assert lock.forced is not None
    assert lock.forced.reason == "It will be funded"


def test_a_lock_with_a_hostile_reason_is_refused(dao: Dao, failing: Path) -> None:
    submit(dao.session(PROPOSER), failing, force="It will be funded")
    path = lock_path(failing)
    document = json.loads(path.read_text(encoding="utf-8"))
    document["forced"]["reason"] = "\u202ehidden"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(DocumentError, match="wrong field"):
        read_lock(path)


def test_calls_of_nobody(dao: Dao, invoke: Invoke) -> None:
    dao.propose([Call(STRANGER, 0, b"")], b"# Nothing at all")
    printed = invoke("proposal", "check", "latest", "--json").json()
    assert printed["verdict"] == "warning"
