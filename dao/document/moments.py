"""Moments and spans of time as messages show them; exact durations, as documents hold them, are in `quantities`."""

from __future__ import annotations

from dao.document.quantities import format_timestamp
from dao.errors import AmountError


def moment(timestamp: int, now: int | None = None) -> str:
    """A timepoint (seconds) as UTC, with its distance from `now` where that is given."""
    try:
        text = format_timestamp(timestamp)
    except AmountError:
        return str(timestamp)
    if now is None:
        return text
    distance = timestamp - now
    return f"{text} ({'in ' if distance >= 0 else ''}{roughly(abs(distance))}{' ago' if distance < 0 else ''})"


def roughly(seconds: int) -> str:
    """A span of time in its two largest units."""
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"
