"""Reconciliation on a real chain: honest epochs agree, and every figure that differs is named with its vote."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dao.audit.due_payouts import on_chain_before
from dao.audit.gather import gather
from dao.audit.reconcile import Reconciliation, reconcile
from dao.chain.distributor import Series
from dao.errors import DocumentError, EpochError
from dao.lifecycle.advance import execute, queue
from dao.lifecycle.epochs.claim import claim
from dao.lifecycle.epochs.compute import compute_epoch
from dao.lifecycle.epochs.endorse import endorse
from dao.lifecycle.epochs.local import Selection, payouts_of
from dao.lifecycle.epochs.publish import due, publish
from dao.lifecycle.vote import cast
from dao.payouts.following import Inputs
from dao.payouts.names import PAYOUTS_PARQUET, folder_name
from dao.replay.replay import replay
from dao.types import Address, Support
from tests.support import epochs
from tests.support.chain import (
    ACCOUNTS,
    MIN_DELAY,
    STRANGER,
    TOKEN,
    VOTING_DELAY,
    VOTING_PERIOD,
    Dao,
    deployed,
    rewound,
)
from tests.support.epochs import JOBS, URI, WINDOW, reporter_keys

ROWS = "account,stream,units\n{0},compute/jobs,300\n{1},compute/jobs,100\n"
EPOCH = 2


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    """The cut of node rewards is executed, and its first epoch, 2, is over."""
    with deployed(tmp_path_factory.mktemp("dao")) as dao:
        dao.delegate_all()
        proposal = dao.submit()
        dao.advance(VOTING_DELAY + 1)
        for holder in ACCOUNTS[:4]:
            cast(dao.session(holder), proposal, Support.FOR)
        dao.advance(VOTING_PERIOD)
        queue(dao.session(ACCOUNTS[0]), proposal)
        dao.advance(MIN_DELAY)
        execute(dao.session(ACCOUNTS[0]), proposal)
        epochs.until_over(dao, EPOCH)
        yield dao


@pytest.fixture
def dao(chain: Dao) -> Iterator[Dao]:
    with rewound(chain):
        yield chain


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return written(tmp_path, ROWS)


def written(folder: Path, text: str, name: str = "contributions.csv") -> Path:
    path = folder / name
    path.write_text(text.format(ACCOUNTS[1], ACCOUNTS[2], ACCOUNTS[3]), encoding="utf-8")
    return path


def inputs(rows: Path, *, epoch: int = EPOCH) -> Inputs:
    return Inputs(epoch=epoch, contributions=(rows,), epochs=rows.parent / "epochs")


def published(dao: Dao, rows: Path, *, supplementary: bool = False, epoch: int = EPOCH) -> Path:
    """Computes, signs and publishes; the epoch's folder."""
    computed = compute_epoch(dao.session(), inputs(rows, epoch=epoch), supplementary=supplementary)
    publish_folder(dao, computed.folder)
    return computed.folder


def publish_folder(dao: Dao, folder: Path) -> None:
    _, dues = due(dao.session(), folder, uri=URI)
    to_sign = [each.to_publish for each in dues]
    publish(dao.session(STRANGER), dues, [endorse(dao.session(), key, to_sign=to_sign) for key in reporter_keys()[:2]])


def claimed(dao: Dao, rows: Path, account: Address) -> None:
    claim(dao.session(account), payouts_of(rows.parent / "epochs", account, Selection()))


def reconciled(dao: Dao, rows: Path, *, series: int = 0, epoch: int = EPOCH) -> Reconciliation:
    deployment = dao.deployment
    return reconcile(
        dao.connection,
        deployment.addresses,
        inputs(rows, epoch=epoch),
        from_block=deployment.start_block,
        series=series,
    )


def differing(found: Reconciliation) -> dict[str, tuple[str, str]]:
    return {finding.what: (finding.expected, finding.found) for finding in found.findings}


def test_an_honest_epoch_and_the_vote_behind_it(dao: Dao, rows: Path) -> None:
    published(dao, rows)
    dao.advance(WINDOW)
    claimed(dao, rows, ACCOUNTS[1])
    found = reconciled(dao, rows)
    assert found.findings == ()
    (jobs, reserve) = found.streams
    assert (jobs.emission, jobs.computed, jobs.published) == (15_000 * TOKEN,) * 3
    assert (jobs.claimed, jobs.claims, jobs.accounts) == (11_250 * TOKEN, 1, 2)
    assert (jobs.authority, reserve.authority) == ("proposal", "proposal")
    assert jobs.proposal is not None
    assert (reserve.computed, reserve.published) == (0, None)


def test_before_the_vote_the_deployment_decides(dao: Dao, rows: Path) -> None:
    published(dao, rows, epoch=1)
    found = reconciled(dao, rows, epoch=1)
    assert found.findings == ()
    assert (found.streams[0].authority, found.streams[0].emission) == ("deployment", 47_435 * TOKEN)


def test_other_contributions_than_were_published(dao: Dao, rows: Path, tmp_path: Path) -> None:
    published(dao, rows)
    dao.advance(WINDOW)
    claimed(dao, rows, ACCOUNTS[1])
    other = written(tmp_path, ROWS.replace("300", "200"))
    found = differing(reconciled(dao, other))
    assert set(found) == {
        f"{JOBS}: hash of the contributions",
        f"{JOBS}: Merkle root",
        f"{JOBS}: what {ACCOUNTS[1]} was paid",
    }
    expected, paid = found[f"{JOBS}: what {ACCOUNTS[1]} was paid"]
    assert (int(expected.replace(",", "")), int(paid.replace(",", ""))) == (10_000 * TOKEN, 11_250 * TOKEN)


def test_a_tree_that_pays_a_stranger(dao: Dao, rows: Path) -> None:
    """Reporters sign a tree of their own: what the contract cannot know, the reconciliation finds."""
    summary = epochs.write(dao, EPOCH, {JOBS: {STRANGER: 15_000 * TOKEN}}, folder=rows.parent / "epochs")
    epochs.publish(dao, summary)
    dao.advance(WINDOW)
    claimed(dao, rows, STRANGER)
    found = differing(reconciled(dao, rows))
    assert f"{JOBS}: Merkle root" in found
    assert found[f"{JOBS}: what {STRANGER} was paid"][0] == "0"


def test_nothing_published(dao: Dao, rows: Path) -> None:
    found = differing(reconciled(dao, rows))
    assert set(found) == {f"{JOBS}: total", f"{JOBS}: Merkle root"}


def test_a_supplement_pays_what_was_missing(dao: Dao, rows: Path, tmp_path: Path) -> None:
    """The first file left somebody out and the pool was not used up: the second one adds what is missing."""
    share = written(tmp_path, "account,stream,units\n{0},compute/jobs,300\n", "first.csv")
    folder = rows.parent / "epochs" / folder_name(EPOCH, 0)
    epochs.write(dao, EPOCH, {JOBS: {ACCOUNTS[1]: 11_250 * TOKEN}}, folder=rows.parent / "epochs")
    publish_folder(dao, folder)
    dao.advance(WINDOW)
    published(dao, rows, supplementary=True)
    dao.advance(WINDOW)
    claimed(dao, rows, ACCOUNTS[2])
    found = reconciled(dao, rows, series=1)
    assert found.findings == ()
    assert (found.streams[0].computed, found.streams[0].claimed) == (3_750 * TOKEN,) * 2
    assert differing(reconciled(dao, share, series=1))
    # The main publication is judged by what was on chain before it, and so without its supplement.
    addresses, end = dao.deployment.addresses, dao.connection.block().number
    state = replay(gather(dao.connection, addresses, from_block=0, to_block=end), addresses)
    assert on_chain_before(state, EPOCH, 0).roots.keys() == set()
    assert on_chain_before(state, EPOCH, 1).roots.keys() == {(JOBS, EPOCH, 0)}
    assert on_chain_before(state, EPOCH, 2).roots.keys() == {(JOBS, EPOCH, 0), (JOBS, EPOCH, 1)}


def test_after_a_void_nobody_is_paid_twice(dao: Dao, rows: Path, tmp_path: Path) -> None:
    """Who claimed of the voided publication is left out of the next, which is within what is left of the pool."""
    published(dao, rows)
    dao.advance(WINDOW)
    claimed(dao, rows, ACCOUNTS[1])
    epochs.void(dao, Series(JOBS, EPOCH))
    corrected = written(tmp_path, ROWS + "{2},compute/jobs,100\n", "corrected.csv")
    (tmp_path / "again").mkdir()
    moved = corrected.rename(tmp_path / "again" / corrected.name)
    folder = published(dao, moved)
    dao.advance(WINDOW)
    for account in ACCOUNTS[2:4]:
        claimed(dao, moved, account)
    assert folder.name == str(EPOCH)
    found = differing(reconciled(dao, moved))
    # 15,000 by 300 to 100 to 100: the first account got 11,250 of the voided tree where it earned 9,000.
    assert set(found) == {f"{JOBS}: what {ACCOUNTS[1]} was paid"}
    balances = epochs.balances(dao, ACCOUNTS[1:4])
    assert balances == [
        3_000_000 * TOKEN + 11_250 * TOKEN,
        2_000_000 * TOKEN + 1_875 * TOKEN,
        1_500_000 * TOKEN + 1_875 * TOKEN,
    ]


def test_a_supplement_counts_what_was_paid_of_a_voided_publication(dao: Dao, rows: Path) -> None:
    published(dao, rows)
    dao.advance(WINDOW)
    claimed(dao, rows, ACCOUNTS[1])
    epochs.void(dao, Series(JOBS, EPOCH))
    folder = published(dao, rows, supplementary=True)
    assert folder.name == f"{EPOCH}.1"
    dao.advance(WINDOW)
    for account in ACCOUNTS[1:3]:
        claimed(dao, rows, account)
    assert reconciled(dao, rows, series=1).findings == ()
    assert epochs.balances(dao, ACCOUNTS[1:3]) == [
        3_000_000 * TOKEN + 11_250 * TOKEN,
        2_000_000 * TOKEN + 3_750 * TOKEN,
    ]


def beside_a_supplement(dao: Dao, rows: Path) -> Path:
    """A main publication that pays one account a part of its due, and a supplement of the rest; their folders."""
    folder = rows.parent / "epochs"
    epochs.write(dao, EPOCH, {JOBS: {ACCOUNTS[1]: 11_250 * TOKEN, ACCOUNTS[2]: 1_000 * TOKEN}}, folder=folder)
    publish_folder(dao, folder / folder_name(EPOCH, 0))
    dao.advance(WINDOW)
    published(dao, rows, supplementary=True)
    return folder


def test_what_a_supplement_pays_is_not_paid_again_after_a_void(dao: Dao, rows: Path) -> None:
    folder = beside_a_supplement(dao, rows)
    dao.advance(WINDOW)
    epochs.void(dao, Series(JOBS, EPOCH))
    (folder / str(EPOCH)).rename(folder / "voided")
    published(dao, rows)
    dao.advance(WINDOW)
    for account in ACCOUNTS[1:3]:
        claimed(dao, rows, account)
    assert epochs.balances(dao, ACCOUNTS[1:3]) == [
        3_000_000 * TOKEN + 11_250 * TOKEN,
        2_000_000 * TOKEN + 3_750 * TOKEN,
    ]
    assert [reconciled(dao, rows, series=series).findings for series in (0, 1)] == [(), ()]


def test_claims_of_a_voided_supplement_are_what_it_paid(dao: Dao, rows: Path) -> None:
    beside_a_supplement(dao, rows)
    dao.advance(WINDOW)
    claimed(dao, rows, ACCOUNTS[2])
    epochs.void(dao, Series(JOBS, EPOCH, 1))
    found = set(differing(reconciled(dao, rows, series=1)))
    # Nothing stands of it now; the claim itself was right.
    assert f"{JOBS}: what {ACCOUNTS[2]} was paid" not in found


def test_a_supplement_to_another_tree_than_stands(dao: Dao, rows: Path) -> None:
    """The folder of the epoch is not what was published: a supplement to it would pay accounts twice."""
    folder = rows.parent / "epochs"
    epochs.write(dao, EPOCH, {JOBS: {ACCOUNTS[1]: 11_250 * TOKEN}}, folder=folder)
    publish_folder(dao, folder / str(EPOCH))
    (folder / str(EPOCH)).rename(folder / "published")
    epochs.write(dao, EPOCH, {JOBS: {ACCOUNTS[1]: 7_500 * TOKEN}}, folder=folder)
    for run in (lambda: published(dao, rows, supplementary=True), lambda: reconciled(dao, rows, series=1)):
        with pytest.raises(EpochError, match="another tree stands"):
            run()


def test_a_supplement_to_payouts_that_were_changed(dao: Dao, rows: Path, tmp_path: Path) -> None:
    """Accounts and total are as they were, and so is the summary; only the payouts themselves are others."""
    paid = {ACCOUNTS[1]: 7_500 * TOKEN, ACCOUNTS[2]: 1_000 * TOKEN}
    folder, other = rows.parent / "epochs", tmp_path / "other"
    epochs.write(dao, EPOCH, {JOBS: paid}, folder=folder)
    publish_folder(dao, folder / str(EPOCH))
    epochs.write(dao, EPOCH, {JOBS: dict(zip(paid, reversed(paid.values()), strict=True))}, folder=other)
    shutil.copy(other / str(EPOCH) / PAYOUTS_PARQUET, folder / str(EPOCH))
    with pytest.raises(DocumentError, match="damaged"):
        published(dao, rows, supplementary=True)


def test_an_epoch_that_runs(dao: Dao, rows: Path) -> None:
    with pytest.raises(EpochError, match="not over"):
        reconciled(dao, rows, epoch=40)
