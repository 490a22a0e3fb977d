"""Puts the report's page together: template, style, script and data in one file that loads nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dao.audit.document import ReportDocument
from dao.document.quantities import Units
from dao.render import units
from dao.render.amounts import amount
from dao.render.policy import change_text
from dao.render.report.bar import tally_bar
from dao.render.report.charts import charts, element
from dao.render.report.data import page_data
from dao.render.text import escape
from dao.rewards.changes import Change
from dao.rewards.values import from_plain
from dao.types import BASIS_POINTS

FOLDER = Path(__file__).resolve().parent

SHOWN = 300
"""At most so many findings, notices and publications are on the page; the JSON has them all."""

_DECIMALS = 2
_ID_DIGITS = 10
_HEX_HEAD, _HEX_TAIL = 8, 4


def report_html(document: ReportDocument) -> str:
    """The page, in UTF-8; the same report gives the same bytes.

    Its content security policy lets nothing be loaded, and nothing run or style it but what stands in it by hash.
    """
    style, script = (_own(name) for name in ("report.css", "report.js"))
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    unit = Units(document.token.symbol, document.token.decimals)
    environment.filters.update(
        amount=lambda value: amount(value, unit),
        brief=lambda value: brief(value, unit),
        moment=units.moment,
        timepoint=units.moment if document.clock == "timestamp" else lambda value: f"block {value}",
        percent=percent,
        millionths=lambda value: f"{value // 10_000 // 100}.{value // 10_000 % 100:02d}",
        middle=middle,
        told=lambda change: change_text(from_plain(json.loads(change.values), Change), unit),
        count=lambda value: f"{value:_}",
    )
    policy = (
        f"default-src 'none'; style-src 'sha256-{_digest(style)}'; script-src 'sha256-{_digest(script)}';"
        " base-uri 'none'; form-action 'none'"
    )
    return environment.get_template("report.html").render(
        document=document,
        charts={name: (chart, Markup(element(chart))) for name, chart in charts(document).items()},  # noqa: S704
        data=_embedded(page_data(document)),
        policy=policy,
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        bar=tally_bar,
        shown=SHOWN,
        states=list(dict.fromkeys(made.state for made in document.proposals)),
        numbers={made.id: number for number, made in enumerate(document.proposals, 1)},
        trusted=list(dict.fromkeys(line.detail for line in document.standings if line.standing == "trusted")),
        blind=[f"{pattern.name}, {pattern.looks_for}" for pattern in document.patterns if pattern.notices is None],
    )


def brief(value: int | None, unit: Units) -> str:
    """`value` as `amount` has it, but cut to two decimals, with a sign that it was."""
    text = amount(value, unit)
    number, _, symbol = text.partition(" ")
    whole, _, fraction = number.partition(".")
    return text if len(fraction) <= _DECIMALS else f"{whole}.{fraction[:_DECIMALS]}… {symbol}"


def percent(value: int) -> str:
    """Basis points as a percentage."""
    whole, rest = divmod(value * 100, BASIS_POINTS)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + " %"


def middle(value: object) -> str:
    """A long id or hash, without its middle."""
    text = str(value)
    head = _HEX_HEAD if text.startswith("0x") else _ID_DIGITS
    return text if len(text) <= head + _HEX_TAIL + 1 else f"{text[:head]}…{text[-_HEX_TAIL:]}"


def _visible(value: object) -> object:
    """What a template prints: markup as it is, everything else with what is invisible in it shown as an escape."""
    return value if isinstance(value, Markup) else escape(str(value))


def _own(name: str) -> str:
    return FOLDER.joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _embedded(data: Any) -> Markup:
    """`data` as JSON in ASCII that ends no script element and begins no comment."""
    text = json.dumps(data, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704
