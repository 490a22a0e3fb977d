"""What is read of an epoch's folder when something in it was changed, cut off, or never written by us."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

from dao.abi import checksum
from dao.errors import DocumentError
from dao.payouts.files import load_epoch
from dao.payouts.proofs import batch_of, proof_of
from dao.payouts.summary_file import read_summary
from tests.support.payouts import DISTRIBUTOR, HELD, JOBS, NONE, ONE, account, epoch_of, stream_of, write_folder


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
    other = write_folder(folder.with_name("other"), epoch_of(stream_of("compute/jobs", amounts, residual=3), ONE, NONE))
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
    folder = write_folder(tmp_path / "7", epoch_of(ONE, NONE))
    rows_file(folder / "payouts.parquet", rows, amount)
    with pytest.raises(DocumentError, match="damaged") as caught:
        load_epoch(folder)
    assert found in str(caught.value.found)


def test_an_account_of_two_streams_in_one_group_of_rows(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "7", epoch_of(ONE, stream_of("map", {account(5): 9})))
    rows = [("data", WHO, str(2**64)), ("map", WHO, "9")]
    rows_file(folder / "payouts.parquet", rows, arrow.string(), group=2)
    assert [proof_of(folder, stream, WHO).amount for stream in ("data", "map")] == [2**64, 9]


def test_an_account_that_stands_twice_has_no_proof(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "7", epoch_of(ONE))
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
