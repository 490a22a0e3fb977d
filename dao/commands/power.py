"""`dao power`: an account's voting power."""

from __future__ import annotations

import click

from dao.commands.options import Options, address, reading


@click.command("power", epilog="Example: dao power 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --proposal latest")
@click.argument("account")
@click.option("--proposal", "reference", metavar="ID", help="Also the power at this proposal's snapshot.")
@reading
def command(options: Options, *, account: str, reference: str | None) -> None:
    """Show the balance, delegate and voting power of ACCOUNT, and why they differ."""
    from dao.lifecycle.power import power
    from dao.lifecycle.proposals import find
    from dao.render.console import show, show_json
    from dao.render.voter import power_json, power_view

    session = options.session()
    snapshot = find(session, reference).snapshot if reference else None
    result = power(session, address(account), snapshot=snapshot)
    if options.json:
        show_json(power_json(result))
    else:
        show(power_view(result, session.deployment))
