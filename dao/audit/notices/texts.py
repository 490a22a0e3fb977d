"""What a reader takes in of a proposal's text: without case, spaces, and what no reader sees."""

from __future__ import annotations

import re
import unicodedata

_PROPOSER = re.compile(r"#proposer=0x[0-9a-fA-F]{40}\Z")
_FENCE = re.compile(r"`{3,}\Z")


def readable(description: bytes) -> str:
    """The text that people read: without the block of data that `dao.proposal.description` adds, and its proposer."""
    text = _PROPOSER.sub("", description.decode("utf-8", "backslashreplace")).rstrip()
    fence = _FENCE.search(text)
    opening = text.rfind(f"\n{fence[0]}yaml\n") if fence else -1
    return text[:opening] if opening >= 0 else text


def plain(text: str) -> str:
    """`text` in compatible forms (NFKC), without case, and without spaces, control and format characters."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    if folded.isascii():
        return "".join(folded.split())
    return "".join(letter for letter in folded if unicodedata.category(letter)[0] not in "CZ")
