"""Replays of many histories that differ in one log each: what is the same in all of them is worked out once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest

from dao import abi
from dao.events.decode import decode_log

_encode = abi._encode


@contextmanager
def decoded_once() -> Iterator[None]:
    """Within the block, a log that is replayed again is not decoded again, nor is what it comes to encoded again."""
    known: dict[Any, bytes] = {}

    def encoded(types: Sequence[str], values: Sequence[Any]) -> bytes:
        key = tuple(types), _fixed(values)
        made = known.get(key)
        if made is None:
            made = known[key] = _encode(types, values)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dao.replay.replay.decode_log", cache(decode_log))
        patch.setattr(abi, "_encode", encoded)
        yield


def _fixed(value: Any) -> Any:
    """A value that can be a key; true is none of the numbers."""
    if isinstance(value, (list, tuple)):
        return tuple(_fixed(part) for part in value)
    return type(value), value
