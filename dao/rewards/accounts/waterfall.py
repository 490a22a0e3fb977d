"""A pool paid out by priority: each claim as far as the rest reaches, what is left to the last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dao.errors import PolicyError
from dao.rewards.accounts.fixed import part_of, require_amount, require_count, require_name, require_range
from dao.types import BASIS_POINTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """Claims in order of priority on a part of a pool.

    Source: Helium HIP-147: 60 % of the pool pays data first, as much as it cost, and proof of coverage from the rest;
    before it, data got 40 % of the pool at most.

    Args:
        name: Which waterfall it is.
        part: The part of the pool that flows through it, in basis points.
        claims: (claim, the most that it may get, in basis points of the whole pool), in order of priority.
        residual: Who gets what the claims leave.
    """

    name: str
    part: int
    claims: tuple[tuple[str, int], ...]
    residual: str

    def __post_init__(self) -> None:
        require_name("name", self.name)
        require_name("residual", self.residual)
        require_range("part", self.part, 0, BASIS_POINTS)
        require_count(f"claims of {self.name}", len(self.claims))
        for name, most in self.claims:
            require_name("claim", name)
            require_range(f"the most that {name} may get", most, 0, BASIS_POINTS)
        names = [name for name, _ in self.claims]
        if len({*names, self.residual}) != len(names) + 1:
            raise PolicyError(f"a claim of {self.name} is named twice", found=", ".join((*names, self.residual)))

    def pay(self, pool: int, wanted: Mapping[str, int]) -> dict[str, int]:
        """What each claim and the residual get of `pool` (wei), given what each claim wants (wei).

        The values sum to `part` of the pool, rounded down. Raises PolicyError where a claim is missing or negative.
        """
        require_amount("the pool", pool)
        left = part_of(pool, self.part)
        paid: dict[str, int] = {}
        for name, most in self.claims:
            if name not in wanted:
                raise PolicyError(f"the waterfall {self.name} lacks what a claim wants", expected=name)
            require_amount(f"what {name} wants", wanted[name])
            paid[name] = min(wanted[name], part_of(pool, most), left)
            left -= paid[name]
        return {**paid, self.residual: left}
