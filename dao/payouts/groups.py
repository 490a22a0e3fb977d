"""Takes rows together that agree in everything that their weight depends on: the few kinds of rows of an epoch.

What the parameters do to a row is evaluated once for each group, in exact integers outside of any engine. Memory grows
with the number of groups, not of rows: few where parameters read classes, regions, tiers and counts, as many as rows
where they read a measure that no two rows share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis

from dao.payouts.engine import Engine, integers
from dao.payouts.keys import KEYS
from dao.payouts.needs import StreamNeeds
from dao.payouts.rules import PROBLEM, whole_units
from dao.payouts.staging import Staged

STREAM, LEVEL, UNITS = "stream", "level", "units"
"""Columns of the grouped table beside the account's keys and `key_name`: level is -1 where there is no streak."""

NO_LEVEL = -1


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that agree.

    Args:
        problem: The rule that they break, 0 for none; the rest of a group that breaks one is empty.
        stream: Their stream.
        cells: Their cells in the columns of `Grouping.columns`, empty in those that the stream does not read.
        level: The place of their accounts' streak weight, or NO_LEVEL.
        rows: How many they are.
        units: Their units, where those are whole numbers (exact).
    """

    problem: int
    stream: str
    cells: tuple[str, ...]
    level: int
    rows: int
    units: int


def key_name(index: int) -> str:
    """The name of the grouped table's column for the column number `index` of `Grouping.columns`."""
    return f"k{index}"


@dataclass(frozen=True, slots=True)
class Grouping:
    """How rows are grouped.

    Args:
        columns: The columns that some stream reads and some file has, ascending.
        readers: The streams that read each of them.
    """

    columns: tuple[str, ...]
    readers: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, staged: Staged, needs: Sequence[StreamNeeds]) -> Grouping:
        """The grouping of what was staged for streams with `needs`."""
        columns = tuple(sorted({column for need in needs for column in need.columns} & set(staged.columns)))
        readers = tuple(tuple(need.stream for need in needs if column in need.columns) for column in columns)
        return cls(columns, readers)

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of the grouped table that tell groups apart, but for the problem."""
        return (STREAM, *(key_name(index) for index in range(len(self.columns))), LEVEL)

    def table(self, staged: Staged, table: Any) -> Any:
        """The Ibis table of every row's keys, units (64 bits) and account.

        Args:
            staged: What was staged.
            table: Its Ibis table, with `PROBLEM`, and with `LEVEL` where streaks count.
        """
        stream, units = table[staged.cell("stream")], table[staged.cell("units")]
        good = table[PROBLEM] == 0
        names = {
            key_name(index): ibis.ifelse(good & stream.isin(readers), table[staged.cell(column)], "")
            for index, (column, readers) in enumerate(zip(self.columns, self.readers, strict=True))
        }
        level = table[LEVEL] if LEVEL in table.columns else ibis.literal(NO_LEVEL, "int64")
        counted = ibis.ifelse(whole_units(units), units.try_cast("int64"), 0)
        return table.select(
            *(table[name] for name in (PROBLEM, *KEYS)),
            **{STREAM: ibis.ifelse(good, stream, "")},
            **names,
            **{LEVEL: ibis.ifelse(good, level, NO_LEVEL), UNITS: counted.cast("int64")},
        )

    def groups(self, engine: Engine, grouped: Any) -> list[Group]:
        """The groups of the table that `table` made, in any order."""
        rows, units = grouped.count(), grouped[UNITS].cast("decimal(38,0)").sum().cast("decimal(38,0)")
        expression = grouped.group_by(PROBLEM, *self.keys).agg(rows=rows, total=units)
        made = []
        for batch in engine.batches(expression):
            columns = [batch[name].to_pylist() for name in (PROBLEM, *self.keys, "rows")]
            for problem, stream, *cells, level, count, total in zip(*columns, integers(batch["total"]), strict=True):
                made.append(Group(problem, stream, tuple(cells), level, count, total))
        return made
