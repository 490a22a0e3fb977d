"""Folders for work in progress: gone at the end, and what a killed process left is removed by the next."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dao.payouts.scratch import scratch

HOLDER = """
import sys, time
from pathlib import Path
from dao.payouts.scratch import scratch
with scratch(Path(sys.argv[1]), "payouts") as made:
    (made / "rows").write_text("half")
    print(made.name, flush=True)
    time.sleep(600)
"""


def test_it_is_gone_at_the_end(tmp_path: Path) -> None:
    with scratch(tmp_path / "epochs", "payouts") as made:
        (made / "rows").write_text("half", encoding="utf-8")
    with pytest.raises(RuntimeError), scratch(tmp_path / "epochs", "payouts") as made:
        raise RuntimeError
    assert list((tmp_path / "epochs").iterdir()) == []


def test_what_was_renamed_stays(tmp_path: Path) -> None:
    with scratch(tmp_path, "0") as made:
        made.rename(tmp_path / "0")
    assert [path.name for path in tmp_path.iterdir()] == ["0"]


def test_a_killed_process_leaves_nothing_for_long_and_a_living_one_is_let_be(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()) as holder:
        assert holder.stdout is not None
        left = tmp_path / holder.stdout.readline().strip()
        with scratch(tmp_path, "payouts"):
            assert (left / "rows").exists()
        with scratch(tmp_path, "other"):
            assert (left / "rows").exists()
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
    assert (left / "rows").exists()
    with scratch(tmp_path, "payouts"):
        assert not left.exists()
