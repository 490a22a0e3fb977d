"""Reading ahead, and what Python does otherwise meanwhile: in order, with what is raised, and as before afterwards."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest

from dao.engine.ahead import ahead
from dao.engine.collection import without_collection


def pieces(count: int, seen: list[float]) -> Iterator[int]:
    for piece in range(count):
        seen.append(sys.getswitchinterval())
        yield piece
    raise OSError("no more")


def test_pieces_come_in_order_and_what_is_raised_comes_where_it_was() -> None:
    before = sys.getswitchinterval()
    got: list[int] = []
    seen: list[float] = []
    with pytest.raises(OSError, match="no more"):
        got.extend(ahead(pieces(5, seen)))
    assert got == [0, 1, 2, 3, 4]
    assert len(seen) == 5
    assert max(seen) < before
    assert sys.getswitchinterval() == before


def test_one_piece_is_fetched_ahead_and_no_more() -> None:
    fetched: list[float] = []
    reading = ahead(pieces(5, fetched))
    next(reading)
    next(reading)
    reading.close()
    assert len(fetched) == 3


@pytest.mark.parametrize("searching", [True, False])
def test_the_search_for_cycles_rests_and_goes_on_as_before(searching: bool) -> None:
    was = gc.isenabled()
    (gc.enable if searching else gc.disable)()
    try:
        with pytest.raises(KeyError), without_collection():
            assert not gc.isenabled()
            raise KeyError
        assert gc.isenabled() is searching
    finally:
        (gc.enable if was else gc.disable)()
