"""The report's charts as SVG: drawn here, so that the page needs neither a script nor a network for them.

Every number in a drawing is an integer. Amounts are cut to nine digits for it; the exact ones stand in the JSON.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape as escape_markup
from typing import Any

import altair as alt
import vl_convert

from dao.audit.document import ClockWord, EpochEntry, Moment, ProposalEntry, ReportDocument
from dao.render.text import escape

BLUE, ORANGE, GREEN, GREY = "#3a78b5", "#d98324", "#3f9b76", "#8a8f98"
"""Told apart by people who confuse colours, and legible on white and on black."""

_FONT = "Liberation Sans"
"""Its widths come with the converter, so that the same report gives the same drawing on every machine."""

_WIDTH, _HEIGHT, _LOW = 640, 210, 130
_DIGITS = 9
_GROUPS = 160
"""At most so many proposals are drawn one by one; of more, so many groups with their least, median and greatest."""

_STEPS = 5
_MILLISECONDS = 1_000


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing, with what it shows in a line and a sentence that says it to those who cannot see it."""

    name: str
    title: str
    about: str
    svg: str


def charts(document: ReportDocument) -> dict[str, Chart]:
    """Every chart that the report has something for, by name."""
    made = itertools.chain(_emission(document), _turnout(document.proposals), _delegation(document), _spread(document))
    return {chart.name: chart for chart in made}


def _emission(document: ReportDocument) -> Iterator[Chart]:
    epochs = document.emission
    if not epochs:
        return
    highest = max(value for epoch in epochs for value in (epoch.voted or 0, epoch.published))
    shift = max(0, len(str(highest)) - _DIGITS)
    paid = any(epoch.published for epoch in epochs)
    rows = [
        {"start": _clock(epoch.start), "end": _clock(_end(document, epoch)), "amount": value // 10**shift, "what": what}
        for epoch in epochs
        for what, value in (("voted", epoch.voted), ("published", epoch.published), ("claimed", epoch.claimed))
        if value is not None and (paid or what == "voted")
    ]
    kinds = ["voted", "published", "claimed"] if paid else ["voted"]
    symbol = escape(document.token.symbol)[:24]
    scale = shift - document.token.decimals
    axis = alt.Axis(labelExpr=f"replace(format(datum.value * 1e{scale}, '~s'), 'G', 'B')", title=f"{symbol} per epoch")
    base = alt.Chart(_values(rows)).encode(
        x=_time("start", "start of the epoch (UTC)"),
        y=alt.Y("amount", type="quantitative", axis=axis, scale=alt.Scale(zero=True), stack=False),
        color=_colours(kinds, [BLUE, ORANGE, GREEN]),
    )
    line = base.transform_filter("datum.what == 'voted'").mark_line(interpolate="step-after", strokeWidth=2)
    bars = base.transform_filter("datum.what != 'voted'").mark_rect(opacity=0.55).encode(x2="end", y2=alt.YDatum(0))
    yield Chart(
        "emission",
        "Emission per epoch",
        f"What the policy in force emits in each of {len(epochs)} epochs"
        + (", and what was published and claimed for it." if paid else "; nothing was paid yet."),
        _svg("emission", (bars + line if paid else line), _HEIGHT),
    )


def _end(document: ReportDocument, epoch: EpochEntry) -> int:
    return epoch.start + (document.policy.epoch_length if document.policy else 0)


def _turnout(proposals: Sequence[ProposalEntry]) -> Iterator[Chart]:
    over = [made for made in proposals if made.turnout is not None and made.supply is not None]
    if not over:
        return
    if len(over) <= _GROUPS:
        rows = [
            {
                "place": place,
                "turnout": made.turnout,
                "quorum": None if made.quorum is None or not made.supply else made.quorum * 10_000 // made.supply,
                "what": "turnout",
                "needed": "quorum",
            }
            for place, made in enumerate(over, 1)
        ]
        base = alt.Chart(_values(rows)).encode(x=_place(len(over)))
        bars = base.mark_bar(size=max(2, min(26, _WIDTH // (2 * len(over))))).encode(
            y=_percent("turnout", "of the supply"), color=_colours(["turnout", "quorum"], [BLUE, ORANGE], "what")
        )
        ticks = base.mark_tick(
            thickness=2, orient="horizontal", size=max(4, min(34, _WIDTH // (2 * len(over)) + 8))
        ).encode(y=_percent("quorum", "of the supply"), color=_colours(["turnout", "quorum"], [BLUE, ORANGE], "needed"))
        drawing: Any = bars + ticks
        about = f"Votes cast on each of {len(over)} proposals whose snapshot is over, and the quorum that it needed."
    else:
        groups = [_group(over, number) for number in range(_GROUPS)]
        base = alt.Chart(_values(groups)).encode(x=_place(len(over)))
        area = base.mark_area(opacity=0.25, color=BLUE).encode(y=_percent("least", "of the supply"), y2="greatest")
        drawing = area + base.mark_line(color=BLUE, strokeWidth=2).encode(y=_percent("median", "of the supply"))
        about = (
            f"Votes cast on {len(over)} proposals in {_GROUPS} groups in order:"
            " least, median and greatest turnout of each."
        )
    yield Chart("turnout", "Turnout by proposal", about, _svg("turnout", drawing, _HEIGHT))


def _group(over: Sequence[ProposalEntry], number: int) -> Mapping[str, int]:
    first, end = number * len(over) // _GROUPS, (number + 1) * len(over) // _GROUPS
    turnouts = sorted(made.turnout or 0 for made in over[first:end])
    return {"place": end, "least": turnouts[0], "median": turnouts[len(turnouts) // 2], "greatest": turnouts[-1]}


def _delegation(document: ReportDocument) -> Iterator[Chart]:
    moments, clock = document.moments, document.clock
    rows = [{"at": _at(moment, clock), "share": moment.delegated_share} for moment in moments]
    base = alt.Chart(_values(rows)).encode(x=_timepoint(clock), y=_percent("share", "of the supply", whole=True))
    drawing = base.mark_area(
        interpolate="step-after", color=GREEN, opacity=0.25, line={"color": GREEN, "strokeWidth": 2}
    ) + base.mark_point(color=GREEN, filled=True, size=14)
    about = f"Share of the supply that somebody can vote with, at each of {len(moments)} timepoints."
    yield Chart("delegation", "Supply that is delegated", about, _svg("delegation", drawing, _LOW))


def _spread(document: ReportDocument) -> Iterator[Chart]:
    moments, clock = document.moments, document.clock
    kinds = ("voting power", "balances")
    most = max(max(moment.power.nakamoto, moment.balances.nakamoto) for moment in moments)
    steps = list(range(0, most + 1, max(1, -(-most // _STEPS))))
    for name, title, about, field, axis in (
        (
            "nakamoto",
            "Accounts that hold more than half",
            "Nakamoto coefficient of voting power and of balances",
            "nakamoto",
            alt.Y("value", type="quantitative", axis=alt.Axis(title="accounts", values=steps, format="d")),
        ),
        ("gini", "Inequality", "Gini coefficient of voting power and of balances", "gini", _millionths()),
        (
            "top",
            "Held by the ten largest",
            "Share of voting power and of balances that the ten largest accounts hold",
            "top_share",
            _percent("value", "of all", whole=True),
        ),
    ):
        rows = [
            {"at": _at(moment, clock), "value": getattr(held, field), "what": what}
            for moment in moments
            for what, held in zip(kinds, (moment.power, moment.balances), strict=True)
        ]
        base = alt.Chart(_values(rows)).encode(
            x=_timepoint(clock), y=axis, color=_colours(kinds, [BLUE, ORANGE], symbol="stroke")
        )
        dashes = alt.StrokeDash("what", type="nominal", scale=_DASHES, legend=None)
        drawing = base.mark_line(interpolate="step-after", strokeWidth=2).encode(strokeDash=dashes)
        yield Chart(name, title, f"{about}, at each of {len(moments)} timepoints.", _svg(name, drawing, _LOW))


def _values(rows: Sequence[Mapping[str, object]]) -> Any:
    return alt.InlineData(values=list(rows))


def _clock(timestamp: int) -> int:
    return timestamp * _MILLISECONDS


def _at(moment: Moment, clock: ClockWord) -> int:
    return _clock(moment.timepoint) if clock == "timestamp" else moment.timepoint


def _timepoint(clock: ClockWord) -> alt.X:
    if clock == "timestamp":
        return _time("at", "UTC")
    axis = alt.Axis(title="block", tickCount=6, tickMinStep=1, labelOverlap=True, grid=False, format="d")
    return alt.X("at", type="quantitative", scale=alt.Scale(zero=False, nice=False), axis=axis)


def _time(field: str, title: str | None) -> alt.X:
    return alt.X(
        field,
        type="temporal",
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(title=title, tickCount=6, labelOverlap=True, grid=False),
    )


def _place(count: int) -> alt.X:
    return alt.X(
        "place",
        type="quantitative",
        scale=alt.Scale(domain=[0, count + 1], nice=False, zero=False),
        axis=alt.Axis(title="proposals, in the order in which they were made", tickMinStep=1, grid=False, format="d"),
    )


def _percent(field: str, title: str, *, whole: bool = False) -> alt.Y:
    scale = alt.Scale(domain=[0, 10_000]) if whole else alt.Scale(zero=True)
    axis = alt.Axis(labelExpr="format(datum.value / 100, '~r') + ' %'", title=title, tickCount=4)
    return alt.Y(field, type="quantitative", scale=scale, axis=axis)


def _millionths() -> alt.Y:
    axis = alt.Axis(labelExpr="format(datum.value / 1000000, '.1f')", title="Gini coefficient", values=_TENTHS)
    return alt.Y("value", type="quantitative", scale=alt.Scale(domain=[0, 1_000_000]), axis=axis)


_DASHES = alt.Scale(domain=["voting power", "balances"], range=[[1, 0], [5, 3]])
"""So that lines which lie on each other are both seen."""

_TENTHS = list(range(0, 1_000_001, 200_000))


def _colours(kinds: Sequence[str], colours: Sequence[str], field: str = "what", symbol: str = "square") -> alt.Color:
    used = list(colours[: len(kinds)])
    legend = alt.Legend(
        title=None,
        orient="top",
        direction="horizontal",
        symbolType=symbol,
        symbolOpacity=1,
        symbolStrokeWidth=0 if symbol == "square" else 3,
        symbolSize=70 if symbol == "square" else 400,
        offset=6,
    )
    return alt.Color(field, type="nominal", scale=alt.Scale(domain=list(kinds), range=used), legend=legend)


def _svg(name: str, drawing: Any, height: int) -> str:
    """The drawing as an element of a page: scaled to its width, ids of its own, colours of text left to the page."""
    spec = drawing.properties(width=_WIDTH, height=height, background="transparent", autosize=_AUTOSIZE).configure(
        **_CONFIG
    )
    text: str = vl_convert.vegalite_to_svg(spec.to_dict())
    head, _, body = text.partition(">")
    box = re.search(r'viewBox="[0-9. ]+"', head)
    body = re.sub(r'<rect width="[0-9.]+" height="[0-9.]+" fill="transparent"/>', "", body, count=1)
    body = re.sub(r' aria-[a-z]+="[^"]*"| role="graphics-[a-z]+"', "", body)
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r"url\(#", f"url(#{name}-", body)
    return f"{box.group() if box else ''}>{body}"


def element(chart: Chart) -> str:
    """The chart as SVG markup with an accessible name and description."""
    names = f"{chart.name}-title {chart.name}-about"
    described = (
        f'<title id="{chart.name}-title">{escape_markup(chart.title)}</title>'
        f'<desc id="{chart.name}-about">{escape_markup(chart.about)}</desc>'
    )
    box, _, body = chart.svg.partition(">")
    return f'<svg class="chart" role="img" aria-labelledby="{names}" {box}>{described}{body}'


_AUTOSIZE = alt.AutoSizeParams(type="fit", contains="padding")
_CONFIG: dict[str, Any] = {
    "font": _FONT,
    "view": {"stroke": None},
    "axis": {
        "labelFont": _FONT,
        "titleFont": _FONT,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "titlePadding": 8,
        "domainColor": GREY,
        "tickColor": GREY,
        "tickSize": 4,
        "gridOpacity": 1,
    },
    "axisY": {"domain": False, "ticks": False, "labelPadding": 6},
    "legend": {"labelFont": _FONT, "labelFontSize": 11, "columnPadding": 16},
}
