"""Runs the command line in a terminal of its own, for what is typed there."""

from __future__ import annotations

import os
import pty
import select
import time
from collections.abc import Sequence
from pathlib import Path

from tests.support.cli import COMMAND, environment


def in_terminal(cwd: Path, arguments: Sequence[str], answers: Sequence[str], **env: str) -> str:
    """Runs `dao` in `cwd` and types `answers`, one at each prompt; everything that the terminal showed."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(cwd)
        os.execve(COMMAND[0], [*COMMAND, *arguments], environment(**env))  # noqa: S606  # the point is no shell
    shown, deadline = b"", time.monotonic() + 60
    waiting = list(answers)
    while time.monotonic() < deadline:
        ready, _, _ = select.select([terminal], [], [], 0.3)
        if ready:
            try:
                part = os.read(terminal, 4096)
            except OSError:
                break
            if not part:
                break
            shown += part
        elif waiting and shown.rstrip().endswith(b":"):
            os.write(terminal, waiting.pop(0).encode() + b"\n")
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, shown
    return shown.decode()
