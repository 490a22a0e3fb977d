"""Caps: the most that an account, a node or the whole stream is paid in an epoch or a month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from dao.errors import PolicyError
from dao.rewards.accounts.fixed import MAX_AMOUNT, part_of, require_name, require_range
from dao.types import BASIS_POINTS


class Scope(IntEnum):
    """What a cap holds for."""

    ACCOUNT_EPOCH = 0
    """One account in one epoch (wei)."""
    ACCOUNT_MONTH = 1
    """One account in one month, all its epochs together (wei)."""
    NODE_EPOCH = 2
    """One node in one epoch (wei): an account's limit is as many times that as it has nodes."""
    NODE_MONTH = 3
    """One node in one month (wei)."""
    ACCOUNT_SHARE = 4
    """One account's part of the epoch's pool, as the caps on the stream leave it (basis points)."""
    STREAM_EPOCH = 5
    """All accounts in one epoch (wei)."""
    STREAM_MONTH = 6
    """All accounts in one month (wei)."""
    STREAM_NODES = 7
    """All accounts in one epoch (wei): the pool is at most as many times that as there are nodes."""
    STREAM_REMAINING = 8
    """The epoch's pool, as a part of what remains of the stream's budget (basis points)."""


class Cut(IntEnum):
    """What happens to what a cap cuts off."""

    RESIDUAL = 0
    """It is not paid."""
    REDISTRIBUTE = 1
    """It is shared among the accounts that are below their caps, by their scores."""


IN_BASIS_POINTS = (Scope.ACCOUNT_SHARE, Scope.STREAM_REMAINING)
"""Scopes whose limit is a part of something; the others' is in wei."""

_NODES = (Scope.NODE_EPOCH, Scope.NODE_MONTH, Scope.STREAM_NODES)
_MONTHS = (Scope.ACCOUNT_MONTH, Scope.NODE_MONTH)
ON_STREAM = (Scope.STREAM_EPOCH, Scope.STREAM_MONTH, Scope.STREAM_NODES, Scope.STREAM_REMAINING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """One cap.

    Sources: Render RNP-006 (pool at most 75 per qualified node), RNP-013 (10 per node and month; at most 50 % of what
    remains), RNP-021 (100,000 a month in all); DIMO DIP-1 (a voter counts 5 % of the circulating supply at most).

    Args:
        scope: What it holds for.
        limit: Wei, or basis points, as the scope says.
        cut: What happens to the rest; a cap on the whole stream has nobody to give it to.
        column: The column that counts a row's nodes, where the scope counts nodes; else empty. Every row of a node's
            account adds its own count.
    """

    scope: Scope
    limit: int
    cut: Cut = Cut.RESIDUAL
    column: str = ""

    def __post_init__(self) -> None:
        require_range("the cap", self.limit, 0, BASIS_POINTS if self.scope in IN_BASIS_POINTS else MAX_AMOUNT)
        if (self.column != "") != (self.scope in _NODES):
            raise PolicyError(
                "a cap names a column exactly where it counts nodes", found=f"{self.scope.name}, {self.column!r}"
            )
        require_name("column", self.column, optional=True)
        if self.scope in ON_STREAM and self.cut is Cut.REDISTRIBUTE:
            raise PolicyError("what a cap on the whole stream cuts off cannot be shared among its accounts")

    def of_account(self, *, pool: int, nodes: int, paid: int) -> int:
        """The most that the cap leaves one account in this epoch (wei).

        Args:
            pool: What all accounts share (wei).
            nodes: The account's nodes; read where the scope counts them.
            paid: What the account was paid earlier in the month (wei).
        """
        if self.scope is Scope.ACCOUNT_SHARE:
            return part_of(pool, self.limit)
        limit = self.limit * nodes if self.scope in _NODES else self.limit
        return max(0, limit - paid) if self.scope in _MONTHS else limit

    def of_stream(self, *, nodes: int, paid: int, remaining: int | None) -> int:
        """The most that the cap leaves all accounts together in this epoch (wei).

        Args:
            nodes: All nodes; read where the scope counts them.
            paid: What all accounts were paid earlier in the month (wei).
            remaining: What is left of the stream's budget (wei).

        Raises PolicyError where the budget is needed and not given.
        """
        if self.scope is Scope.STREAM_REMAINING:
            if remaining is None:
                raise PolicyError("the cap is a part of the remaining budget, which is not given")
            return part_of(remaining, self.limit)
        if self.scope is Scope.STREAM_MONTH:
            return max(0, self.limit - paid)
        return self.limit * nodes if self.scope is Scope.STREAM_NODES else self.limit


def account_limits(
    caps: Sequence[Cap],
    accounts: Sequence[str],
    *,
    pool: int,
    nodes: Mapping[str, Mapping[str, int]],
    paid: Mapping[str, int],
) -> list[int]:
    """The least that any of `caps` leaves each account (wei), the pool at most.

    Args:
        caps: Caps on accounts or nodes.
        accounts: The accounts, in the order of the result.
        pool: What all accounts share (wei).
        nodes: For each column that a cap names, each account's count; accounts that are not named have none.
        paid: What each account was paid earlier in the month (wei).
    """
    limits = [pool] * len(accounts)
    for cap in caps:
        counts = nodes[cap.column] if cap.column else {}
        for index, account in enumerate(accounts):
            limit = cap.of_account(pool=pool, nodes=counts.get(account, 0), paid=paid.get(account, 0))
            limits[index] = min(limits[index], limit)
    return limits
