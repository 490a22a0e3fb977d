"""From contribution files to an epoch's folder and on: any order of rows, the next epoch's state, what was missing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from dao.payouts.compute import compute
from dao.payouts.files import load_epoch, write_epoch
from dao.payouts.names import folder_name
from dao.payouts.proofs import proof_of
from dao.payouts.supplement import supplement
from dao.payouts.values import EpochPayouts
from dao.rewards.accounts.average import ShareAverage
from dao.rewards.accounts.rate import PerUnit
from dao.rewards.accounts.streak import Streak, StreakWeights
from tests.support.contributed import WAD, equal_policy, write_csv, write_parquet
from tests.support.payouts import CHAIN_ID, DISTRIBUTOR, account

POOL = 10**24 + 7
POLICY = equal_policy(
    {
        "compute": [],
        "data": [StreakWeights(steps=((0, WAD), (2, 2 * WAD)), drop_after=2)],
        "map": [ShareAverage(keep=29, of=30)],
    },
    pool=POOL,
    classes={"compute": {"h100": 4 * WAD, "h200": 5 * WAD}},
)
ROWS = [
    (account(number % 23), ("compute", "data", "map")[number % 3], ("h100", "h200")[number % 2], number * 37)
    for number in range(300)
]
NAMES = ("account", "stream", "class", "units")


def columns(rows: list[tuple[str, str, str, int]]) -> dict[str, list[object]]:
    return {name: [row[place] for row in rows] for place, name in enumerate(NAMES)}


def write(folder: Path, payouts: EpochPayouts, series: int = 0) -> dict[str, bytes]:
    write_epoch(folder, payouts, chain_id=CHAIN_ID, distributor=DISTRIBUTOR, series=series)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of epoch 3, and beside it the file that it was computed from."""
    folder = tmp_path_factory.mktemp("epochs")
    file = write_csv(folder / "rows.csv", columns(ROWS))
    write(folder / "3", compute(POLICY, 3, [file]))
    return folder


def test_threads_change_no_byte(made: Path, tmp_path: Path) -> None:
    again = write(tmp_path / "3", compute(POLICY, 3, [made / "rows.csv"], threads=1))
    assert again == {path.name: path.read_bytes() for path in (made / "3").iterdir()}


@pytest.mark.parametrize("seed", range(2))
def test_the_order_of_rows_changes_nothing_that_is_paid(made: Path, tmp_path: Path, seed: int) -> None:
    """Shuffled, and in two files of two formats; the summary alone names other files."""
    rows = random.Random(seed).sample(ROWS, len(ROWS))
    files = [
        write_csv(tmp_path / "a.csv", columns(rows[:100])),
        write_parquet(tmp_path / "b.parquet", columns(rows[100:])),
    ]
    again = write(tmp_path / "3", compute(POLICY, 3, files))
    first = {path.name: path.read_bytes() for path in (made / "3").iterdir()}
    assert again.pop("summary.json") != first.pop("summary.json")
    assert again == first


def test_the_next_epoch_begins_with_the_state_of_the_one_before(made: Path, tmp_path: Path) -> None:
    held = load_epoch(made / "3").payouts
    assert held.states["data"].streaks[account(1)] == Streak(active=1)
    rows = [row for row in ROWS if row[0] != account(2)]
    file = write_csv(tmp_path / "rows.csv", columns(rows))
    payouts = compute(POLICY, 4, [file], states=held.states)
    assert payouts == compute(POLICY, 4, [file], states=compute(POLICY, 3, [made / "rows.csv"]).states)
    assert payouts.states["data"].streaks[account(1)] == Streak(active=2)
    assert payouts.states["data"].streaks[account(2)] == Streak(active=1, away=1)
    assert payouts.streams != compute(POLICY, 4, [file]).streams
    write(tmp_path / "4", payouts)
    assert load_epoch(tmp_path / "4", thorough=True).payouts == payouts


def test_rows_that_came_late_are_paid_by_a_supplementary_publication(tmp_path: Path) -> None:
    """Paid per unit, an epoch leaves most of its pool: what is found later is paid out of that, and once."""
    policy = equal_policy({"compute": [PerUnit(rate=WAD, per=1)]}, pool=POOL)
    first = write_csv(tmp_path / "first.csv", columns([(account(1), "compute", "", 5), (account(3), "compute", "", 1)]))
    late = write_csv(tmp_path / "late.csv", columns([(account(1), "compute", "", 2), (account(2), "compute", "", 3)]))
    epochs = tmp_path / "epochs"
    write(epochs / folder_name(3, 0), compute(policy, 3, [first]))
    published = [load_epoch(epochs / "3").payouts]
    whole = compute(policy, 3, [first, late])
    write(epochs / folder_name(3, 1), supplement(whole, published), series=1)
    for who, amount in ((account(1), 2 * WAD), (account(2), 3 * WAD)):
        proof = proof_of(epochs / "3.1", "compute", who)
        assert (proof.publication.series, proof.amount) == (1, amount)
    published.append(load_epoch(epochs / "3.1", thorough=True).payouts)
    assert published[1].streams[0].accounts == sorted((account(1), account(2)))
    assert published[1].streams[0].pool == POOL - 6 * WAD
    again = supplement(whole, published)
    assert [list(stream.accounts) for stream in again.streams] == [[]]
