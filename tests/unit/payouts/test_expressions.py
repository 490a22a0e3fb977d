"""What an engine is asked never divides and never leaves the integers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis
import pytest

from dao.payouts import engine as engines
from dao.payouts.compute import compute
from dao.rewards.accounts.caps import Cap, Scope
from dao.rewards.accounts.steps import StepWeights
from dao.rewards.accounts.streak import StreakWeights
from dao.rewards.accounts.tiers import VolumeTiers
from tests.support.contributed import WAD, equal_policy, write_csv

INEXACT = re.compile(r"/|\bDIV\b|\bMOD\b|%|DOUBLE|FLOAT|REAL|ROUND|FLOOR|CEIL|AVG", re.IGNORECASE)


@pytest.mark.parametrize("dialect", ["duckdb", "pyspark"])
def test_no_expression_divides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dialect: str) -> None:
    policy = equal_policy(
        {
            "a": (
                StepWeights(column="hours", steps=((0, WAD), (5, 2**100 + 1))),
                Cap(scope=Scope.NODE_EPOCH, limit=7, column="hours"),
            ),
            "b": (StreakWeights(steps=((0, WAD), (1, 2 * WAD)), drop_after=1),),
            "c": (VolumeTiers(column="hours", tiers=((0, 1), (9, 3))),),
        },
        pool=1_000,
        classes={"b": {"x": WAD}},
    )
    asked: list[str] = []
    original = engines._Duck.batches

    def batches(self: Any, expression: Any) -> Iterator[Any]:
        asked.append(str(ibis.to_sql(expression, dialect=dialect)))
        yield from original(self, expression)

    monkeypatch.setattr(engines._Duck, "batches", batches)
    names = ("id", "account", "stream", "class", "units", "hours")
    accounts = ("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", "0x" + "1" * 40)
    rows = [
        (f"{stream}{index}", account, stream, "x", 5, 6) for stream in "abc" for index, account in enumerate(accounts)
    ]
    rows += [("", accounts[1], "a", "x", "-1", 6)]
    path = write_csv(
        tmp_path / "epoch.csv", {name: [str(row[place]) for row in rows] for place, name in enumerate(names)}
    )
    result = compute(policy, 0, [path], quarantine=tmp_path / "bad.csv")
    assert all(made.contributors == 2 for made in result.streams)
    assert sum("SUM(" in sql.upper() for sql in asked) >= 2
    assert len(asked) == 7
    assert [found.group() for sql in asked for found in INEXACT.finditer(sql)] == []
