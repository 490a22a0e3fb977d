"""`dao proposal watch` as a process: live, over a node that fails, with a command that hangs, and interrupted."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import IO, Any

import pytest

from dao.lifecycle.advance import execute, queue
from dao.lifecycle.journal import save
from dao.lifecycle.vote import cast
from dao.types import Call, Support
from tests.support.chain import (
    ACCOUNTS,
    MIN_DELAY,
    RAISE,
    STRANGER,
    VOTING_DELAY,
    VOTING_PERIOD,
    Dao,
    checkout,
    deployed,
    rewound,
)
from tests.support.cli import environment, run
from tests.support.faulty import Faulty, dropped, faulty, late, status
from tests.support.forked import Forked

FIRST, SECOND = ACCOUNTS[:2]
HOSTILE = b"\x1b]0;owned\x07\x1b[2J$(touch owned) `touch owned`; touch owned\x00 \xe2\x80\xaex'\"\n\nWhy."


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    folder = checkout(tmp_path_factory.mktemp("dao"))
    with deployed(folder) as dao:
        save(folder / "deployments" / "31337.json", dao.deployment)
        dao.delegate_all()
        yield dao


@pytest.fixture
def dao(chain: Dao) -> Iterator[Dao]:
    (chain.folder / "cursor.json").unlink(missing_ok=True)
    with rewound(chain):
        yield chain


class Watching:
    """A running watch, whose lines are read as they come."""

    def __init__(self, process: Forked) -> None:
        self.process = process
        self.lines: Queue[bytes] = Queue()
        self.errors = b""
        self._threads = [
            Thread(target=self._read, args=(process.stdout,)),
            Thread(target=self._listen, args=(process.stderr,)),
        ]
        for thread in self._threads:
            thread.start()

    def _read(self, stream: IO[bytes]) -> None:
        for line in stream:
            self.lines.put(line)

    def _listen(self, stream: IO[bytes]) -> None:
        while data := os.read(stream.fileno(), 4096):
            self.errors += data

    def next(self, seconds: float = 30) -> Any:
        """The next line as JSON."""
        try:
            line = self.lines.get(timeout=seconds)
        except Empty:
            pytest.fail(f"nothing was said; {self.errors!r}")
        assert line.isascii()
        return json.loads(line)

    def events(self, *wanted: str) -> list[dict[str, Any]]:
        """The next lines, which must be of these events."""
        found = [self.next() for _ in wanted]
        assert tuple(one["event"] for one in found) == wanted, found
        return found

    def hears(self, text: bytes) -> None:
        """Waits for `text` on standard error."""
        deadline = time.monotonic() + 30
        while text not in self.errors:
            assert time.monotonic() < deadline, self.errors
            time.sleep(0.05)

    def stop(self, how: int = signal.SIGINT) -> list[Any]:
        """Ends it, and returns what it said meanwhile."""
        self.process.send_signal(how)
        assert self.process.wait(15) == 0, self.errors
        self.join()
        assert b"Traceback" not in self.errors
        return [json.loads(self.lines.get()) for _ in range(self.lines.qsize())]

    def join(self) -> None:
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()


@contextmanager
def watching(dao: Dao, *arguments: str, rpc: str = "", json_lines: bool = True) -> Iterator[Watching]:
    """`dao proposal watch` once it watches; it ends with the block."""
    shape = ("--json",) if json_lines else ()
    with Forked(
        ("proposal", "watch", "--interval", "1", *shape, *arguments, "--rpc", rpc or dao.connection.url),
        cwd=dao.folder,
        env=environment(MARK=f"watch-{os.getpid()}"),
    ) as process:
        watch = Watching(process)
        try:
            if json_lines:
                assert watch.next()["event"] == "watching"
            yield watch
        finally:
            process.kill()
            process.wait()
            watch.join()


def script(dao: Dao, text: str) -> str:
    """A command that runs a Python program of this text, with its own quoting."""
    path = dao.folder / "a hook.py"
    path.write_text(text, encoding="utf-8")
    return f"'{sys.executable}' '{path}' --fixed '$(touch owned)'"


def assert_none_alive() -> None:
    """No process that a watch of these tests started lives; one that was killed may take a moment."""
    deadline = time.monotonic() + 5
    while alive():
        assert time.monotonic() < deadline, alive()
        time.sleep(0.05)


def alive() -> list[int]:
    """The processes that the watches of these tests started."""
    mark = f"MARK=watch-{os.getpid()}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
            except OSError:
                continue
    return found


RECORD = """
import json, os, sys
told = {name: value for name, value in os.environ.items() if name.startswith("DAO_EVENT")}
with open("told.jsonl", "a") as file:
    file.write(json.dumps([sys.argv[1:], told]) + "\\n")
print(told["DAO_EVENT_TITLE"])
"""


def told(dao: Dao, count: int = 0) -> list[Any]:
    """What the command was told, as soon as it ran `count` times."""
    path = dao.folder / "told.jsonl"
    deadline = time.monotonic() + 20
    while True:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        if len(lines) >= count:
            return [json.loads(line) for line in lines]
        assert time.monotonic() < deadline, lines
        time.sleep(0.05)


def test_live(dao: Dao) -> None:
    with watching(dao) as watch:
        proposal = dao.submit()
        (made,) = watch.events("proposed")
        assert made == {
            "event": "proposed",
            "proposal_id": str(proposal.proposal_id),
            "title": proposal.title,
            "block": proposal.block_number,
            "timestamp": proposal.timestamp,
            "transaction": "0x" + proposal.transaction_hash.hex(),
            "proposer": FIRST,
            "snapshot": proposal.snapshot,
            "deadline": proposal.snapshot + VOTING_PERIOD,
        }
        dao.advance(VOTING_DELAY + 1)
        watch.events("opened")
        cast(dao.session(FIRST), proposal, Support.FOR, reason="\x1b[2Jyes")
        vote, quorum = watch.events("voted", "quorum")
        assert (vote["voter"], vote["against"], vote["reason"]) == (FIRST, "0", "\x1b[2Jyes")
        assert int(vote["for"]) > int(quorum["quorum"]) > 0
        dao.advance(VOTING_PERIOD)
        watch.events("succeeded")
        queue(dao.session(STRANGER), proposal)
        assert watch.events("queued")[0]["eta"] == dao.connection.block().timestamp + MIN_DELAY
        dao.advance(MIN_DELAY + 1)
        execute(dao.session(STRANGER), proposal)
        watch.events("executed")
        (stopped,) = watch.stop()
        assert stopped["event"] == "stopped"
        assert proposal.block_number < stopped["next"] <= dao.connection.block().number + 1
        assert watch.errors == b""


def test_for_a_person(dao: Dao) -> None:
    """A line each, with nothing in it that acts on a terminal but the bell that was asked for."""
    with watching(dao, "--bell", json_lines=False) as watch:
        watch.hears(b"watching from block")
        proposal = dao.propose([Call(STRANGER, 1, b"")], HOSTILE)
        line = watch.lines.get(timeout=30).decode()
        watch.hears(b"\a")
        watch.process.send_signal(signal.SIGTERM)
        assert watch.process.wait(15) == 0
        watch.join()
    assert f"proposed   {str(proposal.proposal_id)[:12]}…  \\x1b]0;owned\\x07\\x1b[2J$(touch owned)" in line
    assert f"by {FIRST}; voting from 20" in line
    assert not set(map(chr, range(32))).intersection(line.rstrip("\n"))
    said = watch.errors.decode()
    assert said.count("\a") == 1
    assert re.search(r"stopped; `--since \d+` goes on from here", said)


def test_a_node_that_fails_meanwhile(dao: Dao) -> None:
    with (
        faulty(dao.connection.url) as proxy,
        watching(dao, "--timeout", "1", "--attempts", "1", rpc=proxy.url) as watch,
    ):
        first = dao.submit()
        assert watch.events("proposed")[0]["proposal_id"] == str(first.proposal_id)
        for fault in (dropped, status(503), late(3), lambda exchange: exchange.send(b"<html>")):
            fails(proxy, fault)
            (lost,) = watch.events("disconnected")
            assert lost["why"]
            proxy.always = None
            assert watch.events("reconnected")
        # What happens while nobody can see it is told afterwards, in its order.
        fails(proxy, dropped)
        watch.events("disconnected")
        second = dao.submit(RAISE, proposer=SECOND)
        dao.advance(VOTING_DELAY + 1)
        cast(dao.session(FIRST), second, Support.FOR)
        proxy.always = None
        found = watch.events("reconnected", "proposed", "opened", "opened", "voted", "quorum")
        assert found[1]["proposal_id"] == str(second.proposal_id)
        assert [one["event"] for one in watch.stop()] == ["stopped"]


def fails(proxy: Faulty, fault: Any) -> None:
    proxy.always = fault


def test_a_reorganisation(dao: Dao) -> None:
    with watching(dao) as watch:
        snapshot = dao.connection.rpc("evm_snapshot")
        gone = dao.submit()
        watch.events("proposed")
        assert dao.connection.rpc("evm_revert", [snapshot])
        dao.connection.rpc("anvil_mine", ["0x2"])
        other = dao.submit(RAISE, proposer=SECOND)
        reorganised, withdrawn, made = watch.events("reorganised", "withdrawn", "proposed")
        assert reorganised["blocks"] >= 1
        assert (withdrawn["withdrawn"], withdrawn["proposal_id"]) == ("proposed", str(gone.proposal_id))
        assert made["proposal_id"] == str(other.proposal_id)
        watch.stop()


def test_restarts_with_a_cursor(dao: Dao) -> None:
    """Ended by a signal, killed outright, or not there at all: every proposal is told."""
    ids = []

    def proposed(text: bytes) -> str:
        made = dao.propose([Call(STRANGER, 1, b"")], text)
        ids.append(str(made.proposal_id))
        return ids[-1]

    with watching(dao, "--cursor", "cursor.json") as watch:
        proposed(b"one")
        watch.events("proposed")
        settled(dao)
        watch.stop(signal.SIGTERM)
    proposed(b"two")
    with watching(dao, "--cursor", "cursor.json", "--since", "0") as watch:
        # The cursor goes before --since.
        assert watch.events("proposed")[0]["proposal_id"] == ids[1]
        settled(dao)
        watch.process.kill()
        watch.process.wait()
    proposed(b"three")
    once = run(
        "proposal", "watch", "--cursor", "cursor.json", "--once", "--json", "--rpc", dao.connection.url, cwd=dao.folder
    )
    documents = [json.loads(line) for line in once.out.splitlines()]
    assert [(one["event"], one.get("proposal_id")) for one in documents] == [("watching", None), ("proposed", ids[2])]
    nothing = run(
        "proposal", "watch", "--cursor", "cursor.json", "--once", "--json", "--rpc", dao.connection.url, cwd=dao.folder
    )
    assert [json.loads(line)["event"] for line in nothing.out.splitlines()] == ["watching"]
    since = run("proposal", "watch", "--since", "0", "--once", "--json", "--rpc", dao.connection.url, cwd=dao.folder)
    documents = [json.loads(line) for line in since.out.splitlines()]
    assert [one["proposal_id"] for one in documents if one["event"] == "proposed"] == ids


def settled(dao: Dao) -> None:
    """Waits until the cursor has come to the newest block."""
    deadline = time.monotonic() + 20
    while json.loads((dao.folder / "cursor.json").read_text())["marks"][-1][0] < dao.connection.block().number:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_command(dao: Dao) -> None:
    """It is told the facts as they are, escaped; nothing in them is run, and its output is not among the results."""
    (dao.folder / "told.jsonl").unlink(missing_ok=True)
    with watching(dao, "--exec", script(dao, RECORD)) as watch:
        proposal = dao.propose([Call(STRANGER, 1, b"")], HOSTILE)
        watch.events("proposed")
        dao.advance(VOTING_DELAY + 1)
        # Only for what it was asked for.
        watch.events("opened")
        watch.stop()
    ((arguments, variables),) = told(dao)
    assert arguments == ["--fixed", "$(touch owned)"]
    assert variables == {
        "DAO_EVENT": "proposed",
        "DAO_EVENT_PROPOSAL_ID": str(proposal.proposal_id),
        "DAO_EVENT_TITLE": "\\x1b]0;owned\\x07\\x1b[2J$(touch owned) `touch owned`; touch owned\\x00 \\u202ex'\"",
        "DAO_EVENT_BLOCK": str(proposal.block_number),
        "DAO_EVENT_TIMESTAMP": str(proposal.timestamp),
        "DAO_EVENT_TRANSACTION": "0x" + proposal.transaction_hash.hex(),
        "DAO_EVENT_PROPOSER": FIRST,
        "DAO_EVENT_SNAPSHOT": str(proposal.snapshot),
        "DAO_EVENT_DEADLINE": str(proposal.snapshot + VOTING_PERIOD),
    }
    assert not list(dao.folder.rglob("owned"))
    assert b"\x1b" not in watch.errors
    assert b"\\x1b]0;owned" in watch.errors
    assert_none_alive()


def test_a_command_for_other_events(dao: Dao) -> None:
    (dao.folder / "told.jsonl").unlink(missing_ok=True)
    with watching(dao, "--exec", script(dao, RECORD), "--on", "opened", "--on", "voted") as watch:
        proposal = dao.submit()
        dao.advance(VOTING_DELAY + 1)
        cast(dao.session(FIRST), proposal, Support.AGAINST, reason="no\x1b[2J")
        watch.events("proposed", "opened", "voted")
        told(dao, 2)
        watch.stop()
    assert [variables["DAO_EVENT"] for _, variables in told(dao)] == ["opened", "voted"]
    assert told(dao)[1][1]["DAO_EVENT_REASON"] == "no\\x1b[2J"
    assert told(dao)[1][1]["DAO_EVENT_VOTER"] == FIRST


STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
"""Ends with nothing but force."""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import sys; sys.exit(3)", "exit code 3"),
        ("import os; os.kill(os.getpid(), 9)", "it was ended by signal 9"),
        ("import time; time.sleep(600)", "it did not end within 1 s and was stopped"),
        (
            STUBBORN,
            "it did not end within 1 s and was stopped",
        ),
        (
            f"import subprocess, sys; subprocess.run([sys.executable, '-c', {STUBBORN!r}])",
            "it did not end within 1 s and was stopped",
        ),
    ],
    ids=["fails", "dies", "hangs", "hangs and ignores", "hangs in a child"],
)
def test_a_command_that_does_not_succeed(dao: Dao, text: str, why: str) -> None:
    """It is said, and the watch goes on."""
    with watching(dao, "--exec", script(dao, text), "--exec-timeout", "1", "--bell") as watch:
        first = dao.submit()
        made, failed = watch.events("proposed", "exec_failed")
        assert (failed["why"], failed["proposal_id"]) == (why, made["proposal_id"])
        assert failed["proposal_id"] == str(first.proposal_id)
        dao.submit(RAISE, proposer=SECOND)
        watch.events("proposed", "exec_failed")
        assert_none_alive()
        watch.stop()
    assert watch.errors.count(b"\a") == 4
    assert_none_alive()


def test_a_child_that_is_left_in_the_background_ends_with_the_command(dao: Dao) -> None:
    text = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"
    with watching(dao, "--exec", script(dao, text)) as watch:
        dao.submit()
        watch.events("proposed")
        dao.advance(VOTING_DELAY + 1)
        watch.events("opened")
        assert_none_alive()
        watch.stop()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda how: how.name)
def test_an_interrupt_while_the_command_runs(dao: Dao, how: signal.Signals) -> None:
    """Nothing is left running, and what was not told to its end is told again."""
    hanging = script(dao, "import time; open('hook started', 'w').close(); time.sleep(600)")
    begun = dao.folder / "hook started"
    begun.unlink(missing_ok=True)
    with watching(dao, "--cursor", "cursor.json", "--exec", hanging) as watch:
        proposal = dao.submit()
        watch.events("proposed")
        deadline = time.monotonic() + 20
        while not begun.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert len(alive()) == 1
        assert [one["event"] for one in watch.stop(how)] == ["stopped"]
    assert_none_alive()
    (dao.folder / "told.jsonl").unlink(missing_ok=True)
    run(
        *("proposal", "watch", "--cursor", "cursor.json", "--once", "--exec", script(dao, RECORD)),
        *("--rpc", dao.connection.url),
        cwd=dao.folder,
    )
    assert [variables["DAO_EVENT_PROPOSAL_ID"] for _, variables in told(dao)] == [str(proposal.proposal_id)]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_watch_that_is_killed_takes_its_command_along(dao: Dao) -> None:
    begun = dao.folder / "hook started"
    begun.unlink(missing_ok=True)
    hanging = script(dao, "import time; open('hook started', 'w').close(); time.sleep(600)")
    with watching(dao, "--exec", hanging) as watch:
        dao.submit()
        watch.events("proposed")
        deadline = time.monotonic() + 20
        while not begun.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        watch.process.kill()
        watch.process.wait()
        assert_none_alive()


def test_an_interrupt_while_the_node_does_not_answer(dao: Dao) -> None:
    with faulty(dao.connection.url) as proxy, watching(dao, "--timeout", "60", rpc=proxy.url) as watch:
        asked = len(proxy.seen)
        proxy.always = late(5)
        while len(proxy.seen) == asked:
            time.sleep(0.05)
        began = time.monotonic()
        assert [one["event"] for one in watch.stop()] == ["stopped"]
        assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--exec", "no-such-program-3f1 x"), 2),
        (("--exec", "'unfinished"), 2),
        (("--exec", ""), 2),
        (("--on", "everything"), 2),
        (("--cursor", "none/cursor.json"), 1),
        (("--since", "99999999"), 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_done_is_refused_at_once(dao: Dao, arguments: tuple[str, ...], code: int) -> None:
    run("proposal", "watch", *arguments, "--rpc", dao.connection.url, cwd=dao.folder, code=code)
