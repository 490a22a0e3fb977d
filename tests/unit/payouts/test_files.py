"""An epoch's folder: same payouts, same bytes; put in place whole; read back, proved from, and refused when damaged."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

from dao.abi import checksum
from dao.errors import DaoError, FileError, PolicyError, ProofError
from dao.payouts.files import load_epoch
from dao.payouts.names import folder_name, tree_names
from dao.payouts.proofs import batch_of, proof_of, proofs_of
from dao.payouts.publication import LEAF_ENCODING, MAX_AMOUNT, verify, verify_multi
from dao.payouts.spelling import checksummed, texts
from dao.payouts.summary_file import read_summary
from tests.support.merkle import package
from tests.support.payouts import EPOCH, HELD, JOBS, NONE, ONE, account, contents, epoch_of, stream_of, write_folder


def test_what_the_folder_holds(epoch_folder: Path) -> None:
    assert sorted(path.name for path in epoch_folder.iterdir()) == HELD
    assert [path.name for path in epoch_folder.parent.iterdir()] == ["7"]
    summary = read_summary(epoch_folder)
    assert [file.name for file in summary.files] == HELD[:-1]
    assert [(stream.stream, stream.accounts, stream.total) for stream in summary.streams] == [
        ("compute/jobs", 40, JOBS.pool - 3),
        ("data", 1, 2**64),
        ("grants", 0, 0),
    ]
    assert summary.of("grants").root is None
    assert summary.data_hash == EPOCH.data_hash
    with pytest.raises(PolicyError, match="no such leaf stream"):
        summary.of("compute")


def test_rows(epoch_folder: Path) -> None:
    """Parquet and CSV say the same, ascending by bytes, with checksums; places are those of the tree."""
    table = parquet.read_table(epoch_folder / "payouts.parquet").to_pylist()
    with (epoch_folder / "payouts.csv").open(encoding="ascii", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["stream", "account", "amount"]
    assert rows[1:] == [[row["stream"], row["account"], str(row["amount"])] for row in table]
    assert rows[1:] == sorted(rows[1:], key=lambda row: row[:2])
    paid = {("compute/jobs", checksum(who)): amount for who, amount in zip(JOBS.accounts, JOBS.amounts, strict=True)}
    paid["data", checksum(account(5))] = 2**64
    assert {(row["stream"], row["account"]): int(row["amount"]) for row in table} == paid
    places = {row["account"]: row["leaf"] for row in table if row["stream"] == "compute/jobs"}
    dumped = json.loads((epoch_folder / "compute.jobs.tree.json").read_text(encoding="ascii"))
    assert {entry["value"][5]: entry["treeIndex"] for entry in dumped["values"]} == places


def test_the_package_loads_the_trees(epoch_folder: Path) -> None:
    summary = read_summary(epoch_folder)
    with package() as npm:
        for stream, name in (("compute/jobs", "compute.jobs"), ("data", "data")):
            answer = npm.ask("load", path=str(epoch_folder / f"{name}.tree.json"))
            root = summary.of(stream).root
            assert root is not None
            assert answer["root"] == answer["again"] == "0x" + root.hex()
            assert answer["encoding"] == list(LEAF_ENCODING)
            assert answer["verified"] == [True] * summary.of(stream).accounts
            assert {value[2] for value in answer["values"]} == {"0x" + summary.publication(stream).constants[2].hex()}
        changed = (epoch_folder / "data.tree.json").read_text(encoding="ascii").replace(str(2**64), str(2**64 + 1))
        path = epoch_folder.parent / "changed.json"
        path.write_text(changed, encoding="ascii")
        assert "does not contain the expected value" in npm.ask("load", path=str(path))["error"]
        path.unlink()


def test_same_payouts_same_bytes(epoch_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also from streams in another order and in batches of another size, in one process or another folder."""
    monkeypatch.setattr("dao.payouts.leaves._BATCH", 3)
    monkeypatch.setattr("dao.payouts.tree._BATCH", 2)
    monkeypatch.setattr("dao.payouts.spelling._BATCH", 5)
    monkeypatch.setattr("dao.payouts.tree_files._BATCH", 7)
    again = write_folder(tmp_path / "elsewhere", replace(EPOCH, streams=(NONE, JOBS, ONE)))
    assert contents(again) == contents(epoch_folder)


def test_same_files_already_there_are_no_error(copy: Path) -> None:
    before = contents(copy)
    write_folder(copy)
    assert contents(copy) == before
    assert [path.name for path in copy.parent.iterdir()] == ["7"]


@pytest.mark.parametrize("change", ["another epoch's", "one byte", "one file more", "one file less", "a file"])
def test_another_folder_is_not_overwritten(copy: Path, change: str) -> None:
    if change == "another epoch's":
        shutil.rmtree(copy)
        write_folder(copy, replace(EPOCH, epoch=8))
    elif change == "one byte":
        path = copy / "payouts.csv"
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    elif change == "one file more":
        (copy / "notes.txt").write_text("mine", encoding="ascii")
    elif change == "one file less":
        (copy / "data.nodes.arrow").unlink()
    else:
        shutil.rmtree(copy)
        copy.write_text("mine", encoding="ascii")
    before = contents(copy) if copy.is_dir() else copy.read_bytes()
    with pytest.raises(FileError, match="in the way") as caught:
        write_folder(copy)
    assert "move it away" in str(caught.value.remedy)
    assert (contents(copy) if copy.is_dir() else copy.read_bytes()) == before
    assert [path.name for path in copy.parent.iterdir()] == ["7"]


def test_nothing_stays_of_a_failed_attempt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dao.payouts.files.write_nodes", fail)
    with pytest.raises(FileError, match="cannot be written") as caught:
        write_folder(tmp_path / "7")
    assert caught.value.found == "No space left on device"
    assert list(tmp_path.iterdir()) == []


def test_payouts_that_do_not_add_up_are_not_written(tmp_path: Path) -> None:
    for wrong in (
        replace(ONE, pool=ONE.pool - 1),
        replace(ONE, residual=-1, pool=ONE.pool - 1),
        replace(ONE, pool=MAX_AMOUNT + 1, residual=MAX_AMOUNT + 1 - 2**64),
    ):
        with pytest.raises(PolicyError, match="pool"):
            write_folder(tmp_path / "7", epoch_of(wrong))
    assert list(tmp_path.iterdir()) == []


def test_an_epoch_that_pays_nobody(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "7", replace(epoch_of(NONE), states={}))
    assert sorted(contents(folder)) == ["payouts.csv", "payouts.parquet", "summary.json"]
    assert load_epoch(folder, thorough=True).payouts.streams == (NONE,)
    with pytest.raises(ProofError, match="grants pays nobody in this epoch"):
        proof_of(folder, "grants", account(1))


@pytest.mark.parametrize("thorough", [False, True])
def test_reading_back(epoch_folder: Path, thorough: bool) -> None:
    held = load_epoch(epoch_folder, thorough=thorough)
    assert held.payouts == EPOCH
    assert held.summary == read_summary(epoch_folder)


def test_amounts_of_more_digits_than_decimals(tmp_path: Path) -> None:
    """Up to 2^128 − 1, which has 39 digits: the column holds texts then."""
    most = epoch_of(stream_of("a", {account(1): 10**38, account(2): MAX_AMOUNT - 10**38}))
    folder = write_folder(tmp_path / "7", most)
    assert parquet.read_schema(folder / "payouts.parquet").field("amount").type == arrow.string()
    assert load_epoch(folder, thorough=True).payouts == most
    assert proof_of(folder, "a", account(2)).amount == MAX_AMOUNT - 10**38
    largest = epoch_of(stream_of("a", {account(1): 10**38 - 1, account(2): 1}))
    folder = write_folder(tmp_path / "8", largest)
    assert parquet.read_schema(folder / "payouts.parquet").field("amount").type == arrow.decimal128(38, 0)
    assert load_epoch(folder).payouts == largest


def test_proofs(epoch_folder: Path) -> None:
    root = read_summary(epoch_folder).of("compute/jobs").root
    for who, amount in zip(JOBS.accounts, JOBS.amounts, strict=True):
        proof = proof_of(epoch_folder, "compute/jobs", who)
        assert (proof.account, proof.amount, proof.root) == (checksum(who), amount, root)
        assert proof.leaf == proof.publication.leaf(who, amount)
        assert verify(proof.root, proof.leaf, proof.proof)
    alone = proof_of(epoch_folder, "data", account(5))
    assert (alone.proof, alone.leaf) == ((), alone.root)
    some = [account(9), checksum(account(3))]
    assert [proof.account for proof in proofs_of(epoch_folder, "compute/jobs", some)] == [checksum(who) for who in some]


def test_one_proof_of_many(epoch_folder: Path) -> None:
    batch = batch_of(epoch_folder, "compute/jobs", JOBS.accounts[5:25])
    assert sorted(who.lower() for who in batch.accounts) == JOBS.accounts[5:25]
    leaves = [batch.publication.leaf(*pair) for pair in zip(batch.accounts, batch.amounts, strict=True)]
    assert verify_multi(batch.root, leaves, batch.proof, batch.flags)
    with pytest.raises(DaoError, match="leaves that differ"):
        batch_of(epoch_folder, "compute/jobs", [account(1), account(1)])


def test_one_group_of_rows_is_read_for_one_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dao.payouts.payout_files._GROUP", 8)
    folder = write_folder(tmp_path / "7")
    assert parquet.ParquetFile(folder / "payouts.parquet").num_row_groups == 6
    assert load_epoch(folder, thorough=True).payouts == EPOCH
    read: list[int] = []
    original = parquet.ParquetFile.read_row_group

    def counted(self: object, group: int, *arguments: object, **more: object) -> object:
        read.append(group)
        return original(self, group, *arguments, **more)

    monkeypatch.setattr(parquet.ParquetFile, "read_row_group", counted)
    for who in JOBS.accounts:
        read.clear()
        assert proof_of(folder, "compute/jobs", who).account == checksum(who)
        assert len(read) == 1


@pytest.mark.parametrize(("stream", "who"), [("compute/jobs", account(99)), ("data", account(6))])
def test_an_account_that_is_not_paid(epoch_folder: Path, stream: str, who: str) -> None:
    with pytest.raises(ProofError, match="does not pay this account") as caught:
        proof_of(epoch_folder, stream, who)
    assert caught.value.found == checksum(who)


def test_a_series_has_other_leaves(epoch_folder: Path, tmp_path: Path) -> None:
    other = write_folder(tmp_path / folder_name(7, 1), series=1)
    assert other.name == "7.1"
    assert folder_name(7, 0) == "7"
    proof, again = (proof_of(folder, "compute/jobs", account(3)) for folder in (epoch_folder, other))
    assert again.publication.series == 1
    assert not verify(again.root, proof.leaf, again.proof)


def test_names_of_trees_differ() -> None:
    """Streams may hold dots, and paths of eight steps are longer than file names."""
    long = "/".join(["a" * 31] * 8)
    names = tree_names(["a/b", "a.b", "a/c", "..", long, long[:-1] + "b"])
    assert len({made.json for made in names.values()}) == len(names)
    assert names["a/c"].json == "a.c.tree.json"
    assert names["a/c"].nodes == "a.c.nodes.arrow"
    assert names[".."].json == "...tree.json"
    assert all(len(made.nodes) < 255 and "/" not in made.nodes for made in names.values())
    for stream in ("", "a//b", "../a b", "a\\b", "A", "a/" * 8 + "a"):
        with pytest.raises(PolicyError, match="no path of a stream"):
            tree_names([stream])


def test_streams_of_one_name_are_two_files(tmp_path: Path) -> None:
    both = epoch_of(stream_of("a.b", {account(1): 1}), stream_of("a/b", {account(1): 2, account(2): 2}))
    folder = write_folder(tmp_path / "7", both)
    assert load_epoch(folder, thorough=True).payouts == both
    assert [proof_of(folder, stream, account(1)).amount for stream in ("a.b", "a/b")] == [1, 2]


def test_spelling() -> None:
    accounts = [account(number) for number in range(200)]
    assert texts(checksummed(accounts)) == [checksum(made) for made in accounts]
    assert texts(checksummed([])) == []
    # The examples of EIP-55.
    for example in (
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0xde709f2102306220921060314715629080e2fb77",
    ):
        assert texts(checksummed([example.lower()])) == [example]
