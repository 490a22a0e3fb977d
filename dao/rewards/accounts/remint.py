"""Burned tokens that are minted again: a percentage, smoothed over epochs, up to a cap."""

from __future__ import annotations

from dataclasses import dataclass

from dao.rewards.accounts.fixed import MAX_AMOUNT, MAX_COUNT, require_amount, require_range
from dao.types import BASIS_POINTS


@dataclass(frozen=True, slots=True)
class Reminted:
    """One epoch's result (wei): what is minted again, what stays burned, and the target that the next epoch reads."""

    minted: int
    burned_for_good: int
    target: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Remint:
    """target = keep/of · previous target + (of − keep)/of · share · burned; minted again is the target, capped.

    Sources: Hivemapper MIP-15 (share 25 %, cap 500,000 a week, nothing kept); Helium net emissions (share 100 %, six
    sevenths kept, cap 1,643.83561643 a day).

    Args:
        share: The part of the burned tokens that counts, in basis points.
        cap: The most that one epoch mints again (wei).
        keep: Numerator of the part of the previous target that is kept; below `of`.
        of: Denominator.
    """

    share: int
    cap: int
    keep: int = 0
    of: int = 1

    def __post_init__(self) -> None:
        require_range("share", self.share, 0, BASIS_POINTS)
        require_range("cap", self.cap, 0, MAX_AMOUNT)
        require_range("of", self.of, 1, MAX_COUNT)
        require_range("keep", self.keep, 0, self.of - 1)

    def remint(self, burned: int, previous: int = 0) -> Reminted:
        """The epoch's result.

        Args:
            burned: Tokens burned in the epoch (wei).
            previous: The previous epoch's target (wei).

        One division, rounded down. What is minted beyond the epoch's own burn comes from earlier burns, and nothing
        stays burned then.
        """
        require_amount("burned", burned)
        require_amount("the previous target", previous)
        fresh = (self.of - self.keep) * burned * self.share
        target = (self.keep * previous * BASIS_POINTS + fresh) // (self.of * BASIS_POINTS)
        minted = min(target, self.cap)
        return Reminted(minted=minted, burned_for_good=max(0, burned - minted), target=target)


def from_credits(needed: int, available: int) -> tuple[int, int]:
    """(paid from earlier burns, newly minted) for `needed` (wei) with `available` (wei) of them left; Akash AEP-76."""
    paid = min(needed, available)
    return paid, needed - paid
