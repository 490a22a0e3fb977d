"""The sums of units times limbs for each stream and account, by an engine, put together as integers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from dao.errors import DaoError
from dao.payouts.engine import Engine, integers, write_table
from dao.payouts.groups import UNITS, Grouping
from dao.payouts.keys import KEYS, decode_accounts
from dao.payouts.rules import PROBLEM
from dao.payouts.weights import PLACE, Layout

# Before the product as well: DuckDB computes that of two narrow decimals in 64 bits, and refuses what does not fit.
_WIDE = "decimal(38,0)"


@dataclass(slots=True)
class AccountSums:
    """One stream's accounts, ascending in lower case, and for each the sums of every column of limbs."""

    accounts: list[str] = field(default_factory=list)
    sums: dict[str, list[int]] = field(default_factory=dict)


def account_sums(
    engine: Engine,
    grouping: Grouping,
    grouped: Any,
    limbs: dict[str, Any],
    layouts: Sequence[Layout],
    folder: Path,
) -> Iterator[tuple[int, AccountSums]]:
    """(place, sums) of every stream that has rows, ascending by place.

    Args:
        engine: The engine.
        grouping: How rows are grouped.
        grouped: The grouped Ibis table; rows that break a rule are left out.
        limbs: The columns that `weights.limb_table` made.
        layouts: Where each stream's limbs stand.
        folder: A new folder for the table of limbs.

    Raises DaoError where the engine does not return accounts in order, each once.
    """
    if not layouts:
        return
    table = engine.read(write_table(limbs, folder))
    good = grouped.filter(grouped[PROBLEM] == 0)
    joined = good.join(table, [good[name] == table["j" + name] for name in grouping.keys])
    names = [name for name in limbs if name[0] in "un" and name[1:].isdigit()]
    units = joined[UNITS].cast(_WIDE)
    sums = {
        name: (units * joined[name].cast(_WIDE) if name.startswith("u") else joined[name]).cast(_WIDE).sum().cast(_WIDE)
        for name in names
    }
    order = (PLACE, *KEYS)
    expression = joined.group_by(*order).agg(**sums).order_by(*order)
    place, current = -1, AccountSums()
    for batch in engine.batches(expression):
        places = batch[PLACE].to_numpy()
        begin = 0
        while begin < len(batch):
            here = int(places[begin])
            end = int(places.searchsorted(here, side="right"))
            if here != place:
                if place >= 0:
                    yield place, _checked(current)
                place, current = here, AccountSums()
            _extend(current, batch.slice(begin, end - begin), layouts[here])
            begin = end
    if place >= 0:
        yield place, _checked(current)


def _extend(current: AccountSums, part: Any, layout: Layout) -> None:
    current.accounts += decode_accounts([part[name] for name in KEYS])
    for limbs in (layout.score, *layout.nodes.values()):
        for name in limbs.columns:
            current.sums.setdefault(name, []).extend(integers(part[name]))


def _checked(current: AccountSums) -> AccountSums:
    for before, after in pairwise(current.accounts):
        if before >= after:
            raise DaoError("the engine did not return accounts in order", expected=f"above {before}", found=after)
    return current
