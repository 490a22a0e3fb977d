"""A forecast as an HTML page that stands alone: the drawing, and every step of every stream in a table."""

from __future__ import annotations

from collections.abc import Iterator

from dao.document.quantities import Units
from dao.lifecycle.forecast import Forecast
from dao.render import units
from dao.render.amounts import amount
from dao.render.drawing import about, forecast_svg, markup, title

MAX_ROWS = 5_000
"""The most rows of the table; a policy that moves more often is exported as CSV."""

_STYLE = (
    "body{margin:2rem auto;max-width:72rem;padding:0 1rem;font:15px/1.5 system-ui,sans-serif;color:#222}"
    "svg{max-width:100%;height:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}"
    "th,td{padding:.25rem .6rem;text-align:right;border-bottom:1px solid #ddd;white-space:nowrap}"
    "th:first-child,td:first-child{text-align:left}thead th{position:sticky;top:0;background:#fff}"
    ".scroll{overflow-x:auto}"
)


def forecast_html(forecast: Forecast, unit: Units) -> str:
    """The page, in UTF-8; it loads nothing and runs nothing."""
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            '<meta charset="utf-8">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{markup(title(forecast))}</title>",
            f"<style>{_STYLE}</style>",
            forecast_svg(forecast, unit).rstrip("\n"),
            "<h2>Every step</h2>",
            f"<p>{markup(about(forecast, unit))}. In the epochs of a row nothing changes; amounts are per epoch.</p>",
            '<div class="scroll"><table>',
            *_rows(forecast, unit),
            "</table></div>",
            "</html>",
            "",
        ]
    )


def _rows(forecast: Forecast, unit: Units) -> Iterator[str]:
    lines = (forecast.root, *(line for line in forecast.lines if line.stream != forecast.root.stream))
    headings = ["epochs", *(["from (UTC)"] if forecast.dated else []), *(line.stream for line in lines)]
    yield "<thead><tr>" + "".join(f"<th>{markup(heading)}</th>" for heading in headings) + "</tr></thead><tbody>"
    steps = forecast.steps()
    for first, last in steps[:MAX_ROWS]:
        cells = [str(first) if first == last else f"{first}–{last}"]
        if forecast.dated:
            cells.append(units.moment(forecast.policy.start_of(first))[:10])
        cells += [amount(line.amounts[first - forecast.horizon.first], unit) for line in lines]
        yield "<tr>" + "".join(f"<td>{markup(cell)}</td>" for cell in cells) + "</tr>"
    yield "</tbody>"
    if len(steps) > MAX_ROWS:
        yield f"<caption>the first {MAX_ROWS} of {len(steps)} rows; `dao policy export --format csv` has all</caption>"
