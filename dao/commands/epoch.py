"""`dao epoch`: what an epoch pays, from contributions to claimed tokens."""

from __future__ import annotations

import click

from dao.commands import (
    epoch_claim,
    epoch_compute,
    epoch_disputes,
    epoch_history,
    epoch_proof,
    epoch_publish,
    epoch_reconcile,
)
from dao.commands.options import Options, reading


@click.group("epoch", epilog="Example: dao epoch status")
def command() -> None:
    """Compute, publish, dispute, claim and reconcile what contributors are paid."""


command.add_command(epoch_compute.compute_command)
command.add_command(epoch_publish.publish_command)
command.add_command(epoch_disputes.dispute_command)
command.add_command(epoch_disputes.answer_command)
command.add_command(epoch_disputes.void_command)
command.add_command(epoch_disputes.lapse_command)
command.add_command(epoch_proof.proof_command)
command.add_command(epoch_claim.claim_command)
command.add_command(epoch_history.history_command)
command.add_command(epoch_reconcile.reconcile_command)


@command.command("status", epilog="Example: dao epoch status --epoch 5")
@click.option("--epoch", type=click.IntRange(0, 2**32 - 1), help="Only this epoch.")
@reading
def status_command(options: Options, *, epoch: int | None) -> None:
    """Show what is published, disputed, open, paid and lapsed, and which epochs wait for a publication."""
    from dao.lifecycle.epochs.overview import overview
    from dao.render.console import show, show_json
    from dao.render.epochs import overview_json, overview_view

    session = options.reading_session()
    found = overview(session, epoch=epoch)
    if options.json:
        show_json(overview_json(found))
    else:
        show(overview_view(found, session.deployment))
