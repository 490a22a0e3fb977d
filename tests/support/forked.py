"""Runs the command line as a process that begins where another Python has loaded the program already.

Loading takes most of a short command's time. The process is real: it has its own arguments, environment, folder, output
and exit code, may be killed, and ends alone. What it shares with no other start is the loading itself, so that a test
about that, or about the arguments that other processes see, starts Python anew.
"""

from __future__ import annotations

import multiprocessing
import os
import pkgutil
import signal
import socket
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import import_module
from io import TextIOWrapper
from multiprocessing.context import ForkServerContext
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired

_LOADED = (
    "chain",
    "commands",
    "deployment",
    "document",
    "events",
    "lifecycle",
    "proposal",
    "render",
    "replay",
    "rewards",
)
_APART = ("dao.lifecycle.epochs", "dao.render.report")
"""What loads libraries that keep threads, such as Arrow: these are no thing to fork."""


@cache
def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([name for room in _LOADED for name in _modules(f"dao.{room}")])
    return context


def _modules(package: str) -> list[str]:
    found = []
    for entry in pkgutil.iter_modules(import_module(package).__path__, f"{package}."):
        if not entry.name.startswith(_APART):
            found += [entry.name, *(_modules(entry.name) if entry.ispkg else ())]
    return found


class Forked:
    """`dao` in `cwd` without anything to read, and with pipes for what it says; used as `subprocess.Popen` is.

    With `offline` it has no network.
    """

    def __init__(self, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], offline: bool = False) -> None:
        self._arguments = list(arguments)
        self._folder = tempfile.TemporaryDirectory()
        pipes = [Path(self._folder.name, name) for name in ("out", "err")]
        for path in pipes:
            os.mkfifo(path)
        self._process = _context().Process(
            target=_main, args=(self._arguments, str(cwd), dict(env), *(str(path) for path in pipes), offline)
        )
        self._process.start()
        # Each waits until the process has its end open.
        self.stdout, self.stderr = (path.open("rb") for path in pipes)

    def __enter__(self) -> Forked:
        return self

    def __exit__(self, *raised: object) -> None:
        self.stdout.close()
        self.stderr.close()
        self.wait()
        self._folder.cleanup()

    @property
    def pid(self) -> int:
        """The process's number."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, or minus the signal that ended it; None as long as it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """`returncode`."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """`returncode` once it ended. Raises TimeoutExpired."""
        self._process.join(timeout)
        if self.returncode is None:
            raise TimeoutExpired(self._arguments, timeout or 0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Sends a signal to it, unless it ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kills it outright."""
        self.send_signal(signal.SIGKILL)


def forked(
    arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float, offline: bool = False
) -> CompletedProcess[str]:
    """How `dao` ended in `cwd`, with a network or without. Raises TimeoutExpired after `timeout` seconds."""
    with Forked(arguments, cwd=cwd, env=env, offline=offline) as process, ThreadPoolExecutor(2) as readers:
        said = [readers.submit(stream.read) for stream in (process.stdout, process.stderr)]
        try:
            code = process.wait(timeout)
        except TimeoutExpired:
            process.kill()
            raise
        return CompletedProcess(list(arguments), code, *(one.result().decode() for one in said))


def _main(arguments: list[str], cwd: str, env: dict[str, str], out: str, err: str, offline: bool) -> None:
    """The new process: makes itself what `python cli.py` would be, and runs."""
    for number, path in ((1, out), (2, err)):
        handle = os.open(path, os.O_WRONLY)
        os.dup2(handle, number)
        os.close(handle)
    # Whoever runs tests in a shell's background, or so that they outlive it, has these ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    if "PYTHONUNBUFFERED" in env and isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(write_through=True)
    if "PYTHONWARNINGS" in env:
        warnings.simplefilter(env["PYTHONWARNINGS"])  # type: ignore[arg-type]
    if offline:
        for name in ("connect", "connect_ex", "sendto"):
            setattr(socket.socket, name, _no_network)
        for name in ("create_connection", "getaddrinfo"):
            setattr(socket, name, _no_network)
    sys.argv = ["dao", *arguments]
    from dao.commands import main

    main()


def _no_network(*arguments: object, **options: object) -> None:
    raise OSError("there is no network here")
