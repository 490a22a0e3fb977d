"""`dao policy`: the reward policy in force."""

from __future__ import annotations

import click

from dao.commands import policy_diff, policy_export, policy_forecast, policy_impact, policy_presets, policy_report
from dao.commands.options import Options, reading


@click.group("policy", epilog="Example: dao policy show")
def command() -> None:
    """Read the reward policy, now and in any epoch, and report what it waits for."""


command.add_command(policy_diff.diff)
command.add_command(policy_export.export)
command.add_command(policy_forecast.forecast)
command.add_command(policy_impact.impact)
command.add_command(policy_presets.presets)
command.add_command(policy_report.report)


@command.command("show", epilog="Example: dao policy show --json")
@reading
def show_current(options: Options) -> None:
    """Show what every stream may pay in the current epoch."""
    _show(options, None)


@command.command("at", epilog="Example: dao policy at 14; dao policy at 2027-01-01")
@click.argument("epoch")
@reading
def at(options: Options, *, epoch: str) -> None:
    """Show what every stream may pay in EPOCH: its number, or a date within it."""
    _show(options, epoch)


@command.command("history", epilog="Example: dao policy history --stream compute/jobs")
@click.option("--stream", help="Only what changed this stream, or how it is split.")
@reading
def history(options: Options, stream: str | None) -> None:
    """List every change of the policy, with the proposal that made it."""
    from dao.lifecycle.policy import policy_history
    from dao.render.console import show, show_json
    from dao.render.policy import history_json, history_table

    session = options.session()
    changes = policy_history(session, stream)
    if options.json:
        show_json(history_json(changes, session.deployment))
    else:
        show(history_table(changes, session.deployment))


def _show(options: Options, epoch: str | None) -> None:
    from dao.document.quantities import parse_timestamp
    from dao.lifecycle.policy import policy_at, read_policy
    from dao.render.console import show, show_json
    from dao.render.policy import policy_json, policy_tree

    session = options.session()
    number: int | None = None
    if epoch is not None:
        is_number = epoch.isdecimal() and epoch.isascii()
        number = int(epoch) if is_number else read_policy(session).epoch_at(parse_timestamp(epoch))
    result = policy_at(session, number)
    if options.json:
        show_json(policy_json(result, session.deployment))
    else:
        show(policy_tree(result, session.deployment))
