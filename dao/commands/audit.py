"""`dao audit`: recompute instead of trusting."""

from __future__ import annotations

import click

from dao.commands import audit_collect, audit_diff, audit_report
from dao.commands.options import Options, reading


@click.group("audit", epilog="Example: dao audit replay --json > report.json")
def command() -> None:
    """Replay the chain's logs and compare; exit code 3 where anything disagrees."""


command.add_command(audit_collect.collect_command)


@command.command("replay", epilog="Example: dao audit replay --to-block 8")
@click.option("--to-block", type=click.IntRange(0), help="Audit up to this block; the newest if not given.")
@reading
def replay(options: Options, *, to_block: int | None) -> None:
    """Recompute votes, tallies, states and the policy from raw logs, and compare with logs and contracts."""
    from dao.audit.run import audit_replay
    from dao.render.audit import report_view
    from dao.render.console import show, show_json
    from dao.render.progress import progress

    session = options.session()
    with progress(hidden=options.json) as told:
        report = audit_replay(
            session.connection,
            session.deployment.addresses,
            session.deployment.start_block,
            to_block,
            progress=told,
        )
    if options.json:
        show_json(report.as_dict())
    else:
        show(report_view(report, session.deployment))
    if report.findings:
        raise click.exceptions.Exit(3)


command.add_command(audit_report.report_command)
command.add_command(audit_diff.diff_command)
