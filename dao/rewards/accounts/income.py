"""An income split in percent between named receivers, one of whom takes the rest."""

from __future__ import annotations

from dataclasses import dataclass

from dao.errors import PolicyError
from dao.rewards.accounts.fixed import part_of, require_amount, require_name, require_names, require_range
from dao.types import BASIS_POINTS


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomeSplit:
    """One split of one kind of income.

    Sources: Render RNP-023 (Salad: operator, foundation, burn), RNP-019 (95 % burned, 5 % to the operator); Akash
    PIP-35 (fee and community pool).

    Args:
        name: The kind of income.
        parts: (receiver, basis points), ascending by receiver; together at most the whole.
        residual: The receiver of the rest, dust included.
    """

    name: str
    parts: tuple[tuple[str, int], ...]
    residual: str

    def __post_init__(self) -> None:
        require_name("name", self.name)
        require_name("residual", self.residual)
        require_names(f"parts of {self.name}", [name for name, _ in self.parts])
        for name, share in self.parts:
            require_range(f"the part of {name}", share, 1, BASIS_POINTS)
        if self.residual in dict(self.parts):
            raise PolicyError("the receiver of the rest has a part too", found=self.residual)
        require_range(f"the sum of the parts of {self.name}", sum(dict(self.parts).values()), 1, BASIS_POINTS)

    def split(self, amount: int) -> dict[str, int]:
        """What each receiver gets of `amount`, rounded down, the residual last; the values sum to the amount."""
        require_amount("the amount", amount)
        given = {name: part_of(amount, share) for name, share in self.parts}
        return {**given, self.residual: amount - sum(given.values())}

    def share(self, receiver: str) -> int:
        """The part of `receiver` in basis points. Raises PolicyError for one that the split does not name."""
        shares = dict(self.parts)
        shares[self.residual] = BASIS_POINTS - sum(shares.values())
        if receiver not in shares:
            raise PolicyError("the split has no such receiver", expected=", ".join(shares), found=receiver)
        return shares[receiver]


def gross_up(net: int, fee: int) -> int:
    """The least price of which `net` is left after a fee of `fee` basis points of the price; Render RNP-021.

    Rounded up, so that the fee, rounded down, never eats into `net`. Raises PolicyError for a fee of the whole.
    """
    require_range("the fee", fee, 0, BASIS_POINTS - 1)
    require_amount("the net amount", net)
    return -(-net * BASIS_POINTS // (BASIS_POINTS - fee))
