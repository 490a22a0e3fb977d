"""`dao proposal watch` when Python forgets what its signal raised, as it does in a finalizer."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from dao.lifecycle.journal import save
from dao.lifecycle.watch import Turn, Watch
from tests.support.chain import checkout, deployed
from tests.support.cli import invoker


def test_a_signal_whose_exception_is_lost_ends_it_after_the_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Finalized:
        def __del__(self) -> None:
            os.kill(os.getpid(), signal.SIGTERM)

    looks: list[int] = []

    def look(watch: Watch, real: Callable[[Watch], Turn] = Watch.look) -> Turn:
        looks.append(1)
        assert len(looks) == 1
        turn = real(watch)
        finalized = Finalized()
        del finalized
        return turn

    with deployed(checkout(tmp_path)) as dao:
        save(tmp_path / "deployments" / "31337.json", dao.deployment)
        monkeypatch.setattr(Watch, "look", look)
        invoke = invoker(tmp_path, monkeypatch, capsys)
        ended = invoke("proposal", "watch", "--rpc", dao.connection.url, "--interval", "1")
    assert "stopped" in ended.err
