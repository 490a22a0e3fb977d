"""Forecasts as people see them: safe whatever the names, exact in every figure, the same for the same policy."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from dao.document.preset import load_preset
from dao.document.quantities import Units
from dao.lifecycle.forecast import Forecast, Line, forecast
from dao.lifecycle.subject import Subject
from dao.render.amounts import number, signed
from dao.render.chart import forecast_view
from dao.render.drawing import forecast_svg, grouped
from dao.render.page import MAX_ROWS, forecast_html
from dao.render.scale import nice_step, spread
from dao.rewards.outlook import Horizon
from dao.rewards.policy import Policy
from tests.support.cli import run

PRESETS = Path(__file__).parents[3] / "proposals" / "presets"
HNT = Units("HNT", 8)
HOSTILE = '</text><script>alert(1)</script>&"\u202e\x1b[31m]]>'
SVG = "{http://www.w3.org/2000/svg}"
COLOUR = re.compile(r"\x1b\[[0-9;]*[39][0-7]m")


@pytest.fixture(scope="module")
def helium() -> Forecast:
    preset, _ = load_preset(PRESETS / "helium-hip20.yaml")
    genesis = preset.policy.genesis
    assert isinstance(genesis, int)
    policy = preset.policy.policy(preset.units, genesis=genesis)
    return forecast(Subject(name="helium", policy=policy, units=preset.units, dated=True), Horizon.of(0, 25))


def made(*lines: Line, name: str = "a policy", first: int = 0) -> Forecast:
    """A forecast of these lines, whatever a policy would say."""
    epochs = len(lines[0].amounts)
    columns = list(zip(*(line.amounts for line in lines), strict=True))
    root = Line("root", tuple(None if None in column else sum(v or 0 for v in column) for column in columns))
    policy = Policy.create(genesis=0, epoch_length=604_800)
    return Forecast(name=name, policy=policy, horizon=Horizon.of(first, epochs), dated=True, root=root, lines=lines)


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314  # our own text


def plain(shown: Forecast, unit: Units, width: int = 100, *, colours: bool = False) -> str:
    console = Console(width=width, force_terminal=colours, color_system="standard" if colours else None)
    with console.capture() as capture:
        console.print(forecast_view(shown, unit, width=width, colours=colours))
    return capture.get()


# ------------------------------------------------------------ the drawing


def test_the_figures_of_a_drawing_are_exact(helium: Forecast) -> None:
    shown = texts(forecast_svg(helium, HNT))
    for figure in ("17_400_000 HNT", "60_611_132.8125 HNT", "239_956_054.6875 HNT", "11_572.265625 HNT"):
        assert figure in shown
    for label in ("Emission per epoch: helium", "HNT per epoch", "20_000_000", "2019-08-01", "all streams"):
        assert label in shown
    assert any("policy 0x" in text and "2019-08-01 to 2044-07-31 UTC" in text for text in shown)


def test_a_drawing_is_the_same_every_time(helium: Forecast) -> None:
    assert forecast_svg(helium, HNT) == forecast_svg(helium, HNT)
    assert forecast_html(helium, HNT) == forecast_html(helium, HNT)


def test_areas_are_stacked_to_the_whole(helium: Forecast) -> None:
    paths = [path.get("d") or "" for path in ElementTree.fromstring(forecast_svg(helium, HNT)).iter(f"{SVG}path")]  # noqa: S314
    assert len(paths) == 4
    # 60 million are the top of the plot, and where the first stream begins there is nothing below it.
    assert any(" 84H" in path for path in paths)
    assert all(re.fullmatch(r"M\d+ \d+(?:[HV]\d+)+Z", path) for path in paths)


def test_nothing_hostile_leaves_its_place() -> None:
    shown = made(Line(HOSTILE, (1, 2)), Line("b", (3, 4)), name=HOSTILE)
    unit = Units(HOSTILE, 2)
    svg, html = forecast_svg(shown, unit), forecast_html(shown, unit)
    assert list(ElementTree.fromstring(svg).iter(f"{SVG}script")) == []  # noqa: S314
    for text in (svg, html, plain(shown, unit)):
        assert "\u202e" not in text
        assert "\x1b" not in text
    assert "<script" not in svg + html

    tags: list[str] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append(tag)
            assert all(not name.startswith("on") and name not in ("src", "href") for name, _ in attrs)

    Parser().feed(html)
    assert "script" not in tags
    assert "default-src 'none'" in html


@pytest.mark.parametrize("amount", [0, 1, 10**18, 2**128 - 1])
@pytest.mark.parametrize("decimals", [0, 18])
def test_any_amount_can_be_drawn(amount: int, decimals: int) -> None:
    unit = Units("RWD", decimals)
    shown = made(Line("a", (amount,)), Line("b", (amount,)))
    assert len(ElementTree.fromstring(forecast_svg(shown, unit))) > 5  # noqa: S314
    assert grouped(2 * amount, unit) in forecast_html(shown, unit)
    assert "a" in plain(shown, unit)


def test_long_figures_do_not_meet() -> None:
    """Every figure of a row ends before the next begins, at nine pixels a letter."""
    shown = made(Line("a", (10**38 + 1, 3)), Line("a-stream/with/a/long/name", (10**30 + 7, 10**38)))
    root = ElementTree.fromstring(forecast_svg(shown, Units("REWARDS", 18)))  # noqa: S314
    rows: dict[str, list[ElementTree.Element]] = {}
    for element in root.iter(f"{SVG}text"):
        if "REWARDS" in (element.text or "") and element.get("class") in ("end", "end whole"):
            rows.setdefault(element.get("y") or "", []).append(element)
    assert len(rows) == 3
    names = {
        element.get("y"): element for element in root.iter(f"{SVG}text") if element.get("class") in (None, "whole")
    }
    for y, row in rows.items():
        left = int(names[y].get("x") or 0) + 9 * len(names[y].text or "")
        for element in row:
            right = int(element.get("x") or 0)
            assert right - 9 * len(element.text or "") >= left
            left = right
    assert left <= int(root.get("width") or 0)


def test_what_waits_for_a_report_is_grey_and_said(helium: Forecast) -> None:
    shown = made(Line("a", (5, None, None, 7)), Line("b", (1, 1, 1, 1)))
    svg = forecast_svg(shown, HNT)
    boxes = [box for box in ElementTree.fromstring(svg).iter(f"{SVG}rect") if box.get("class") == "waits"]  # noqa: S314
    assert len(boxes) == 1
    assert "0.00000012 HNT *" in texts(svg)
    assert "waits for a report" in forecast_html(shown, HNT)
    assert "waits for a report" in plain(shown, HNT)
    assert "waits for a report" not in forecast_svg(helium, HNT)


def test_a_long_page_says_that_it_is_cut() -> None:
    shown = made(Line("a", tuple(range(MAX_ROWS + 5))))
    html = forecast_html(shown, HNT)
    assert f"the first {MAX_ROWS} of {MAX_ROWS + 5} rows" in html
    assert html.count("<tr>") == MAX_ROWS + 1


# ------------------------------------------------------------ the terminal


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_a_chart_keeps_to_the_width(helium: Forecast, width: int) -> None:
    lines = plain(helium, HNT, width).splitlines()
    assert max(map(len, lines)) <= width
    assert any("60000000" in line for line in lines)
    assert not any(line.strip() == "(epoch)" for line in lines) or width < 60


def test_lines_have_letters_and_colours_only_where_wanted(helium: Forecast) -> None:
    shown = plain(helium, HNT)
    assert "\x1b" not in shown
    for letter in "ABCDE":
        assert re.search(rf"[⠀-⣿]{letter}[⠀-⣿]", shown), letter
    assert COLOUR.search(plain(helium, HNT, colours=True))


def test_no_color_is_honoured(tmp_path: Path) -> None:
    arguments = ("policy", "forecast", "helium-hip20", "--epochs", "5", "--presets", str(PRESETS))
    force = {"FORCE_COLOR": "1", "TERM": "xterm-256color"}
    assert COLOUR.search(run(*arguments, cwd=tmp_path, **force).out)
    assert not COLOUR.search(run(*arguments, cwd=tmp_path, **force, NO_COLOR="1").out)


def test_a_gap_is_no_line(helium: Forecast) -> None:
    assert plain(replace(helium, lines=(), root=Line("root", (None,) * 25)), HNT)


# ------------------------------------------------------------ numbers


def test_steps_are_round() -> None:
    assert [nice_step(value, 5) for value in (0, 4, 5, 6, 11, 26, 51, 1_105)] == [1, 1, 1, 2, 5, 10, 20, 500]
    for value in range(1, 3_000):
        assert nice_step(value, 5) * 5 >= value
    assert spread(3, 27, 6) == (5, 10, 15, 20, 25)
    assert spread(0, 1, 6) == (0, 1)


def test_numbers_are_exact() -> None:
    unit = Units("RWD", 18)
    assert number(10**18 + 1, unit) == "1.000000000000000001"
    assert number(10**20, unit) == "100"
    assert number(7, Units("wei", 0)) == "7"
    assert signed(-(10**18), unit) == "−1 RWD"
    assert signed(0, unit) == "0 RWD"
    assert grouped(1_105_000 * 10**18 + 10**17, unit) == "1_105_000.1"
