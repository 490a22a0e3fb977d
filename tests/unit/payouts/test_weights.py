"""Limbs come together again, and sums of them stay within 128 bits."""

from __future__ import annotations

import random
from decimal import Decimal

import pyarrow as arrow
import pytest

from dao.errors import DaoError
from dao.payouts.engine import integers
from dao.payouts.groups import Group, Grouping
from dao.payouts.libraries import EXTRAS, require_extra
from dao.payouts.needs import StreamNeeds
from dao.payouts.rules import MAX_UNITS
from dao.payouts.staging import MAX_ROWS
from dao.payouts.weights import ROW_BITS, UNIT_BITS, Weighed, limb_table

MOST = 10**38 - 1
NEED = StreamNeeds(stream="a", operators=(), classes=(), reads=(), derived=())


def test_the_bounds_of_sums() -> None:
    assert MAX_UNITS * (2**UNIT_BITS - 1) * MAX_ROWS < 2**124 < MOST
    assert (2**ROW_BITS - 1) * MAX_ROWS < 2**100 < MOST


@pytest.mark.parametrize("bits", [0, 1, 23, 24, 25, 48, 60, 61, 384])
def test_limbs_come_together_again(bits: int) -> None:
    chance = random.Random(bits)
    weights = tuple(chance.getrandbits(bits) if bits else 0 for _ in range(20))
    nodes = {"x": tuple(chance.getrandbits(70) for _ in weights), "y": tuple(range(20))}
    groups = [Group(0, "a", (), index, 1, 1) for index in range(20)]
    table, (layout,) = limb_table(Grouping((), ()), [(NEED, groups, Weighed(weights, 1, 1, nodes))])
    sums = {name: column.to_pylist() for name, column in table.items()}
    assert layout.score.joined(sums) == list(weights)
    assert {name: tuple(limbs.joined(sums)) for name, limbs in layout.nodes.items()} == nodes
    assert all(0 <= limb < 2**UNIT_BITS for name in layout.score.columns for limb in sums[name])
    used = [*layout.score.columns, *(name for limbs in layout.nodes.values() for name in limbs.columns)]
    assert len(set(used)) == len(used)


@pytest.mark.parametrize("values", [[0, 1, 2**63, 2**64 - 1], [2**64, 0, MOST], [], [10**37 + 1]])
def test_wide_sums_are_exact(values: list[int]) -> None:
    column = arrow.array(list(map(Decimal, [7, *values])), arrow.decimal128(38, 0))
    assert integers(column.slice(1)) == values


@pytest.mark.parametrize(
    "column",
    [
        arrow.array([Decimal("1.0")], arrow.decimal128(38, 1)),
        arrow.array([1.0]),
        arrow.array([None], arrow.decimal128(38, 0)),
    ],
)
def test_other_sums_are_refused(column: arrow.Array) -> None:
    with pytest.raises(DaoError, match="something else than whole sums"):
        integers(column)


def test_a_missing_library_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    require_extra("payouts")
    monkeypatch.setitem(EXTRAS, "payouts", ("numpy", "no_such_module"))
    with pytest.raises(DaoError) as caught:
        require_extra("payouts")
    assert caught.value.remedy == "run `pip install 'reward-dao[payouts]'`"
    assert caught.value.found == "no no_such_module"
