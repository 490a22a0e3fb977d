"""`dao epoch reconcile`: what was earned, published and claimed, recomputed from contributions and logs."""

from __future__ import annotations

from pathlib import Path

import click

from dao.commands.epoch_compute import of_contributions
from dao.commands.options import Options, reading


@click.command("reconcile", epilog="Example: dao epoch reconcile --epoch 5 --contributions examples/contributions.csv")
@of_contributions
@click.option(
    "--series", type=click.IntRange(0, 2**32 - 1), default=0, help="Number of a supplementary publication; 0 if not."
)
@reading
def reconcile_command(
    options: Options,
    *,
    epoch: int,
    files: tuple[Path, ...],
    epochs: Path,
    engine: str,
    quarantine: Path | None,
    from_nothing: bool,
    series: int,
) -> None:
    """Recompute EPOCH from its contributions and the policy as replayed from logs, and compare with the chain.

    Emissions, totals, Merkle roots and every claim are compared, and each amount is named with the proposal that
    authorised it. Exit code 3 where anything differs.
    """
    from dao.payouts.libraries import require_extra

    require_extra("payouts")
    from dao.audit.reconcile import reconcile
    from dao.payouts.following import Inputs
    from dao.render.console import show, show_json
    from dao.render.progress import progress
    from dao.render.reconciled import reconciliation_json, reconciliation_view

    inputs = Inputs(
        epoch=epoch,
        contributions=files,
        epochs=epochs,
        engine=engine,
        quarantine=quarantine,
        from_nothing=from_nothing,
    )
    session = options.reading_session()
    deployment = session.deployment
    with progress(hidden=options.json) as told:
        found = reconcile(
            session.connection,
            deployment.addresses,
            inputs,
            from_block=deployment.start_block,
            series=series,
            progress=told,
        )
    if options.json:
        show_json(reconciliation_json(found))
    else:
        show(reconciliation_view(found, deployment))
    if found.findings:
        raise click.exceptions.Exit(3)
