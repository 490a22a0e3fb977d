"""Reads ahead: the next piece is fetched by a thread of its own while the present one is worked on.

Python lets one thread at a time run its code, and asks it for that after 5 ms only. A thread that works on arrays needs
it for a moment each time, and would stand still whenever the other runs plain Python: it asks after 1 ms here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

_SECONDS = 0.001
"""How long a thread runs plain Python before it lets another one go on."""


def ahead(pieces: Iterable[T]) -> Iterator[T]:
    """The same pieces in the same order. What `pieces` raises is raised where its piece would have come."""
    source = iter(pieces)
    with _sooner(), ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        following = pool.submit(next, source, None)
        while (piece := following.result()) is not None:
            following = pool.submit(next, source, None)
            yield piece


@contextmanager
def _sooner() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, _SECONDS))
    try:
        yield
    finally:
        sys.setswitchinterval(before)
