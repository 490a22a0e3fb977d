"""`dao status`: the deployment at a glance."""

from __future__ import annotations

import click

from dao.commands.options import Options, reading


@click.command("status", epilog="Example: dao status --rpc http://127.0.0.1:8545 --json")
@reading
def command(options: Options) -> None:
    """Show the deployment's addresses, settings, supply, epoch and proposals."""
    from dao.lifecycle.proposals import all_proposals
    from dao.lifecycle.status import status
    from dao.render.console import show, show_json
    from dao.render.status import status_json, status_view

    session = options.session()
    result = status(session, [proposal.proposal_id for proposal in all_proposals(session)])
    if options.json:
        show_json(status_json(result))
    else:
        show(status_view(result))
