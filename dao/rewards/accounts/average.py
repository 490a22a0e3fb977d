"""Exponential moving averages of shares, kept per account from epoch to epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dao.errors import PolicyError
from dao.rewards.accounts.fixed import MAX_COUNT, require_range

SHARE_UNIT = 10**27
"""One, where averaged shares are integers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareAverage:
    """Accounts are paid by S(t) = keep/of · S(t−1) + (of − keep)/of · V(t), V being the share of this epoch's score.

    Source: Helium HIP-141, 29/30 and 1/30. An account without contributions keeps being paid while its average decays.

    Rounding: V is rounded down to 1/SHARE_UNIT, then S is. With d the distance below the exact average,
    d(t) <= keep/of · d(t−1) + (of − keep)/of + 1, so that S is never more than 1 + of/(of − keep) parts below.

    Args:
        keep: Numerator of the part that is kept; below `of`.
        of: Denominator.
    """

    keep: int
    of: int

    def __post_init__(self) -> None:
        require_range("of", self.of, 1, MAX_COUNT)
        require_range("keep", self.keep, 0, self.of - 1)

    def step(self, before: int, share: int) -> int:
        """The average after one more epoch; all in parts of SHARE_UNIT, rounded down."""
        return (self.keep * before + (self.of - self.keep) * share) // self.of

    def advance(self, averages: Mapping[str, int], scores: Mapping[str, int]) -> dict[str, int]:
        """Every account's average after an epoch with `scores` (any unit); averages that reach zero are left out.

        Raises PolicyError for an average outside 0 to SHARE_UNIT.
        """
        for account, average in averages.items():
            if not 0 <= average <= SHARE_UNIT:
                raise PolicyError(f"the average of {account} is no share", expected=f"0 to {SHARE_UNIT}", found=average)
        total = sum(scores.values())
        moved = {}
        for account in sorted(averages.keys() | scores.keys()):
            share = scores.get(account, 0) * SHARE_UNIT // total if total else 0
            average = self.step(averages.get(account, 0), share)
            if average:
                moved[account] = average
        return moved
