"""Every figure that a preset says its source prints, evaluated exactly; and the evaluator itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from dao.artifacts import load
from dao.document.preset import Preset, Published, deviations, inconsistencies, load_preset, round_half_up
from dao.errors import DaoError, DocumentError, NotReported
from dao.proposal.document import load_proposal
from dao.rewards.assume import assume

PROPOSALS = Path(__file__).parents[3] / "proposals"
PRESETS = sorted((PROPOSALS / "presets").glob("*.yaml"))
NAMES = {
    *("akash-fees", "akash-inflation", "akash-pip", "akash-whitepaper"),
    *("carypto", "carypto-22-periods", "dimo-baseline"),
    *("helium-hip149", "helium-hip20", "helium-hip77", "helium-mobile", "helium-net-emissions"),
    *("hivemapper", "hivemapper-fund", "hivemapper-remint", "ionet", "meta-drive", "ocean"),
    *("render-budget", "render-compute-client", "render-node-jobs", "render-rnp013", "render-rnp018"),
    *("render-rnp020", "render-rnp021", "render-rnp022", "render-rnp023", "render-year1"),
}


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
        if not published.inconsistent:
            moved = _moved(published.printed, published.digits)
            assert deviations(_with(whole, published, printed=moved)), (
                f"{index}: {published.expression} accepts {moved}"
            )


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_an_inconsistent_figure_disagrees_by_evaluation(path: Path) -> None:
    """Both figures are there; without the mark the disagreement is an error, and so is the mark on what agrees."""
    whole = load_preset(path)[0]
    marked = [index for index, published in enumerate(whole.published) if published.inconsistent]
    assert {found.index for found in inconsistencies(whole)} == set(marked)
    assert all(found.printed != found.computed and found.inconsistent for found in inconsistencies(whole))
    for published in whole.published:
        turned = _with(whole, published, inconsistent=not published.inconsistent)
        assert deviations(turned), published.expression
        assert inconsistencies(turned) == ()


def _with(whole: Preset, published: Published, **update: object) -> Preset:
    return whole.model_copy(update={"published": (published.model_copy(update=update),)})


def _moved(printed: str, digits: int) -> str:
    number, unit = (printed[:-1], "%") if printed.endswith("%") else printed.partition(" ")[::2]
    whole, _, fraction = number.replace("_", "").partition(".")
    value = int(whole + fraction.ljust(max(0, digits), "0")) + 10 ** max(0, -digits)
    text = str(value).rjust(digits + 1, "0")
    text = f"{text[: len(text) - digits]}.{text[len(text) - digits :]}" if digits > 0 else text
    return f"{text}%" if unit == "%" else f"{text} {unit}".rstrip(" ")


def test_streams_sum_to_their_parent_in_every_epoch() -> None:
    for path in PRESETS:
        policy = load_preset(path)[0].evaluate()
        reported = [stream for stream in policy.streams if policy.plan(stream).reported_ranges(1)]
        policy = assume(policy, dict.fromkeys(reported, 0), last=200)
        for epoch in (0, 1, 2, 3, 9, 11, 12, 20, 51, 52, 62, 120, 200):
            for stream in policy.streams:
                if not policy.is_leaf(stream, epoch):
                    assert sum(policy.split(stream, epoch).values()) == policy.emission(stream, epoch)


def test_the_figures_of_the_sources_are_all_asserted() -> None:
    """Every year of HIP-20 and both printed sums of DIMO; docs/coverage.md has all other figures."""
    helium = [p for p in preset("helium-hip20").published if p.source.startswith("HIP-20, year ")]
    assert [p.expression for p in helium] == [f"emission(root, {year})" for year in range(20)]
    dimo = {p.expression: p.printed for p in preset("dimo-baseline").published}
    assert dimo["sum(root, 0..2079)"] == "382_491_185 DIMO"
    assert dimo["sum(root, 0..363)"] == "260_264_270 DIMO"


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
  budgets:
    root: [{from_epoch: 1, amount: 99 RWD}]
  weights:
    a: [{classes: {h100: 2.5}}]
  rails:
    a: {cap: 7.5 RWD, share_cap: 50%}
  parameters:
    b:
      - operators:
          - label_weights: {column: class, weights: {x: 1, y: 3}}
          - take_rates: {rates: {usdc: 2.5%}, default: 1%}
          - income_split: {name: income, parts: {fee: 10%}, residual: rest}
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
        ("sum(root, 0..4294967295)", "30.09 RWD", 2),
        ("minimum(root, 0..1)", "10.05 RWD", 2),
        ("maximum(root, 0..4294967295)", "20.04 RWD", 2),
        ("budget(root, 1..9)", "99 RWD", 2),
        ("weight(a, h100, 0..9)", "2.5", 1),
        ("weight(a, h100, 0)", "250%", 0),
        ("cap(a, 0)", "7.5 RWD", 1),
        ("rate(b, usdc, 0)", "2.5%", 1),
        ("rate(b, other, 0)", "1%", 1),
        ("rate(b, income:fee, 0)", "0.1", 1),
        ("rate(b, income:rest, 0)", "90%", 0),
        ("emission(root, 0) / 3", "3.35 RWD", 2),
        ("emission(root, 0) * 0.5", "5.025 RWD", 3),
        ("emission(root, 0) + 5 RWD / 100 RWD", "15.05%", 2),
        ("emission(root, 0) - 5 RWD * 2", "10.1 RWD", 1),
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
        ("emission(root, 0)", "1%", 0),
        ("emission(root, 2023-08-01)", "1 RWD", 0),
        ("emission(root, 0) + 1", "1 RWD", 0),
        ("emission(root, 0) / 0", "1 RWD", 0),
        ("emission(root, 0) / 0 RWD", "1", 0),
        ("emission(root, 0) * 1 RWD", "1 RWD", 0),
        ("emission(root, 0) + 1 ETH", "1 RWD", 0),
        ("share(a, 0) + 1 RWD", "1 RWD", 0),
        ("emission(root, 0) ** 2", "1 RWD", 0),
        ("budget(root, 0)", "1 RWD", 0),
        ("weight(a, h200, 0)", "1", 0),
        ("rate(b, income:other, 0)", "1%", 0),
        ("payout(b, 0, somebody)", "1 RWD", 0),
        ("weight(a, 0)", "1", 0),
        ("average(root, 0)", "1 RWD", 0),
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
        ("digits: DIGITS", "digits: 99", 26, "published.0.digits"),
        ("digits: DIGITS", "derived: maybe", 26, "published.0.derived"),
        ("y: 3", "y: -3", 22, "policy.parameters.b.0.operators.0.label_weights.weights.y"),
        ("fee: 10%", "fee: 101%", 24, "policy.parameters.b.0.operators.2.income_split.parts.fee"),
        ("{x: 1, y: 3}", "{}", 22, "policy.parameters.b.0.operators.0.label_weights"),
        ("default: 1%}", "default: 1%, minimum: 2}", 23, "policy.parameters.b.0.operators.1.take_rates.minimum"),
    ],
)
def test_a_wrong_preset_names_its_line(tmp_path: Path, old: str, new: str, line: int, field: str) -> None:
    path = small(tmp_path, "emission(root, 0)", "10 RWD", text=SMALL.replace(old, new))
    with pytest.raises(DocumentError) as caught:
        load_preset(path)
    assert (caught.value.line, caught.value.field) == (line, field)


REPORTED = SMALL.replace(
    "table: {every: 1, amounts: [10.05 RWD, 20.04 RWD]}", "metered: {amount: 10 RWD}"
).replace("  - {expression", "  - reports: {root: [REPORTS]}\n    contributions: [ROWS]\n    expression").replace(
    '"EXPRESSION", printed: PRINTED, digits: DIGITS, source: a source}',
    '"EXPRESSION"\n    printed: PRINTED\n    digits: DIGITS\n    source: a source',
)  # fmt: skip


ROWS = "{account: me, units: 1, class: x}, {account: you, units: 2, class: y}"


@pytest.mark.parametrize(
    ("expression", "reports", "rows", "printed"),
    [
        ("emission(root, 0)", '"1"', "", "10 RWD"),
        ("emission(root, 3)", '"1", 0.5', "", "5 RWD"),
        ("sum(root, 0..3)", '"1", 0.5', "", "25 RWD"),
        ("payout(b, 0, you)", '"1"', ROWS, "5.71 RWD"),
        ("payout(b, 0, me)", '"1"', ROWS, "0.95 RWD"),
    ],
)  # fmt: skip
def test_reports_and_contributions(tmp_path: Path, expression: str, reports: str, rows: str, printed: str) -> None:
    text = REPORTED.replace("[REPORTS]", f"[{reports}]").replace("[ROWS]", f"[{rows}]")
    assert deviations(load_preset(small(tmp_path, expression, printed, 2, text=text))[0]) == ()


@pytest.mark.parametrize(
    ("expression", "reports", "rows", "field"),
    [
        ("emission(root, 0)", '"2"', "", "published.0.reports.root"),
        ("emission(root, 0)", "1 ETH", "", "published.0.reports.root"),
        ("payout(b, 0, me)", '"1"', "{account: me, units: 1}", "published.0.expression"),
        ("payout(b, 0, me)", '"1"', "{account: me, class: x}", "published.0.contributions"),
        ("payout(b, 0, me)", '"1"', ROWS + ", {account: me, units: 1}", "published.0.contributions"),
        ("payout(b, 0, me)", '"1"', "{account: me, units: 1, class: 5 ETH}", "published.0.contributions"),
        ("payout(b, 0, you)", '"1"', "{account: me, units: 1, class: x}", "published.0.expression"),
        ("payout(b, 0, me)", '"1"', "{account: me, units: 1, class: z}", "published.0.expression"),
    ],
)  # fmt: skip
def test_wrong_reports_and_contributions(tmp_path: Path, expression: str, reports: str, rows: str, field: str) -> None:
    text = REPORTED.replace("[REPORTS]", f"[{reports}]").replace("[ROWS]", f"[{rows}]")
    with pytest.raises(DaoError) as caught:
        deviations(load_preset(small(tmp_path, expression, "1 RWD", 2, text=text))[0])
    assert caught.value.values["field"] == field


def test_what_was_not_reported_is_no_figure(tmp_path: Path) -> None:
    text = SMALL.replace("table: {every: 1, amounts: [10.05 RWD, 20.04 RWD]}", "metered: {amount: 10 RWD}")
    with pytest.raises(NotReported):
        deviations(load_preset(small(tmp_path, "emission(root, 0)", "1 RWD", text=text))[0])


def test_a_date_is_the_epoch_that_holds_it(tmp_path: Path) -> None:
    text = SMALL.replace("genesis: deployment", "genesis: 2023-08-01")
    for day, printed in (("2023-08-01", "10.05"), ("2023-08-07", "10.05"), ("2023-08-08", "20.04")):
        assert (
            deviations(load_preset(small(tmp_path, f"emission(root, {day})", f"{printed} RWD", 2, text=text))[0]) == ()
        )
    with pytest.raises(DaoError):
        deviations(load_preset(small(tmp_path, "emission(root, 2023-07-31)", "1 RWD", text=text))[0])
