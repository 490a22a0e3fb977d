"""Round numbers for the axes of a chart, in integers."""

from __future__ import annotations

STEPS = (1, 2, 5)


def nice_step(maximum: int, ticks: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, … of which `ticks` reach `maximum`, which is at least 0."""
    wanted = max(1, -(-maximum // ticks))
    power: int = 10 ** (len(str(wanted)) - 1)
    return next(step * power for step in (*STEPS, 10) if step * power >= wanted)


def spread(first: int, last: int, ticks: int) -> tuple[int, ...]:
    """Round numbers from `first` to `last`, at most `ticks` + 1 of them, at equal distances."""
    step = nice_step(last - first, ticks)
    return tuple(range(-(-first // step) * step, last + 1, step))
