"""What a provider's refusal of eth_getLogs says about its limits."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dao.errors import OversizedAnswer, RpcError

CODES = (-32000, -32001, -32005, -32011, -32012, -32016, -32600, -32602, -32614, -32701, 35)
"""Error codes by which providers refuse a range as too wide, or its logs as too many (EIP-1474, read differently)."""

_WORDS = re.compile(
    r"too (?:many|large|wide|big)|more than|exceed|limit|range|timed? ?out|timeout|results?|response size|payload",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"method|unauthori|forbidden|api key|invalid params?: missing|not found|pruned|history", re.IGNORECASE
)
_SUGGESTED = re.compile(r"\[?\s*(0x[0-9a-f]{1,16})\s*,\s*(0x[0-9a-f]{1,16})\s*\]?", re.IGNORECASE)
_BLOCKS = re.compile(
    r"(?:up to|limited to|max(?:imum)?(?: is| of|:)?|exceeds?(?: the)?(?: limit| range)?(?: of)?|within)"
    r"\D{0,24}?(\d[\d,_]{0,9})\s*(k)?[- ]?blocks?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal that a smaller question passes.

    Args:
        blocks: How many blocks one question may span, where the provider says it; else None.
    """

    blocks: int | None


def refusal(error: RpcError, *, from_block: int, to_block: int) -> Refusal | None:
    """What `error` says about a question of these blocks; None where a smaller question would not help."""
    if isinstance(error, OversizedAnswer):
        return Refusal(None)
    text = str(error.found or "")
    spoken = bool(_WORDS.search(text))
    if not spoken and error.values.get("code") not in CODES:
        return None
    if _OTHER.search(text) and not spoken:
        return None
    span = to_block - from_block + 1
    for first, last in _SUGGESTED.findall(text):
        low, high = int(first, 16), int(last, 16)
        if low == from_block and low <= high < to_block:
            return Refusal(high - low + 1)
    for digits, thousands in _BLOCKS.findall(text):
        blocks = int(digits.replace(",", "").replace("_", "")) * (1_000 if thousands else 1)
        if 0 < blocks < span:
            return Refusal(blocks)
    return Refusal(None)
