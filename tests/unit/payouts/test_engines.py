"""DuckDB and Spark give the same payouts, state, quarantine and errors for the same contributions."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dao.abi import checksum
from dao.errors import DocumentError
from dao.payouts.compute import compute
from dao.payouts.values import EpochPayouts
from dao.rewards.accounts.allocate import AccountState
from dao.rewards.accounts.average import ShareAverage
from dao.rewards.accounts.caps import Cap, Cut, Scope
from dao.rewards.accounts.fixed import MAX_WEIGHT
from dao.rewards.accounts.rate import PerUnit
from dao.rewards.accounts.steps import StepWeights
from dao.rewards.accounts.streak import Streak, StreakWeights
from dao.rewards.accounts.tiers import VolumeTiers
from tests.support.contributed import WAD, equal_policy, write_csv, write_parquet

MOST = 10**18 - 1
ACCOUNTS = [checksum(f"0x{index:02x}{'5eed' * 9}{index:02x}") for index in (0, 1, 0x7F, 0x80, 0xFF)]
POLICY = equal_policy(
    {
        "large": (
            StepWeights(column="level", steps=((0, MAX_WEIGHT), (1, MAX_WEIGHT - 1), (2, 7))),
            Cap(scope=Scope.NODE_EPOCH, limit=2**70 + 1, cut=Cut.REDISTRIBUTE, column="nodes"),
        ),
        "rate": (PerUnit(rate=3 * WAD, per=168),),
        "streak": (StreakWeights(steps=((0, WAD), (2, 3 * WAD)), drop_after=2), ShareAverage(keep=29, of=30)),
        "volume": (VolumeTiers(column="before", tiers=((0, 10), (2**60, 3))),),
    },
    pool=10**24 + 7,
    classes={"rate": {"a": WAD // 3, "b": 2 * WAD}},
)
STATES = {"streak": AccountState(streaks={ACCOUNTS[1].lower(): Streak(1, 0), ACCOUNTS[4].lower(): Streak(5, 1)})}
HEADER = ("id", "account", "stream", "class", "units", "level", "nodes", "before")


def rows() -> list[tuple[Any, ...]]:
    """Good rows in which every stream has every account, in every spelling, with the most units and with few."""
    made: list[tuple[Any, ...]] = []
    for number in range(120):
        account = ACCOUNTS[number % 5]
        spelled = (account, account.lower(), "0x" + account[2:].upper())[number % 3]
        stream = ("large", "rate", "streak", "volume")[number // 5 % 4]
        units = (MOST, MOST - number, number, 0)[number // 20 % 4]
        nodes = 2**100 if number == 40 else number % 7
        made.append((f"r{number}", spelled, stream, "ab"[number % 2], units, number % 3, nodes, number * 2**53))
    return made


BAD = [
    ("b0", ACCOUNTS[0], "large", "a", "1e3", 0, 0, 0),
    ("b1", ACCOUNTS[0], "large", "a", "9" * 19, 0, 0, 0),
    ("b2", ACCOUNTS[0], "rate", "c", "77", 0, 0, 0),
    ("b3", ACCOUNTS[1].swapcase().replace("X", "x"), "rate", "a", "5", 0, 0, 0),
    ("b4", "0x12", "rate", "a", "6", 0, 0, 0),
    ("b5", ACCOUNTS[0], "elsewhere", "a", "NaN", 0, 0, 0),
    ("b6", ACCOUNTS[0], "large", "a", "1\n", 0, 0, 0),
    ("b7", ACCOUNTS[0], "large", "a", "1", "0x1", 0, 0),
    ("b8", ACCOUNTS[0], "large", "a", " 1", 0, 0, 0),
    ("b9", ACCOUNTS[0], "volume", "a", "1", 0, 0, "1.0"),
    ("r1", ACCOUNTS[0], "large", "a", "1", 0, 0, 0),
    ("", ACCOUNTS[0], "large", "a", "1", 0, 0, 0),
]


def columns(lines: list[tuple[Any, ...]]) -> dict[str, list[str]]:
    return {name: [str(line[place]) for line in lines] for place, name in enumerate(HEADER)}


@pytest.fixture(scope="module")
def spark() -> Iterator[str]:
    """Spark in this process: one session for the whole module, because it takes long to start."""
    if shutil.which("java") is None and os.environ.get("CI") != "true":
        pytest.skip("Spark needs Java 17: run `sh toolchain/java.sh`")
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        # What is run once is not worth compiling well.
        .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        .getOrCreate()
    )
    yield "local[2]"
    session.stop()


def computed(folder: Path, lines: list[tuple[Any, ...]], engine: str, **more: Any) -> EpochPayouts:
    half = len(lines) // 3
    paths = [
        write_csv(folder / "a.csv", columns([line for line in lines[:half] if "\n" not in str(line[4])])),
        write_parquet(folder / "b.parquet", columns(lines[half:])),
    ]
    return compute(POLICY, 4, paths, engine=engine, states=STATES, **more)


def test_both_engines_give_the_same(spark: str, tmp_path: Path) -> None:
    """Payouts, state and what is set apart: texts that the engines read as different numbers are bad on both."""
    lines = [*rows(), *BAD]
    ours = computed(tmp_path, lines, "duckdb", quarantine=tmp_path / "ours.csv")
    theirs = computed(tmp_path, lines, spark, quarantine=tmp_path / "theirs.csv")
    assert theirs == ours
    assert (tmp_path / "theirs.csv").read_bytes() == (tmp_path / "ours.csv").read_bytes()
    assert all(made.accounts and made.contributors == len(ACCOUNTS) for made in ours.streams)
    assert ours.quarantine.rows == len(BAD) + 1
    without = computed(tmp_path, [line for line in rows() if line[0] != "r1"], "duckdb")
    assert replace(ours, files=(), quarantine=without.quarantine) == replace(without, files=())


def test_both_engines_stop_at_the_same_row(spark: str, tmp_path: Path) -> None:
    found = []
    for engine in ("duckdb", spark):
        with pytest.raises(DocumentError) as caught:
            computed(tmp_path, [*rows(), *BAD], engine)
        found.append((str(caught.value), caught.value.values))
    assert found[0] == found[1]


def test_without_java_spark_says_what_to_install(tmp_path: Path) -> None:
    """In a process of its own, because this one may have Spark running."""
    script = """
import sys
from pathlib import Path
from dao.errors import DaoError
from dao.payouts.engine import open_engine
try:
    open_engine("spark", Path(sys.argv[1]), threads=1)
except DaoError as error:
    print(error.what, error.remedy, sep=": ")
"""
    environment = {"PATH": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[3])}
    result = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout.startswith("Spark does not start: install Java 17 or later")
