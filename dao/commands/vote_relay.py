"""`dao vote relay`: ballots that others signed, sent."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dao.commands.options import Options, sending

if TYPE_CHECKING:
    from dao.lifecycle.ballots.relay import Plan


@click.command("relay", epilog="Example: dao vote relay ballots/*.json --account alice --yes")
@click.argument(
    "ballots", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE..."
)
@sending
def relay_command(options: Options, *, ballots: tuple[Path, ...]) -> int:
    """Send signed ballots: each FILE is checked, and what is valid goes into as few transactions as gas allows.

    Anybody may send them, and nobody can change them. A ballot that became invalid meanwhile is passed over and does
    not hold up the others. Run it again after an interruption: nothing is sent twice. Ends with 1 unless every voter's
    weight is cast.
    """
    from dao.lifecycle.ballots.journal import RelayJournal, journal_path
    from dao.lifecycle.ballots.relay import relay
    from dao.render.ballots import relayed_json, relayed_view
    from dao.render.console import show, show_json
    from dao.render.progress import progress

    session = options.session()
    session.require_signer()
    journal = RelayJournal(journal_path(options.deployment_path(session.connection.chain_id)))
    with progress(hidden=options.json) as told:
        relayed = relay(session, list(dict.fromkeys(ballots)), journal=journal, confirm=_confirm(options), told=told)
    if options.json:
        show_json(relayed_json(relayed))
    else:
        show(relayed_view(relayed, session.deployment))
    return 0 if relayed.complete else 1


def _confirm(options: Options) -> Callable[[Plan], None]:
    """Shows the plan, and asks unless --yes was given."""

    def confirm(plan: Plan) -> None:
        from dao.render.ballots import plan_view
        from dao.render.console import err

        if not options.json:
            err().print(plan_view(plan))
        if not options.yes and options.unsigned is None:
            if options.json or not sys.stdin.isatty():
                raise click.UsageError("nobody is here to confirm the transactions: add --yes to send them")
            click.confirm("Send them?", abort=True, err=True)

    return confirm
