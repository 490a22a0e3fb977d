"""A block that signals end as Ctrl-C does, whatever Python was doing when they came."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def ending(*, seconds: int = 0) -> Iterator[Callable[[], None]]:
    """Within the block each of `ENDING` that is not ignored raises KeyboardInterrupt.

    Python prints and forgets what is raised while it runs a finalizer. It is not printed here, and what is yielded
    raises it again: the block calls that wherever it may end.

    Args:
        seconds: Where the block is not left so long after a signal, the system ends the process; 0 for never.
    """
    asked: list[int] = []

    def end(number: int, _: object) -> NoReturn:
        asked.append(number)
        signal.alarm(seconds)
        raise KeyboardInterrupt

    def check() -> None:
        if asked:
            raise KeyboardInterrupt

    def lost(unraisable: sys.UnraisableHookArgs) -> None:
        if not (asked and isinstance(unraisable.exc_value, KeyboardInterrupt)):
            reported(unraisable)

    reported = sys.unraisablehook
    before = {number: signal.getsignal(number) for number in ENDING}
    sys.unraisablehook = lost
    try:
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, end)
        yield check
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.alarm(0)
        sys.unraisablehook = reported
