"""Writes the beginning of a proposal file, for an author to fill in."""

from __future__ import annotations

import re
from pathlib import Path

from dao.document.emitter import emit
from dao.errors import ProposalError

_NUMBERED = re.compile(r"(\d{4})-.*\.yaml\Z")
_NO_SLUG = re.compile(r"[^a-z0-9]+")

_COMMENT = "# What is done, in order. Amounts carry their unit, shares are percentages; see the examples.\n"


def draft(folder: Path, title: str, *, stream: str, epoch: int, symbol: str) -> Path:
    """Writes `NNNN-title.yaml` into `folder` with the next number, and returns where.

    Args:
        folder: Where the proposals lie; made if it does not exist.
        title: The proposal's title.
        stream: The stream that the example action names.
        epoch: The epoch from which it would be in force.
        symbol: The token's symbol.

    Raises ProposalError when the title has no letter or digit to name the file by.
    """
    slug = _NO_SLUG.sub("-", title.lower()).strip("-")[:60].rstrip("-")
    if not slug:
        raise ProposalError("the title cannot name a file", expected="letters a-z or digits", found=title)
    folder.mkdir(parents=True, exist_ok=True)
    numbers = [int(found[1]) for path in folder.iterdir() if (found := _NUMBERED.match(path.name))]
    path = folder / f"{max(numbers, default=0) + 1:04d}-{slug}.yaml"
    head = emit({"title": title, "summary": "Why this is decided, for those who vote."})
    example = {"stream": stream, "from_epoch": epoch, "segments": [{"constant": f"0 {symbol}"}]}
    body = _COMMENT + emit({"actions": [{"set_schedule": example}]})
    # "x": a file that somebody made meanwhile is not overwritten.
    with path.open("x", encoding="utf-8") as file:
        file.write(head + body)
    return path
