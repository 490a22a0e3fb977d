"""Tables that fold their cells where the terminal is narrow: an amount that is cut off is another amount."""

from __future__ import annotations

from rich import table
from rich.console import Console, ConsoleOptions, RenderResult


class Table(table.Table):
    """Rich's table without the ellipsis, whatever a column was added with."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Rich's own rendering, over folding columns."""
        for column in self.columns:
            column.overflow = "fold"
        return super().__rich_console__(console, options)
