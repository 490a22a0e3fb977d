"""What a notice is, and what a pattern is made of that gives notices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dao.audit.history import History


@dataclass(frozen=True)
class Notice:
    """One pattern that was seen. Text that comes from the chain stays as it is; the renderer escapes it.

    Args:
        pattern: Name of the pattern.
        what: What it is about, such as `proposal 12…`.
        detail: What was seen, with its figures.
        block: Number of the block.
        transaction: Hash of the transaction, 32 bytes; None where it is no single one.
    """

    pattern: str
    what: str
    detail: str
    block: int
    transaction: bytes | None

    def as_dict(self) -> dict[str, object]:
        """The notice as JSON holds it."""
        return {
            "pattern": self.pattern,
            "what": self.what,
            "detail": self.detail,
            "block": self.block,
            "transaction": None if self.transaction is None else "0x" + self.transaction.hex(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Something that attacks on other projects' votes had in common, and that honest votes may have too.

    Args:
        name: Its name in reports.
        looks_for: What it looks for, in one sentence.
        notices: What it sees in a history. It reads proposals and the ballots of large voters, never every account.
        needs_transactions: Whether it sees nothing without the transactions of the proposals.
    """

    name: str
    looks_for: str
    notices: Callable[[History], Iterable[Notice]]
    needs_transactions: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternResult:
    """One pattern: its name, what it looks for, how many notices it has; None where it could not be looked at."""

    name: str
    looks_for: str
    notices: int | None
