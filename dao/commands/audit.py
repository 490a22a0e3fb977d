"""`dao audit`: recompute instead of trusting."""

from __future__ import annotations

from pathlib import Path

import click

from dao.commands import audit_collect, audit_diff, audit_prove, audit_report
from dao.commands.options import Options, reading


@click.group("audit", epilog="Example: dao audit replay --json > report.json")
def command() -> None:
    """Replay the chain's logs and compare; exit code 3 where anything disagrees."""


command.add_command(audit_collect.collect_command)
command.add_command(audit_prove.command)


@command.command("replay", epilog="Example: dao audit replay evidence")
@click.argument("bundle", type=click.Path(path_type=Path, exists=True, file_okay=False), required=False)
@click.option("--to-block", type=click.IntRange(0), help="Audit up to this block; the newest if not given.")
@click.option("--governor", metavar="ADDRESS", help="Audit any OpenZeppelin Governor or GovernorBravo instead.")
@click.option("--from-block", type=click.IntRange(0), help="With --governor: a block before its contracts. Default 0.")
@reading
def replay(
    options: Options, *, bundle: Path | None, to_block: int | None, governor: str | None, from_block: int | None
) -> None:
    """Recompute votes, tallies, states and the policy from raw logs, and compare with logs and contracts.

    With BUNDLE, a folder that `dao audit collect` made, no node is asked: the logs are compared with each other alone,
    and `dao audit prove` compares them with the proven state.
    """
    from dao.commands.audit_governor import replay_governor, replay_governor_bundle
    from dao.commands.examined import foreign

    if governor is not None:
        if bundle is not None:
            raise click.UsageError("--governor asks a node; a bundle says itself whose evidence it is")
        replay_governor(options, governor, from_block=from_block or 0, to_block=to_block)
        return
    if from_block is not None:
        raise click.UsageError("--from-block goes with --governor; a deployment file says where it begins")
    held = None if bundle is None else foreign(bundle)
    if held is not None:
        if to_block is not None:
            raise click.UsageError("--to-block is for a node; a bundle ends where it was collected to")
        replay_governor_bundle(options, held)
        return
    from dao.commands.examined import examined
    from dao.render.audit import report_view
    from dao.render.console import show, show_json

    audited, unit = examined(options, bundle, to_block)
    if options.json:
        show_json(audited.report.as_dict())
    else:
        show(report_view(audited.report, unit))
    if audited.report.findings:
        raise click.exceptions.Exit(3)


command.add_command(audit_report.report_command)
command.add_command(audit_diff.diff_command)
