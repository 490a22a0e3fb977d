"""An epoch's payouts out of files: what is empty, what counts nothing, and what changes nothing."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path
from typing import Any

import pytest

from dao.errors import NotReported
from dao.payouts.compute import compute
from dao.payouts.values import ClassUnits, EpochPayouts, Quarantine
from dao.rewards.accounts.allocate import AccountState
from dao.rewards.accounts.average import SHARE_UNIT, ShareAverage
from dao.rewards.accounts.blend import WeightedSum
from dao.rewards.accounts.caps import Cap, Scope
from dao.rewards.accounts.columns import Contributions
from dao.rewards.accounts.fixed import MAX_WEIGHT
from dao.rewards.accounts.normalise import MaximumNorm
from dao.rewards.accounts.rate import PerUnit
from dao.rewards.accounts.roots import ScoreRoot
from dao.rewards.accounts.steps import StepWeights
from dao.rewards.accounts.streak import Streak, StreakWeights
from dao.rewards.changes import SetSchedule
from dao.rewards.payouts import stream_payouts
from dao.rewards.policy import Policy
from dao.rewards.schedule import Metered, Segment
from tests.support.contributed import WAD, equal_policy, write_csv, write_parquet

FIRST, SECOND, THIRD = (f"0x{digits * 20}" for digits in ("a1", "b2", "c3"))
HEADER = "account,stream,units\n"


def columns(*rows: tuple[Any, ...], names: str = "account stream units") -> dict[str, list[str]]:
    return {name: [str(row[place]) for row in rows] for place, name in enumerate(names.split())}


def paid(result: EpochPayouts) -> dict[str, dict[str, int]]:
    return {made.stream: dict(zip(made.accounts, made.amounts, strict=True)) for made in result.streams}


def test_an_empty_epoch_pays_nobody(tmp_path: Path) -> None:
    policy = equal_policy({"a": (StepWeights(column="level", steps=((0, WAD),)),), "b": ()}, pool=101)
    path = tmp_path / "epoch.csv"
    path.write_text(HEADER, encoding="utf-8")
    result = compute(policy, 0, [path])
    assert paid(result) == {"a": {}, "b": {}}
    assert [(made.pool, made.residual, made.classes, made.contributors) for made in result.streams] == [
        (50, 50, (), 0),
        (51, 51, (), 0),
    ]
    assert result.files[0].rows == 0
    assert result.quarantine == Quarantine()


@pytest.mark.parametrize("units", [0, 5])
def test_zero_weights_everywhere_pay_nobody(tmp_path: Path, units: int) -> None:
    policy = equal_policy({"a": ()}, pool=100, classes={"a": {"x": WAD * (not units)}})
    rows = columns((FIRST, "a", units, "x"), (SECOND, "a", units, "x"), names="account stream units class")
    (made,) = compute(policy, 0, [write_csv(tmp_path / "epoch.csv", rows)]).streams
    assert (made.accounts, made.amounts, made.residual, made.contributors) == ([], [], 100, 2)
    assert made.classes == (ClassUnits("x", 2, 2 * units),)


def test_one_account_gets_the_whole_pool(tmp_path: Path) -> None:
    policy = equal_policy({"a": ()}, pool=10**24 + 7)
    path = write_csv(tmp_path / "epoch.csv", columns((FIRST, "a", 1)))
    (made,) = compute(policy, 0, [path]).streams
    assert (made.accounts, made.amounts, made.residual) == ([FIRST], [10**24 + 7], 0)


def test_the_most_that_sums_hold(tmp_path: Path) -> None:
    """The most units at weights whose limbs are all ones, some of them a unit apart."""
    policy = equal_policy({"a": ()}, pool=2**112, classes={"a": {"x": MAX_WEIGHT, "y": MAX_WEIGHT - 1}})
    most = 10**18 - 1
    rows = [(account, "a", most, label) for account, label in ((FIRST, "x"), (SECOND, "y")) for _ in range(3_000)]
    path = write_parquet(tmp_path / "epoch.parquet", columns(*rows, names="account stream units class"))
    (made,) = compute(policy, 0, [path]).streams
    total = 2 * MAX_WEIGHT - 1
    assert made.amounts == [2**112 * MAX_WEIGHT // total, 2**112 * (MAX_WEIGHT - 1) // total]


@pytest.mark.parametrize(
    "operators",
    [
        (PerUnit(rate=7, per=3),),
        (ScoreRoot(degree=4, scale=WAD),),
        (ScoreRoot(degree=2, scale=10), PerUnit(rate=WAD, per=9)),
    ],
)
def test_a_common_factor_of_weights_changes_no_rate_or_root(tmp_path: Path, operators: Any) -> None:
    policy = equal_policy({"a": operators}, pool=10**30, classes={"a": {"x": 3 * WAD, "y": 6 * WAD}})
    rows = [(FIRST, "a", 5, "x"), (SECOND, "a", 11, "y"), (FIRST, "a", 10**17, "y")]
    path = write_csv(tmp_path / "epoch.csv", columns(*rows, names="account stream units class"))
    contributions = Contributions(
        [row[0] for row in rows], [row[2] for row in rows], {"class": [row[3] for row in rows]}
    )
    expected = stream_payouts(policy, "a", 0, contributions)
    assert paid(compute(policy, 0, [path])) == {"a": dict(expected.payouts)}


def test_derived_columns_and_maxima(tmp_path: Path) -> None:
    operators = (
        MaximumNorm(column="score", base=WAD // 10, span=9 * WAD // 10, into="norm"),
        WeightedSum(terms=(("norm", WAD // 2), ("share", WAD // 2))),
        Cap(scope=Scope.NODE_EPOCH, limit=20, column="norm"),
    )
    policy = equal_policy({"a": operators, "b": ()}, pool=2_000)
    rows = [(FIRST, 3, 40, WAD), (SECOND, 5, 100, WAD // 3), (FIRST, 4, 7, 0), (THIRD, 0, 9, 9)]
    contributions = Contributions(
        [row[0] for row in rows],
        [row[1] for row in rows],
        {},
        {"score": [row[2] for row in rows], "share": [row[3] for row in rows]},
    )
    expected = {account: amount for account, amount in stream_payouts(policy, "a", 0, contributions).payouts if amount}
    # The largest score of another stream is none of this one's.
    written = [(account, "a", *rest) for account, *rest in rows] + [(FIRST, "b", 1, 10**9, 0)]
    path = write_csv(tmp_path / "epoch.csv", columns(*written, names="account stream units score share"))
    assert paid(compute(policy, 0, [path]))["a"] == expected


def test_averages_pay_who_contributes_nothing_and_are_carried(tmp_path: Path) -> None:
    policy = equal_policy({"a": (ShareAverage(keep=1, of=2),), "b": ()}, pool=2_000)
    path = write_csv(tmp_path / "epoch.csv", columns((FIRST, "a", 1)))
    before = {"a": AccountState(averages={SECOND: SHARE_UNIT})}
    result = compute(policy, 0, [path], states=before)
    assert paid(result) == {"a": {FIRST: 500, SECOND: 500}, "b": {}}
    assert dict(result.states) == {"a": AccountState(averages={FIRST: SHARE_UNIT // 2, SECOND: SHARE_UNIT // 2})}


def test_streaks_weigh_and_are_carried(tmp_path: Path) -> None:
    policy = equal_policy({"a": (StreakWeights(steps=((0, WAD), (3, 3 * WAD)), drop_after=2),)}, pool=400)
    path = write_csv(tmp_path / "epoch.csv", columns((FIRST, "a", 1), (SECOND, "a", 1), (THIRD, "a", 0)))
    before = {"a": AccountState(streaks={FIRST: Streak(2), THIRD: Streak(3)})}
    result = compute(policy, 0, [path], states=before)
    assert paid(result) == {"a": {FIRST: 300, SECOND: 100}}
    assert dict(result.states["a"].streaks) == {FIRST: Streak(3), SECOND: Streak(1), THIRD: Streak(3, 1)}


def test_an_empty_epoch_moves_what_is_carried(tmp_path: Path) -> None:
    streaks = StreakWeights(steps=((0, WAD), (3, 3 * WAD)), drop_after=2)
    policy = equal_policy({"a": (streaks, ShareAverage(keep=1, of=2))}, pool=400)
    path = tmp_path / "epoch.csv"
    path.write_text(HEADER, encoding="utf-8")
    before = {"a": AccountState(streaks={FIRST: Streak(4, 1)}, averages={SECOND: SHARE_UNIT})}
    result = compute(policy, 0, [path], states=before)
    assert paid(result) == {"a": {SECOND: 400}}
    assert result.states["a"] == AccountState(streaks={}, averages={SECOND: SHARE_UNIT // 2})
    nothing = compute(policy, 0, [path])
    assert (paid(nothing), nothing.states["a"]) == ({"a": {}}, AccountState())


def test_an_emission_that_waits_for_a_report_stops_the_epoch(tmp_path: Path) -> None:
    policy = Policy.create(genesis=0, epoch_length=1).apply(SetSchedule("root", (Segment(0, Metered(10**6)),)))
    path = write_csv(tmp_path / "epoch.csv", columns((FIRST, "root", 1)))
    with pytest.raises(NotReported):
        compute(policy, 0, [path])


def test_order_files_formats_and_threads_change_nothing(tmp_path: Path) -> None:
    policy = equal_policy({"a": (), "b": ()}, pool=10**24 + 7, classes={"a": {"x": WAD, "y": 3 * WAD // 2}})
    chance = random.Random(1)
    rows = [
        (f"0x{chance.randrange(300):040x}", chance.choice("ab"), chance.randrange(10**9), chance.choice("xy"))
        for _ in range(5_000)
    ]
    names = "account stream units class"
    results = []
    for index, threads in enumerate((1, 2, 2)):
        chance.shuffle(rows)
        folder = tmp_path / str(index)
        folder.mkdir()
        cut = 1_000 * index
        paths = [write_parquet(folder / "p.parquet", columns(*rows[cut:], names=names))]
        if cut:
            paths.append(write_csv(folder / "c.csv", columns(*rows[:cut], names=names)))
        results.append(compute(policy, 0, paths, threads=threads))
    assert results[0].streams == results[1].streams == results[2].streams
    assert all(made.accounts == sorted(made.accounts) for made in results[0].streams)


def test_files_are_bound_by_their_hashes(tmp_path: Path) -> None:
    policy = equal_policy({"a": ()}, pool=7)
    first = write_csv(tmp_path / "b.csv", columns((FIRST, "a", 1)))
    second = write_parquet(tmp_path / "a.parquet", columns((FIRST, "a", 1), (SECOND, "a", 3)))
    hashes = [hashlib.sha256(path.read_bytes()).digest() for path in (first, second)]
    one = compute(policy, 0, [first])
    assert one.data_hash == hashes[0]
    both = compute(policy, 0, [first, second])
    assert both == compute(policy, 0, [second, first])
    assert both.data_hash == hashlib.sha256(b"".join(sorted(hashes))).digest()
    assert [(file.name, file.sha256, file.size, file.rows) for file in both.files] == [
        ("a.parquet", hashes[1], second.stat().st_size, 2),
        ("b.csv", hashes[0], first.stat().st_size, 1),
    ]
    assert (both.epoch, both.policy_hash) == (0, policy.hash)


def test_little_memory_spills_and_changes_nothing(tmp_path: Path) -> None:
    policy = equal_policy({"a": ()}, pool=10**24)
    rows = [(f"0x{index * 7919 % 60_000:040x}", "a", index) for index in range(120_000)]
    path = write_csv(tmp_path / "epoch.csv", columns(*rows))
    assert compute(policy, 0, [path], memory="40MB") == compute(policy, 0, [path])
