"""`dao epoch history`: what an account was paid, and what is still to come."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from dao.commands.epoch_proof import selection
from dao.commands.options import Options, asking

if TYPE_CHECKING:
    from dao.lifecycle.epochs.local import Local, Told
    from dao.types import Address


@click.command("history", epilog="Example: dao epoch history --account alice --csv payouts.csv")
@click.option("--csv", "table", type=click.Path(path_type=Path, dir_okay=False), help="Write the rows to this file.")
@click.option(
    "--epochs",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("epochs"),
    show_default=True,
    help="Folder of the epochs' folders; where it is not there, only what was paid is shown.",
)
@asking
def history_command(options: Options, *, table: Path | None, epochs: Path) -> None:
    """Show every payout of an account: epoch, stream, amount, when, in which transaction, to whom.

    What was paid comes from the chain's logs. What is open, waits, or lapsed comes from the local folders of epochs,
    each compared with what is published. Totals per stream stand below.
    """
    from dao.lifecycle.epochs.history import history
    from dao.render.console import show, show_json
    from dao.render.output import save
    from dao.render.payout_history import history_csv, history_json, history_view
    from dao.render.progress import progress
    from dao.render.text import plain

    account = options.subject()
    session = options.reading_session()
    with progress(hidden=options.json) as told:
        local = _local(epochs, account, told)
        found = history(session, account, local, told=told)
    if table is not None:
        from dao.document.quantities import Units

        save(table, history_csv(found, Units(session.deployment.symbol, session.deployment.decimals)))
    if options.json:
        show_json(history_json(found))
    elif table is not None:
        show(plain(f"wrote {table}"))
    else:
        show(history_view(found, session.deployment))


def _local(epochs: Path, account: Address, told: Told) -> Local | None:
    """The account's payouts in the folders; None where there are none and none were named."""
    from dao.lifecycle.epochs.local import payouts_of

    source = click.get_current_context().get_parameter_source("epochs")
    if source is ParameterSource.DEFAULT and not epochs.is_dir():
        return None
    return payouts_of(epochs, account, selection((), (), None), told=told)
