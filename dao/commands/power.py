"""`dao power`: an account's voting power."""

from __future__ import annotations

import click

from dao.commands.options import Options, address, owning


@click.command(
    "power",
    epilog="Examples: dao power --account alice; "
    "dao power 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --proposal latest",
)
@click.argument("holder", metavar="[ACCOUNT]", required=False)
@click.option("--proposal", "reference", metavar="ID", help="Also the power at this proposal's snapshot.")
@owning
def command(options: Options, *, holder: str | None, reference: str | None) -> None:
    """Show the balance, delegate and voting power of ACCOUNT, your own if none is given, and why they differ."""
    from dao.lifecycle.power import power
    from dao.lifecycle.proposals import find
    from dao.render.console import show, show_json
    from dao.render.voter import power_json, power_view

    session = options.reading_session()
    snapshot = find(session, reference).snapshot if reference else None
    result = power(session, address(holder) if holder else options.own_address(), snapshot=snapshot)
    if options.json:
        show_json(power_json(result))
    else:
        show(power_view(result, session.deployment))
