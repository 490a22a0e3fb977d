"""What an audit found worth a look, for a person, and what it could not look for."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from dao.audit.notice import Notice, PatternResult
from dao.render.tables import Table
from dao.render.text import plain

_SHOWN = 50


def notices_view(notices: Sequence[Notice], patterns: Sequence[PatternResult]) -> list[RenderableType]:
    """The notices, then a line for each pattern that could not be looked for."""
    blind = [
        Text(f"not looked for: {pattern.name}; it takes evidence with the proposals' transactions", style="dim")
        for pattern in patterns
        if pattern.notices is None
    ]
    if not notices:
        return [*blind]
    table = Table(header_style="dim", title="worth a look, and no contradiction", title_justify="left")
    for heading in ("pattern", "what", "seen", "block", "transaction"):
        table.add_column(heading, overflow="fold")
    for notice in notices[:_SHOWN]:
        table.add_row(
            notice.pattern,
            plain(notice.what),
            plain(notice.detail),
            str(notice.block),
            "–" if notice.transaction is None else "0x" + notice.transaction.hex(),
        )
    rest = len(notices) - _SHOWN
    more = [Text(f"and {rest} more; --json has them all", style="dim")] if rest > 0 else []
    return [table, *more, *blind]
