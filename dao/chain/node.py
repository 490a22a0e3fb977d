"""The local chain: finds anvil, starts it on 127.0.0.1, knows whether it runs, and ends it."""

from __future__ import annotations

import ctypes
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dao.chain.connection import Block, Connection
from dao.errors import ConnectionFailed, NodeError, RpcError

HOST = "127.0.0.1"
DEFAULT_PORT = 8545
CHAIN_ID = 31337
STATES = 256
"""At how many of its newest blocks the local chain can be asked."""
"""Chain id of the local chain, anvil's own default."""

_START_SECONDS = 20.0
_STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """A local node as its record has it: process id, port, state file, and whether it answers."""

    pid: int
    port: int
    running: bool
    block: int | None

    @property
    def url(self) -> str:
        """Where it answers JSON-RPC."""
        return f"http://{HOST}:{self.port}"


def find_anvil(start: Path) -> Path:
    """The anvil binary: on PATH, or in the `node_modules` of `start` or a folder above it.

    npm's `anvil` is a script that starts the real binary as its child; the binary itself is taken, so that ending it
    leaves no orphan. Raises NodeError when there is none.
    """
    package = f"anvil-{platform.system().lower()}-{'arm64' if platform.machine() in ('arm64', 'aarch64') else 'amd64'}"
    for folder in (start, *start.parents):
        binary = folder / "node_modules" / "@foundry-rs" / package / "bin" / "anvil"
        if binary.is_file():
            return binary
    on_path = shutil.which("anvil")
    if on_path:
        resolved = Path(on_path).resolve()
        sibling = resolved.parent.parent / package / "bin" / "anvil"
        return sibling if sibling.is_file() else resolved
    raise NodeError(
        "anvil, the local chain, is not installed",
        expected="`anvil` on PATH, or the npm package @foundry-rs/anvil in node_modules",
        remedy="run `make setup` in a checkout, or `npm install @foundry-rs/anvil`",
    )


@contextmanager
def ephemeral(start: Path, *, port: int = 0, timestamp: int | None = None) -> Iterator[Connection]:
    """A fresh local chain for as long as the block runs; it ends with it, however it ends.

    Args:
        start: Where to look for anvil's `node_modules` from.
        port: Port to listen on; 0 takes a free one.
        timestamp: Timestamp of the genesis block in seconds; now if None.
    """
    port = port or free_port()
    command = _command(find_anvil(start), port)
    if timestamp is not None:
        command += ["--timestamp", str(timestamp)]
    process = spawn(command, detached=False)
    try:
        yield await_node(process, port)
    finally:
        end(process)


def start(home: Path, *, port: int = DEFAULT_PORT, block_time: int = 0) -> NodeStatus:
    """Starts a local node that goes on after this process, and records it under `home`.

    Its chain is kept in `home/state.json` when it stops, and continued from there. A node that runs already is left
    as it is.

    Args:
        home: Where the node is recorded and its chain kept.
        port: Port to listen on; 0 takes a free one.
        block_time: Seconds between blocks; a transaction is mined at once all the same. Every block is then this much
            later than the one before, so that what is over by its timestamp does not depend on how fast one types.
            0 mines a block for each transaction and no other.

    Raises NodeError when the port is taken, the node does not come up, or `home` cannot be written.
    """
    current = status(home)
    if current is not None and current.running:
        return current
    with _writing(home):
        home.mkdir(parents=True, exist_ok=True)
        _probe(home)
    if port == 0:
        port = free_port()
    elif not _is_free(port):
        raise NodeError(
            f"port {port} is taken by another program",
            remedy="choose another with --port, or --port 0 for a free one",
        )
    command = [*_command(find_anvil(Path.cwd()), port), "--state", str(home / "state.json")]
    if block_time:
        command += ["--block-time", str(block_time), "--mixed-mining"]
    process = spawn(command, detached=True)
    try:
        connection = await_node(process, port)
        _set_clock(connection, block_time)
        record = home / "node.json"
        temporary = record.with_suffix(".tmp")
        with _writing(home):
            temporary.write_text(json.dumps({"pid": process.pid, "port": port}) + "\n", encoding="utf-8")
            temporary.replace(record)
    except BaseException:
        end(process)
        raise
    return NodeStatus(pid=process.pid, port=port, running=True, block=connection.block().number)


def stop(home: Path) -> NodeStatus | None:
    """Ends the node recorded under `home`; its chain is kept. None when there is no record.

    Raises NodeError when it does not end in time.
    """
    current = status(home)
    if current is None:
        return None
    if current.running:
        os.kill(current.pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while _is_ours(current.pid, current.port):
            if time.monotonic() > deadline:
                raise NodeError(f"the node with process id {current.pid} does not end", remedy=f"kill {current.pid}")
            time.sleep(0.05)
    with _writing(home):
        (home / "node.json").unlink(missing_ok=True)
    return current


def reset(home: Path) -> tuple[NodeStatus | None, tuple[Path, ...]]:
    """Ends the node recorded under `home` and forgets its chain. What was recorded, and the files that were removed."""
    stopped = stop(home)
    state = home / "state.json"
    if not state.exists():
        return stopped, ()
    with _writing(home):
        state.unlink(missing_ok=True)
    return stopped, (state,)


def status(home: Path) -> NodeStatus | None:
    """The node recorded under `home`; None when none was started.

    Raises NodeError when the record is damaged or cannot be read.
    """
    record = home / "node.json"
    try:
        document = json.loads(record.read_text(encoding="utf-8"))
        pid, port = int(document["pid"]), int(document["port"])
        if pid <= 1:
            raise ValueError(f"process id {pid}")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NodeError(f"{record} cannot be read", found=error.strerror) from None
    except (ValueError, KeyError, TypeError) as error:
        raise NodeError(
            f"{record} is damaged", found=error, remedy=f"end the node yourself and remove {record}"
        ) from None
    if not _is_ours(pid, port):
        return NodeStatus(pid=pid, port=port, running=False, block=None)
    try:
        block = Connection.open(f"http://{HOST}:{port}", timeout=2).block().number
    except (ConnectionFailed, RpcError):
        return NodeStatus(pid=pid, port=port, running=True, block=None)
    return NodeStatus(pid=pid, port=port, running=True, block=block)


def free_port() -> int:
    """A port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _command(binary: Path, port: int) -> list[str]:
    # Without --prune-history anvil writes every past state to disk; with it alone it forgets each state with the next
    # block, so that whoever reads several things at one block fails when another is mined meanwhile.
    return [
        str(binary),
        "--host",
        HOST,
        "--port",
        str(port),
        "--chain-id",
        str(CHAIN_ID),
        "--prune-history",
        str(STATES),
        "--silent",
    ]


@contextmanager
def _writing(home: Path) -> Iterator[None]:
    """Turns what the file system refuses into a NodeError."""
    try:
        yield
    except OSError as error:
        raise NodeError(
            f"the local node's folder {home} cannot be written",
            found=error.strerror or type(error).__name__,
            remedy="run the command in a folder of your own",
        ) from None


def _probe(home: Path) -> None:
    """Writes and removes a file, before a chain runs that could not be recorded. Raises OSError."""
    probe = home / "node.tmp"
    probe.write_text("", encoding="utf-8")
    probe.unlink()


def _set_clock(connection: Connection, block_time: int) -> None:
    # A chain that was moved forward and stopped starts again by the machine's clock, behind its own newest block.
    head = connection.block().timestamp
    if connection.ahead().timestamp <= head:
        connection.rpc("evm_setNextBlockTimestamp", [head + 1])
    if block_time:
        connection.rpc("anvil_setBlockTimestampInterval", [block_time])


def spawn(
    command: list[str], *, detached: bool, folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Starts `command`, silent; unless `detached`, it ends with this process. Raises NodeError when it cannot start.

    Args:
        command: The program and its arguments.
        detached: Whether it goes on after this process.
        folder: Where it runs; here if None.
        environment: Variables that it gets besides this process's own.
    """
    try:
        return subprocess.Popen(  # noqa: S603  # the command is built here, from a path found here
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=detached,
            cwd=folder,
            env={**os.environ, **environment} if environment else None,
            # The child only calls prctl and exec; nothing here starts threads before.
            preexec_fn=None if detached or sys.platform != "linux" else partial(die_with_parent, os.getpid()),  # noqa: PLW1509
        )
    except OSError as error:
        raise NodeError(f"{command[0]} cannot be started", found=error.strerror) from error


def die_with_parent(parent: int) -> None:
    """In a child before it becomes another program: lets Linux end it when the process `parent` ends."""
    # PR_SET_PDEATHSIG: even a parent that is killed outright takes its child along.
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
    if os.getppid() != parent:
        # It was killed before it could be asked for.
        os._exit(1)


def await_node(process: subprocess.Popen[bytes], port: int, *, chain_id: int = CHAIN_ID) -> Connection:
    """The connection to the local node on `port` as soon as it answers. Raises NodeError when it ends or is late."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NodeError("the local node ended at once", found=f"exit code {process.returncode}")
        try:
            return Connection.open(f"http://{HOST}:{port}", expected_chain_id=chain_id)
        except ConnectionFailed:
            time.sleep(0.03)
    raise NodeError("the local node does not answer", expected=f"an answer within {_START_SECONDS:.0f} s")


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a node that was spawned, with force if it does not go by itself."""
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _is_ours(pid: int, port: int) -> bool:
    """Whether `pid` is a living anvil on `port`: a number may have passed on to another program since."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False
    proc = Path(f"/proc/{pid}")
    if not proc.parent.joinpath("self").exists():
        return True
    try:
        if (proc / "stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return False
        binary, *arguments = (proc / "cmdline").read_bytes().split(b"\0")
        return b"anvil" in binary and str(port).encode() in arguments
    except OSError:
        return False


def advance(connection: Connection, seconds: int) -> Block:
    """Mines a block `seconds` after the one that would come next. Raises RpcError on a chain that is not local."""
    # Not evm_increaseTime, which does nothing where blocks come at an interval.
    head = connection.block().timestamp
    connection.rpc("evm_setNextBlockTimestamp", [max(connection.ahead().timestamp + seconds, head + 1)])
    connection.rpc("evm_mine")
    return connection.block()
