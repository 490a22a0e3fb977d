"""Many accounts paid in batches: everybody once, also after an interruption, and who is not paid is told."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from dao.abi import checksum, keccak
from dao.chain.distributor import Series
from dao.chain.outbox import Outbox
from dao.errors import DocumentError, EpochError, Unsent
from dao.lifecycle import packing
from dao.lifecycle.epochs.accounts import load_accounts
from dao.lifecycle.epochs.claim import claim
from dao.lifecycle.epochs.claim_batch import Batched, BatchPlan, claim_batch
from dao.lifecycle.epochs.due import Standing
from dao.lifecycle.epochs.local import Selection, payouts_of
from dao.payouts.proofs import proof_of
from dao.types import Address
from tests.support import epochs
from tests.support.chain import ACCOUNTS, DEPLOYER, STRANGER, Dao, deployed
from tests.support.epochs import JOBS, RESERVE, WINDOW, balances

CROWD = [checksum("0x" + keccak(b"batch %d" % number)[:20].hex()) for number in range(90)]
DUE = {account: 10**18 + number for number, account in enumerate(CROWD)}
FEW = {CROWD[0]: 5, CROWD[1]: 7}
ALL = Selection()


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    """Epochs 1, with a supplement, and 2 are open."""
    with deployed(tmp_path_factory.mktemp("dao")) as dao:
        epochs.pay_reserve(dao)
        epochs.opened(dao, 1, {JOBS: DUE, RESERVE: FEW})
        epochs.opened(dao, 1, {JOBS: {CROWD[2]: 11}}, series=1)
        epochs.opened(dao, 2, {JOBS: {CROWD[0]: 3, ACCOUNTS[0]: 4}})
        yield dao


@pytest.fixture
def root(dao: Dao, tmp_path: Path) -> Path:
    shutil.copytree(epochs.folder_of(dao), tmp_path / "epochs")
    return tmp_path / "epochs"


def batched(
    dao: Dao,
    root: Path,
    accounts: Sequence[Address] = CROWD,
    selection: Selection = ALL,
    confirm: Callable[[BatchPlan], None] = lambda plan: None,
) -> Batched:
    return claim_batch(dao.session(STRANGER), root, accounts, selection, confirm=confirm)


def figures(made: Batched) -> list[tuple[int, int, str, int, int, int, int]]:
    """Epoch, series, stream; accounts, claimed before, paid now, left."""
    return [
        (each.series.epoch, each.series.series, each.series.stream, each.accounts, each.claimed, each.paid, each.left)
        for each in made.publications
    ]


def test_everybody_in_every_publication(dao: Dao, root: Path) -> None:
    made = batched(dao, root)
    assert figures(made) == [
        (1, 0, JOBS, 90, 0, 90, 0),
        (1, 0, RESERVE, 2, 0, 2, 0),
        (1, 1, JOBS, 1, 0, 1, 0),
        (2, 0, JOBS, 1, 0, 1, 0),
    ]
    assert made.complete
    extra = {CROWD[0]: 5 + 3, CROWD[1]: 7, CROWD[2]: 11}
    assert balances(dao, CROWD) == [DUE[account] + extra.get(account, 0) for account in CROWD]
    assert sum(each.paid_amount for each in made.publications) == sum(DUE.values()) + sum(extra.values())
    before = dao.nonces()
    again = batched(dao, root)
    assert [each.claimed for each in again.publications] == [90, 2, 1, 1]
    assert (again.sent, again.complete, dao.nonces()) == ((), True, before)


def test_some_had_claimed(dao: Dao, root: Path) -> None:
    for account in CROWD[3:6]:
        claim(dao.session(STRANGER), payouts_of(root, account, ALL))
    made = batched(dao, root, selection=Selection(epochs=(1,), streams=(JOBS,), series=0))
    assert figures(made) == [(1, 0, JOBS, 90, 3, 87, 0)]
    assert (len(made.sent), len(made.sent[0].payments)) == (1, 87)
    assert balances(dao, CROWD) == list(DUE.values())


def test_some_claim_while_it_is_sent(dao: Dao, root: Path) -> None:
    def meanwhile(_: BatchPlan) -> None:
        for account in CROWD[3:6]:
            claim(dao.session(STRANGER), payouts_of(root, account, ALL))

    made = batched(dao, root, selection=Selection(streams=(JOBS,), epochs=(1,), series=0), confirm=meanwhile)
    assert figures(made) == [(1, 0, JOBS, 90, 3, 87, 0)]
    assert made.complete
    assert balances(dao, CROWD) == list(DUE.values())


def test_as_many_transactions_as_gas_asks_for(dao: Dao, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "GAS_LIMIT_CAP", 1_500_000)
    dao.advance(60)
    plans: list[BatchPlan] = []
    only = Selection(epochs=(1,), streams=(JOBS,), series=0)
    made = batched(dao, root, selection=only, confirm=plans.append)
    # Neighbours in the tree, whose proof is no longer than two paths through it.
    proofs = [dict(packed.outgoing.arguments)["proof"] for packed in plans[0].transactions]
    assert max(map(len, proofs)) <= 2 * (len(CROWD) - 1).bit_length()
    assert len(made.sent) >= 3
    assert all(sent.gas_used <= 1_500_000 for sent in made.sent)
    assert sum(len(sent.payments) for sent in made.sent) == 90
    assert made.complete


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("when", ["before its receipt was seen", "before it was mined"])
def test_interrupted_and_carried_on(
    dao: Dao, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Killed at the second of several transactions; nobody is paid twice, and everybody once."""
    monkeypatch.setattr(packing, "GAS_LIMIT_CAP", 2_000_000)
    dao.advance(60)
    session = replace(dao.session(STRANGER), outbox=Outbox(tmp_path / "outbox.json"))
    selection = Selection(epochs=(1,), streams=(JOBS,), series=0)
    seen: list[int] = []
    real = Outbox.settle

    def killed(outbox: Outbox, attempt: object, wait: Callable[[], object]) -> object:
        seen.append(1)
        if len(seen) == 2:
            raise Killed
        made = real(outbox, attempt, wait)  # type: ignore[arg-type]
        if when == "before it was mined":
            dao.connection.rpc("evm_setAutomine", [False])
        return made

    try:
        with monkeypatch.context() as patch:
            patch.setattr(Outbox, "settle", killed)
            with pytest.raises(Killed):
                claim_batch(session, root, CROWD, selection)
        if when == "before it was mined":
            assert len(seen) == 2
            assert 0 < sum(bool(balance) for balance in balances(dao, CROWD)) < 60
        with monkeypatch.context() as patch:
            patch.setattr("time.sleep", lambda _: dao.connection.rpc("evm_mine"))
            made = claim_batch(session, root, CROWD, selection)
    finally:
        dao.connection.rpc("evm_setAutomine", [True])
    (publication,) = made.publications
    assert publication.claimed > 0
    assert publication.paid > 0
    assert publication.claimed + publication.paid == 90
    assert balances(dao, CROWD) == list(DUE.values())
    assert Outbox(tmp_path / "outbox.json").attempts() == ()


def test_a_file_for_a_multisig(dao: Dao, root: Path, tmp_path: Path) -> None:
    session, before = replace(dao.session(STRANGER), unsigned=tmp_path / "safe.json"), dao.nonces()
    with pytest.raises(Unsent):
        claim_batch(session, root, CROWD, ALL)
    assert dao.nonces() == before


# ------------------------------------------------------------ who is not paid


def test_strangers_are_told(dao: Dao, root: Path) -> None:
    made = batched(dao, root, [CROWD[0], DEPLOYER])
    assert made.strangers == (DEPLOYER,)
    assert not made.complete
    assert [each.paid for each in made.publications] == [1, 1, 1]


def test_what_is_not_open(dao: Dao, root: Path) -> None:
    epochs.until_over(dao, 3)
    series = epochs.publish(dao, epochs.write(dao, 3, {JOBS: {CROWD[0]: 9}}, folder=root))
    made = batched(dao, root)
    late = made.publications[-1]
    assert (late.series, late.standing, late.left) == (series, Standing.WAITING, 1)
    assert "opens" in (late.reason or "")
    assert [each.left for each in made.publications] == [0, 0, 0, 0, 1]
    assert not made.complete
    dao.advance(WINDOW)
    assert batched(dao, root).complete


def test_another_tree_pays_nobody(dao: Dao, root: Path) -> None:
    shutil.rmtree(root / "2")
    epochs.write(dao, 2, {JOBS: {CROWD[0]: 4, ACCOUNTS[0]: 4}}, folder=root)
    before = dao.nonces()
    made = batched(dao, root, selection=Selection(epochs=(2,)))
    assert [each.standing for each in made.publications] == [Standing.OTHER_TREE]
    assert dao.nonces() == before


def test_for_another_contract(dao: Dao, root: Path) -> None:
    shutil.rmtree(root / "2")
    epochs.write(dao, 2, {JOBS: {CROWD[0]: 3, ACCOUNTS[0]: 4}}, folder=root, distributor=DEPLOYER)
    (made,) = batched(dao, root, selection=Selection(epochs=(2,))).publications
    assert (made.standing, made.left) == (Standing.ELSEWHERE, 1)


def test_voided(dao: Dao, root: Path) -> None:
    epochs.void(dao, Series(JOBS, 2))
    (made,) = batched(dao, root, selection=Selection(epochs=(2,))).publications
    assert (made.standing, made.left) == (Standing.VOIDED, 1)


@pytest.mark.parametrize("what", ["leaf", "node", "rows", "summary"])
def test_damaged_files_hold_up_nothing_else(dao: Dao, root: Path, what: str) -> None:
    folder = root / "1"
    nodes = folder / "compute.jobs.nodes.arrow"
    proof = proof_of(folder, JOBS, CROWD[0])
    if what in ("leaf", "node"):
        gone = proof.leaf if what == "leaf" else proof_of(folder, JOBS, CROWD[0]).proof[2]
        nodes.write_bytes(nodes.read_bytes().replace(gone, bytes(32)))
    elif what == "rows":
        (folder / "payouts.parquet").unlink()
    else:
        (folder / "summary.json").write_text("{}", encoding="utf-8")
    made = batched(dao, root, CROWD[:2])
    bad = [each for each in made.publications if each.standing is Standing.UNREADABLE]
    assert bad
    assert all(each.reason and not each.complete for each in bad)
    assert not made.complete
    assert (2, 0, JOBS, 1, 0, 1, 0) in figures(made)
    assert all((each.series.epoch, each.series.series) == (1, 0) for each in bad)


@pytest.mark.parametrize("selection", [Selection(epochs=(9,)), Selection(streams=("compute/none",))])
def test_what_is_not_here(dao: Dao, root: Path, selection: Selection) -> None:
    with pytest.raises(EpochError):
        batched(dao, root, selection=selection)


# ------------------------------------------------------------ the list of accounts


def listed(tmp_path: Path, data: bytes) -> tuple[Address, ...]:
    path = tmp_path / "accounts.csv"
    path.write_bytes(data)
    return load_accounts(path)


@pytest.mark.parametrize(
    "data",
    [
        f"account\n{CROWD[0]}\n{CROWD[1]}\n",
        f"\ufeffaccount\r\n{CROWD[0]}\r\n{CROWD[1]}\r\n",
        f'"account"\n"{CROWD[0]}"\n\n{CROWD[1].lower()}',
        f"name,account,note\nx,{CROWD[0]},\ny,{CROWD[1]},z\n",
        f"account\n{CROWD[0]}\n{CROWD[1]}\n{CROWD[0].lower()}\n",
    ],
    ids=["plain", "BOM and CRLF", "quotes and blank lines", "other columns", "twice"],
)
def test_lists(tmp_path: Path, data: str) -> None:
    assert listed(tmp_path, data.encode()) == (CROWD[0], CROWD[1])


@pytest.mark.parametrize(
    ("data", "line", "field"),
    [
        ("", 1, ""),
        (f"address\n{CROWD[0]}\n", 1, ""),
        (f"account,account\n{CROWD[0]},{CROWD[0]}\n", 1, ""),
        (f"account\n{CROWD[0]}\n0x12\n", 3, "account"),
        (f"account\n{CROWD[0].swapcase()}\n", 2, "account"),
        (f"account\n{CROWD[0][:-1] + CROWD[0][-1].swapcase()}x\n", 2, "account"),
        (f"account,note\n{CROWD[0]}\n", 2, ""),
        ("account\n", 0, ""),
        ('account\n"unfinished\n', 0, ""),
        ("account\n\u202e0x\n", 2, "account"),
    ],
)
def test_lists_that_are_none(tmp_path: Path, data: str, line: int, field: str) -> None:
    with pytest.raises(DocumentError) as error:
        listed(tmp_path, data.encode())
    assert (error.value.line, error.value.field) == (line, field)


def test_no_utf_8_and_no_file(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="no CSV in UTF-8"):
        listed(tmp_path, b"account\n\xff\xfe\n")
    with pytest.raises(DocumentError, match="cannot be read"):
        load_accounts(tmp_path / "none.csv")
