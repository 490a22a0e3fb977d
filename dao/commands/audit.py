"""`dao audit`: recompute instead of trusting."""

from __future__ import annotations

import click

from dao.commands import audit_collect, audit_diff, audit_prove, audit_report
from dao.commands.options import Options, reading


@click.group("audit", epilog="Example: dao audit replay --json > report.json")
def command() -> None:
    """Replay the chain's logs and compare; exit code 3 where anything disagrees."""


command.add_command(audit_collect.collect_command)
command.add_command(audit_prove.command)


@command.command("replay", epilog="Example: dao audit replay --to-block 8")
@click.option("--to-block", type=click.IntRange(0), help="Audit up to this block; the newest if not given.")
@click.option("--governor", metavar="ADDRESS", help="Audit any OpenZeppelin Governor or GovernorBravo instead.")
@click.option("--from-block", type=click.IntRange(0), help="With --governor: a block before its contracts. Default 0.")
@reading
def replay(options: Options, *, to_block: int | None, governor: str | None, from_block: int | None) -> None:
    """Recompute votes, tallies, states and the policy from raw logs, and compare with logs and contracts."""
    from dao.commands.audit_governor import replay_governor

    if governor is not None:
        replay_governor(options, governor, from_block=from_block or 0, to_block=to_block)
        return
    if from_block is not None:
        raise click.UsageError("--from-block goes with --governor; a deployment file says where it begins")
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
