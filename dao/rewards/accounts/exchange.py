"""Amounts of one token as amounts of another, at a price and less a spread."""

from __future__ import annotations

from dataclasses import dataclass

from dao.rewards.accounts.fixed import MAX_WEIGHT, WAD, part_of, require_range
from dao.types import BASIS_POINTS


def at_price(value: int, price: int) -> int:
    """How many tokens (wei) are worth `value` (10⁻¹⁸ of the money) at `price` (money per token, parts of WAD).

    Rounded down. Raises PolicyError for a price below one part or above 2¹²⁸ − 1.
    """
    require_range("the price", price, 1, MAX_WEIGHT)
    return value * WAD // price


def value_of(amount: int, price: int) -> int:
    """What `amount` (wei) is worth at `price` (money per token, parts of WAD), in 10⁻¹⁸ of the money, rounded down."""
    return amount * price // WAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Spreads:
    """What is kept back when tokens are burned for credits, and when credits are settled in tokens.

    Source: Akash AEP-76 and `go/node/bme/v1/params.go` (25 and 0 basis points, at most 1,000).

    Args:
        mint: Basis points kept back when credits are minted for burned tokens.
        settle: Basis points kept back when credits are settled.
    """

    mint: int
    settle: int

    def __post_init__(self) -> None:
        require_range("the spread on minting", self.mint, 0, BASIS_POINTS)
        require_range("the spread on settling", self.settle, 0, BASIS_POINTS)

    def minted(self, amount: int) -> int:
        """What of `amount` is minted; the spread is rounded down."""
        return amount - part_of(amount, self.mint)

    def settled(self, amount: int) -> int:
        """What of `amount` is settled; the spread is rounded down."""
        return amount - part_of(amount, self.settle)
