"""Replays of many histories that differ in one log each: what is the same in all of them is decoded once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest

from dao.events.decode import decode_log


@contextmanager
def decoded_once() -> Iterator[None]:
    """Within the block, a log that is replayed again is not decoded again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dao.replay.replay.decode_log", cache(decode_log))
        yield
