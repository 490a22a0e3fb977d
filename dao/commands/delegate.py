"""`dao delegate`: who votes with your tokens."""

from __future__ import annotations

import click

from dao.commands.options import Options, address, sending


@click.command("delegate", epilog="Example: dao delegate self --from 0x70997970C51812dc3A010C7d01b50e0d17dc79C8")
@click.argument("to")
@sending
def command(options: Options, *, to: str) -> None:
    """Delegate your voting power TO an address, or to `self`.

    Tokens vote only once they are delegated, and count from the next proposal's snapshot on.
    """
    from dao.lifecycle.delegate import delegate
    from dao.render.console import show, show_json
    from dao.render.voter import delegated_json, power_view

    session = options.session()
    target = session.sender if to == "self" else address(to)
    result = delegate(session, target, confirm=options.confirm(session))
    if options.json:
        show_json(delegated_json(result))
        return
    if result.receipt is None:
        show("it is so already; nothing was sent")
    show(power_view(result.power, session.deployment))
