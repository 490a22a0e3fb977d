"""`dao audit diff`: two reports of audits beside each other."""

from __future__ import annotations

from pathlib import Path

import click

from dao.commands.options import Options, local

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("diff", epilog="Example: dao audit diff monday/report.json friday/report.json")
@click.argument("before", type=_FILE)
@click.argument("after", type=_FILE)
@local
def diff_command(options: Options, *, before: Path, after: Path) -> None:
    """Compare two reports of `dao audit report`: verdict, standings, findings, proposals, amounts.

    Each file must be a whole report whose content has the hash that it carries. Exit code 3 where they differ, so that
    it is told apart from files that are no reports.
    """
    from dao.audit.diff import compare
    from dao.audit.document import read_report
    from dao.render.console import show, show_json
    from dao.render.report_diff import diff_view

    made = compare(read_report(before), read_report(after))
    if options.json:
        show_json(made.as_dict())
    else:
        show(diff_view(made))
    if not made.equal:
        raise click.exceptions.Exit(3)
