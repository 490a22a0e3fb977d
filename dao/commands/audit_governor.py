"""`dao audit replay --governor`: the same of a deployment that is not this project's."""

from __future__ import annotations

import click

from dao.commands.options import Options, address


def replay_governor(options: Options, governor: str, *, from_block: int, to_block: int | None) -> None:
    """Audits the deployment behind a governor and shows the report; exit code 3 where anything disagrees."""
    from dao.audit.governor import audit_governor
    from dao.render.audit_governor import governor_view
    from dao.render.console import show, show_json
    from dao.render.progress import progress

    connection = options.connect()
    with progress(hidden=options.json) as told:
        report = audit_governor(connection, address(governor), from_block=from_block, to_block=to_block, progress=told)
    if options.json:
        show_json(report.as_dict())
    else:
        show(governor_view(report))
    if report.findings:
        raise click.exceptions.Exit(3)
