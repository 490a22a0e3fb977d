"""Take rates: the part of an income that the network keeps, by the token that it comes in."""

from __future__ import annotations

from dataclasses import dataclass

from dao.rewards.accounts.fixed import part_of, require_amount, require_names, require_range
from dao.types import BASIS_POINTS


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeRates:
    """Rates per denomination, and one for every other.

    Source: Akash, `x/take/keeper/keeper.go`: the fee is truncated, the earnings are the amount less the fee.

    Args:
        rates: (denomination, basis points), ascending by denomination.
        default: Basis points for a denomination that is not listed.
    """

    rates: tuple[tuple[str, int], ...]
    default: int

    def __post_init__(self) -> None:
        require_names("take rates", [name for name, _ in self.rates])
        for name, rate in (*self.rates, ("default", self.default)):
            require_range(f"the take rate of {name}", rate, 0, BASIS_POINTS)

    def take(self, amount: int, denomination: str) -> tuple[int, int]:
        """(earnings, fee) of `amount` in the denomination's smallest unit; their sum is the amount."""
        require_amount("the amount", amount)
        fee = part_of(amount, dict(self.rates).get(denomination, self.default))
        return amount - fee, fee
