"""Bad contribution files and rows: each with an error that says where, what was expected and what was found."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

from dao.abi import checksum
from dao.errors import DaoError, DocumentError, PolicyError
from dao.payouts import csv_file
from dao.payouts.compute import compute
from dao.payouts.staging import stage
from dao.payouts.values import EpochPayouts, Quarantine
from dao.rewards.accounts.allocate import AccountState
from dao.rewards.accounts.classes import LabelWeights
from dao.rewards.accounts.density import DensityScale
from dao.rewards.accounts.steps import StepWeights
from dao.rewards.policy import Policy
from tests.support.contributed import WAD, equal_policy

FIRST, SECOND, THIRD = (checksum(f"0x{digits * 20}") for digits in ("a1", "b2", "c3"))
POOL = 1_000
POLICY = equal_policy(
    {
        "compute": (
            LabelWeights(column="region", weights=(("eu", WAD), ("us", 2 * WAD))),
            StepWeights(column="hours", steps=((0, WAD),)),
        ),
        "storage": (),
    },
    pool=POOL,
    classes={"compute": {"a100": WAD, "h100": 2 * WAD}},
)
HEADER = "account,stream,units,class,region,hours"
GOOD = f"{FIRST},compute,5,a100,eu,1"


def written(folder: Path, *lines: str, header: str = HEADER, end: str = "\n", name: str = "epoch.csv") -> Path:
    path = folder / name
    path.write_bytes("".join(line + end for line in (header, *lines)).encode())
    return path


def refused(path: Path, policy: Policy = POLICY, **more: Any) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        compute(policy, 0, [path], **more)
    return caught.value


def paid(result: EpochPayouts, stream: str) -> dict[str, int]:
    (made,) = (made for made in result.streams if made.stream == stream)
    return dict(zip(made.accounts, made.amounts, strict=True))


# ---------------------------------------------------------------- rows


@pytest.mark.parametrize(
    ("line", "field", "expected", "found"),
    [
        (f"{FIRST},compute,-5,a100,eu,1", "units", "a whole number from 0 to 999999999999999999", "-5"),
        (f"{FIRST},compute,1.5,a100,eu,1", "units", "a whole number", "1.5"),
        (f"{FIRST},compute,5.0,a100,eu,1", "units", "a whole number", "5.0"),
        (f"{FIRST},compute,1e3,a100,eu,1", "units", "a whole number", "1e3"),
        (f"{FIRST},compute,NaN,a100,eu,1", "units", "a whole number", "NaN"),
        (f"{FIRST},compute,inf,a100,eu,1", "units", "a whole number", "inf"),
        (f"{FIRST},compute,,a100,eu,1", "units", "a whole number", "nothing"),
        (f"{FIRST},compute,+5,a100,eu,1", "units", "a whole number", "+5"),
        (f"{FIRST},compute,05,a100,eu,1", "units", "a whole number", "05"),
        (f"{FIRST},compute, 5,a100,eu,1", "units", "a whole number", " 5"),
        (f"{FIRST},compute,0x5,a100,eu,1", "units", "a whole number", "0x5"),
        (f"{FIRST},compute,５,a100,eu,1", "units", "a whole number", "５"),
        (f"{FIRST},compute,1_000,a100,eu,1", "units", "a whole number", "1_000"),
        (f"{FIRST},compute,{10**18},a100,eu,1", "units", "a whole number", str(10**18)),
        (f"{FIRST},compute,{2**64},a100,eu,1", "units", "a whole number", str(2**64)),
        (f"{FIRST},compute,{'9' * 60},a100,eu,1", "units", "a whole number", "9" * 60),
        (f"{FIRST[:-1]},compute,5,a100,eu,1", "account", "0x and 40 hexadecimal digits", FIRST[:-1]),
        (f"{FIRST}0,compute,5,a100,eu,1", "account", "0x and 40 hexadecimal digits", FIRST + "0"),
        (f"0X{FIRST[2:]},compute,5,a100,eu,1", "account", "0x and 40 hexadecimal digits", "0X" + FIRST[2:]),
        (f"{FIRST[:-1]}g,compute,5,a100,eu,1", "account", "0x and 40 hexadecimal digits", FIRST[:-1] + "g"),
        (f"{FIRST[:-1]}é,compute,5,a100,eu,1", "account", "0x and 40 hexadecimal digits", FIRST[:-1] + "é"),
        (",compute,5,a100,eu,1", "account", "0x and 40 hexadecimal digits", "nothing"),
        (f"{FIRST.swapcase().replace('X', 'x')},compute,5,a100,eu,1", "account", "checksum", None),
        (f"{FIRST},render,5,a100,eu,1", "stream", "compute, storage", "render"),
        (f"{FIRST},root,5,a100,eu,1", "stream", "compute, storage", "root"),
        (f"{FIRST},Compute,5,a100,eu,1", "stream", "compute, storage", "Compute"),
        (f"{FIRST},compute,5,t4,eu,1", "class", "one of a100, h100", "t4"),
        (f"{FIRST},compute,5,,eu,1", "class", "one of a100, h100", "nothing"),
        (f"{FIRST},compute,5,a100,mars,1", "region", "one of eu, us", "mars"),
        (f"{FIRST},compute,5,a100,eu,1.5", "hours", "a whole number from 0", "1.5"),
        (f"{FIRST},compute,5,a100,eu,-1", "hours", "a whole number from 0", "-1"),
        (f"{FIRST},compute,5,a100,eu,007", "hours", "a whole number from 0", "007"),
        (f"{FIRST},compute,5,a100,eu,{'9' * 79}", "hours", "at most 78 digits", "9" * 79),
    ],
)
def test_a_bad_row_stops_the_epoch(tmp_path: Path, line: str, field: str, expected: str, found: str | None) -> None:
    error = refused(written(tmp_path, GOOD, line, GOOD))
    assert (error.what, error.line, error.field) == ("a row is bad", 3, field)
    assert error.path.endswith("epoch.csv")
    assert expected in str(error.expected)
    assert error.found == (line.split(",", maxsplit=1)[0] if found is None else found)
    assert "--quarantine" in str(error.remedy)


def test_the_first_bad_rows_are_named_and_all_are_counted(tmp_path: Path) -> None:
    lines = [GOOD, *(f"{FIRST},compute,-{number},a100,eu,1" for number in range(1, 15)), GOOD]
    error = refused(written(tmp_path, *lines))
    assert (error.what, error.line, error.found) == ("14 rows are bad", 3, "-1")
    others = error.values["others"]
    assert isinstance(others, list)
    assert len(others) == 10
    assert others[0].startswith("epoch.csv:4 units: expected a whole number")
    assert others[0].endswith("found -2")
    assert others[-1] == "and 4 more"


def test_what_one_stream_reads_binds_no_other(tmp_path: Path) -> None:
    result = compute(POLICY, 0, [written(tmp_path, GOOD, f"{SECOND},storage,7,none,mars,soon")])
    assert paid(result, "storage") == {SECOND.lower(): 500}


def test_a_cell_that_counts_no_unit_is_a_bad_row(tmp_path: Path) -> None:
    scale = DensityScale(occupied_column="around", count_column="inside", neighbours=1, target=1, maximum=4)
    policy = equal_policy({"a": (scale,)}, pool=POOL)
    header = "account,stream,units,around,inside"
    error = refused(written(tmp_path, f"{FIRST},a,1,0,0", header=header), policy)
    assert (error.field, error.expected, error.found) == (
        "inside",
        "a whole number from 1, of at most 78 digits",
        "0",
    )


def test_an_id_stands_once(tmp_path: Path) -> None:
    header = f"id,{HEADER}"
    once = compute(POLICY, 0, [written(tmp_path, f"x,{GOOD}", f"y,{GOOD}", header=header)])
    assert paid(once, "compute") == {FIRST.lower(): 500}
    error = refused(written(tmp_path, f"x,{GOOD}", f"y,{GOOD}", f"x,{GOOD}", header=header))
    assert (error.what, error.line, error.field, error.found) == ("2 rows are bad", 2, "id", "x")
    assert error.expected == "an id that no other row has"
    error = refused(written(tmp_path, f"x,{GOOD}", f",{GOOD}", f",{GOOD}", header=header))
    assert (error.what, error.line, error.expected) == ("2 rows are bad", 3, "an id")


def test_an_id_stands_once_over_all_files(tmp_path: Path) -> None:
    header = f"id,{HEADER}"
    paths = [written(tmp_path, f"{own},{GOOD}", f"x,{GOOD}", header=header, name=f"{own}.csv") for own in ("p", "q")]
    with pytest.raises(DocumentError) as caught:
        compute(POLICY, 0, paths)
    assert (caught.value.what, caught.value.line) == ("2 rows are bad", 3)


def test_rows_without_ids_add_up(tmp_path: Path) -> None:
    result = compute(POLICY, 0, [written(tmp_path, GOOD, GOOD, f"{SECOND},compute,5,a100,eu,1")])
    assert paid(result, "compute") == {FIRST.lower(): 333, SECOND.lower(): 166}


def test_spellings_of_one_account_are_one_account(tmp_path: Path) -> None:
    spelled = (FIRST, FIRST.lower(), "0x" + FIRST[2:].upper())
    result = compute(POLICY, 0, [written(tmp_path, *(f"{account},compute,5,a100,eu,1" for account in spelled))])
    assert paid(result, "compute") == {FIRST.lower(): 500}


# ---------------------------------------------------------------- quarantine


def test_bad_rows_are_set_apart_as_they_were(tmp_path: Path) -> None:
    wrong = FIRST.swapcase().replace("X", "x")
    path = written(
        tmp_path,
        GOOD,
        f"{SECOND},compute,many,a100,eu,1",
        f'{SECOND},compute,10,"a,""x""",eu,1',
        f"{wrong},storage,5,,,",
        ",storage,5,,,",
        f"{SECOND},storage,20,,,",
    )
    apart = tmp_path / "bad.csv"
    result = compute(POLICY, 0, [path], quarantine=apart)
    assert paid(result, "compute") == {FIRST.lower(): 500}
    assert paid(result, "storage") == {SECOND.lower(): 500}
    assert result.quarantine == Quarantine(rows=4, units=20, of_units=45)
    assert result.quarantine.share == 4_444
    with apart.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["file", "line", "field", "expected", "account", "class", "hours", "region", "stream", "units"]
    assert [(row[1], row[2]) for row in rows] == [("3", "units"), ("4", "class"), ("5", "account"), ("6", "account")]
    assert rows[0][4:] == [SECOND, "a100", "1", "eu", "compute", "many"]
    assert rows[1][4:] == [SECOND, 'a,"x"', "1", "eu", "compute", "10"]
    assert rows[2][4:] == [wrong, "", "", "", "storage", "5"]
    assert rows[3][4:] == ["", "", "", "", "storage", "5"]
    assert {row[0] for row in rows} == {"epoch.csv"}
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".partial"] == []


def test_what_is_set_apart_does_not_depend_on_the_order_of_rows(tmp_path: Path) -> None:
    rows = [f"x,{FIRST},storage,1,,,", f"x,{SECOND},storage,9,,,", f"y,{THIRD},storage,2,,,"]
    results = [
        compute(
            POLICY,
            0,
            [written(tmp_path, *order, header=f"id,{HEADER}")],
            quarantine=tmp_path / "bad.csv",
        )
        for order in (rows, rows[::-1])
    ]
    assert [paid(result, "storage") for result in results] == [{THIRD.lower(): 500}] * 2
    assert [result.quarantine for result in results] == [Quarantine(rows=2, units=10, of_units=12)] * 2


def test_nothing_is_set_apart_where_all_is_good(tmp_path: Path) -> None:
    result = compute(POLICY, 0, [written(tmp_path, GOOD)], quarantine=tmp_path / "bad.csv")
    assert result.quarantine == Quarantine()
    assert not (tmp_path / "bad.csv").exists()


# ---------------------------------------------------------------- files


@pytest.mark.parametrize(
    ("content", "what", "line", "field"),
    [
        (b"", "the file is empty", 0, ""),
        (b"\n", "the first line is blank", 0, ""),
        (b"account,stream\n", "a column is missing", 1, "units"),
        (b"Account,stream,units\n", "a column is missing", 1, "account"),
        (b"account,stream,units,units\n", "two columns have one name", 1, "units"),
        (b"account,stream,units,\n", "a column has no name", 1, ""),
        (b'account,stream,"units\n', "quotes do not go together", 1, ""),
        ("account,stream,units\n".encode("utf-16"), "the line is not UTF-8", 1, ""),
        (b"account,stream,units\na,b,1\na,b\n", "a row has another number of cells", 3, ""),
        (b"account,stream,units\na,b,1\n\na,b,1,c\n", "a row has another number of cells", 4, ""),
        (b'account,stream,units\na,b,1\n"a,b,1\n', "quotes do not go together", 3, ""),
        (b'account,stream,units\n"a,b,1\na",b,1\n', "quotes do not go together", 2, ""),
        (b'account,stream,units\na,b,1\na,"b"x,1\n', "quotes do not go together", 3, ""),
        (b'account,stream,units\na,b,1\na,b"x,1\n', "quotes do not go together", 3, ""),
        (b"account,stream,units\na,b,1\na,\xff,1\n", "the line is not UTF-8", 3, ""),
        (b"account,stream,units\na,b,1\ra,b,1\n", "a line break stands inside a line", 2, ""),
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, content: bytes, what: str, line: int, field: str) -> None:
    path = tmp_path / "epoch.csv"
    path.write_bytes(content)
    error = refused(path)
    assert (error.what, error.line, error.field) == (what, line, field)
    assert error.path == str(path)


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "BLOCK", 1_000)
    monkeypatch.setattr(csv_file, "MAX_LINE", 2_000)
    path = written(tmp_path, GOOD, "x" * 5_000)
    assert (refused(path).what, refused(path).line) == ("a line is too long", 3)


def test_any_way_to_write_a_csv(tmp_path: Path) -> None:
    lines = (GOOD, f"{SECOND},compute,5,a100,us,1")
    plain = written(tmp_path, *lines, name="plain.csv")
    ways = {
        "mark": b"\xef\xbb\xbf" + plain.read_bytes(),
        "crlf": plain.read_bytes().replace(b"\n", b"\r\n"),
        "open": plain.read_bytes().removesuffix(b"\n"),
        "blank": plain.read_bytes().replace(b"\n", b"\n\n"),
        "quotes": b"\r\n".join(
            b",".join(b'"' + cell + b'"' for cell in line.split(b",")) for line in plain.read_bytes().splitlines()
        ),
    }
    expected = compute(POLICY, 0, [plain])
    assert paid(expected, "compute") == {FIRST.lower(): 166, SECOND.lower(): 333}
    for name, content in ways.items():
        path = tmp_path / f"{name}.csv"
        path.write_bytes(content)
        assert compute(POLICY, 0, [path]).streams == expected.streams, name


def test_lines_are_counted_over_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "BLOCK", 500)
    lines = [GOOD, "", *[GOOD] * 200, f"{FIRST},compute,x,a100,eu,1", *[GOOD] * 50]
    error = refused(written(tmp_path, *lines, end="\r\n"))
    assert (error.line, error.found) == (204, "x")
    good = [line for line in lines if line not in ("", lines[202])]
    result = compute(POLICY, 0, [written(tmp_path, *good)])
    assert result.files[0].rows == len(good)
    assert result.streams[0].classes[0].units == 5 * len(good)


def _table(**columns: Any) -> arrow.Table:
    return arrow.table({"account": [FIRST], "stream": ["storage"], "units": [5], **columns})


def _truncated(path: Path) -> None:
    parquet.write_table(_table(), path)
    path.write_bytes(path.read_bytes()[:-40])


def _spoiled(path: Path) -> None:
    parquet.write_table(_table(), path, compression="none", use_dictionary=False)
    data = bytearray(path.read_bytes())
    data[4:60] = b"\xff" * 56
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    ("write", "what", "field"),
    [
        (_truncated, "the file is no Parquet, or not all of it", ""),
        (_spoiled, "the file is no Parquet, or not all of it", ""),
        (lambda path: path.write_bytes(b"account,stream,units\n"), "the file is no Parquet, or not all of it", ""),
        (lambda path: path.write_bytes(b""), "the file is empty", ""),
        (
            lambda path: parquet.write_table(_table(units=[1.5]), path),
            "units are not stored as whole numbers",
            "units",
        ),
        (
            lambda path: parquet.write_table(_table(units=[float("nan")]), path),
            "units are not stored as whole numbers",
            "units",
        ),
        (
            lambda path: parquet.write_table(_table(units=[True]), path),
            "units are not stored as whole numbers",
            "units",
        ),
        (
            lambda path: parquet.write_table(_table(extra=[[1, 2]]), path),
            "a column holds something else than cells",
            "extra",
        ),
        (lambda path: parquet.write_table(_table().drop_columns("stream"), path), "a column is missing", "stream"),
        (
            lambda path: parquet.write_table(
                arrow.Table.from_arrays([*_table().columns, arrow.array([1])], ["account", "stream", "units", "units"]),
                path,
            ),
            "two columns have one name",
            "units",
        ),
    ],
)
def test_a_broken_parquet_is_refused(tmp_path: Path, write: Callable[[Path], object], what: str, field: str) -> None:
    path = tmp_path / "epoch.parquet"
    write(path)
    error = refused(path)
    assert (error.what, error.field) == (what, field)
    assert error.path == str(path)


@pytest.mark.parametrize(
    "units",
    [
        arrow.array([7], arrow.uint64()),
        arrow.array([7], arrow.int8()),
        arrow.array([7], arrow.decimal128(38, 0)),
        arrow.array(["7"], arrow.large_string()),
        arrow.array(["7"]).dictionary_encode(),
    ],
)
def test_whole_numbers_of_any_type(tmp_path: Path, units: Any) -> None:
    path = tmp_path / "epoch.parquet"
    parquet.write_table(_table(units=units, account=arrow.array([FIRST]).dictionary_encode()), path)
    result = compute(POLICY, 0, [path])
    assert result.streams[1].classes[0].units == 7
    assert paid(result, "storage") == {FIRST.lower(): 500}


def test_a_bad_row_of_a_parquet_has_its_number(tmp_path: Path) -> None:
    path = tmp_path / "epoch.parquet"
    columns = {"account": [FIRST, FIRST], "stream": ["storage"] * 2, "units": [5, None]}
    parquet.write_table(arrow.table(columns), path)
    assert (refused(path).line, refused(path).field, refused(path).found) == (2, "units", "nothing")


def test_a_column_that_parameters_read_is_missing(tmp_path: Path) -> None:
    path = written(tmp_path, f"{FIRST},compute,5,a100,eu", header="account,stream,units,class,region")
    error = refused(path)
    assert (error.what, error.field) == ("a column is missing", "hours")
    assert "compute" in str(error.expected)
    other = written(tmp_path, f"{FIRST},storage,5,a100,eu", header="account,stream,units,class,region")
    assert paid(compute(POLICY, 0, [other]), "storage") == {FIRST.lower(): 500}


def test_a_file_that_lacks_a_column_has_empty_cells(tmp_path: Path) -> None:
    whole = written(tmp_path, GOOD, name="a.csv")
    part = written(tmp_path, f"{FIRST},compute,5,a100,eu", header="account,stream,units,class,region", name="b.csv")
    with pytest.raises(DocumentError) as caught:
        compute(POLICY, 0, [part, whole])
    assert (caught.value.line, caught.value.field, caught.value.found) == (2, "hours", "nothing")
    assert caught.value.path == str(part)


def test_a_derived_column_is_not_given(tmp_path: Path) -> None:
    derived = StepWeights(column="hours", steps=((0, WAD),), into="level")
    policy = equal_policy({"a": (derived,)}, pool=POOL)
    header = "account,stream,units,hours,level"
    with pytest.raises(PolicyError, match="derive a column that the contributions have"):
        compute(policy, 0, [written(tmp_path, f"{FIRST},a,1,1,1", header=header)])


def test_the_same_contributions_twice_are_refused(tmp_path: Path) -> None:
    paths = [written(tmp_path, GOOD, name=name) for name in ("a.csv", "b.csv")]
    with pytest.raises(DocumentError, match="two files hold the same contributions"):
        compute(POLICY, 0, paths)
    with pytest.raises(DocumentError, match="two files hold the same contributions"):
        compute(POLICY, 0, [paths[0], paths[0]])


def test_no_file_a_folder_and_a_missing_one(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="no file of contributions"):
        compute(POLICY, 0, [])
    assert refused(tmp_path).what == "this is no file that can be read twice"
    assert refused(tmp_path / "none.csv").what == "the file cannot be read"


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"epoch.{kind}"
    if kind == "csv":
        written(tmp_path, GOOD)
    else:
        parquet.write_table(_table(), path)
    (tmp_path / "work").mkdir()
    staged = stage([path], tmp_path / "work")
    staged.check_unchanged()
    before = path.read_bytes()
    path.write_bytes(before.replace(b"5", b"6"))
    with pytest.raises(DocumentError, match="the file changed while it was read") as caught:
        staged.check_unchanged()
    assert staged.files[0].sha256.hex() in str(caught.value.expected)
    path.write_bytes(before + b"\n")
    with pytest.raises(DocumentError, match="the file changed while it was read"):
        staged.check_unchanged()


def test_a_csv_that_grows_while_it_is_read_pays_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are appended by the reader's own hand, between its blocks."""
    path = written(tmp_path, GOOD, GOOD)
    original = csv_file.CsvFile._parse

    def parse(self: csv_file.CsvFile, data: bytes, line: int) -> Any:
        with path.open("ab") as file:
            file.write(f"{SECOND},compute,5,a100,eu,1\n".encode())
        return original(self, data, line)

    monkeypatch.setattr(csv_file.CsvFile, "_parse", parse)
    error = refused(path, quarantine=tmp_path / "bad.csv")
    assert error.what == "the file changed while it was read"


# ---------------------------------------------------------------- arguments


def test_state_is_spelled_in_lower_case(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    with pytest.raises(PolicyError, match="another spelling"):
        compute(POLICY, 0, [path], states={"storage": AccountState(averages={FIRST: 1})})
    with pytest.raises(PolicyError, match="another spelling"):
        compute(POLICY, 0, [path], paid_this_month={"storage": {FIRST: 1}})


def test_an_unknown_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DaoError, match="no such engine"):
        compute(POLICY, 0, [written(tmp_path, GOOD)], engine="sqlite")
