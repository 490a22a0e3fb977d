"""Options of the commands that look at policies over a range of epochs, by any name and in any unit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from dao.commands.options import Options
    from dao.document.quantities import Units
    from dao.lifecycle.subject import Subjects

F = TypeVar("F", bound=Callable[..., Any])

EPOCHS = 260
"""How many epochs are looked at unless somebody says: five years of weeks."""


def horizon(function: F) -> F:
    """`--first` and `--epochs`."""
    last = 2**32 - 1
    epochs = click.option(
        "--epochs", type=click.IntRange(1), default=EPOCHS, show_default=True, help="How many epochs to look at."
    )
    first = click.option(
        "--first",
        type=click.IntRange(0, last),
        help="The first of them; the current one if not given, 0 off the chain.",
    )
    return first(epochs(function))


def named(function: F) -> F:
    """`--presets` and `--unit`: how policies off the chain are found and read."""
    presets = click.option(
        "--presets",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("proposals") / "presets",
        show_default=True,
        help="Folder of the presets.",
    )
    unit = click.option(
        "--unit",
        metavar="SYMBOL:DECIMALS",
        callback=_unit,
        help="Unit of a policy file's amounts, such as RENDER:18; else the deployment's, the preset's, or wei.",
    )
    return presets(unit(function))


def assuming(function: F) -> F:
    """`--assume`: what reporters are taken to report."""
    return click.option(
        "--assume",
        metavar="STREAM=VALUE",
        multiple=True,
        callback=_assumed,
        help="Take it that VALUE is reported for STREAM in every epoch without a report, such as data=0.5.",
    )(function)


def _assumed(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs = [value.split("=", 1) for value in values]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):
        raise click.BadParameter("expected a stream, = and a value, such as data=0.5 or data=1_000 RWD")
    return {stream: value.strip() for stream, value in pairs}


def subjects(options: Options, presets: Path, unit: Units | None) -> Subjects:
    """Finds policies by name; the chain is asked only where a name needs it."""
    from dao.lifecycle.subject import Subjects

    return Subjects(open_session=options.session, presets=presets, units=unit)


def _unit(context: click.Context, parameter: click.Parameter, value: str | None) -> Units | None:
    if value is None:
        return None
    from dao.document.quantities import Units

    symbol, _, decimals = value.rpartition(":")
    if not symbol or not (decimals.isascii() and decimals.isdecimal()) or int(decimals) > 36:
        raise click.BadParameter("expected a symbol, a colon and 0 to 36 decimals, such as RENDER:18")
    return Units(symbol, int(decimals))
