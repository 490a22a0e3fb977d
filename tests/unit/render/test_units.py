"""Moments, durations, shares and ids as people read them."""

from __future__ import annotations

import pytest

from dao.render import units


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3_661, "1 h 1 min"),
        (90_061, "1 d 1 h"),
        (86_400, "1 d"),
        (86_459, "1 d 59 s"),
    ],
)
def test_roughly(seconds: int, text: str) -> None:
    assert units.roughly(seconds) == text


def test_a_moment_and_its_distance() -> None:
    assert units.moment(0) == "1970-01-01T00:00:00Z"
    assert units.moment(3_600, 0) == "1970-01-01T01:00:00Z (in 1 h)"
    assert units.moment(0, 3_600) == "1970-01-01T00:00:00Z (1 h ago)"
    assert units.moment(5, 5) == "1970-01-01T00:00:05Z (in 0 s)"
    assert units.moment(2**48) == str(2**48)
    assert units.moment(2**256, 0) == str(2**256)


def test_shares() -> None:
    assert units.share_of(0, 0) == "–"
    assert units.share_of(1, 3) == "33.33%"
    assert units.share_of(3, 3) == "100%"
    assert units.share_of(5, 3) == "166.66%"


def test_a_short_id() -> None:
    assert units.short_id(123) == "123"
    assert units.short_id(10**70) == "100000000000…"
