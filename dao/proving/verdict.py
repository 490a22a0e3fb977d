"""What an audit establishes and how: every line proved, recomputed or trusted, and what contradicts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Standing(str, Enum):
    """How a line of a verdict is known."""

    PROVED = "proved"
    """It follows from the anchor's hash by hashing alone."""
    RECOMPUTED = "recomputed"
    """It was computed from logs and agrees with what other logs claim."""
    TRUSTED = "trusted"
    """It is taken from a node, or from the bundle."""


@dataclass(frozen=True, slots=True)
class Line:
    """One statement of a verdict."""

    what: str
    standing: Standing
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """A proved value that the logs of the bundle contradict. Text from a chain stays as it is.

    Args:
        block: Number of the block.
        contract: The contract, or empty where none is meant.
        what: What it is about.
        expected: What the bundle's logs imply.
        found: What the proof says.
        transaction: Hash of the transaction that it hangs on, 32 bytes; None where it is the block as a whole.
    """

    block: int
    contract: str
    what: str
    expected: str
    found: str
    transaction: bytes | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was established, and what contradicts."""

    lines: tuple[Line, ...]
    findings: tuple[Contradiction, ...]

    @property
    def headline(self) -> str:
        """What is taken on trust, in one line."""
        trusted = [line.what for line in self.lines if line.standing is Standing.TRUSTED]
        return "taken on trust: " + ("; ".join(trusted) if trusted else "nothing")


def joined(parts: Iterable[Verdict]) -> Verdict:
    """The verdict of several parts together, in their order."""
    made = list(parts)
    return Verdict(
        tuple(line for part in made for line in part.lines),
        tuple(finding for part in made for finding in part.findings),
    )
