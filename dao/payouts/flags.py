"""Flags on staged rows that no rule about one row alone could set: wrong checksums, and ids that stand twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet

from dao.payouts.engine import Engine
from dao.payouts.keys import KEYS, MIXED_CASE, checksum_case
from dao.payouts.rules import ID, REPEATED, WRONG_CHECKSUM
from dao.payouts.staging import CASE, KIND, Staged


def flagged(engine: Engine, staged: Staged, folder: Path) -> Any:
    """The Ibis table of the staged rows with `WRONG_CHECKSUM` and `REPEATED`.

    All rows of an id that stands twice are flagged: which of them is the right one does not depend on their order.

    Args:
        engine: The engine.
        staged: What was staged.
        folder: Where tables of what is wrong go.
    """
    table = engine.read(staged.folder)
    spellings = (*KEYS, CASE)
    wrong = _wrong_spellings(engine, table, folder / "spellings") if staged.mixed else None
    table = _flag(engine, table, WRONG_CHECKSUM, wrong, spellings)
    repeated = None
    if ID in staged.columns:
        repeated = _repeated(engine, table, staged.cell(ID), folder / "ids")
    return _flag(engine, table, REPEATED, repeated, (staged.cell(ID),) if repeated else ())


def _flag(engine: Engine, table: Any, name: str, listed: Path | None, columns: tuple[str, ...]) -> Any:
    """`table` with the boolean `name`: whether the row's `columns` stand in the Parquet in `listed`."""
    if listed is None:
        return table.mutate(**{name: ibis.literal(False)})
    found = engine.read(listed)
    found = found.select(**{f"w_{column}": found[column] for column in columns}).mutate(w_listed=ibis.literal(True))
    joined = table.left_join(found, [table[column] == found[f"w_{column}"] for column in columns])
    return joined.select(*table.columns, **{name: joined["w_listed"].fill_null(False)})


def _wrong_spellings(engine: Engine, table: Any, folder: Path) -> Path | None:
    """The accounts in both cases without their checksum, each spelling once; None where there is none.

    Keccak is computed once for each spelling and not for each row.
    """
    mixed = table.filter(table[KIND] == MIXED_CASE).select(*KEYS, CASE).distinct()
    schema = arrow.schema([(name, arrow.int64()) for name in (*KEYS, CASE)])
    return _collected(
        engine,
        mixed,
        folder,
        schema,
        lambda batch: np.asarray(batch[CASE]) != checksum_case([batch[name] for name in KEYS]),
    )


def _repeated(engine: Engine, table: Any, column: str, folder: Path) -> Path | None:
    counted = table.group_by(column).agg(times=table.count())
    repeated = counted.filter((counted.times > 1) & (counted[column] != "")).select(column)
    return _collected(engine, repeated, folder, arrow.schema([(column, arrow.string())]), None)


def _collected(engine: Engine, expression: Any, folder: Path, schema: Any, chosen: Any) -> Path | None:
    folder.mkdir()
    rows = 0
    with parquet.ParquetWriter(folder / "part-00000.parquet", schema) as writer:
        for batch in engine.batches(expression):
            kept = batch if chosen is None else batch.filter(arrow.array(chosen(batch)))
            rows += len(kept)
            if len(kept):
                writer.write_table(arrow.Table.from_batches([kept]).cast(schema))
    return folder if rows else None
