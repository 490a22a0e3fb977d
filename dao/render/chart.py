"""A forecast as a chart in the terminal, with a table of the exact figures below it."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_uppercase

import plotille
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dao.document.quantities import Units
from dao.lifecycle.forecast import Forecast, Line
from dao.render import units
from dao.render.amounts import amount, number
from dao.render.scale import nice_step
from dao.render.text import escape, plain

_COLOURS = ("bright_blue", "bright_yellow", "bright_green", "bright_magenta", "bright_cyan", "bright_red", "white")
_TICKS = 5
"""At most so many round numbers on the axis of amounts, beside zero."""

_ROWS = 20
_COLUMNS_PER_TICK = 10
_AROUND = 16
"""Columns beside a chart and the labels of its amounts: the axis, its arrow, and the word behind it."""


def forecast_view(forecast: Forecast, unit: Units, *, width: int, colours: bool) -> RenderableType:
    """The chart and its table.

    Args:
        forecast: What is shown.
        unit: What its amounts are in.
        width: Columns of the terminal.
        colours: Whether lines have colours; they have letters anyway.
    """
    lines = (forecast.root, *(line for line in forecast.lines if line.stream != forecast.root.stream))
    first, last = forecast.horizon.first, forecast.horizon.last
    head = Text.assemble(plain(forecast.name, "bold"), f"  {forecast.horizon}", _dates(forecast))
    chart = Text.from_ansi(_chart(forecast, lines, unit, width=width, colours=colours))
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("")
    table.add_column("stream", overflow="fold")
    for heading in (f"epoch {first}", f"epoch {last}", "sum"):
        table.add_column(heading, justify="right", overflow="fold")
    for index, line in enumerate(lines):
        style = _COLOURS[index % len(_COLOURS)] if colours else ""
        table.add_row(
            Text(_letter(index), style=style),
            plain(line.stream),
            amount(line.amounts[0], unit),
            amount(line.amounts[-1], unit),
            amount(line.total, unit) + (" *" if line.waiting else ""),
        )
    notes = [Text("* without epochs whose amount waits for a report", style="dim")] if _waits(lines) else []
    return Group(head, "", chart, "", table, *notes)


def _chart(forecast: Forecast, lines: tuple[Line, ...], unit: Units, *, width: int, colours: bool) -> str:
    highest = max((value for line in lines for value in line.amounts if value is not None), default=0)
    step = nice_step(highest, _TICKS)
    ticks = max(1, -(-highest // step))
    rows = _ROWS // ticks
    labels = [number(step * tick, unit) for tick in range(ticks + 1)]
    figure = plotille.Figure()
    figure.with_colors = colours
    figure.height = ticks * rows
    first, epochs = forecast.horizon.first, len(forecast.horizon)
    # So wide that every mark below the chart stands at the beginning of an epoch.
    room = max(2, (width - max(map(len, labels)) - _AROUND) // _COLUMNS_PER_TICK)
    per_mark = -(-epochs // room)
    marks = -(-epochs // per_mark)
    figure.width = marks * _COLUMNS_PER_TICK
    figure.set_x_limits(first, first + marks * per_mark)
    figure.set_y_limits(0, ticks)
    figure.x_label, figure.y_label = "epoch", escape(unit.symbol)
    figure.x_ticks_fkt = lambda low, high: str(round(low))
    figure.y_ticks_fkt = lambda low, high: _tick(low, rows, labels)
    for index, line in enumerate(lines):
        colour = _COLOURS[index % len(_COLOURS)] if colours else None
        for begin, amounts in _runs(line.amounts):
            # Floats place dots and nothing else.
            heights = [value / step for value in amounts for _ in "be"]
            places = [first + begin + offset for offset in range(len(amounts)) for offset in (offset, offset + 1)]
            figure.plot(places, heights, lc=colour)
        at = (index + 1) * epochs // (len(lines) + 1)
        value = line.amounts[at]
        if value is not None:
            # The topmost row is beyond what plotille can write a letter on.
            height = min(value / step, ticks - 1 / rows)
            figure.text([first + at], [height], [_letter(index)], lc=colour)
    return str(figure.show())


def _runs(amounts: tuple[int | None, ...]) -> Iterator[tuple[int, list[int]]]:
    """The decided amounts without a gap, each run with the place where it begins."""
    run: list[int] = []
    for index, value in enumerate((*amounts, None)):
        if value is not None:
            run.append(value)
        elif run:
            yield index - len(run), run
            run = []


def _tick(low: float, rows: int, labels: list[str]) -> str:
    """The label of the row of text that begins at `low` ticks; most have none."""
    row = round(low * rows)
    label = "" if row % rows else labels[row // rows]
    return label.rjust(max(map(len, labels)))


def _letter(index: int) -> str:
    return ascii_uppercase[index] if index < len(ascii_uppercase) else "·"


def _dates(forecast: Forecast) -> str:
    policy, horizon = forecast.policy, forecast.horizon
    if not forecast.dated:
        return f"  each {units.duration(policy.epoch_length)}"
    begins, ends = units.moment(policy.start_of(horizon.first)), units.moment(policy.start_of(horizon.last + 1))
    return f"  {begins[:10]} to {ends[:10]}, each {units.duration(policy.epoch_length)}"


def _waits(lines: tuple[Line, ...]) -> bool:
    return any(line.waiting for line in lines)
