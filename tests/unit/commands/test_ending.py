"""What is ended by a signal ends, also where Python would lose the exception, and leaves signals as they were."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner

import dao.demo
from dao.commands.demo import command
from dao.commands.ending import ENDING, ending
from dao.demo import Scenario, Started, Step


@pytest.fixture(autouse=True)
def left_as_it_was() -> Iterator[None]:
    before, reported = [signal.getsignal(number) for number in ENDING], sys.unraisablehook
    yield
    assert [signal.getsignal(number) for number in ENDING] == before
    assert sys.unraisablehook is reported
    assert signal.alarm(0) == 0


class Finalized:
    """Gets a signal while it is thrown away: Python prints and forgets what a handler raises then."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __del__(self) -> None:
        os.kill(os.getpid(), self.number)


@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
def test_a_signal_raises_at_once(number: signal.Signals) -> None:
    reached: list[str] = []
    with pytest.raises(KeyboardInterrupt), ending():
        os.kill(os.getpid(), number)
        reached.append("past the signal")
    assert reached == []


@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
def test_one_whose_exception_is_lost_raises_where_the_block_may_end(number: signal.Signals) -> None:
    """Nothing is printed of it either: pytest fails a test in which something is."""
    reached: list[str] = []
    with pytest.raises(KeyboardInterrupt), ending(seconds=60) as check:
        check()
        finalized = Finalized(number)
        del finalized
        # Should the block not even come to its next step, the system ends it.
        assert signal.alarm(0) > 0
        reached.append("past the signal")
        check()
        reached.append("past the step")
    assert reached == ["past the signal"]


def test_what_another_finalizer_raises_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        def __del__(self) -> None:
            raise ValueError("of its own")

    told: list[object] = []
    with monkeypatch.context() as patch:
        patch.setattr(sys, "unraisablehook", lambda unraisable: told.append(unraisable.exc_value))
        with pytest.raises(KeyboardInterrupt), ending() as check:
            failing, finalized = Failing(), Finalized(signal.SIGTERM)
            del finalized, failing
            check()
    assert [str(value) for value in told] == ["of its own"]


def test_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ending():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_demo_ends_at_its_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[str] = []

    def play(scenario: Scenario, *, tell: Callable[[Step], None]) -> None:
        finalized = Finalized(signal.SIGTERM)
        del finalized
        reached.append("past the signal")
        tell(Started(url="http://127.0.0.1:1", chain_id=1))
        reached.append("past the step")

    monkeypatch.setattr(dao.demo, "play", play)
    ended = CliRunner().invoke(command, [])
    assert reached == ["past the signal"]
    assert ended.exit_code == 1
