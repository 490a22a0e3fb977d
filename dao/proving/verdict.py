"""How each part of a verdict stands: proved from the anchor, recomputed from logs, or trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Standing = Literal["proved", "recomputed", "trusted"]
"""`proved` follows from the anchor's hash by hashing; `recomputed` compares logs with what they claim; `trusted` is
taken from the node."""


@dataclass(frozen=True)
class Line:
    """One line of a verdict: what it is about, how it stands, and in numbers or words why."""

    what: str
    standing: Standing
    detail: str
