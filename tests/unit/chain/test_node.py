"""The local node: found, started once, stopped by its own process id, and never taken for another program."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dao.chain import node
from dao.chain.connection import Connection
from dao.errors import ConnectionFailed, NodeError, RpcError
from tests.support.chain import ROOT
from tests.support.hostile import hostile


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def ended(pid: int, seconds: int = 10) -> bool:
    deadline = time.monotonic() + seconds
    while alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where a node is recorded; whatever was started there is ended."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    folder = tmp_path / ".dao" / "node"
    yield folder
    record = folder / "node.json"
    if record.exists():
        try:
            node.stop(folder)
        except NodeError:
            record.unlink()


def start(port: int = 0, block_time: int = 0) -> node.NodeStatus:
    """Starts a node in a process that ends at once, as the command line does."""
    program = f"""
from pathlib import Path
from dao.chain import node
node.start(Path('.dao/node'), port={port}, block_time={block_time})
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", program], env=environment, timeout=60, check=True)
    started = node.status(Path(".dao/node"))
    assert started is not None
    return started


def test_started_stopped_and_continued(home: Path) -> None:
    assert node.status(home) is None
    assert node.stop(home) is None
    started = start()
    assert (started.running, started.block) == (True, 0)
    assert start() == started
    connection = Connection.open(started.url)
    node.advance(connection, 100)
    stopped = node.stop(home)
    assert stopped is not None
    assert stopped.pid == started.pid
    assert ended(started.pid)
    assert node.status(home) is None
    again = start()
    assert again.block == 1
    node.reset(home)
    assert ended(again.pid)
    assert not (home / "state.json").exists()
    assert start().block == 0


def test_blocks_come_by_themselves_and_later_each_time(home: Path) -> None:
    connection = Connection.open(start(block_time=1).url)
    deadline = time.monotonic() + 20
    while connection.block().number < 2:
        assert time.monotonic() < deadline, "no block comes"
        time.sleep(0.05)
    first, second = connection.blocks([1, 2])
    assert second.timestamp == first.timestamp + 1
    moved = node.advance(connection, 3_600)
    assert moved.timestamp >= second.timestamp + 3_600
    head = connection.block()
    node.stop(home)
    # What was moved forward stays there: no block is older than its parent.
    again = Connection.open(start(block_time=1).url)
    while again.block().number <= head.number:
        assert time.monotonic() < deadline, "no block comes"
        time.sleep(0.05)
    stamps = [block.timestamp for block in again.blocks(range(again.block().number + 1))]
    assert stamps == sorted(set(stamps))


def test_a_block_that_is_not_the_newest_any_more_can_be_asked(home: Path) -> None:
    """Somebody who reads several things at one block does not fail because another is mined meanwhile."""
    connection = Connection.open(start().url)
    account = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    number = connection.block().number
    before = connection.rpc("eth_getBalance", [account, hex(number)])
    for _ in range(20):
        connection.rpc("evm_mine")
    connection.rpc("anvil_setBalance", [account, "0x1"])
    assert connection.rpc("eth_getBalance", [account, "latest"]) == "0x1"
    assert connection.rpc("eth_getBalance", [account, hex(number)]) == before


def test_a_chain_that_mines_on_demand_goes_on_after_its_newest_block(home: Path) -> None:
    connection = Connection.open(start().url)
    moved = node.advance(connection, 86_400)
    node.stop(home)
    again = Connection.open(start().url)
    assert again.block().timestamp == moved.timestamp
    again.rpc("evm_mine")
    assert again.block().timestamp > moved.timestamp


def test_a_folder_that_cannot_be_written(home: Path) -> None:
    home.parent.mkdir()
    home.write_text("a file where a folder belongs", encoding="utf-8")
    for folder in (home, Path("/proc/nobody/node")):
        with pytest.raises(NodeError, match="cannot be"):
            node.start(folder, port=0)


def test_a_record_that_cannot_be_read_is_not_called_damaged(home: Path) -> None:
    (home / "node.json").mkdir(parents=True)
    with pytest.raises(NodeError, match=r"node\.json cannot be read"):
        node.status(home)
    (home / "node.json").rmdir()


def test_a_reset_says_what_it_removed(home: Path) -> None:
    started = start()
    stopped, removed = node.reset(home)
    assert stopped is not None
    assert (stopped.pid, removed) == (started.pid, (home / "state.json",))
    assert node.reset(home) == (None, ())


def test_a_node_that_was_killed_is_started_again(home: Path) -> None:
    first = start()
    os.kill(first.pid, signal.SIGKILL)
    assert ended(first.pid)
    status = node.status(home)
    assert status is not None
    assert not status.running
    assert start().pid != first.pid


def test_a_port_that_is_taken(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind((node.HOST, 0))
        taken.listen()
        with pytest.raises(NodeError, match="is taken") as error:
            node.start(home, port=taken.getsockname()[1])
    assert "--port 0" in str(error.value.remedy)
    assert node.status(home) is None


@pytest.mark.parametrize("text", ["", "[]", "null", '{"pid": 5}', '{"pid": "x", "port": 1}', '{"pid": -1, "port": 1}'])
def test_a_damaged_record(home: Path, text: str) -> None:
    home.mkdir(parents=True)
    (home / "node.json").write_text(text, encoding="utf-8")
    with pytest.raises(NodeError, match="is damaged"):
        node.status(home)
    with pytest.raises(NodeError, match="is damaged"):
        node.stop(home)
    (home / "node.json").unlink()


def test_another_program_under_the_recorded_id_is_left_alone(home: Path) -> None:
    home.mkdir(parents=True)
    sleeping = subprocess.Popen(["sleep", "60"])
    try:
        (home / "node.json").write_text(json.dumps({"pid": sleeping.pid, "port": 1}), encoding="utf-8")
        status = node.status(home)
        assert status is not None
        assert not status.running
        node.stop(home)
        assert sleeping.poll() is None
    finally:
        sleeping.kill()
        sleeping.wait()


def test_another_local_node_under_the_recorded_id_is_left_alone(home: Path) -> None:
    other = start()
    record = home / "node.json"
    record.write_text(json.dumps({"pid": other.pid, "port": other.port + 1}), encoding="utf-8")
    node.stop(home)
    assert alive(other.pid)
    record.write_text(json.dumps({"pid": other.pid, "port": other.port}), encoding="utf-8")


def test_the_binary_is_found_in_node_modules_and_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = node.find_anvil(ROOT / "dao" / "chain")
    assert inside.name == "anvil"
    assert ROOT / "node_modules" in inside.parents
    monkeypatch.setenv("PATH", str(ROOT / "node_modules" / ".bin"))
    on_path = node.find_anvil(tmp_path)
    assert on_path.read_bytes()[:4] == inside.read_bytes()[:4] != b"#!/u"
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NodeError, match="not installed") as error:
        node.find_anvil(tmp_path)
    assert "make setup" in str(error.value.remedy)


def test_a_program_that_cannot_be_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, mode, text in (("a", 0o755, "#!/bin/sh\nexit 3\n"), ("b", 0o755, "\x7fELF")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "anvil").write_text(text, encoding="utf-8")
        (folder / "anvil").chmod(mode)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/bin")
        with pytest.raises(NodeError, match=r"ended at once|cannot be started"), node.ephemeral(tmp_path):
            pytest.fail("it came up")


def test_an_ephemeral_chain_ends_however_its_block_ends() -> None:
    class Stop(Exception):
        pass

    with pytest.raises(Stop), node.ephemeral(ROOT, timestamp=1_900_000_000) as connection:
        assert connection.block().timestamp == 1_900_000_000
        url = connection.url
        raise Stop
    with pytest.raises(ConnectionFailed):
        Connection.open(url, timeout=2)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its killed parent")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_an_ephemeral_chain_ends_with_its_process(number: signal.Signals) -> None:
    program = """
        import sys, time
        from pathlib import Path
        from dao.chain import node
        spawn = node.spawn
        def told(*arguments, **named):
            process = spawn(*arguments, **named)
            print(process.pid, flush=True)
            return process
        node.spawn = told
        with node.ephemeral(Path(sys.argv[1])) as connection:
            print(connection.url, flush=True)
            time.sleep(60)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), str(ROOT)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert process.stdout.readline().startswith("http")
        assert alive(pid)
        process.send_signal(number)
        assert process.wait(30) != 0
    assert ended(pid)


def test_a_chain_that_is_not_local_does_not_move() -> None:
    with hostile() as real:
        header = {"number": "0x1", "timestamp": "0x5", "hash": "0x" + "22" * 32}
        real.result = lambda method, params, _: header if method == "eth_getBlockByNumber" else "0x1"
        connection = Connection.open(real.url, timeout=5)
        refused = {"code": -32601, "message": "no such method"}
        real.body = lambda answer: json.dumps(
            answer if answer["result"] == header else {"jsonrpc": "2.0", "id": answer["id"], "error": refused}
        ).encode()
        with pytest.raises(RpcError, match="evm_setNextBlockTimestamp was refused"):
            node.advance(connection, 1)
        assert "evm_mine" not in real.methods
