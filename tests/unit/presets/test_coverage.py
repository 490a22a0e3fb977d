"""docs/coverage.md lists every leaf of the published figures, and what it names is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolchain import published
from toolchain.published import CoverageError, cover, decide, differing, leaves

FIGURES = {"supply": {"max": "100", "weeks": ["1", "2"]}, "row": {"day": "2023-03-16", "text": "a rule"}}
FOUND = list(leaves(FIGURES))


def test_the_page_is_current() -> None:
    assert published.OUTPUT.read_text(encoding="utf-8") == published.page()


def test_every_leaf_is_on_the_page() -> None:
    lines = set(published.OUTPUT.read_text(encoding="utf-8").splitlines())
    for path in sorted(published.FIGURES.glob("*.yaml")):
        for leaf in published.load_figures(path):
            assert any(line.startswith(f"| {leaf.name} | ") for line in lines), (path.name, leaf.name)


def test_leaves() -> None:
    assert [leaf.name for leaf in FOUND] == ["supply.max", "supply.weeks.0", "supply.weeks.1", "row.day", "row.text"]
    assert FOUND[2].text == "2"
    assert FOUND[3].beside == {"day": "2023-03-16", "text": "a rule"}


TEST = "presets/test_coverage.py::test_leaves"


@pytest.mark.parametrize(
    ("rules", "problems"),
    [
        ([{"leaves": "**", "outside": "x"}], []),
        ([{"leaves": ["supply.*", "supply.*.*"], "tests": [TEST]}, {"leaves": "row.*", "outside": "x"}], []),
        ([{"leaves": "supply.**", "outside": "x"}], ["row.day: no rule decides it", "row.text: no rule decides it"]),
        ([{"leaves": "**", "outside": "x"}, {"leaves": "row.*", "outside": "x"}], ["decides no leaf"]),
    ],
)
def test_rules(rules: list[dict[str, object]], problems: list[str]) -> None:
    covered, found = cover(FOUND, rules)
    assert len(found) == len(problems)
    assert all(expected in text for expected, text in zip(problems, found, strict=True))
    assert len(covered) == len(FOUND) - sum("no rule" in text for text in found)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"tests": ["presets/test_coverage.py::test_no_such"]}, "there is no test"),
        ({"tests": ["presets/test_no_such.py::test_leaves"]}, "there is no test"),
        ({"inconsistent": "presets/test_coverage.py::leaves"}, "there is no test"),
        ({"preset": "no-such#emission"}, "there is no preset"),
        ({"preset": "ocean#emission(root, 1999"}, "has no such entry"),
        ({"preset": "ocean#weeks below 80"}, "prints 100"),
        ({"inconsistent": "ocean#weeks below 80"}, "has no such entry"),
        ({"preset": "ocean#cut off"}, "has no such entry"),
        ({"outside": "x", "tests": [TEST]}, "the rule has not one of"),
        ({}, "the rule has not one of"),
    ],
)
def test_what_does_not_hold(rule: dict[str, object], message: str) -> None:
    with pytest.raises(CoverageError, match=message):
        decide(FOUND[0], (), {"leaves": "supply.max", **rule})


def test_placeholders() -> None:
    made = decide(FOUND[3], ("day",), {"leaves": "row.*", "follows": "ocean#emission(root, {.day})"})
    assert made.by == "preset ocean: `emission(root, 2023-03-16)` is 150_000 OCEAN"


def test_a_figure_in_millions_is_one() -> None:
    leaf = next(leaves({"year2_million": "5.9"}))
    assert decide(leaf, (), {"leaves": "x", "preset": "render-budget#year 2"}).verdict == "reproduced"


def test_copies_are_compared_where_the_originals_are(tmp_path: Path) -> None:
    assert differing(tmp_path / "nowhere") == []
    for path in published.FIGURES.glob("*.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert differing(tmp_path) == []
    (tmp_path / "ionet_emission.yaml").write_text("network: io.net\n", encoding="utf-8")
    (tmp_path / "another.yaml").write_text("network: another\n", encoding="utf-8")
    assert [text.split(":")[0] for text in differing(tmp_path)] == ["another.yaml", "ionet_emission.yaml"]
