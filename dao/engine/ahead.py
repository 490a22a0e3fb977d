"""Reads ahead: the next piece is fetched by a thread of its own while the present one is worked on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def ahead(pieces: Iterable[T]) -> Iterator[T]:
    """The same pieces in the same order. What `pieces` raises is raised where its piece would have come."""
    source = iter(pieces)
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        following = pool.submit(next, source, None)
        while (piece := following.result()) is not None:
            following = pool.submit(next, source, None)
            yield piece
