"""Rows that break a rule: the error that names the first ones, and the file that sets all of them apart."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dao.errors import DocumentError, FileError
from dao.payouts.engine import Engine
from dao.payouts.keys import KEYS, spelled
from dao.payouts.rules import PROBLEM, Rule
from dao.payouts.staging import CASE, FILE, LINE, TEXT, Staged

SHOWN = 10
"""How many bad rows the error names."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row that breaks a rule.

    Args:
        place: Which file it stands in.
        line: Its line.
        rule: The first rule that it breaks.
        cells: The account, then a cell for each of `Staged.columns`, as they were written.
    """

    place: int
    line: int
    rule: Rule
    cells: tuple[str, ...]


def bad_rows(
    engine: Engine, staged: Staged, table: Any, found: Sequence[Rule], *, most: int | None
) -> Iterator[BadRow]:
    """The rows of the Ibis table with `PROBLEM` that break a rule, by file and line; the first `most` of them."""
    bad = table.filter(table[PROBLEM] > 0).order_by(FILE, LINE)
    cells = [f"c{index}" for index in range(len(staged.columns))]
    bad = bad.select(FILE, LINE, PROBLEM, TEXT, CASE, *KEYS, *cells)
    for batch in engine.batches(bad if most is None else bad.limit(most)):
        written = spelled([batch[name] for name in KEYS], batch[CASE].to_pylist())
        columns = [batch[name].to_pylist() for name in (FILE, LINE, PROBLEM, TEXT, *cells)]
        for account, place, line, problem, text, *others in zip(written, *columns, strict=True):
            # The first rule is that of what is no account, which alone is kept as text.
            yield BadRow(place, line, found[problem - 1], (text if problem == 1 else account, *others))


def bad_rows_error(staged: Staged, shown: Sequence[BadRow], total: int) -> DocumentError:
    """The error that stops the epoch: `shown` are the first of `total` bad rows; `values["others"]` has the rest."""
    first, *others = shown
    error = DocumentError(
        "a row is bad" if total == 1 else f"{total} rows are bad",
        path=str(staged.paths[first.place]),
        line=first.line,
        field=first.rule.field,
        expected=first.rule.expected,
        found=_found(staged, first) or "nothing",
        remedy="correct the rows, or set them apart with --quarantine: what they hold is not paid",
    )
    also = [
        f"{staged.files[row.place].name}:{row.line} {row.rule.field}: expected {row.rule.expected}; "
        f"found {_found(staged, row) or 'nothing'}"
        for row in others
    ]
    if total > len(shown):
        also.append(f"and {total - len(shown)} more")
    error.values = {**error.values, "rows": total, **({"others": also} if also else {})}
    return error


def write_bad_rows(staged: Staged, rows: Iterator[BadRow], path: Path) -> None:
    """Writes bad rows to a CSV file: file, line, field, expected, and the cells as they were.

    Raises FileError where that fails; then no file is left.
    """
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("file", "line", "field", "expected", "account", *staged.columns))
            for row in rows:
                name = staged.files[row.place].name
                writer.writerow((name, row.line, row.rule.field, row.rule.expected, *row.cells))
        partial.replace(path)
    except OSError as error:
        raise FileError("the bad rows cannot be written", found=f"{path}: {error.strerror}") from None
    finally:
        partial.unlink(missing_ok=True)


def _found(staged: Staged, row: BadRow) -> str:
    return row.cells[("account", *staged.columns).index(row.rule.field)]
