"""Rewards at a rate per unit, within a pool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dao.rewards.accounts.fixed import MAX_AMOUNT, MAX_COUNT, require_range
from dao.rewards.accounts.prorata import pro_rata


@dataclass(frozen=True, slots=True, kw_only=True)
class PerUnit:
    """Each account earns rate · score / per; where that is more than the pool, all are reduced pro rata.

    Sources: Render RNP-019 and RNP-021, 10 or 25 RENDER · multiplier · hours / 168. They do not say what happens
    beyond the pool; here no one is paid from elsewhere.

    Args:
        rate: What `per` units at weight one earn (wei).
        per: Units, such as the 168 hours of a week.
    """

    rate: int
    per: int

    def __post_init__(self) -> None:
        require_range("rate", self.rate, 0, MAX_AMOUNT)
        require_range("per", self.per, 1, MAX_COUNT)

    def earned(self, score: int, unit: int) -> int:
        """What a score of `score / unit` earns (wei), rounded down once."""
        return self.rate * score // (self.per * unit)

    def payouts(self, pool: int, scores: Sequence[int], unit: int) -> list[int]:
        """What each score is paid out of `pool` (wei)."""
        earned = [self.earned(score, unit) for score in scores]
        return earned if sum(earned) <= pool else pro_rata(pool, earned)
