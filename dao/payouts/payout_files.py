"""The payouts of an epoch as rows: Parquet for programs, CSV for everybody.

Rows stand in ascending order of (stream, account), both as texts of bytes, so that Parquet's own statistics lead to the
one group of rows that an account can be in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as arrow
import pyarrow.parquet as parquet

from dao.payouts.columns import DECIMAL, MAX_DECIMAL, addresses, decimals, integers
from dao.payouts.spelling import text_order, texts
from dao.payouts.values import StreamPayouts

CSV_HEADER = "stream,account,amount"

_GROUP = 1 << 13
"""Rows of a group in Parquet: what is read to find one account."""

_FEW = 16
"""Up to how many rows of a group are read one by one; of more, all of the group is."""


@dataclass(frozen=True, slots=True, eq=False)
class PaidStream:
    """A stream's payouts with what the files say of them beside: spelled accounts, and places in the tree."""

    payouts: StreamPayouts
    spelled: npt.NDArray[np.uint8]
    places: npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class PayoutRow:
    """One account's row: its amount (wei), and where its leaf stands in the tree."""

    account: str
    amount: int
    leaf: int


class PayoutWriter:
    """Writes both files stream by stream, ascending by path; used as a context."""

    def __init__(self, parquet_path: Path, csv_path: Path, *, largest: int) -> None:
        """`largest` is the largest amount of all; one of more digits than DECIMAL makes the column one of texts."""
        self._amounts_fit = largest <= MAX_DECIMAL
        self._schema = _schema(DECIMAL if self._amounts_fit else arrow.string())
        self._paths = parquet_path, csv_path

    def __enter__(self) -> PayoutWriter:
        self._csv = self._paths[1].open("w", encoding="ascii", newline="")
        self._csv.write(f"{CSV_HEADER}\r\n")
        self._parquet = parquet.ParquetWriter(
            self._paths[0], self._schema, compression="zstd", use_dictionary=["stream"], write_statistics=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._parquet.close()
        self._csv.close()

    def write(self, paid: PaidStream) -> None:
        """Writes the rows of one stream."""
        order = text_order(paid.spelled)
        for begin in range(0, len(order), _GROUP):
            chosen = order[begin : begin + _GROUP]
            spelled = paid.spelled[chosen]
            amounts = [paid.payouts.amounts[index] for index in chosen.tolist()]
            self._write_group(paid.payouts.stream, spelled, amounts, paid.places[chosen])

    def _write_group(
        self, stream: str, spelled: npt.NDArray[np.uint8], amounts: list[int], places: npt.NDArray[np.uint32]
    ) -> None:
        rows = zip(texts(spelled), amounts, strict=True)
        self._csv.write("".join([f"{stream},{account},{amount}\r\n" for account, amount in rows]))
        column = decimals(amounts) if self._amounts_fit else arrow.array(map(str, amounts), arrow.string())
        table = arrow.table(
            [arrow.array([stream]).take(arrow.array(np.zeros(len(amounts), np.int8))), addresses(spelled), column,
             arrow.array(places, arrow.uint32())],
            schema=self._schema,
        )  # fmt: skip
        self._parquet.write_table(table, row_group_size=_GROUP)


def read_payouts(path: Path) -> Iterator[tuple[str, list[str], list[int]]]:
    """Every stream with rows, in the order of the file: its path, its accounts (EIP-55), their amounts (wei).

    Raises ValueError, or one of pyarrow's errors, where the file is not what `PayoutWriter` writes.
    """
    with parquet.ParquetFile(path) as file:
        _require_schema(file)
        stream = ""
        accounts: list[str] = []
        amounts: list[int] = []
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, ["stream", "account", "amount"]).combine_chunks()
            streams = table["stream"].unique().to_pylist()
            if streams != [stream]:
                if accounts:
                    yield stream, accounts, amounts
                if len(streams) != 1 or not streams[0] > stream:
                    raise ValueError("the streams are not in order")
                stream, accounts, amounts = streams[0], [], []
            accounts += table["account"].to_pylist()
            amounts += integers(table["amount"].chunk(0))
        if accounts:
            yield stream, accounts, amounts


def find_payouts(path: Path, stream: str, accounts: frozenset[str]) -> dict[str, PayoutRow]:
    """The rows of `accounts` (EIP-55) in `stream`, reading the groups of rows that can hold one.

    Raises ValueError, or one of pyarrow's errors, where the file is not what `PayoutWriter` writes.
    """
    found = {}
    with parquet.ParquetFile(path, memory_map=True) as file:
        _require_schema(file)
        for group in range(file.num_row_groups):
            held = file.metadata.row_group(group)
            if not _can_hold(held, 0, stream) or not any(_can_hold(held, 1, account) for account in accounts):
                continue
            table = file.read_row_group(group, use_threads=False)
            # Plain texts: pyarrow's own comparisons load pandas where it is installed, which takes half a second.
            names = table["account"].to_pylist()
            inside = [index for index, name in enumerate(names) if name in accounts]
            streams, amounts, leaves = _cells(table, inside)
            for index in inside:
                if streams[index] == stream:
                    if names[index] in found:
                        raise ValueError("an account stands twice")
                    found[names[index]] = PayoutRow(names[index], int(amounts[index]), leaves[index])
    return found


def _cells(table: Any, inside: list[int]) -> tuple[Any, Any, Any]:
    """Stream, amount and leaf of the rows `inside`, by their place: of a few one by one, else of all at once."""
    if len(inside) <= _FEW:
        rows = {index: table.slice(index, 1).to_pylist()[0] for index in inside}
        return tuple({index: row[name] for index, row in rows.items()} for name in ("stream", "amount", "leaf"))  # type: ignore[return-value]
    whole = table.combine_chunks()
    return whole["stream"].to_pylist(), integers(whole["amount"].chunk(0)), whole["leaf"].to_pylist()


def _can_hold(group: Any, column: int, text: str) -> bool:
    statistics = group.column(column).statistics
    return statistics is None or not statistics.has_min_max or statistics.min <= text <= statistics.max


def _schema(amount: Any) -> Any:
    return arrow.schema(
        [
            arrow.field("stream", arrow.string(), nullable=False),
            arrow.field("account", arrow.string(), nullable=False),
            arrow.field("amount", amount, nullable=False),
            arrow.field("leaf", arrow.uint32(), nullable=False),
        ]
    )


def _require_schema(file: Any) -> None:
    if not any(file.schema_arrow.equals(_schema(amount)) for amount in (DECIMAL, arrow.string())):
        raise ValueError("the columns are others than stream, account, amount and leaf")
