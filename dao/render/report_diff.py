"""Reports of audits in the terminal: where one was written, and two beside each other."""

from __future__ import annotations

from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from dao.audit.diff import ReportDiff
from dao.audit.document import ReportDocument
from dao.render.tables import Table
from dao.render.text import plain

_SHOWN = 200
_WIDTH = 400
"""At most so many characters of a value are shown."""


def diff_view(diff: ReportDiff) -> RenderableType:
    """What differs, by part."""
    if diff.equal:
        return Text(f"EQUAL: both have the content hash {diff.before}", style="bold green")
    head = Text(f"DIFFERENT: {len(diff.differences)} differences", style="bold red")
    hashes = Text(f"before {diff.before}\nafter  {diff.after}", style="dim")
    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in ("part", "what", "before", "after"):
        table.add_column(heading, overflow="fold")
    for difference in diff.differences[:_SHOWN]:
        table.add_row(
            difference.part,
            plain(" ".join(filter(None, (difference.subject, difference.field)))[:_WIDTH]),
            plain("–" if difference.before is None else difference.before[:_WIDTH]),
            plain("–" if difference.after is None else difference.after[:_WIDTH]),
        )
    rest = len(diff.differences) - _SHOWN
    more = [Text(f"and {rest} more; --json has them all", style="dim")] if rest > 0 else []
    return Group(head, hashes, Text(), table, *more)


def written_view(document: ReportDocument, page: Path, data: Path) -> RenderableType:
    """The verdict in a line, and the files that hold the rest."""
    if document.findings:
        head = Text(f"DISAGREES: {len(document.findings)} findings", style="bold red")
    else:
        head = Text(f"AGREES: {document.compared} comparisons, no finding", style="bold green")
    notices = Text(f"{len(document.notices)} notices") if document.notices else None
    trusted = sum(line.standing == "trusted" for line in document.standings)
    trust = Text(f"{trusted} lines of the verdict are taken on trust; the report names them", style="dim")
    files = plain(f"wrote {page} and {data}, content hash {document.content_hash}")
    return Group(*filter(None, (head, notices, trust if trusted else None, files)))
