"""What an account was paid by the logs, and what the local folders have for it besides."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from dao import artifacts
from dao.chain.distributor import Series
from dao.chain.logs import fetch
from dao.document.quantities import Units
from dao.errors import RpcError
from dao.lifecycle.epochs import history as room
from dao.lifecycle.epochs.claim import claim
from dao.lifecycle.epochs.due import Standing
from dao.lifecycle.epochs.history import History, Part, history
from dao.lifecycle.epochs.local import Selection, payouts_of
from dao.lifecycle.epochs.published import distributor_of
from dao.render.payout_history import COLUMNS, history_csv, history_json, history_view
from dao.types import Address
from tests.support import epochs
from tests.support.chain import ACCOUNTS, DEPLOYER, STRANGER, TOKEN, Dao, deployed
from tests.support.epochs import JOBS, RESERVE, WINDOW

ALICE, BOB = ACCOUNTS[1], ACCOUNTS[2]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    """Epochs 1 and 2 are open, 3 is over, 1 was claimed by Alice, its reserve to another receiver."""
    with deployed(tmp_path_factory.mktemp("dao")) as dao:
        epochs.pay_reserve(dao)
        epochs.opened(dao, 1, {JOBS: {ALICE: 3 * TOKEN, BOB: 5}, RESERVE: {ALICE: 7 * TOKEN + 1}})
        root = epochs.folder_of(dao)
        claim(dao.session(STRANGER), payouts_of(root, ALICE, Selection(streams=(JOBS,))))
        claim(dao.session(ALICE), payouts_of(root, ALICE, Selection(streams=(RESERVE,))), receiver=DEPLOYER)
        epochs.opened(dao, 2, {JOBS: {ALICE: 11, BOB: 6}})
        epochs.until_over(dao, 3)
        yield dao


@pytest.fixture
def root(dao: Dao, tmp_path: Path) -> Path:
    shutil.copytree(epochs.folder_of(dao), tmp_path / "epochs")
    return tmp_path / "epochs"


def told(dao: Dao, root: Path | None, account: Address = ALICE) -> History:
    local = None if root is None else payouts_of(root, account, Selection())
    return history(dao.session(), account, local)


def test_what_was_paid_and_what_is_to_come(dao: Dao, root: Path) -> None:
    epochs.write(dao, 3, {JOBS: {ALICE: 13}, RESERVE: {ALICE: 17}}, folder=root)
    late = epochs.publish(dao, epochs.write(dao, 3, {JOBS: {ALICE: 13}, RESERVE: {ALICE: 17}}, folder=root), RESERVE)
    found = told(dao, root)
    assert [(each.series, each.amount, each.receiver) for each in found.received] == [
        (Series(JOBS, 1), 3 * TOKEN, ALICE),
        (Series(RESERVE, 1), 7 * TOKEN + 1, DEPLOYER),
    ]
    assert all(
        dao.connection.rpc("eth_getTransactionReceipt", ["0x" + each.place.transaction.hex()])["status"] == "0x1"
        for each in found.received
    )
    assert [(entry.series, entry.amount, entry.standing) for entry in found.others] == [
        (Series(JOBS, 2), 11, Standing.DUE),
        (Series(JOBS, 3), 13, Standing.UNPUBLISHED),
        (late, 17, Standing.WAITING),
    ]
    assert found.totals() == {
        JOBS: {Part.PAID: 3 * TOKEN, Part.OPEN: 11, Part.WAITING: 13, Part.LOST: 0},
        RESERVE: {Part.PAID: 7 * TOKEN + 1, Part.OPEN: 0, Part.WAITING: 17, Part.LOST: 0},
    }
    dao.advance(WINDOW + epochs.HOLD + epochs.PERIOD)
    assert told(dao, root).totals()[JOBS][Part.LOST] == 11


def test_without_folders_only_what_was_paid(dao: Dao) -> None:
    found = told(dao, None)
    assert (len(found.received), found.others) == (2, ())


def test_others_are_not_told_of(dao: Dao) -> None:
    claim(dao.session(BOB), payouts_of(epochs.folder_of(dao), BOB, Selection()))
    assert [each.amount for each in told(dao, None, BOB).received] == [5, 6]
    assert len(told(dao, None).received) == 2
    assert told(dao, None, STRANGER).received == ()


def test_a_node_is_asked_for_the_logs_of_the_account_alone(dao: Dao) -> None:
    claim(dao.session(BOB), payouts_of(epochs.folder_of(dao), BOB, Selection()))
    event = artifacts.load("RewardDistributor").abi.event("Claimed")
    found = fetch(
        dao.connection,
        [distributor_of(dao.session()).address],
        from_block=0,
        to_block=dao.connection.block().number,
        topics=[event.hash],
        fourth=[bytes(12) + bytes.fromhex(BOB[2:])],
    )
    assert len(found) == 2
    assert {log.topics[3][12:].hex() for log in found} == {BOB[2:].lower()}


def test_a_claim_of_what_was_voided_stays_in_the_history(dao: Dao, root: Path) -> None:
    epochs.void(dao, Series(JOBS, 1))
    found = told(dao, root)
    assert len(found.received) == 2
    assert [entry.standing for entry in found.others] == [Standing.DUE]


def test_a_node_that_answers_with_more_than_was_asked(dao: Dao, monkeypatch: pytest.MonkeyPatch) -> None:
    claim(dao.session(BOB), payouts_of(epochs.folder_of(dao), BOB, Selection()))
    monkeypatch.setattr(room, "fetch", lambda *asked, fourth, **named: fetch(*asked, **named))
    assert [each.amount for each in told(dao, None, BOB).received] == [5, 6]


def test_a_node_that_leaves_logs_out(dao: Dao, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "fetch", lambda *_, **__: [])
    with pytest.raises(RpcError, match="lack a payment"):
        told(dao, root)


def test_shown_as_table_json_and_csv(dao: Dao, root: Path) -> None:
    found = told(dao, root)
    console = Console(file=io.StringIO(), width=250)
    console.print(history_view(found, dao.deployment))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "7.000000000000000001 RENDER" in shown
    assert f", to {DEPLOYER}" in shown
    assert "open" in shown
    document = json.loads(json.dumps(history_json(found)))
    assert [entry["amount"] for entry in document["paid"]] == [str(3 * TOKEN), str(7 * TOKEN + 1)]
    assert document["totals"][JOBS] == {"paid": str(3 * TOKEN), "open": "11", "waiting": "0", "lost": "0"}
    text = history_csv(found, Units("RENDER", 18))
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["epoch"], row["stream"], row["standing"], row["tokens"]) for row in rows] == [
        ("1", JOBS, "paid", "3"),
        ("1", RESERVE, "paid", "7.000000000000000001"),
        ("2", JOBS, "open", "0.000000000000000011"),
    ]
    assert rows[1]["receiver"] == DEPLOYER
    assert rows[1]["transaction"] == document["paid"][1]["transaction"]
    assert rows[1]["time"].endswith("Z")
    assert "\r\n" in text
