"""An epoch's folder: same payouts, same bytes; put in place whole; read back, proved from, and refused when damaged."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

from dao.abi import checksum
from dao.errors import DaoError, DocumentError, FileError, PolicyError, ProofError
from dao.payouts.files import load_epoch, write_epoch
from dao.payouts.names import folder_name, tree_names
from dao.payouts.proofs import batch_of, proof_of, proofs_of
from dao.payouts.publication import LEAF_ENCODING, MAX_AMOUNT, verify, verify_multi
from dao.payouts.spelling import checksummed, texts
from dao.payouts.summary_file import read_summary
from dao.payouts.values import EpochPayouts
from tests.support.merkle import package
from tests.support.payouts import CHAIN_ID, DISTRIBUTOR, EPOCH, JOBS, NONE, ONE, account, epoch_of, stream_of

HELD = [
    "compute.jobs.nodes.arrow",
    "compute.jobs.tree.json",
    "data.nodes.arrow",
    "data.tree.json",
    "payouts.csv",
    "payouts.parquet",
    "state.parquet",
    "summary.json",
]


def write(folder: Path, payouts: EpochPayouts = EPOCH, series: int = 0) -> Path:
    write_epoch(folder, payouts, chain_id=CHAIN_ID, distributor=DISTRIBUTOR, series=series)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("epochs") / "7")


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "7"))


def test_what_the_folder_holds(made: Path) -> None:
    assert sorted(path.name for path in made.iterdir()) == HELD
    assert [path.name for path in made.parent.iterdir()] == ["7"]
    summary = read_summary(made)
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


def test_rows(made: Path) -> None:
    """Parquet and CSV say the same, ascending by bytes, with checksums; places are those of the tree."""
    table = parquet.read_table(made / "payouts.parquet").to_pylist()
    with (made / "payouts.csv").open(encoding="ascii", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["stream", "account", "amount"]
    assert rows[1:] == [[row["stream"], row["account"], str(row["amount"])] for row in table]
    assert rows[1:] == sorted(rows[1:], key=lambda row: row[:2])
    paid = {("compute/jobs", checksum(who)): amount for who, amount in zip(JOBS.accounts, JOBS.amounts, strict=True)}
    paid["data", checksum(account(5))] = 2**64
    assert {(row["stream"], row["account"]): int(row["amount"]) for row in table} == paid
    places = {row["account"]: row["leaf"] for row in table if row["stream"] == "compute/jobs"}
    dumped = json.loads((made / "compute.jobs.tree.json").read_text(encoding="ascii"))
    assert {entry["value"][5]: entry["treeIndex"] for entry in dumped["values"]} == places


def test_the_package_loads_the_trees(made: Path) -> None:
    summary = read_summary(made)
    with package() as npm:
        for stream, name in (("compute/jobs", "compute.jobs"), ("data", "data")):
            answer = npm.ask("load", path=str(made / f"{name}.tree.json"))
            root = summary.of(stream).root
            assert root is not None
            assert answer["root"] == answer["again"] == "0x" + root.hex()
            assert answer["encoding"] == list(LEAF_ENCODING)
            assert answer["verified"] == [True] * summary.of(stream).accounts
            assert {value[2] for value in answer["values"]} == {"0x" + summary.publication(stream).constants[2].hex()}
        changed = (made / "data.tree.json").read_text(encoding="ascii").replace(str(2**64), str(2**64 + 1))
        path = made.parent / "changed.json"
        path.write_text(changed, encoding="ascii")
        assert "does not contain the expected value" in npm.ask("load", path=str(path))["error"]
        path.unlink()


def test_same_payouts_same_bytes(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also from streams in another order and in batches of another size, in one process or another folder."""
    monkeypatch.setattr("dao.payouts.leaves._BATCH", 3)
    monkeypatch.setattr("dao.payouts.tree._BATCH", 2)
    monkeypatch.setattr("dao.payouts.spelling._BATCH", 5)
    monkeypatch.setattr("dao.payouts.tree_files._BATCH", 7)
    again = write(tmp_path / "elsewhere", replace(EPOCH, streams=(NONE, JOBS, ONE)))
    assert contents(again) == contents(made)


def test_same_files_already_there_are_no_error(copy: Path) -> None:
    before = contents(copy)
    write(copy)
    assert contents(copy) == before
    assert [path.name for path in copy.parent.iterdir()] == ["7"]


@pytest.mark.parametrize("change", ["another epoch's", "one byte", "one file more", "one file less", "a file"])
def test_another_folder_is_not_overwritten(copy: Path, change: str) -> None:
    if change == "another epoch's":
        shutil.rmtree(copy)
        write(copy, replace(EPOCH, epoch=8))
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
        write(copy)
    assert "move it away" in str(caught.value.remedy)
    assert (contents(copy) if copy.is_dir() else copy.read_bytes()) == before
    assert [path.name for path in copy.parent.iterdir()] == ["7"]


def test_nothing_stays_of_a_failed_attempt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dao.payouts.files.write_nodes", fail)
    with pytest.raises(FileError, match="cannot be written") as caught:
        write(tmp_path / "7")
    assert caught.value.found == "No space left on device"
    assert list(tmp_path.iterdir()) == []


def test_payouts_that_do_not_add_up_are_not_written(tmp_path: Path) -> None:
    for wrong in (
        replace(ONE, pool=ONE.pool - 1),
        replace(ONE, residual=-1, pool=ONE.pool - 1),
        replace(ONE, pool=MAX_AMOUNT + 1, residual=MAX_AMOUNT + 1 - 2**64),
    ):
        with pytest.raises(PolicyError, match="pool"):
            write(tmp_path / "7", epoch_of(wrong))
    assert list(tmp_path.iterdir()) == []


def test_an_epoch_that_pays_nobody(tmp_path: Path) -> None:
    folder = write(tmp_path / "7", replace(epoch_of(NONE), states={}))
    assert sorted(contents(folder)) == ["payouts.csv", "payouts.parquet", "summary.json"]
    assert load_epoch(folder, thorough=True).payouts.streams == (NONE,)
    with pytest.raises(ProofError, match="grants pays nobody in this epoch"):
        proof_of(folder, "grants", account(1))


@pytest.mark.parametrize("thorough", [False, True])
def test_reading_back(made: Path, thorough: bool) -> None:
    held = load_epoch(made, thorough=thorough)
    assert held.payouts == EPOCH
    assert held.summary == read_summary(made)


def test_amounts_of_more_digits_than_decimals(tmp_path: Path) -> None:
    """Up to 2^128 − 1, which has 39 digits: the column holds texts then."""
    most = epoch_of(stream_of("a", {account(1): 10**38, account(2): MAX_AMOUNT - 10**38}))
    folder = write(tmp_path / "7", most)
    assert parquet.read_schema(folder / "payouts.parquet").field("amount").type == arrow.string()
    assert load_epoch(folder, thorough=True).payouts == most
    assert proof_of(folder, "a", account(2)).amount == MAX_AMOUNT - 10**38
    largest = epoch_of(stream_of("a", {account(1): 10**38 - 1, account(2): 1}))
    folder = write(tmp_path / "8", largest)
    assert parquet.read_schema(folder / "payouts.parquet").field("amount").type == arrow.decimal128(38, 0)
    assert load_epoch(folder).payouts == largest


def test_proofs(made: Path) -> None:
    root = read_summary(made).of("compute/jobs").root
    for who, amount in zip(JOBS.accounts, JOBS.amounts, strict=True):
        proof = proof_of(made, "compute/jobs", who)
        assert (proof.account, proof.amount, proof.root) == (checksum(who), amount, root)
        assert proof.leaf == proof.publication.leaf(who, amount)
        assert verify(proof.root, proof.leaf, proof.proof)
    alone = proof_of(made, "data", account(5))
    assert (alone.proof, alone.leaf) == ((), alone.root)
    some = [account(9), checksum(account(3))]
    assert [proof.account for proof in proofs_of(made, "compute/jobs", some)] == [checksum(who) for who in some]


def test_one_proof_of_many(made: Path) -> None:
    batch = batch_of(made, "compute/jobs", JOBS.accounts[5:25])
    assert sorted(who.lower() for who in batch.accounts) == JOBS.accounts[5:25]
    leaves = [batch.publication.leaf(*pair) for pair in zip(batch.accounts, batch.amounts, strict=True)]
    assert verify_multi(batch.root, leaves, batch.proof, batch.flags)
    with pytest.raises(DaoError, match="leaves that differ"):
        batch_of(made, "compute/jobs", [account(1), account(1)])


def test_one_group_of_rows_is_read_for_one_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dao.payouts.payout_files._GROUP", 8)
    folder = write(tmp_path / "7")
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
def test_an_account_that_is_not_paid(made: Path, stream: str, who: str) -> None:
    with pytest.raises(ProofError, match="does not pay this account") as caught:
        proof_of(made, stream, who)
    assert caught.value.found == checksum(who)


def flip(name: str, at: int) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / name
        data = bytearray(path.read_bytes())
        data[at] ^= 1
        path.write_bytes(data)

    return change


def cut(name: str, to: int = -20) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:to]) and None


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def say(*words: str) -> Callable[[Path], None]:
    """Changes the summary: old words and new ones in turn."""

    def change(folder: Path) -> None:
        path = folder / "summary.json"
        text = path.read_text(encoding="utf-8")
        for old, new in zip(words[::2], words[1::2], strict=True):
            assert old in text
            text = text.replace(old, new, 1)
        path.write_text(text, encoding="utf-8", newline="")

    return change


def other_payouts(folder: Path) -> None:
    """The rows of payouts with the same total and accounts, but other amounts."""
    amounts = dict(zip(JOBS.accounts, JOBS.amounts, strict=True))
    amounts[account(3)], amounts[account(4)] = amounts[account(4)], amounts[account(3)]
    other = write(folder.with_name("other"), epoch_of(stream_of("compute/jobs", amounts, residual=3), ONE, NONE))
    shutil.copy(other / "payouts.parquet", folder / "payouts.parquet")


@pytest.mark.parametrize("name", HELD[:-1])
def test_a_changed_file_is_found(copy: Path, name: str) -> None:
    flip(name, (copy / name).stat().st_size // 2)(copy)
    with pytest.raises(DocumentError, match="damaged or missing") as caught:
        load_epoch(copy, thorough=True)
    assert caught.value.path == str(copy / name)


@pytest.mark.parametrize(
    "change",
    [
        *(cut("payouts.parquet"), cut("payouts.parquet", 0), remove("payouts.parquet")),
        *(cut("state.parquet"), remove("state.parquet")),
        say('"accounts": "40"', '"accounts": "41"'),
        lambda folder: shutil.copy(folder / "state.parquet", folder / "payouts.parquet") and None,
        lambda folder: shutil.copy(folder / "payouts.parquet", folder / "state.parquet") and None,
    ],
)
def test_a_damaged_folder_is_not_loaded(copy: Path, change: Callable[[Path], None]) -> None:
    change(copy)
    with pytest.raises(DocumentError) as caught:
        load_epoch(copy)
    assert str(copy) in caught.value.path


@pytest.mark.parametrize(
    "change",
    [
        *(cut("summary.json"), cut("summary.json", 0), remove("summary.json"), flip("summary.json", 0)),
        say('"residual": "3"', '"residual": "4"'),
        say('"reward-dao epoch"', '"reward-dao policy"'),
        say('"version": "1"', '"version": "2"'),
        say('"epoch": "7"', '"epoch": 7'),
        say('"epoch": "7"', '"epoch": "4294967296"'),
        say('"stream": "data"', '"stream": "../data"'),
        say('"stream": "data"', '"stream": "compute/jobs"'),
        say('"data.tree.json"', '"../data.tree.json"'),
        say('"data.tree.json"', '"state.parquet"'),
        say(DISTRIBUTOR, "nobody"),
        say('"stream": "grants"', '"stream": "a"'),
        say('"policy_hash": "0x', '"policy_hash": "0x00'),
        say('"total": "0"', '"total": "-1"', '"residual": "1000000000000000000"', '"residual": "1000000000000000001"'),
        say('"root": null', f'"root": "0x{"00" * 32}"'),
        say('"accounts": "1"', '"accounts": "0"'),
        say('"version"', '"versions"'),
        say("  ", " "),
        lambda folder: (folder / "summary.json").write_bytes(b"[" * 100_000) and None,
        lambda folder: (folder / "summary.json").write_bytes(b"\xff") and None,
    ],
)
def test_a_damaged_summary_is_not_read(copy: Path, change: Callable[[Path], None]) -> None:
    change(copy)
    for read in (read_summary, load_epoch):
        with pytest.raises(DocumentError) as caught:
            read(copy)
        assert caught.value.path == str(copy / "summary.json")


def test_other_payouts_have_another_root(copy: Path) -> None:
    """Without a look at the hashes, the proof is what does not fit; a thorough look finds the root."""
    other_payouts(copy)
    with pytest.raises(DocumentError, match="damaged"):
        proof_of(copy, "compute/jobs", account(3))
    load_epoch(copy)
    with pytest.raises(DocumentError, match="damaged") as caught:
        load_epoch(copy, thorough=True)
    assert "SHA-256" in str(caught.value.found)
    summary = read_summary(copy)
    held, new = (
        {file.name: file.sha256.hex() for file in read_summary(folder).files}["payouts.parquet"]
        for folder in (copy, copy.with_name("other"))
    )
    size = (copy / "payouts.parquet").stat().st_size
    sizes = {file.name: file.size for file in summary.files}
    say(held, new)(copy)
    text = (copy / "summary.json").read_text(encoding="utf-8")
    (copy / "summary.json").write_text(text.replace(f'"{sizes["payouts.parquet"]}"', f'"{size}"'), encoding="utf-8")
    with pytest.raises(DocumentError, match="damaged") as caught:
        load_epoch(copy, thorough=True)
    assert "another Merkle root" in str(caught.value.found)


@pytest.mark.parametrize(
    "change",
    [
        *(cut("compute.jobs.nodes.arrow", 500), remove("compute.jobs.nodes.arrow")),
        *(cut("payouts.parquet"), remove("payouts.parquet")),
        *(cut("compute.jobs.nodes.arrow", 0), flip("compute.jobs.nodes.arrow", -2)),
        say('"accounts": "40"', '"accounts": "41"'),
        say('"root": "0x', '"root": "0x00'),
        lambda folder: shutil.copy(folder / "data.nodes.arrow", folder / "compute.jobs.nodes.arrow") and None,
        lambda folder: shutil.copy(folder / "state.parquet", folder / "payouts.parquet") and None,
    ],
)
def test_no_proof_out_of_a_damaged_folder(copy: Path, change: Callable[[Path], None]) -> None:
    change(copy)
    with pytest.raises(DocumentError):
        proof_of(copy, "compute/jobs", account(3))
    with pytest.raises(DocumentError):
        batch_of(copy, "compute/jobs", [account(3), account(4)])


def test_a_changed_node_gives_no_proof(copy: Path) -> None:
    path = copy / "compute.jobs.nodes.arrow"
    data = path.read_bytes()
    proof = proof_of(copy, "compute/jobs", account(3))
    for node in (proof.leaf, *proof.proof):
        path.write_bytes(data.replace(node, bytes(32)))
        with pytest.raises(DocumentError, match="damaged"):
            proof_of(copy, "compute/jobs", account(3))
        with pytest.raises(DocumentError, match="damaged"):
            batch_of(copy, "compute/jobs", [account(3)])


def rows_file(path: Path, rows: list[tuple[str, str, object]], amount: arrow.DataType, group: int = 1) -> None:
    """Writes payouts.parquet with any rows."""
    fields = (("stream", arrow.string()), ("account", arrow.string()), ("amount", amount), ("leaf", arrow.uint32()))
    schema = arrow.schema([arrow.field(name, kind, nullable=False) for name, kind in fields])
    columns = [[row[index] for row in rows] for index in range(3)]
    parquet.write_table(arrow.table([*columns, [0] * len(rows)], schema=schema), path, row_group_size=group)


WHO = checksum(account(5))


@pytest.mark.parametrize(
    ("rows", "amount", "found"),
    [
        ([("data", WHO, Decimal(-1)), ("data", WHO, Decimal(2**64 + 1))], arrow.decimal128(38, 0), "negative"),
        ([("data", WHO, "0x10")], arrow.string(), "no whole number"),
        ([("data", WHO, "1" * 40)], arrow.string(), "no whole number"),
        ([("data", WHO, "1"), ("compute/jobs", WHO, "1")], arrow.string(), "not in order"),
        ([("data", WHO, str(2**64)), ("unknown", WHO, "1")], arrow.string(), "that the summary does not have"),
        ([("data", WHO, str(2**64 - 1))], arrow.string(), "others than in the summary"),
    ],
)
def test_rows_that_nobody_computed(
    tmp_path: Path, rows: list[tuple[str, str, object]], amount: arrow.DataType, found: str
) -> None:
    folder = write(tmp_path / "7", epoch_of(ONE, NONE))
    rows_file(folder / "payouts.parquet", rows, amount)
    with pytest.raises(DocumentError, match="damaged") as caught:
        load_epoch(folder)
    assert found in str(caught.value.found)


def test_an_account_of_two_streams_in_one_group_of_rows(tmp_path: Path) -> None:
    folder = write(tmp_path / "7", epoch_of(ONE, stream_of("map", {account(5): 9})))
    rows = [("data", WHO, str(2**64)), ("map", WHO, "9")]
    rows_file(folder / "payouts.parquet", rows, arrow.string(), group=2)
    assert [proof_of(folder, stream, WHO).amount for stream in ("data", "map")] == [2**64, 9]


def test_an_account_that_stands_twice_has_no_proof(tmp_path: Path) -> None:
    folder = write(tmp_path / "7", epoch_of(ONE))
    rows_file(folder / "payouts.parquet", [("data", WHO, str(2**64))] * 2, arrow.string())
    with pytest.raises(DocumentError, match="damaged") as caught:
        proof_of(folder, "data", WHO)
    assert "stands twice" in str(caught.value.found)


@pytest.mark.parametrize("form", ["two batches", "a gap", "other columns"])
def test_nodes_that_nobody_wrote(copy: Path, form: str) -> None:
    node = bytes.fromhex(read_summary(copy).of("data").root.hex())  # type: ignore[union-attr]
    schema = arrow.schema(
        [arrow.field("leaf" if form == "other columns" else "node", arrow.binary(32), nullable=False)]
    )
    column = arrow.array([None if form == "a gap" else node], arrow.binary(32))
    with arrow.ipc.new_file(str(copy / "data.nodes.arrow"), schema) as writer:
        for _ in range(2 if form == "two batches" else 1):
            writer.write_batch(arrow.record_batch([column], schema=schema))
    with pytest.raises(DocumentError, match="damaged") as caught:
        proof_of(copy, "data", account(5))
    assert ("has gaps" if form == "a gap" else "no column of nodes in one batch") in str(caught.value.found)


def test_half_a_streak_is_no_state(copy: Path) -> None:
    path = copy / "state.parquet"
    table = parquet.read_table(path)
    halves = table.set_column(3, table.schema.field("away"), arrow.array([None] * len(table), arrow.uint64()))
    parquet.write_table(halves, path)
    with pytest.raises(DocumentError, match="damaged") as caught:
        load_epoch(copy)
    assert "a streak is half" in str(caught.value.found)


def test_a_series_has_other_leaves(made: Path, tmp_path: Path) -> None:
    other = write(tmp_path / folder_name(7, 1), series=1)
    assert other.name == "7.1"
    assert folder_name(7, 0) == "7"
    proof, again = (proof_of(folder, "compute/jobs", account(3)) for folder in (made, other))
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
    folder = write(tmp_path / "7", both)
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
