"""`dao epoch proof`: what an account is paid, proven out of the local files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dao.commands.options import Options, offline

if TYPE_CHECKING:
    from dao.document.quantities import Units
    from dao.lifecycle.epochs.local import Local, Selection

_NUMBER = click.IntRange(0, 2**32 - 1)


def selecting(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which publications are meant, and where the folders of epochs are."""
    for option in reversed(_SELECTING):
        function = option(function)
    return function


_SELECTING = [
    click.option("--epoch", "epoch", type=_NUMBER, multiple=True, help="Only this epoch; may be given several times."),
    click.option(
        "--stream", "stream", multiple=True, metavar="PATH", help="Only this stream; may be given several times."
    ),
    click.option("--series", type=_NUMBER, help="Only this series: 0 for main publications, 1, 2, … for supplements."),
    click.option(
        "--epochs",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("epochs"),
        show_default=True,
        help="Folder of the epochs' folders, as `dao epoch compute` writes them.",
    ),
]


def selection(epoch: tuple[int, ...], stream: tuple[str, ...], series: int | None) -> Selection:
    """What those options select."""
    from dao.lifecycle.epochs.local import Selection

    return Selection(epochs=epoch, streams=stream, series=series)


@click.command(
    "proof",
    epilog="Example: dao epoch proof --account 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --epoch 5 --json",
)
@selecting
@offline
def proof_command(
    options: Options, *, epochs: Path, epoch: tuple[int, ...], stream: tuple[str, ...], series: int | None
) -> int:
    """Show what an account is paid, and prove it, out of the local folders of epochs; no network is asked.

    Every proof is verified up to the root in the epoch's summary. With --json each comes as the call that claims it,
    for a block explorer, ethers, or any other wallet. Ends with 1 where a folder cannot be read.
    """
    from dao.lifecycle.epochs.proof import prove
    from dao.render.claims import proof_json, proof_view
    from dao.render.console import show, show_json
    from dao.render.progress import progress

    account = options.subject()
    with progress(hidden=options.json) as told:
        local = prove(epochs, account, selection(epoch, stream, series), told=told)
    if options.json:
        show_json(proof_json(local))
    else:
        show(proof_view(local, _unit(options, local)))
    return 1 if local.unreadable else 0


def _unit(options: Options, local: Local) -> Units | None:
    """The token's unit, by the deployment file; None where there is none, or it is another deployment's."""
    from dao.document.quantities import Units
    from dao.errors import DeploymentError
    from dao.lifecycle.journal import load_complete

    made = local.payouts[0].publication if local.payouts else None
    if made is None:
        return None
    try:
        deployment = load_complete(options.deployment_path(made.chain_id))
    except DeploymentError:
        if options.deployment is not None:
            raise
        return None
    if (deployment.chain_id, deployment.addresses.distributor) != (made.chain_id, made.distributor):
        return None
    return Units(deployment.symbol, deployment.decimals)
