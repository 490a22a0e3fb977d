"""Contribution records and what they are paid under two policies."""

from __future__ import annotations

from pathlib import Path

import pytest

from dao.errors import DocumentError, NotReported, PolicyError
from dao.lifecycle.contributions import load_contributions
from dao.lifecycle.impact import Impact, Paid, impact
from dao.rewards.accounts.caps import Cap, Cut, Scope
from dao.rewards.accounts.columns import Contributions
from dao.rewards.changes import (
    AddStream,
    Allocation,
    Budget,
    Change,
    ClassWeight,
    Parameters,
    Part,
    Reporter,
    SetBudget,
    SetParameters,
    SetReporter,
    SetSchedule,
    SetSplit,
    SetWeights,
    Split,
    Weights,
)
from dao.rewards.parameters import encode
from dao.rewards.payouts import stream_payouts
from dao.rewards.policy import Policy
from dao.rewards.schedule import Constant, Metered, Segment
from tests.support.chain import ACCOUNTS

FIRST, SECOND, THIRD = sorted(ACCOUNTS[:3])
WAD = 10**18


def policy(*changes: Change) -> Policy:
    """1,000 an epoch: 40 % for `a`, the rest for `b`; then `changes`."""
    made = Policy.create(genesis=0, epoch_length=1)
    first = (
        AddStream("a"),
        AddStream("b"),
        SetSchedule("root", (Segment(0, Constant(1_000)),)),
        SetSplit("root", Split(0, (Part("a", Allocation.SHARE, 4_000), Part("b", Allocation.RESIDUAL)))),
    )
    for change in (*first, *changes):
        made = made.apply(change)
    return made


def records(folder: Path, *rows: str, header: str = "account,stream,units,class") -> Path:
    path = folder / "records.csv"
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


def weighed(folder: Path, after: Policy, *rows: str, before: Policy | None = None) -> Impact:
    return impact(before or policy(), after, load_contributions(records(folder, *rows)), epoch=5)


def test_pro_rata_by_units(tmp_path: Path) -> None:
    rows = (f"{FIRST},a,2,x", f"{SECOND},a,1,x", f"{FIRST},b,1,x")
    found = weighed(tmp_path, policy(SetSchedule("root", (Segment(5, Constant(100)),))), *rows)
    assert {entry.account: dict(entry.streams) for entry in found.accounts} == {
        FIRST: {"a": Paid(266, 26), "b": Paid(600, 60)},
        SECOND: {"a": Paid(133, 13)},
    }
    assert [(s.stream, s.pool, s.unpaid) for s in found.streams] == [
        ("a", Paid(400, 40), Paid(1, 1)),
        ("b", Paid(600, 60), Paid(0, 0)),
    ]
    assert found.of(FIRST).total == Paid(866, 86)
    assert found.of(FIRST).total.difference == -780
    with pytest.raises(PolicyError, match="no such account"):
        found.of(THIRD)


def test_resource_classes_weigh(tmp_path: Path) -> None:
    classes = (ClassWeight("H100(80GB)", 3 * WAD), ClassWeight("a100", WAD))
    rows = (f"{FIRST},a,1,H100(80GB)", f"{SECOND},a,1,a100", f"{THIRD},a,9,other")
    found = weighed(tmp_path, policy(SetWeights("a", Weights(5, classes))), *rows)
    assert [entry.total for entry in found.accounts] == [Paid(36, 300), Paid(36, 100), Paid(327, 0)]


def test_parameters_count(tmp_path: Path) -> None:
    data = encode((Cap(scope=Scope.ACCOUNT_EPOCH, limit=150, cut=Cut.RESIDUAL, column=""),))
    rows = (f"{FIRST},a,2,x", f"{SECOND},a,1,x")
    found = weighed(tmp_path, policy(SetParameters("a", Parameters(5, data))), *rows)
    assert [entry.total for entry in found.accounts] == [Paid(266, 150), Paid(133, 133)]
    assert found.streams[0].unpaid == Paid(1, 117)


def test_a_cap_is_a_part_of_what_remains_of_the_budget(tmp_path: Path) -> None:
    """400 an epoch, of a budget of 2,400 that five epochs have taken 2,000 of; half of the rest is 200."""
    capped = (
        SetSchedule("a", (Segment(0, Constant(400)),)),
        SetSplit("root", Split(0, (Part("a", Allocation.CARVE_OUT), Part("b", Allocation.RESIDUAL)))),
        SetBudget("a", Budget(0, 2_400)),
        SetParameters("a", Parameters(0, encode([Cap(scope=Scope.STREAM_REMAINING, limit=5_000)]))),
    )
    found = weighed(tmp_path, policy(*capped), f"{FIRST},a,2,x")
    assert found.of(FIRST).streams["a"] == Paid(400, 200)
    with pytest.raises(PolicyError, match="remaining budget"):
        weighed(tmp_path, policy(capped[-1]), f"{FIRST},a,2,x")


def test_what_was_paid_this_month_counts_against_its_caps() -> None:
    capped = policy(SetParameters("b", Parameters(0, encode([Cap(scope=Scope.ACCOUNT_MONTH, limit=250)]))))
    rows = Contributions([FIRST, SECOND], [1, 1])
    made = stream_payouts(capped, "b", 5, rows, paid_this_month={FIRST: 100, SECOND: 250})
    assert made.payouts == ((FIRST, 150), (SECOND, 0))


def test_a_stream_that_only_one_policy_pays(tmp_path: Path) -> None:
    after = policy(
        AddStream("c"),
        AddStream("a/x"),
        SetSplit("root", Split(5, (Part("c", Allocation.SHARE, 1_000), Part("a", Allocation.RESIDUAL)))),
        SetSplit("a", Split(5, (Part("a/x", Allocation.RESIDUAL),))),
    )
    rows = (f"{FIRST},a,1,x", f"{FIRST},a/x,1,x", f"{SECOND},c,1,x", f"{THIRD},b,1,x")
    found = weighed(tmp_path, after, *rows)
    assert dict(found.of(FIRST).streams) == {"a": Paid(400, 0), "a/x": Paid(0, 900)}
    assert found.of(SECOND).total == Paid(0, 100)
    assert found.of(THIRD).total == Paid(600, 0)
    with pytest.raises(PolicyError, match="stream that is not there"):
        weighed(tmp_path, after, f"{FIRST},none,1,x")


def test_what_waits_for_a_report_cannot_be_said(tmp_path: Path) -> None:
    after = policy(SetSchedule("root", (Segment(5, Metered(10)),)), SetReporter("root", Reporter(maximum=WAD)))
    with pytest.raises(NotReported):
        weighed(tmp_path, after, f"{FIRST},a,1,x")


def test_records_are_columns(tmp_path: Path) -> None:
    rows = (f"{FIRST},a,1,x,7", f"{SECOND.lower()},a,02,y,8")
    with pytest.raises(DocumentError, match="units"):
        load_contributions(records(tmp_path, *rows, header="account,stream,units,region,nodes"))
    rows = (f"{FIRST},a,1,x,7", "", f"{SECOND.lower()},a,0,y,8", f"{FIRST},b,{2**200},z,9")
    found = load_contributions(records(tmp_path, *rows, header="account,stream,units,region,nodes"))
    assert list(found) == ["a", "b"]
    assert list(found["a"].accounts) == [FIRST, SECOND]
    assert list(found["a"].units) == [1, 0]
    assert dict(found["a"].labels) == {"region": ["x", "y"]}
    assert dict(found["a"].measures) == {"nodes": [7, 8]}
    assert list(found["b"].units) == [2**200]


@pytest.mark.parametrize(
    ("header", "row", "line", "what"),
    [
        ("account,stream", f"{FIRST},a", 1, "header"),
        ("account,stream,units,units", f"{FIRST},a,1,1", 1, "header"),
        ("account,stream,units", f"{FIRST},a", 2, "cells"),
        ("account,stream,units", f"{FIRST[:-1]},a,1", 2, "no address"),
        ("account,stream,units", f"{FIRST.swapcase()},a,1", 2, "no address"),
        ("account,stream,units", f"{FIRST},a,1.5", 2, "whole number"),
        ("account,stream,units", f"{FIRST},a,-1", 2, "whole number"),
        ("account,stream,units", f"{FIRST},a,١", 2, "whole number"),
        ("account,stream,units", f'{FIRST},"a,1', 0, "no CSV"),
        ("account,stream,units", "", 0, "no contribution"),
    ],
)
def test_records_that_are_refused(tmp_path: Path, header: str, row: str, line: int, what: str) -> None:
    path = records(tmp_path, row, header=header)
    with pytest.raises(DocumentError, match=what) as refused:
        load_contributions(path)
    assert (refused.value.line, refused.value.path) == (line, str(path))


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="cannot be read"):
        load_contributions(tmp_path / "none.csv")
    (tmp_path / "binary.csv").write_bytes(b"account,stream,units\n\xff\n")
    with pytest.raises(DocumentError, match="no CSV"):
        load_contributions(tmp_path / "binary.csv")
