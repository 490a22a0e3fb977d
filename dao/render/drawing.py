"""A forecast as an SVG drawing: stacked steps by stream, axes with units and dates, exact figures in its table.

The same forecast gives the same bytes. Every coordinate is an integer, every number in the text exact, and every text
from outside escaped; nothing is loaded from anywhere and no script runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape as escape_markup

from dao.document.quantities import Units
from dao.lifecycle.forecast import Forecast, Line
from dao.render import units
from dao.render.amounts import amount, number
from dao.render.scale import nice_step, spread
from dao.render.text import escape

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#7f7f7f")
"""Okabe and Ito's palette, which people who confuse colours tell apart; more streams repeat it."""

_WIDTH, _LEFT, _RIGHT, _TOP = 960, 110, 48, 84
"""The least width and left margin (pixels): long figures take more."""

_LETTER = 9
"""More than the average width of a letter (pixels)."""

_PLOT = 340
_BELOW = 76
_ROW = 22
_TICKS = 5
_DATES = 6
_COLUMNS = 1_600
"""At most so many steps are drawn; of a longer horizon, every n-th epoch."""

_STYLE = (
    "text{font:13px system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;fill:#222}"
    ".title{font-size:18px;font-weight:600}.small{font-size:12px;fill:#555}"
    ".end{text-anchor:end}.middle{text-anchor:middle}.whole{font-weight:600}"
    ".grid{stroke:#ddd}.axis{stroke:#555}.waits{fill:#999;fill-opacity:.25}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """From epochs and amounts to pixels: `top` wei fill the plot's height, `epochs` what is left of the width."""

    first: int
    epochs: int
    top: int
    left: int
    width: int

    @property
    def right(self) -> int:
        """The right edge of the plot."""
        return self.width - _RIGHT

    @property
    def middle(self) -> int:
        """The middle of the plot, from left to right."""
        return (self.left + self.right) // 2

    @property
    def bottom(self) -> int:
        """The height of zero."""
        return _TOP + _PLOT

    def x(self, epoch: int) -> int:
        """The left edge of `epoch`."""
        return self.left + (epoch - self.first) * (self.right - self.left) // self.epochs

    def y(self, value: int) -> int:
        """The height at which `value` (wei) stands."""
        return self.bottom - (value * _PLOT + self.top // 2) // self.top


def forecast_svg(forecast: Forecast, unit: Units) -> str:
    """The drawing, in UTF-8 with a line feed at its end."""
    highest = max((value for value in forecast.root.amounts if value is not None), default=0)
    highest = max([highest, *_stack_tops(forecast.lines)])
    step = nice_step(highest, _TICKS)
    top = step * max(1, -(-highest // step))
    left = max(_LEFT, _LETTER * max(len(grouped(value, unit)) for value in range(0, top + 1, step)) + 44)
    names, *figures = _widths(forecast, unit)
    width = max(_WIDTH, left + names + sum(figures) + _RIGHT)
    frame = _Frame(first=forecast.horizon.first, epochs=len(forecast.horizon), top=top, left=left, width=width)
    height = frame.bottom + _BELOW + _ROW * (len(forecast.lines) + 3)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title about" {_size(width, height)}>',
        f'<title id="title">{markup(title(forecast))}</title>',
        f'<desc id="about">{markup(about(forecast, unit))}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        _text(left, 34, title(forecast), "title"),
        _text(left, 56, about(forecast, unit), "small"),
        *_amounts_axis(frame, step, unit),
        *_areas(forecast, frame),
        *_gaps(forecast, frame),
        *_epochs_axis(forecast, frame),
        *_table(forecast, unit, frame, (width - _RIGHT - figures[1] - figures[2], width - _RIGHT - figures[2])),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _size(width: int, height: int) -> str:
    return f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'


def title(forecast: Forecast) -> str:
    """What the drawing shows, in a line."""
    return f"Emission per epoch: {_short(forecast.name)}"


def about(forecast: Forecast, unit: Units) -> str:
    """Epochs, unit and policy, in a line."""
    policy, horizon = forecast.policy, forecast.horizon
    moments = ""
    if forecast.dated:
        begin, end = policy.start_of(horizon.first), policy.start_of(horizon.last + 1)
        moments = f", {units.moment(begin)[:10]} to {units.moment(end)[:10]} UTC"
    return (
        f"{horizon} of {units.duration(policy.epoch_length)}{moments} · amounts in {_short(unit.symbol)}"
        f" · policy 0x{policy.hash.hex()[:12]}…"
    )


def markup(text: object) -> str:
    """`text` as a part of SVG or HTML: nothing in it is markup, and nothing in it is invisible."""
    return escape_markup(escape(str(text)))


def colour(index: int) -> str:
    """The colour of the stream number `index`."""
    return COLOURS[index % len(COLOURS)]


def _short(text: str) -> str:
    return text if len(text) <= 60 else "…" + text[-59:]


def _text(x: int, y: int, text: object, style: str = "", more: str = "") -> str:
    kind = f' class="{style}"' if style else ""
    return f'<text x="{x}" y="{y}"{kind}{more}>{markup(text)}</text>'


def _stack_tops(lines: Sequence[Line]) -> Iterator[int]:
    for column in zip(*(line.amounts for line in lines), strict=True):
        yield sum(value or 0 for value in column)


def _amounts_axis(frame: _Frame, step: int, unit: Units) -> Iterator[str]:
    for value in range(0, frame.top + 1, step):
        y = frame.y(value)
        yield f'<line class="grid" x1="{frame.left}" y1="{y}" x2="{frame.right}" y2="{y}"/>'
        yield _text(frame.left - 10, y + 4, grouped(value, unit), "end small")
    middle = _TOP + _PLOT // 2
    turned = f' transform="rotate(-90 24 {middle})"'
    yield _text(24, middle, f"{_short(unit.symbol)} per epoch", "middle small", turned)


def grouped(value: int, unit: Units) -> str:
    """`value` (wei) in tokens, exactly, thousands apart: `1_105_000.5`."""
    whole, _, fraction = number(value, unit).partition(".")
    return f"{int(whole):_}" + (f".{fraction}" if fraction else "")


def _epochs_axis(forecast: Forecast, frame: _Frame) -> Iterator[str]:
    y = frame.bottom
    yield f'<line class="axis" x1="{frame.left}" y1="{y}" x2="{frame.right}" y2="{y}"/>'
    for epoch in spread(frame.first, frame.first + frame.epochs, _DATES):
        x = frame.x(epoch)
        yield f'<line class="axis" x1="{x}" y1="{y}" x2="{x}" y2="{y + 5}"/>'
        yield _text(x, y + 20, epoch, "middle small")
        if forecast.dated:
            yield _text(x, y + 36, units.moment(forecast.policy.start_of(epoch))[:10], "middle small")
    word = "epoch, and the day on which it begins (UTC)" if forecast.dated else "epoch"
    yield _text(frame.middle, y + 56, word, "middle small")


def _areas(forecast: Forecast, frame: _Frame) -> Iterator[str]:
    stride = -(-frame.epochs // _COLUMNS)
    places = range(0, frame.epochs, stride)
    below = [0] * len(places)
    for index, line in enumerate(forecast.lines):
        above = [base + (line.amounts[place] or 0) for base, place in zip(below, places, strict=True)]
        edges = [frame.x(frame.first + place) for place in places] + [frame.x(frame.first + frame.epochs)]
        path = _outline(edges, [frame.y(value) for value in above], [frame.y(value) for value in below])
        if path:
            yield f'<path fill="{colour(index)}" d="{path}"><title>{markup(line.stream)}</title></path>'
        below = above


def _outline(edges: Sequence[int], above: Sequence[int], below: Sequence[int]) -> str:
    """The steps along `above` from left to right and back along `below`; empty where they are one."""
    if above == below:
        return ""
    out = f"M{edges[0]} {above[0]}"
    for index in range(1, len(above)):
        if above[index] != above[index - 1]:
            out += f"H{edges[index]}V{above[index]}"
    out += f"H{edges[-1]}V{below[-1]}"
    for index in range(len(below) - 1, 0, -1):
        if below[index] != below[index - 1]:
            out += f"H{edges[index]}V{below[index - 1]}"
    return out + f"H{edges[0]}Z"


def _gaps(forecast: Forecast, frame: _Frame) -> Iterator[str]:
    """Grey over the epochs in which an amount waits for a report."""
    begin: int | None = None
    waits = [
        any(line.amounts[index] is None for line in (forecast.root, *forecast.lines)) for index in range(frame.epochs)
    ]
    for index, waiting in enumerate([*waits, False]):
        if waiting and begin is None:
            begin = index
        elif not waiting and begin is not None:
            left, right = frame.x(frame.first + begin), frame.x(frame.first + index)
            box = f'x="{left}" y="{_TOP}" width="{right - left}" height="{_PLOT}"'
            yield f'<rect class="waits" {box}><title>waits for a report</title></rect>'
            begin = None


def _headings(forecast: Forecast) -> tuple[str, str, str]:
    horizon = forecast.horizon
    return f"epoch {horizon.first}", f"epoch {horizon.last}", f"sum of {horizon}"


def _widths(forecast: Forecast, unit: Units) -> list[int]:
    """How wide the table's columns are (pixels): the names, then each figure."""
    lines = (forecast.root, *forecast.lines)
    rows = [(_name(line), *_figures(line, unit)) for line in lines] + [("stream", *_headings(forecast))]
    return [_LETTER * (max(map(len, column)) + 3) for column in zip(*rows, strict=True)]


def _name(line: Line) -> str:
    return _short(line.stream)


def _table(forecast: Forecast, unit: Units, frame: _Frame, columns: tuple[int, int]) -> Iterator[str]:
    top, places = frame.bottom + _BELOW + 14, (*columns, frame.right)
    for x, heading in zip(places, _headings(forecast), strict=True):
        yield _text(x, top, heading, "end small")
    yield _text(frame.left, top, "stream", "small")
    for index, line in enumerate(forecast.lines):
        y = top + _ROW * (index + 1)
        yield f'<rect x="{frame.left - 22}" y="{y - 11}" width="12" height="12" fill="{colour(index)}"/>'
        yield from _row(_name(line), _figures(line, unit), frame.left, places, y)
    if [line.stream for line in forecast.lines] == [forecast.root.stream]:
        return
    y = top + _ROW * (len(forecast.lines) + 1)
    yield from _row("all streams", _figures(forecast.root, unit), frame.left, places, y, whole=True)
    if any(line.waiting for line in (forecast.root, *forecast.lines)):
        note = "* without the epochs, grey above, whose amount waits for a report"
        yield _text(frame.left, y + _ROW, note, "small")


def _row(
    name: str, figures: Sequence[str], left: int, places: Sequence[int], y: int, *, whole: bool = False
) -> Iterator[str]:
    yield _text(left, y, name, "whole" if whole else "")
    for x, shown in zip(places, figures, strict=True):
        yield _text(x, y, shown, "end whole" if whole else "end")


def _figures(line: Line, unit: Units) -> tuple[str, str, str]:
    note = " *" if line.waiting else ""
    return amount(line.amounts[0], unit), amount(line.amounts[-1], unit), amount(line.total, unit) + note
