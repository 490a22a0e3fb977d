"""Fixed-point units and the checks that every parameter shares."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from dao.errors import PolicyError
from dao.types import BASIS_POINTS

WAD = 10**18
"""One, where weights, multipliers and ratios are integers."""

MAX_WEIGHT = 2**128 - 1
MAX_AMOUNT = 2**128 - 1
MAX_COUNT = 2**64 - 1
MAX_ENTRIES = 128
"""The most entries that one table may hold: at two words each, no more would fit a stream's 8,192 bytes."""

_NAME = re.compile(r"[a-z0-9._-]{1,31}\Z")


def part_of(amount: int, basis_points: int) -> int:
    """`basis_points` of `amount`, rounded down."""
    return amount * basis_points // BASIS_POINTS


def require_range(what: str, value: int, low: int, high: int) -> None:
    """Raises PolicyError unless `low` <= `value` <= `high`."""
    if type(value) is not int or not low <= value <= high:
        raise PolicyError(f"{what} is out of range", expected=f"an integer from {low} to {high}", found=value)


def require_amount(what: str, value: int) -> None:
    """Raises PolicyError unless `value` is an integer from zero up."""
    if type(value) is not int or value < 0:
        raise PolicyError(f"{what} is out of range", expected="an integer from zero up", found=value)


def require_name(what: str, value: str, *, optional: bool = False) -> None:
    """Raises PolicyError unless `value` is a name: 1 to 31 characters, so that it fits a word on chain."""
    if not (optional and value == "") and not _NAME.match(value):
        raise PolicyError(
            f"{what} is no name", expected="1 to 31 characters out of a-z, 0-9, '-', '_', '.'", found=value
        )


def require_names(what: str, names: Sequence[str]) -> None:
    """Raises PolicyError unless `names` are 1 to MAX_ENTRIES names, ascending, each once: the canonical order."""
    require_count(what, len(names))
    for name in names:
        require_name(what, name)
    for before, after in pairwise(names):
        if before >= after:
            raise PolicyError(f"{what}: names are not in ascending order", expected=f"above {before}", found=after)


def require_ascending(what: str, values: Sequence[int]) -> None:
    """Raises PolicyError unless `values` are 1 to MAX_ENTRIES integers, strictly ascending."""
    require_count(what, len(values))
    for before, after in pairwise(values):
        if before >= after:
            raise PolicyError(f"{what}: entries are not in ascending order", expected=f"above {before}", found=after)


def require_count(what: str, count: int) -> None:
    """Raises PolicyError unless a table has 1 to MAX_ENTRIES entries."""
    if not 1 <= count <= MAX_ENTRIES:
        raise PolicyError(f"{what}: wrong number of entries", expected=f"1 to {MAX_ENTRIES}", found=count)
