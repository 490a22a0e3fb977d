"""Every figure that a preset says its source prints, evaluated exactly; and the evaluator itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from dao.artifacts import load
from dao.document.preset import Preset, deviations, load_preset, round_half_up
from dao.errors import DaoError, DocumentError
from dao.proposal.document import load_proposal

PROPOSALS = Path(__file__).parents[3] / "proposals"
PRESETS = sorted((PROPOSALS / "presets").glob("*.yaml"))
NAMES = {"render-year1", "render-node-jobs", "render-rnp022", "dimo-baseline", "helium-hip20"}


def preset(name: str) -> Preset:
    return load_preset(PROPOSALS / "presets" / f"{name}.yaml")[0]


def test_the_presets_are_there() -> None:
    assert {path.stem for path in PRESETS} >= NAMES


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_every_printed_figure_is_reproduced(path: Path) -> None:
    assert deviations(load_preset(path)[0]) == ()


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_a_printed_figure_that_is_one_digit_off_is_found(path: Path) -> None:
    """Each single assertion can fail: its figure is moved by one unit of its last digit."""
    whole = load_preset(path)[0]
    for index, published in enumerate(whole.published):
        moved = _moved(published.printed, published.digits)
        changed = whole.model_copy(update={"published": (published.model_copy(update={"printed": moved}),)})
        assert deviations(changed), f"{index}: {published.expression} also accepts {moved}"


def _moved(printed: str, digits: int) -> str:
    number, unit = (printed[:-1], "%") if printed.endswith("%") else printed.split(" ")
    whole, _, fraction = number.replace("_", "").partition(".")
    value = int(whole + fraction.ljust(digits, "0")) + 1
    text = str(value).rjust(digits + 1, "0")
    text = f"{text[: len(text) - digits]}.{text[len(text) - digits :]}" if digits else text
    return f"{text}%" if unit == "%" else f"{text} {unit}"


def test_streams_sum_to_their_parent_in_every_epoch() -> None:
    for path in PRESETS:
        policy = load_preset(path)[0].evaluate()
        for epoch in (0, 1, 2, 3, 9, 11, 12, 20, 51, 52, 2_079, 2_080):
            for stream in policy.streams:
                if not policy.is_leaf(stream, epoch):
                    assert sum(policy.split(stream, epoch).values()) == policy.emission(stream, epoch)


def test_the_figures_of_the_sources_are_all_asserted() -> None:
    """The published lists are complete: every year of HIP-20, every month of RNP-006, both printed sums of DIMO."""
    helium = [p for p in preset("helium-hip20").published if p.expression.startswith("emission(root")]
    assert [p.expression for p in helium] == [f"emission(root, {year})" for year in range(20)]
    dimo = {p.expression: p.printed for p in preset("dimo-baseline").published}
    assert dimo["sum(root, 0..2079)"] == "382_491_185 DIMO"
    assert dimo["sum(root, 0..363)"] == "260_264_270 DIMO"
    render = preset("render-year1")
    months = {(stream, epoch) for p in render.published for stream, epoch in _covered(p.expression)}
    assert months == {(stream, epoch) for stream in _paid(render) for epoch in range(12)}


def _covered(expression: str) -> list[tuple[str, int]]:
    stream, epochs = expression.removeprefix("emission(").rstrip(")").split(", ")
    first, _, last = epochs.partition("..")
    return [(stream, epoch) for epoch in range(int(first), int(last or first) + 1)]


def _paid(render: Preset) -> set[str]:
    return set(render.evaluate().streams) - {"foundation"}


def test_helium_moves_its_split_in_equal_steps() -> None:
    policy = preset("helium-hip20").evaluate()
    for epoch in range(20):
        shares = [policy.share(stream, epoch)[1] for stream in ("poc", "data", "founders", "consensus")]
        assert shares == [2_900 - 150 * epoch, 3_000 + 250 * epoch, 3_500 - 100 * epoch, 600]


def test_the_decisions_apply_to_the_policy_that_they_are_about() -> None:
    policy = preset("render-node-jobs").evaluate()
    assert policy.emission("compute/jobs", 1) == 47_435 * 10**8
    for path in sorted(PROPOSALS.glob("*.yaml")):
        document, _ = load_proposal(path)
        for action in document.actions:
            assert action.set_schedule is not None
            assert action.set_schedule.stream in policy.streams
    assert load("RewardPolicy")


@pytest.mark.parametrize(
    ("value", "decimals", "digits", "expected"),
    [(149, 2, 1, 15), (144, 2, 1, 14), (145, 2, 1, 15), (50, 2, 0, 1), (49, 2, 0, 0), (15, 1, 3, 1_500),
     (1_500, 0, -3, 2),     (1_499, 0, -3, 1), (0, 18, 0, 0)],
)  # fmt: skip
def test_rounding_is_half_up(value: int, decimals: int, digits: int, expected: int) -> None:
    assert round_half_up(value, decimals=decimals, digits=digits) == expected


SMALL = """\
network: Test
source: a source
unit: {symbol: RWD, decimals: 2}
convention: An epoch is a week.
policy:
  genesis: deployment
  epoch: 7 days
  streams: [a, b]
  schedules:
    root: [{from_epoch: 0, table: {every: 1, amounts: [10.05 RWD, 20.04 RWD]}}]
  splits:
    root: [{from_epoch: 0, parts: {a: 33.33%, b: residual}}]
published:
  - {expression: "EXPRESSION", printed: PRINTED, digits: DIGITS, source: a source}
"""


def small(tmp_path: Path, expression: str, printed: str, digits: int = 0, text: str = SMALL) -> Path:
    path = tmp_path / "small.yaml"
    content = text.replace("EXPRESSION", expression).replace("PRINTED", printed).replace("DIGITS", str(digits))
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("expression", "printed", "digits"),
    [
        ("emission(root, 0)", "10 RWD", 0),
        ("emission(root, 0)", "10.1 RWD", 1),
        ("emission(root, 1)", "20 RWD", 1),
        ("sum(root, 0..1)", "30.09 RWD", 2),
        ("sum(root, 0..1)", "30 RWD", -1),
        ("sum(root, 0..99999)", "30.09 RWD", 2),
        ("share(a, 0..5)", "33.3%", 1),
        ("share(b, 0)", "66.67%", 2),
        ("emission(root, 2..9)", "0 RWD", 0),
    ],
)
def test_expressions(tmp_path: Path, expression: str, printed: str, digits: int) -> None:
    assert deviations(load_preset(small(tmp_path, expression, printed, digits))[0]) == ()


def test_deviations_carry_both_figures(tmp_path: Path) -> None:
    found = deviations(load_preset(small(tmp_path, "emission(root, 0..1)", "10 RWD"))[0])
    assert [(d.epoch, d.printed, d.computed) for d in found] == [(1, 10, 20)]


@pytest.mark.parametrize(
    ("expression", "printed", "digits"),
    [
        ("emission(root)", "1 RWD", 0),
        ("emission(root, 1..0)", "1 RWD", 0),
        ("emission(root, 0..100000)", "1 RWD", 0),
        ("emission(none, 0)", "1 RWD", 0),
        ("emission(root, 0) + 1", "1 RWD", 0),
        ("emission(root, 0)", "1", 0),
        ("emission(root, 0)", "1 wei", 0),
        ("emission(root, 0)", "10.05 RWD", 1),
        ("emission(root, 0)", "15 RWD", -1),
        ("share(a, 0)", "33.33%", 1),
        ("share(a, 0)", "1 RWD", 0),
    ],
)
def test_what_is_no_assertion(tmp_path: Path, expression: str, printed: str, digits: int) -> None:
    with pytest.raises(DaoError) as caught:
        deviations(load_preset(small(tmp_path, expression, printed, digits))[0])
    assert str(caught.value.values["field"]).startswith("published.0")


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ("33.33%", "100.5%", 12, "policy.splits.root.0.parts.a"),
        ("b: residual", "b: 10%", 12, "policy.splits.root"),
        ("10.05 RWD", "10.055 RWD", 10, "policy.schedules.root.0.table.amounts.0"),
        ("genesis: deployment", "preset: other", 5, "policy"),
        ("digits: DIGITS", "digits: 99", 14, "published.0.digits"),
        ("digits: DIGITS", "derived: maybe", 14, "published.0.derived"),
    ],
)
def test_a_wrong_preset_names_its_line(tmp_path: Path, old: str, new: str, line: int, field: str) -> None:
    path = small(tmp_path, "emission(root, 0)", "10 RWD", text=SMALL.replace(old, new))
    with pytest.raises(DocumentError) as caught:
        load_preset(path)
    assert (caught.value.line, caught.value.field) == (line, field)
