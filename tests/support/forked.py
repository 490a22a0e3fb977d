"""Runs the command line as a process that begins where another Python has loaded the program already.

Loading takes most of a short command's time. The process is real: it has its own arguments, environment, folder, output
and exit code, may be killed, and ends alone. What it shares with no other start is the loading itself, so that a test
about that, or about the arguments that other processes see, starts Python anew.
"""

from __future__ import annotations

import multiprocessing
import os
import pkgutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
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


def forked(arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float) -> CompletedProcess[str]:
    """How `dao` ended in `cwd`, without anything to read. Raises TimeoutExpired after `timeout` seconds."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        process = _context().Process(target=_main, args=(list(arguments), str(cwd), dict(env), str(out), str(err)))
        process.start()
        process.join(timeout)
        if process.is_alive():
            process.kill()
            process.join()
            raise TimeoutExpired(list(arguments), timeout)
        assert process.exitcode is not None
        texts = (path.read_text(encoding="utf-8") for path in (out, err))
        return CompletedProcess(list(arguments), process.exitcode, *texts)


def _main(arguments: list[str], cwd: str, env: dict[str, str], out: str, err: str) -> None:
    """The new process: makes itself what `python cli.py` would be, and runs."""
    for number, path in ((1, out), (2, err)):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.dup2(handle, number)
        os.close(handle)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["dao", *arguments]
    from dao.commands import main

    main()
