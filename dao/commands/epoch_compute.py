"""`dao epoch compute`: from contribution files to what each account is paid."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from dao.commands.options import Options, reading


def of_contributions(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that name an epoch and what it is computed from."""
    for option in reversed(_INPUTS):
        function = option(function)
    return function


_INPUTS = [
    click.option("--epoch", type=click.IntRange(0, 2**32 - 1), required=True, help="The epoch that is paid."),
    click.option(
        "--contributions",
        "files",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        multiple=True,
        required=True,
        help="CSV or Parquet: account, stream, units, and what the policy reads, such as class. As often as wanted.",
    ),
    click.option(
        "--epochs",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("epochs"),
        show_default=True,
        help="Folder of epochs: earlier ones are read there, and a computed one is written there.",
    ),
    click.option(
        "--engine",
        default="duckdb",
        show_default=True,
        metavar="ENGINE",
        help="What validates, joins and sums: duckdb here, or Spark as local[N] or spark://HOST:PORT.",
    ),
    click.option(
        "--quarantine",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Set bad rows apart in this CSV file, instead of stopping at them.",
    ),
    click.option(
        "--from-nothing",
        is_flag=True,
        help="Begin streaks, averages and monthly caps with this epoch where earlier ones are not there.",
    ),
]


@click.command(
    "compute",
    epilog="Example: dao epoch compute --epoch 5 --contributions examples/contributions.csv",
)
@of_contributions
@click.option("--supplementary", is_flag=True, help="Compute what the epoch's publications paid too little.")
@reading
def compute_command(
    options: Options,
    *,
    epoch: int,
    files: tuple[Path, ...],
    epochs: Path,
    engine: str,
    quarantine: Path | None,
    supplementary: bool,
    from_nothing: bool,
) -> None:
    """Compute what EPOCH pays each account under the policy in force, and the Merkle tree of it.

    Every row is validated; a bad one stops the epoch unless --quarantine sets it apart. The same contributions give the
    same bytes, in any order of rows and files and on either engine. Rows of one account add up; where the files have a
    column `id`, no id may stand twice.
    """
    from dao.payouts.libraries import require_extra

    require_extra("payouts")
    from dao.lifecycle.epochs.compute import compute_epoch
    from dao.payouts.following import Inputs
    from dao.render.computed import computed_json, computed_view
    from dao.render.console import show, show_json
    from dao.render.progress import progress

    inputs = Inputs(
        epoch=epoch,
        contributions=files,
        epochs=epochs,
        engine=engine,
        quarantine=quarantine,
        from_nothing=from_nothing,
    )
    session = options.reading_session()
    with progress(hidden=options.json) as told:
        computed = compute_epoch(session, inputs, supplementary=supplementary, told=told)
    if options.json:
        show_json(computed_json(computed))
    else:
        show(computed_view(computed, session.deployment))
