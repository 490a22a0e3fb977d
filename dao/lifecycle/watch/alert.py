"""Runs a command of the user's, without a shell, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

from dao.chain.node import die_with_parent

_STDERR = 2  # the file descriptor
_GRACE = 2
"""Seconds between asking a command to end and ending it."""


def run(command: Sequence[str], variables: Mapping[str, str], *, timeout: int) -> str | None:
    """Runs `command` to its end, and ends it, with whatever it started, where it takes too long.

    Its input is empty, and what it prints goes to standard error: standard output is for results.

    Args:
        command: The program and its arguments, as they are.
        variables: What it is told besides this process's own environment; must be printable.
        timeout: How long it may take (seconds).

    Returns what went wrong; None where it succeeded.
    """
    try:
        process = subprocess.Popen(  # noqa: S603  # the user's own command, and nothing of the chain's in its arguments
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=_STDERR,
            env={**os.environ, **variables},
            # A group of its own, which can be ended as a whole.
            start_new_session=True,
            # The child only calls prctl and exec; nothing here starts threads before.
            preexec_fn=partial(die_with_parent, os.getpid()) if sys.platform == "linux" else None,  # noqa: PLW1509
        )
    except OSError as error:
        return f"it cannot be started: {error.strerror}"
    try:
        code = process.wait(timeout)
    except subprocess.TimeoutExpired:
        return f"it did not end within {timeout} s and was stopped"
    finally:
        _end(process)
    if code < 0:
        return f"it was ended by signal {-code}"
    return f"exit code {code}" if code else None


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the process if it has not ended, and what is left of its group."""
    try:
        if process.poll() is None:
            _signal(process, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)
    finally:
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        # Nobody of the group is left. (Some systems refuse to signal what has ended and was not waited for.)
        return
