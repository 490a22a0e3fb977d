"""Runs the real command line: as a process of its own, or here where a process would add nothing.

Most processes are forked from one that has loaded the program, which saves nine tenths of a short command's time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dao.commands import main
from tests.support.chain import ROOT
from tests.support.forked import forked

COMMAND = (sys.executable, str(ROOT / "cli.py"))


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The printed document; standard output must hold nothing else."""
        try:
            return json.loads(self.out)
        except ValueError:
            pytest.fail(f"no JSON: {self}")

    def __str__(self) -> str:
        return f"dao {' '.join(self.arguments)} → {self.code}\n{self.out}{self.err}"


def environment(**more: str) -> dict[str, str]:
    """The environment without any setting of the command line, but for `more`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DAO_", "_DAO"))}
    return {**kept, "COLUMNS": "200", **more}


def run(*arguments: str, cwd: Path, code: int | None = 0, **env: str) -> Result:
    """Runs `dao` in `cwd` as a process; it must end with `code`, and never with a traceback."""
    return _ended(forked(arguments, cwd=cwd, env=environment(**env), timeout=120), arguments, code)


def run_anew(*arguments: str, cwd: Path, code: int | None = 0, **env: str) -> Result:
    """As `run`, but Python starts and loads the program as it does for a user."""
    return _ended(anew(arguments, cwd=cwd, env=environment(**env), timeout=120), arguments, code)


def anew(
    arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """As `forked`, by a Python of its own."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def _ended(ended: subprocess.CompletedProcess[str], arguments: tuple[str, ...], code: int | None) -> Result:
    return _checked(Result(arguments, ended.returncode, ended.stdout, ended.stderr), code)


Invoke = Callable[..., Result]


def invoker(cwd: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    """A function that runs `dao` in this process: the same `main`, without the start-up of another Python."""

    def invoke(*arguments: str, code: int | None = 0) -> Result:
        capsys.readouterr()
        with monkeypatch.context() as patch, Path(os.devnull).open(encoding="utf-8") as nothing:
            patch.chdir(cwd)
            patch.setattr(sys, "argv", ["dao", *arguments])
            patch.setattr(sys, "stdin", nothing)
            with pytest.raises(SystemExit) as ended:
                main()
        captured = capsys.readouterr()
        assert ended.value.code is None or isinstance(ended.value.code, int)
        return _checked(Result(arguments, ended.value.code or 0, captured.out, captured.err), code)

    return invoke


def _checked(result: Result, code: int | None) -> Result:
    assert "Traceback" not in result.err, result
    assert "a defect of this program" not in result.err, result
    if code is not None:
        assert result.code == code, result
    return result
