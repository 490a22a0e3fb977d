"""Claims of one account on a real chain: all that is due at once, and for the rest the reason and no transaction."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

from dao.chain import transaction
from dao.chain.distributor import Series
from dao.chain.outbox import Outbox
from dao.errors import CallReverted, EpochError, TransactionFailed, Unsent
from dao.lifecycle import packing
from dao.lifecycle.epochs.claim import Claiming, claim
from dao.lifecycle.epochs.due import Standing, assess
from dao.lifecycle.epochs.local import Local, LocalPayout, Selection, payouts_of
from dao.lifecycle.epochs.payment import Plan
from dao.lifecycle.epochs.published import distributor_of
from dao.payouts.proofs import proof_of
from dao.types import ZERO_ADDRESS, Address
from tests.support import epochs
from tests.support.chain import ACCOUNTS, DEPLOYER, STRANGER, TOKEN, Dao, deployed
from tests.support.epochs import HOLD, JOBS, PERIOD, RESERVE, WINDOW, balances

ALICE, BOB, CAROL = ACCOUNTS[1], ACCOUNTS[2], ACCOUNTS[3]
FIRST = {JOBS: {ALICE: 100 * TOKEN, BOB: 50 * TOKEN, CAROL: 1}, RESERVE: {ALICE: 7 * TOKEN}}
SECOND = {JOBS: {ALICE: 3, BOB: 2 * TOKEN}}


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    """Epochs 1 and 2 are open, and epoch 3 is over."""
    with deployed(tmp_path_factory.mktemp("dao")) as dao:
        epochs.pay_reserve(dao)
        epochs.opened(dao, 1, FIRST)
        epochs.opened(dao, 2, SECOND)
        epochs.until_over(dao, 3)
        yield dao


@pytest.fixture
def root(dao: Dao, tmp_path: Path) -> Path:
    """The folders of epochs, for this test to change."""
    shutil.copytree(epochs.folder_of(dao), tmp_path / "epochs")
    return tmp_path / "epochs"


class Killed(BaseException):
    """The process is gone."""


def local(root: Path, account: Address = ALICE, **named: object) -> Local:
    return payouts_of(root, account, Selection(**named))  # type: ignore[arg-type]


def claimed(dao: Dao, root: Path, account: Address = ALICE, *, sender: Address | None = None) -> Claiming:
    return claim(dao.session(sender or account), local(root, account))


def standings(claiming: Claiming) -> list[tuple[int, int, str, Standing]]:
    return [
        (entry.series.epoch, entry.series.series, entry.series.stream, entry.standing)
        for entry in claiming.entitlements
    ]


def refused(dao: Dao, root: Path, epoch: int, account: Address = ALICE) -> tuple[Standing, str]:
    """How a claim of one epoch stands and why, while nothing is sent for it."""
    before = dao.nonces()
    (entry,) = claim(dao.session(account), local(root, account, epochs=(epoch,))).entitlements
    assert dao.nonces() == before
    return entry.standing, entry.reason or ""


# ------------------------------------------------------------ what is due


def test_all_epochs_and_streams_at_once(dao: Dao, root: Path) -> None:
    (held,) = balances(dao, [ALICE])
    plans: list[Plan] = []
    made = claim(dao.session(ALICE), local(root), confirm=plans.append)
    assert standings(made) == [
        (1, 0, JOBS, Standing.PAID),
        (1, 0, RESERVE, Standing.PAID),
        (2, 0, JOBS, Standing.PAID),
    ]
    (sent,) = made.sent
    assert made.paid == sent.amount == 107 * TOKEN + 3
    assert balances(dao, [ALICE]) == [held + 107 * TOKEN + 3]
    assert made.complete
    (packed,) = plans[0].transactions
    assert packed.outgoing.function.startswith("claimMany(")
    assert [entry.amount for entry in packed.entries] == [100 * TOKEN, 7 * TOKEN, 3]


def test_the_second_time_nothing_is_sent(dao: Dao, root: Path) -> None:
    claimed(dao, root)
    held, before = balances(dao, [ALICE]), dao.nonces()
    again = claimed(dao, root)
    assert {entry.standing for entry in again.entitlements} == {Standing.CLAIMED}
    assert (again.sent, again.complete) == ((), True)
    assert (balances(dao, [ALICE]), dao.nonces()) == (held, before)


def test_one_payout_takes_the_cheaper_call(dao: Dao, root: Path) -> None:
    plans: list[Plan] = []
    made = claim(dao.session(CAROL), local(root, CAROL), confirm=plans.append)
    assert plans[0].transactions[0].outgoing.function.startswith("claim(address,(")
    assert made.paid == 1


def test_anybody_claims_for_the_account(dao: Dao, root: Path) -> None:
    held = balances(dao, [ALICE, STRANGER])
    assert claimed(dao, root, sender=STRANGER).paid == 107 * TOKEN + 3
    assert balances(dao, [ALICE, STRANGER]) == [held[0] + 107 * TOKEN + 3, held[1]]


def test_a_selection_claims_no_more(dao: Dao, root: Path) -> None:
    made = claim(dao.session(ALICE), local(root, epochs=(1,), streams=(RESERVE,), series=0))
    assert (standings(made), made.paid) == ([(1, 0, RESERVE, Standing.PAID)], 7 * TOKEN)


def test_as_many_transactions_as_gas_asks_for(dao: Dao, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dao.advance(60)

    def seen(plan: Plan) -> None:
        (packed,) = plan.transactions
        monkeypatch.setattr(packing, "GAS_LIMIT_CAP", packed.gas)
        raise Killed

    with pytest.raises(Killed):
        claim(dao.session(ALICE), local(root), confirm=seen)
    made = claimed(dao, root)
    assert len(made.sent) == 2
    assert made.paid == 107 * TOKEN + 3
    assert all(sent.gas_used <= packing.GAS_LIMIT_CAP for sent in made.sent)


def test_a_block_may_need_more_gas_than_the_estimate(dao: Dao, root: Path) -> None:
    """Estimated in the second of another mint, mined in a later one, with checkpoints of their own."""
    claim(dao.session(STRANGER), local(root, BOB, epochs=(1,)))
    second = dao.connection.block().timestamp
    dao.connection.rpc("evm_setNextBlockTimestamp", [second])

    def later(_: Plan) -> None:
        dao.connection.rpc("evm_setNextBlockTimestamp", [second + 100])

    (entry,) = claim(dao.session(STRANGER), local(root, CAROL), confirm=later).entitlements
    assert (entry.standing, entry.reason) == (Standing.PAID, None)


def test_another_receiver(dao: Dao, root: Path) -> None:
    held = balances(dao, [ALICE, DEPLOYER])
    made = claim(dao.session(ALICE), local(root), receiver=DEPLOYER)
    assert (made.receiver, made.paid) == (DEPLOYER, 107 * TOKEN + 3)
    assert balances(dao, [ALICE, DEPLOYER]) == [held[0], held[1] + 107 * TOKEN + 3]
    assert {event.receiver for event in made.sent[0].payments} == {DEPLOYER}


def test_nobody_else_names_the_receiver(dao: Dao, root: Path) -> None:
    with pytest.raises(EpochError, match="only the account itself"):
        claim(dao.session(BOB), local(root), receiver=BOB)


@pytest.mark.parametrize("who", ["nobody", "distributor"])
def test_receivers_that_could_not_use_it(dao: Dao, root: Path, who: str) -> None:
    receiver = ZERO_ADDRESS if who == "nobody" else distributor_of(dao.session()).address
    with pytest.raises(EpochError, match="nobody could use"):
        claim(dao.session(ALICE), local(root), receiver=receiver)


def test_a_multisig_gets_a_file(dao: Dao, root: Path, tmp_path: Path) -> None:
    session, before = replace(dao.session(ALICE), unsigned=tmp_path / "safe.json"), dao.nonces()
    with pytest.raises(Unsent):
        claim(session, local(root))
    assert (tmp_path / "safe.json").exists()
    assert dao.nonces() == before


# ------------------------------------------------------------ what is not, and why


def test_not_published(dao: Dao, root: Path) -> None:
    epochs.write(dao, 3, {JOBS: {ALICE: 9}}, folder=root)
    assert refused(dao, root, 3) == (Standing.UNPUBLISHED, "the reporters have not published it")


def test_not_open_yet_and_then_disputed(dao: Dao, root: Path) -> None:
    series = epochs.publish(dao, epochs.write(dao, 3, {JOBS: {ALICE: 9}}, folder=root))
    standing, reason = refused(dao, root, 3)
    assert (standing, "opens" in reason) == (Standing.WAITING, True)
    epochs.dispute(dao, series, CAROL)
    dao.advance(WINDOW)
    standing, reason = refused(dao, root, 3)
    assert (standing, reason.split(";")[0]) == (Standing.DISPUTED, "1 open dispute")
    dao.advance(HOLD)
    assert claim(dao.session(ALICE), local(root, epochs=(3,))).paid == 9


def test_lapsed(dao: Dao, root: Path) -> None:
    dao.advance(WINDOW + HOLD + PERIOD)
    standing, reason = refused(dao, root, 2)
    assert (standing, "could be claimed until" in reason) == (Standing.LAPSED, True)


def test_voided_and_corrected(dao: Dao, root: Path) -> None:
    """A claim made before stays paid; the local tree of what was voided claims nothing of what replaces it."""
    series = Series(JOBS, 1)
    claim(dao.session(BOB), local(root, BOB, epochs=(1,)))
    epochs.void(dao, series)
    before = dao.nonces()
    made = claim(dao.session(ALICE), local(root, epochs=(1,), streams=(JOBS,)))
    assert standings(made) == [(1, 0, JOBS, Standing.VOIDED)]
    assert not made.complete
    corrected = {JOBS: {ALICE: 1 * TOKEN, BOB: 50 * TOKEN}}
    other = epochs.write(dao, 1, corrected, folder=root / "corrected")
    epochs.publish(dao, other, revision=1)
    dao.advance(WINDOW)
    standing, reason = refused_stream(dao, root)
    assert standing is Standing.OTHER_TREE
    assert other.of(JOBS).root is not None
    assert (other.of(JOBS).root or b"").hex() in reason
    assert claim(dao.session(BOB), local(root / "corrected", BOB)).complete
    held = balances(dao, [ALICE, BOB])
    assert claim(dao.session(ALICE), local(root / "corrected")).paid == 1 * TOKEN
    assert balances(dao, [ALICE, BOB]) == [held[0] + 1 * TOKEN, held[1]]
    assert dao.nonces() == before + 2


def refused_stream(dao: Dao, root: Path) -> tuple[Standing, str]:
    (entry,) = claim(dao.session(ALICE), local(root, epochs=(1,), streams=(JOBS,))).entitlements
    return entry.standing, entry.reason or ""


def test_the_root_of_another_tree_was_published(dao: Dao, root: Path) -> None:
    """The reporters signed a tree that pays BOB; ALICE is told before anything is sent."""
    mine = epochs.write(dao, 3, {JOBS: {ALICE: 9}}, folder=root)
    wrong = epochs.write(dao, 3, {JOBS: {BOB: 9}}, folder=root / "wrong")
    epochs.publish(dao, mine, root=wrong.of(JOBS).root)
    dao.advance(WINDOW)
    standing, reason = refused(dao, root, 3)
    assert (standing, "dispute it" in reason) == (Standing.OTHER_TREE, True)
    with pytest.raises(CallReverted, match="InvalidProof"):
        direct(dao, local(root, epochs=(3,)).payouts[0])


def test_a_tree_of_more_than_its_total(dao: Dao, root: Path) -> None:
    summary = epochs.write(dao, 3, {JOBS: {ALICE: 9, BOB: 5}}, folder=root)
    epochs.publish(dao, summary, total=10)
    dao.advance(WINDOW)
    claim(dao.session(BOB), local(root, BOB, epochs=(3,)))
    standing, reason = refused(dao, root, 3)
    assert standing is Standing.EXHAUSTED
    assert "only 0.000000000000000005 RENDER" in reason


@pytest.mark.parametrize("what", ["chain", "distributor"])
def test_for_another_chain_or_contract(dao: Dao, root: Path, what: str) -> None:
    other = {"chain": {"chain_id": 1}, "distributor": {"distributor": STRANGER}}[what]
    shutil.rmtree(root / "2")
    epochs.write(dao, 2, SECOND, folder=root, **other)  # type: ignore[arg-type]
    standing, reason = refused(dao, root, 2)
    assert standing is Standing.ELSEWHERE
    assert ("chain 1" if what == "chain" else STRANGER) in reason


def direct(dao: Dao, payout: LocalPayout, **changed: object) -> None:
    """Claims past the lifecycle, with other values than the tree has."""
    values = dict(zip(("stream", "epoch", "series", "amount", "proof"), payout.claim, strict=True)) | changed
    account = values.pop("account", payout.account)
    dao.call(STRANGER, "distributor", "claim", account, tuple(values.values()))


@pytest.mark.parametrize(
    "changed",
    [
        {"epoch": 2},
        {"account": BOB},
        {"amount": 101 * TOKEN},
        {"series": 1},
        {"proof": ()},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_proof_counts_for_nothing_else(dao: Dao, root: Path, changed: dict[str, object]) -> None:
    (payout,) = local(root, epochs=(1,), streams=(JOBS,)).payouts
    with pytest.raises(CallReverted, match=r"InvalidProof|NotPublished"):
        direct(dao, payout, **changed)
    direct(dao, payout)
    with pytest.raises(CallReverted, match="AlreadyClaimed"):
        direct(dao, payout)


# ------------------------------------------------------------ damaged files


def change_amount(folder: Path) -> None:
    path = folder / "payouts.parquet"
    table = parquet.read_table(path)
    amounts = [amount * 2 for amount in table["amount"].to_pylist()]
    column = arrow.array(amounts, table["amount"].type)
    parquet.write_table(table.set_column(2, table.schema.field("amount"), column), path)


def change_nodes(folder: Path) -> None:
    path = folder / "compute.jobs.nodes.arrow"
    node = proof_of(folder, JOBS, ALICE).proof[0]
    path.write_bytes(path.read_bytes().replace(node, bytes(32)))


def truncate(folder: Path) -> None:
    path = folder / "payouts.parquet"
    path.write_bytes(path.read_bytes()[:-20])


def lose_nodes(folder: Path) -> None:
    (folder / "compute.jobs.nodes.arrow").unlink()


def change_summary(folder: Path) -> None:
    path = folder / "summary.json"
    path.write_text(path.read_text(encoding="utf-8").replace("compute/jobs", "compute/jobz"), encoding="utf-8")


def lose_summary(folder: Path) -> None:
    (folder / "summary.json").unlink()


def rename(folder: Path) -> None:
    shutil.rmtree(folder)
    shutil.copytree(folder.with_name("2"), folder)


@pytest.mark.parametrize(
    "damage", [change_amount, change_nodes, truncate, lose_nodes, change_summary, lose_summary, rename]
)
def test_damaged_files_are_told_and_hold_up_nothing_else(dao: Dao, root: Path, damage: Callable[[Path], None]) -> None:
    damage(root / "1")
    made = claimed(dao, root)
    bad = [entry for entry in made.entitlements if entry.standing is Standing.UNREADABLE]
    assert bad
    assert all(entry.series.epoch == 1 and entry.reason for entry in bad)
    assert (2, 0, JOBS, Standing.PAID) in standings(made)
    assert made.paid in (3, 3 + 7 * TOKEN)
    assert not made.complete


def test_a_whole_forged_folder_claims_nothing(dao: Dao, root: Path) -> None:
    """Files that go together, and pay more than was published."""
    shutil.rmtree(root / "2")
    epochs.write(dao, 2, {JOBS: {ALICE: 1_000 * TOKEN, BOB: 2 * TOKEN}}, folder=root)
    assert refused(dao, root, 2)[0] is Standing.OTHER_TREE


# ------------------------------------------------------------ nothing there


@pytest.mark.parametrize(
    ("selection", "account", "found"),
    [
        ({"epochs": (7,)}, ALICE, "no such folder"),
        ({"streams": ("compute/none",)}, ALICE, "compute/none"),
        ({"series": 3, "epochs": (1,)}, ALICE, "no such folder"),
    ],
)
def test_what_is_not_here(root: Path, selection: dict[str, object], account: Address, found: str) -> None:
    with pytest.raises(EpochError) as error:
        local(root, account, **selection)
    assert found in str(error.value.found)
    assert error.value.expected is not None


def test_no_folder_at_all(tmp_path: Path) -> None:
    with pytest.raises(EpochError, match="there are no epochs here"):
        local(tmp_path / "none")


def test_an_account_that_is_paid_nothing(dao: Dao, root: Path) -> None:
    with pytest.raises(EpochError, match="pay this account nothing"):
        claimed(dao, root, DEPLOYER)


# ------------------------------------------------------------ interrupted and overtaken


def test_interrupted_after_it_was_sent(dao: Dao, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = replace(dao.session(ALICE), outbox=Outbox(tmp_path / "outbox.json"))
    held = balances(dao, [ALICE])

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Outbox, "settle", killed)
        with pytest.raises(Killed):
            claim(session, local(root))
    before = dao.nonces()
    again = claim(session, local(root))
    assert {entry.standing for entry in again.entitlements} == {Standing.CLAIMED}
    assert dao.nonces() == before
    assert balances(dao, [ALICE]) == [held[0] + 107 * TOKEN + 3]
    assert session.outbox is not None
    assert not session.outbox.attempts()


def test_what_is_on_its_way_is_waited_for(
    dao: Dao, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The claim of the first run is in the pool; the second waits until it is mined and sends nothing."""
    session = replace(dao.session(ALICE), outbox=Outbox(tmp_path / "outbox.json"))

    def killed(*_: object) -> None:
        raise Killed

    dao.connection.rpc("evm_setAutomine", [False])
    try:
        with monkeypatch.context() as patch:
            patch.setattr(Outbox, "settle", killed)
            with pytest.raises(Killed):
                claim(session, local(root))
        with pytest.raises(TransactionFailed, match="not mined yet"):
            transaction.settle(
                dao.connection, ALICE, distributor_of(session).address, Outbox(tmp_path / "outbox.json"), timeout=0
            )
        monkeypatch.setattr(transaction.time, "sleep", lambda _: dao.connection.rpc("evm_mine"))
        again = claim(session, local(root))
    finally:
        dao.connection.rpc("evm_setAutomine", [True])
    assert {entry.standing for entry in again.entitlements} == {Standing.CLAIMED}
    assert again.sent == ()


def test_somebody_else_was_faster(dao: Dao, root: Path) -> None:
    (payout,) = local(root, CAROL).payouts

    def meanwhile(_: Plan) -> None:
        direct(dao, payout)

    made = claim(dao.session(CAROL), local(root, CAROL), confirm=meanwhile)
    (entry,) = made.entitlements
    assert entry.standing is Standing.FAILED
    assert "AlreadyClaimed" in (entry.reason or "")
    assert made.sent == ()


def test_what_stands_is_read_of_one_block(dao: Dao, root: Path) -> None:
    found = assess(dao.session(), local(root))
    assert [entry.standing for entry in found] == [Standing.DUE] * 3
    assert [entry.amount for entry in found] == [100 * TOKEN, 7 * TOKEN, 3]
