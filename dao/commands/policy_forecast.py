"""`dao policy forecast`: what every stream will be paid, drawn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dao.commands.horizon import assuming, horizon, named, subjects
from dao.commands.options import Options, reading

if TYPE_CHECKING:
    from dao.document.quantities import Units


@click.command("forecast", epilog="Example: dao policy forecast --epochs 260 --output forecast.svg")
@click.argument("policy", default="current")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a drawing instead: an SVG (.svg), or a page with every step (.html).",
)
@horizon
@assuming
@named
@reading
def forecast(
    options: Options,
    *,
    policy: str,
    output: Path | None,
    first: int | None,
    epochs: int,
    assume: dict[str, str],
    presets: Path,
    unit: Units | None,
) -> None:
    """Draw what every stream of POLICY is paid over the coming epochs, as far as it is decided.

    POLICY is what `dao policy diff` takes; with a proposal, what would be paid after it.
    """
    from dao.lifecycle.forecast import forecast as make
    from dao.lifecycle.subject import WEI
    from dao.rewards.outlook import Horizon

    if output is not None and output.suffix not in (".svg", ".html"):
        raise click.UsageError(f"a forecast is drawn as .svg or .html, not as {output.suffix or output.name!r}")
    subject = subjects(options, presets, unit).one(policy)
    ahead = Horizon.of(subject.first_epoch if first is None else first, epochs)
    made = make(subject.assuming(assume, last=ahead.last), ahead)
    shown = subject.units or WEI
    if output is not None:
        from dao.render.console import show, show_json
        from dao.render.drawing import forecast_svg
        from dao.render.output import save
        from dao.render.page import forecast_html

        save(output, forecast_svg(made, shown) if output.suffix == ".svg" else forecast_html(made, shown))
        if options.json:
            show_json({"file": str(output)})
        else:
            show(f"wrote {output}")
    elif options.json:
        from dao.render.console import show_json
        from dao.render.forecast import forecast_json

        show_json(forecast_json(made, shown))
    else:
        from dao.render.chart import forecast_view
        from dao.render.console import out, show

        console = out()
        colours = console.color_system is not None and not console.no_color
        show(forecast_view(made, shown, width=console.width, colours=colours))
