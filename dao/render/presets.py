"""Presets as a list, one of them in full, and both as JSON."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dao.document.preset import figure_text
from dao.lifecycle.presets import Listed
from dao.render import units
from dao.render.text import plain


def presets_table(presets: list[Listed]) -> RenderableType:
    """One line for each preset."""
    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in ("name", "network", "token", "epoch", "published figures"):
        table.add_column(heading, overflow="fold")
    for listed in presets:
        preset = listed.preset
        table.add_row(
            plain(listed.name, "bold"),
            plain(preset.network),
            plain(preset.unit.symbol),
            units.duration(preset.policy.epoch or 0),
            _figures(listed),
        )
    return table


def preset_view(listed: Listed) -> RenderableType:
    """Where the preset comes from, how it was read, and which figures it reproduces."""
    preset = listed.preset
    head = Table(box=None, show_header=False, pad_edge=False)
    head.add_column(style="dim")
    head.add_column(overflow="fold")
    for name, value in (
        ("network", preset.network),
        ("source", preset.source),
        ("unit", f"{preset.unit.symbol}, {preset.unit.decimals} decimals"),
        ("epoch", units.duration(preset.policy.epoch or 0)),
        ("streams", ", ".join(("root", *preset.policy.streams))),
        ("convention", preset.convention),
    ):
        head.add_row(name, plain(value, lines=True))
    figures = Table(box=None, header_style="dim", pad_edge=False)
    for heading in ("published", "figure", "source"):
        figures.add_column(heading, overflow="fold")
    for published in preset.published:
        figures.add_row(plain(published.expression), plain(published.printed), plain(published.source))
    parts: list[RenderableType] = [plain(listed.name, "bold"), head, "", figures, _figures(listed)]
    if listed.inconsistencies:
        parts += ["", _contradictions(listed)]
    return Group(*parts)


def preset_json(listed: Listed) -> dict[str, Any]:
    """The preset for programs, its policy as the document writes it."""
    preset = listed.preset
    return {
        "name": listed.name,
        "network": preset.network,
        "source": preset.source,
        "symbol": preset.unit.symbol,
        "decimals": preset.unit.decimals,
        "epoch_length": preset.policy.epoch,
        "convention": preset.convention,
        "policy": preset.policy.model_dump(mode="json", exclude_none=True),
        "published": [published.model_dump(mode="json") for published in preset.published],
        "deviations": listed.deviations,
        "inconsistencies": [
            {
                "expression": found.expression,
                "epoch": found.epoch,
                "printed": figure_text(preset.published[found.index], found.printed),
                "computed": figure_text(preset.published[found.index], found.computed),
            }
            for found in listed.inconsistencies
        ],
    }


def _figures(listed: Listed) -> Text:
    count = len(listed.preset.published)
    if listed.deviations:
        return Text(f"{listed.deviations} of {count} not reproduced", style="red")
    contradictions = sum(published.inconsistent for published in listed.preset.published)
    shown = Text(f"{count - contradictions} reproduced", style="green")
    return shown.append(f", {contradictions} contradicted by their source", style="yellow") if contradictions else shown


def _contradictions(listed: Listed) -> Table:
    """What the source prints against what its own rules yield."""
    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in ("inconsistent", "printed", "computed", "source"):
        table.add_column(heading, overflow="fold")
    for found in listed.inconsistencies:
        published = listed.preset.published[found.index]
        printed, computed = (figure_text(published, value) for value in (found.printed, found.computed))
        table.add_row(plain(found.expression), plain(printed), plain(computed, "yellow"), plain(published.source))
    return table
