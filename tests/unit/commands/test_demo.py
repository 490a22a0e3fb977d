"""A demo that is ended while Python would lose the exception ends all the same."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner

import dao.demo
from dao.commands.demo import command
from dao.demo import Scenario, Started, Step

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in ENDING}
    reported = sys.unraisablehook
    yield
    signal.alarm(0)
    sys.unraisablehook = reported
    for number, handler in before.items():
        signal.signal(number, handler)


class Finalized:
    """Gets a signal while it is thrown away: what a handler raises then is printed and forgotten."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __del__(self) -> None:
        os.kill(os.getpid(), self.number)


@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
def test_a_signal_whose_exception_is_lost_ends_it_at_the_next_step(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[str] = []
    armed: list[int] = []

    def play(scenario: Scenario, *, tell: Callable[[Step], None]) -> None:
        finalized = Finalized(number)
        del finalized
        reached.append("past the signal")
        armed.append(signal.alarm(0))
        tell(Started(url="http://127.0.0.1:1", chain_id=1))
        reached.append("past the step")

    monkeypatch.setattr(dao.demo, "play", play)
    ended = CliRunner().invoke(command, [])
    assert reached == ["past the signal"]
    assert ended.exit_code == 1
    # Should not even a step be reached, the system ends it.
    assert armed[0] > 0


def test_what_another_finalizer_raises_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        def __del__(self) -> None:
            raise ValueError("of its own")

    def play(scenario: Scenario, *, tell: Callable[[Step], None]) -> None:
        failing, ending = Failing(), Finalized(signal.SIGTERM)
        del ending, failing
        tell(Started(url="http://127.0.0.1:1", chain_id=1))

    reported: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: reported.append(unraisable.exc_value))
    monkeypatch.setattr(dao.demo, "play", play)
    CliRunner().invoke(command, [])
    assert [str(value) for value in reported] == ["of its own"]
