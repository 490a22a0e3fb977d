"""Commands that read a policy in other ways than as a tree: diff, export, forecast, impact, presets."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dao import RewardPolicy
from tests.support.chain import ACCOUNTS, ROOT, Dao, rewound
from tests.support.cli import Invoke, invoker, run
from tests.support.reading import TOKEN, deployed_with, report

FIRST, SECOND, THIRD = ACCOUNTS[:3]
PRESETS = str(ROOT / "proposals" / "presets")
PROPOSAL = """\
title: Halve the jobs
summary: Jobs get 300 instead of 600; the reserve takes the rest.
discussion: https://example.org/1
impact: issuance
base: current
actions:
  - set_schedule:
      stream: compute/jobs
      from_epoch: 1000
      segments:
        - constant: 3 RENDER
"""
OFFLINE = """\
title: Cut the jobs
summary: Less.
discussion: https://example.org/1
impact: issuance
base: current
actions:
  - set_schedule:
      stream: compute/jobs
      from_epoch: 2
      segments:
        - constant: 15_000 RENDER
"""


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    with deployed_with(tmp_path_factory.mktemp("dao")) as made:
        report(made, 0, 10**18 // 4)
        (made.folder / "raise.yaml").write_text(PROPOSAL, encoding="utf-8")
        yield made


@pytest.fixture
def dao(chain: Dao) -> Iterator[Dao]:
    with rewound(chain):
        yield chain


@pytest.fixture
def invoke(dao: Dao, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    inner = invoker(dao.folder, monkeypatch, capsys)
    return lambda *arguments, code=0: inner(*arguments, "--rpc", dao.connection.url, "--presets", PRESETS, code=code)


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    """Commands in an empty folder, without a node."""
    (tmp_path / "cut.yaml").write_text(OFFLINE, encoding="utf-8")
    inner = invoker(tmp_path, monkeypatch, capsys)
    return lambda *arguments, code=0: inner(*arguments, "--presets", PRESETS, code=code)


# ------------------------------------------------------------ diff


def test_a_proposal_against_the_policy_that_it_changes(invoke: Invoke) -> None:
    arguments = ("policy", "diff", "raise.yaml", "--first", "998", "--epochs", "5")
    found = invoke(*arguments, "--json").json()
    assert (found["before"]["name"], found["after"]["name"]) == ("current", "raise.yaml")
    assert found["before"]["policy_hash"] != found["after"]["policy_hash"]
    assert (found["first_epoch"], found["last_epoch"], found["symbol"], found["decimals"]) == (998, 1002, "RENDER", 18)
    # All of it waits for what the map will report.
    assert found["differences"] == []
    assert "nothing differs" in invoke(*arguments).out
    emission = 900 * TOKEN
    for _ in range((1000 - 3) // 50):
        emission = emission * 9 // 10
    jobs = emission - 100 * TOKEN
    rows = invoke(*arguments, "--assume", "data=0.5", "--json").json()["differences"]
    assert [(d["stream"], d["first_epoch"], d["last_epoch"], d["begin"]) for d in rows] == [
        ("compute/jobs", 1000, 1002, {"before": str(jobs), "after": str(3 * TOKEN)}),
        ("compute/reserve", 1000, 1002, {"before": "0", "after": str(jobs - 3 * TOKEN)}),
    ]


@pytest.mark.parametrize(
    ("assumed", "code", "why"),
    [
        ("data=2", 1, "outside of what may be reported"),
        ("data=half", 1, "amount"),
        ("compute=1", 1, "needs a report"),
        ("none=1", 1, "no such stream"),
        ("data", 2, "expected a stream"),
    ],
)
def test_what_cannot_be_assumed(invoke: Invoke, assumed: str, code: int, why: str) -> None:
    refused = invoke("policy", "forecast", "--assume", assumed, "--epochs", "2", code=code)
    assert why in refused.err
    assert refused.out == ""


def test_two_policies_without_a_chain(offline: Invoke) -> None:
    arguments = ("policy", "diff", "render-node-jobs", "cut.yaml", "--epochs", "10")
    found = offline(*arguments, "--json").json()
    rows = [(d["stream"], d["first_epoch"], d["last_epoch"], d["difference"]) for d in found["differences"]]
    cut = 8 * 32_435 * 10**8
    assert rows == [("compute/jobs", 2, 9, str(-cut)), ("compute/reserve", 2, 9, str(cut))]
    assert found["differences"][0]["begin"] == {"before": "4743500000000", "after": "1500000000000"}
    totals = {total["stream"]: total["difference"] for total in found["totals"]}
    assert totals == {"root": "0", "compute": "0", "compute/jobs": str(-cut), "compute/reserve": str(cut)}
    shown = offline(*arguments).out
    assert "−259_480 RENDER" in shown
    assert "+259_480 RENDER" in shown
    assert "2–9" in shown


@pytest.mark.parametrize("turned", [False, True])
def test_a_preset_is_read_in_the_unit_of_the_chain(invoke: Invoke, turned: bool) -> None:
    """The preset states 8 decimals, the deployment 18: the same tokens."""
    names = ("current", "render-node-jobs") if turned else ("render-node-jobs", "current")
    found = invoke("policy", "diff", *names, "--first", "0", "--epochs", "1", "--json").json()
    assert found["decimals"] == 18
    root = next(d for d in found["differences"] if d["stream"] == "root")
    written, deployed = ("after", "before") if turned else ("before", "after")
    assert root["begin"] == {written: str(47_435 * TOKEN), deployed: str(1_000 * TOKEN)}


def test_a_policy_on_chain_beside_a_file_of_it(dao: Dao, invoke: Invoke, tmp_path: Path) -> None:
    file = str(tmp_path / "policy.json")
    invoke("policy", "export", "--output", file)
    assert invoke("policy", "diff", "current", file, "--first", "0", "--json").json()["differences"] == []
    report(dao, 1, 10**18)
    found = invoke("policy", "diff", file, "--first", "0", "--epochs", "3", "--json").json()
    assert {d["stream"]: d["waiting"] for d in found["differences"]}["data"] == 1
    assert "waits for a report" in invoke("policy", "diff", file, "--first", "0", "--epochs", "3").out


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("helium-hip20", "render-node-jobs", "the amount is in another unit"),
        ("nothing.yaml", "helium-hip20", "there is no such file"),
        ("render-node-jobs", "nothing.json", "there is no such file"),
    ],
)
def test_what_cannot_be_compared(offline: Invoke, before: str, after: str, why: str) -> None:
    refused = offline("policy", "diff", before, after, code=1)
    assert why in refused.err
    assert refused.out == ""


def test_epochs_of_different_lengths(offline: Invoke) -> None:
    refused = offline("policy", "diff", "render-node-jobs", "render-year1", code=1)
    assert "different lengths" in refused.err


# ------------------------------------------------------------ export


def test_export_is_what_the_library_reads(dao: Dao, invoke: Invoke, tmp_path: Path) -> None:
    text = invoke("policy", "export").out
    path = tmp_path / "policy.json"
    assert invoke("policy", "export", "--output", str(path), "--json").json() == {"file": str(path)}
    assert path.read_text(encoding="utf-8") == text
    assert RewardPolicy.from_file(path) == RewardPolicy.from_chain(dao.connection, dao.deployment)


def test_rows_as_csv(invoke: Invoke) -> None:
    text = invoke("policy", "export", "--format", "csv", "--first", "0", "--epochs", "2").out
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 2 * 6
    assert list(rows[0]) == ["stream", "epoch", "start", "amount", "allocation", "share", "leaf"]
    by_place = {(row["stream"], row["epoch"]): row for row in rows}
    assert by_place["data", "0"]["amount"] == str(50 * TOKEN)
    assert by_place["data", "1"]["amount"] == ""
    assert by_place["compute", "0"]["allocation"] == "residual"
    assert by_place["compute", "0"]["share"] == "10000"
    assert by_place["compute/jobs", "1"]["start"] == str(1_577_836_800 + 604_800)
    leaves = [int(row["amount"]) for row in rows if row["leaf"] == "true" and row["epoch"] == "0"]
    assert sum(leaves) == int(by_place["root", "0"]["amount"])


def test_rows_as_parquet(invoke: Invoke, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra `parquet` is not installed")
    paths = [tmp_path / "one.parquet", tmp_path / "two.parquet"]
    for path in paths:
        invoke("policy", "export", "--format", "parquet", "--first", "0", "--epochs", "3", "--output", str(path))
    assert paths[0].read_bytes() == paths[1].read_bytes()
    table = parquet.read_table(paths[0])
    assert str(table.schema.field("amount").type) == "decimal128(38, 0)"
    text = invoke("policy", "export", "--format", "csv", "--first", "0", "--epochs", "3").out
    expected = [(row["stream"], row["epoch"], row["amount"]) for row in csv.DictReader(io.StringIO(text))]
    rows = table.to_pylist()
    shown = [(r["stream"], str(r["epoch"]), "" if r["amount"] is None else str(r["amount"])) for r in rows]
    assert shown == expected
    assert int(rows[0]["start"].timestamp()) == 1_577_836_800


@pytest.mark.parametrize(
    "arguments",
    [
        ("--format", "parquet"),
        ("helium-hip20", "--format", "json"),
        ("--format", "csv", "--block", "3"),
        ("--format", "xml"),
        ("--epochs", "0"),
        ("--first", "-1"),
        ("--unit", "RENDER"),
        ("--unit", "RENDER:99"),
    ],
)
def test_wrong_exports(offline: Invoke, arguments: tuple[str, ...]) -> None:
    assert offline("policy", "export", *arguments, code=2).out == ""


def test_a_file_that_cannot_be_written(offline: Invoke, tmp_path: Path) -> None:
    missing = str(tmp_path / "none" / "policy.csv")
    refused = offline("policy", "export", "helium-hip20", "--format", "csv", "--output", missing, code=1)
    assert "cannot be written" in refused.err


# ------------------------------------------------------------ forecast


def test_a_forecast_in_the_terminal(offline: Invoke) -> None:
    shown = offline("policy", "forecast", "helium-hip20", "--epochs", "4").out
    assert "epochs 0 to 3  2019-08-01 to 2023-08-01" in shown
    assert "60000000" in shown
    assert "49_050_000 HNT" in shown
    assert "\x1b" not in shown


def test_a_forecast_as_json(invoke: Invoke) -> None:
    found = invoke("policy", "forecast", "--first", "0", "--epochs", "3", "--json").json()
    assert [(s["first_epoch"], s["last_epoch"]) for s in found["steps"]] == [(0, 0), (1, 1), (2, 2)]
    assert found["steps"][0]["amounts"]["data"] == str(50 * TOKEN)
    assert found["steps"][1]["amounts"]["data"] is None
    assert {t["stream"]: t["waiting"] for t in found["totals"]}["compute/jobs"] == 2
    assert found["genesis"] == 1_577_836_800


@pytest.mark.parametrize("suffix", [".svg", ".html"])
def test_a_forecast_as_a_file(invoke: Invoke, tmp_path: Path, suffix: str) -> None:
    first, second = tmp_path / f"one{suffix}", tmp_path / f"two{suffix}"
    for path in (first, second):
        assert "wrote" in invoke("policy", "forecast", "--output", str(path), "--first", "0").out
    assert first.read_bytes() == second.read_bytes()
    text = first.read_text(encoding="utf-8")
    assert "50 RENDER" in text
    assert "2020-01-01" in text


def test_another_kind_of_drawing(offline: Invoke) -> None:
    assert ".svg or .html" in offline("policy", "forecast", "helium-hip20", "--output", "x.png", code=2).err


# ------------------------------------------------------------ impact


def records(folder: Path, *rows: str) -> str:
    path = folder / "records.csv"
    path.write_text("\n".join(("account,stream,units,class", *rows)) + "\n", encoding="utf-8")
    return str(path)


def test_what_a_proposal_changes_for_contributors(offline: Invoke, tmp_path: Path) -> None:
    file = records(
        tmp_path,
        f"{FIRST},compute/jobs,3,a",
        f"{SECOND.lower()},compute/jobs,1,a",
        f"{SECOND},compute/reserve,5,b",
        f"{THIRD},compute/reserve,0,b",
    )
    arguments = ("policy", "impact", "cut.yaml", "--base", "render-node-jobs", "--contributions", file)
    found: Any = offline(*arguments, "--json").json()
    unit = 10**8
    assert found["epoch"] == 2
    assert found["streams"][0]["pool"] == {
        "before": str(47_435 * unit),
        "after": str(15_000 * unit),
        "difference": str(-32_435 * unit),
    }
    paid = {entry["account"]: (entry["before"], entry["after"]) for entry in found["accounts"]}
    assert paid == {
        FIRST: (str(47_435 * unit * 3 // 4), str(15_000 * unit * 3 // 4)),
        SECOND: (str(47_435 * unit // 4), str(15_000 * unit // 4 + 32_435 * unit)),
        THIRD: ("0", "0"),
    }
    shown = offline(*arguments).out
    assert "3 contributors: 1 gain, 1 lose, 1 get the same" in shown
    assert "−68.37%" in shown
    alone = offline(*arguments, "--account", SECOND)
    assert FIRST not in alone.out
    assert "compute/reserve" in alone.out
    assert [entry["account"] for entry in offline(*arguments, "--account", SECOND, "--json").json()["accounts"]] == [
        SECOND
    ]
    assert "no such account" in offline(*arguments, "--account", ACCOUNTS[3], code=1).err
    assert [entry["before"] for entry in offline(*arguments, "--epoch", "1", "--json").json()["accounts"]] == [
        entry["after"] for entry in offline(*arguments, "--epoch", "1", "--json").json()["accounts"]
    ]


def test_impact_of_a_proposal_on_chain(dao: Dao, invoke: Invoke, tmp_path: Path) -> None:
    dao.delegate_all()
    path = dao.folder / "raise.yaml"
    rpc = ("--rpc", dao.connection.url)
    submitted = run("proposal", "submit", str(path), "--from", FIRST, "--yes", "--json", *rpc, cwd=dao.folder).json()
    file = records(tmp_path, f"{FIRST},compute/jobs,1,a")
    arguments = ("--contributions", file, "--assume", "data=0.5", "--json")
    by_id = invoke("policy", "impact", submitted["proposal_id"], *arguments).json()
    assert by_id["epoch"] == 1000
    assert by_id["accounts"][0]["after"] == str(3 * TOKEN)
    waits = invoke("policy", "impact", submitted["proposal_id"], *arguments[:2], "--json", code=1).json()["error"]
    assert waits["kind"] == "NotReported"
    assert by_id["accounts"] == invoke("policy", "impact", "raise.yaml", *arguments).json()["accounts"]


# ------------------------------------------------------------ presets


def test_presets_are_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of them, and one with a digit that its source does not print."""
    invoke_local = invoker(tmp_path, monkeypatch, capsys)
    every = invoke_local("policy", "presets", "check", "--presets", PRESETS, "--json").json()
    assert len(every) > 20
    assert all(listed["deviations"] == 0 for listed in every)
    text = (Path(PRESETS) / "dimo-baseline.yaml").read_text(encoding="utf-8")
    assert "printed: 939_250 DIMO" in text
    (tmp_path / "dimo.yaml").write_text(
        text.replace("printed: 939_250 DIMO", "printed: 939_251 DIMO"), encoding="utf-8"
    )
    error = invoke_local("policy", "presets", "check", "dimo", "--presets", str(tmp_path), "--json", code=1).json()[
        "error"
    ]
    assert error["what"].startswith("the figure is not reproduced: emission(root, 52..103)")
    assert (error["expected"], error["found"]) == ("939_251 DIMO, as dip2.md prints", "939_250 DIMO")
    assert error["values"]["line"] > 1
    assert error["values"]["field"].startswith("published.")


def test_presets_are_listed_and_shown(offline: Invoke) -> None:
    listed = offline("policy", "presets", "list", "--json").json()
    assert {entry["name"] for entry in listed} >= {"dimo-baseline", "helium-hip20"}
    assert all(entry["deviations"] == 0 for entry in listed)
    assert "helium-hip20" in offline("policy", "presets", "list").out
    shown = offline("policy", "presets", "show", "helium-hip20")
    assert "60_000_000 HNT" in shown.out
    error = offline("policy", "presets", "show", "helium", "--json", code=1).json()["error"]
    assert "helium-hip20" in error["expected"]
    assert "no such preset" in offline("policy", "presets", "show", "../presets/helium-hip20", code=1).err


@pytest.mark.parametrize("name", ["dimo-baseline", "helium-hip20", "render-node-jobs"])
def test_a_dao_begins_with_a_preset(offline: Invoke, tmp_path: Path, name: str) -> None:
    (path,) = offline("policy", "presets", "apply", name, "--output", "made/deploy.yaml", "--json").json().values()
    found = offline("policy", "forecast", path, "--epochs", "2", "--json").json()
    assert found["totals"] == offline("policy", "forecast", name, "--epochs", "2", "--json").json()["totals"]
    before = (tmp_path / path).read_bytes()
    assert "exists" in offline("policy", "presets", "apply", name, "--output", path, code=1).err
    assert (tmp_path / path).read_bytes() == before


def test_the_file_of_a_preset_can_be_deployed(dao: Dao, tmp_path: Path) -> None:
    run("policy", "presets", "apply", "dimo-baseline", "--presets", PRESETS, cwd=tmp_path)
    arguments = ("--rpc", dao.connection.url, "--from", FIRST, "--yes", "--json")
    assert json.loads(run("deploy", "deploy.yaml", *arguments, cwd=tmp_path).out)["complete"]
