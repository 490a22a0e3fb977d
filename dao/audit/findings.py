"""What an audit found to contradict."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One contradiction. Text that comes from the chain stays as it is; the renderer escapes it.

    Args:
        check: Name of the check that found it.
        what: What it is about, such as `ballot of 0x… on proposal 12…`.
        expected: What the replay computed.
        found: What the log or the contract says.
        block: Number of the block: the log's, or the one at which the contract was asked.
        transaction: Hash of the log's transaction, 32 bytes; None where a contract was asked.
    """

    check: str
    what: str
    expected: str
    found: str
    block: int
    transaction: bytes | None

    def as_dict(self) -> dict[str, object]:
        """The finding as JSON holds it."""
        return {
            "check": self.check,
            "what": self.what,
            "expected": self.expected,
            "found": self.found,
            "block": self.block,
            "transaction": None if self.transaction is None else "0x" + self.transaction.hex(),
        }
