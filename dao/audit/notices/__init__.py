"""What an audit found worth a look, without being a contradiction."""

from __future__ import annotations

from dataclasses import dataclass


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
