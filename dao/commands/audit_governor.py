"""`dao audit replay --governor`: the same of a deployment that is not this project's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dao.commands.options import Options, address

if TYPE_CHECKING:
    from dao.audit.governor_report import GovernorReport
    from dao.evidence.bundle import Bundle


def replay_governor(options: Options, governor: str, *, from_block: int, to_block: int | None) -> None:
    """Audits the deployment behind a governor and shows the report; exit code 3 where anything disagrees."""
    from dao.audit.governor import audit_governor
    from dao.render.progress import progress

    connection = options.connect()
    with progress(hidden=options.json) as told:
        made = audit_governor(connection, address(governor), from_block=from_block, to_block=to_block, progress=told)
    _show(options, made.report)


def replay_governor_bundle(options: Options, bundle: Bundle) -> None:
    """The same of a bundle, without any node."""
    from dao.audit.governor_offline import audit_governor_bundle

    _show(options, audit_governor_bundle(bundle).report)


def _show(options: Options, report: GovernorReport) -> None:
    from dao.render.audit_governor import governor_view
    from dao.render.console import show, show_json

    if options.json:
        show_json(report.as_dict())
    else:
        show(governor_view(report))
    if report.findings:
        raise click.exceptions.Exit(3)
