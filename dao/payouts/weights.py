"""Every group's exact weight, divided into limbs that an engine sums in 128 bits without overflow.

A score is Σ units · weight. The operators of `dao.rewards.accounts` give each group its weight as an integer of any
size; a common factor of a stream's weights is divided out and kept. Then weight = Σ limb[j] · 2^(24·j), and the engine
sums units · limb[j] for each j, which Python puts together again. The bound: a row's units are below 10¹⁸ < 2⁶⁰, a limb
is below 2²⁴, an epoch has at most `staging.MAX_ROWS` = 2⁴⁰ rows, so that every sum is below 2¹²⁴ < 10³⁸, which both
decimal(38, 0) and a signed 128-bit integer hold. Numbers that count once for each row, such as nodes and the points of
volume tiers, are summed alone and have limbs of 60 bits: 2⁶⁰ · 2⁴⁰ = 2¹⁰⁰.

Nothing is divided or rounded in an engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any

import pyarrow as arrow

from dao.payouts.groups import LEVEL, STREAM, Group, Grouping, key_name
from dao.payouts.needs import StreamNeeds
from dao.rewards.accounts.allocate import node_columns, row_weights
from dao.rewards.accounts.columns import Contributions, Rows
from dao.rewards.payouts import stream_operators
from dao.rewards.policy import Policy

UNIT_BITS, ROW_BITS = 24, 60
"""Bits of a limb that is multiplied by units, and of one that counts once for each row."""

PLACE = "place"
"""The column with the place of a row's stream."""


@dataclass(frozen=True, slots=True)
class Limbs:
    """Where an integer's limbs stand, the lowest first.

    Args:
        columns: Their columns: `u…` are multiplied by units, `n…` count once for each row.
        bits: Bits of each.
    """

    columns: tuple[str, ...]
    bits: int

    def joined(self, sums: Mapping[str, Sequence[int]]) -> list[int]:
        """The integers whose limbs are summed in the columns of `sums`."""
        lowest, *higher = (sums[name] for name in self.columns)
        total = list(lowest)
        for index, limb in enumerate(higher, 1):
            shift = self.bits * index
            total = [low + (high << shift) for low, high in zip(total, limb, strict=True)]
        return total


@dataclass(frozen=True, slots=True)
class Weighed:
    """The weights of one stream's groups.

    Args:
        weights: What a unit of each group counts, or the whole row for volume tiers, `factor` divided out.
        factor: What the weights were divided by; 1 or more.
        unit: What one is in the weights before that.
        nodes: For each column that a cap counts nodes in, what a row of each group counts.
    """

    weights: tuple[int, ...]
    factor: int
    unit: int
    nodes: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns of the sums hold what for one stream: its score, and its nodes by column."""

    score: Limbs
    nodes: Mapping[str, Limbs]


def weigh(
    policy: Policy,
    epoch: int,
    need: StreamNeeds,
    *,
    columns: Sequence[str],
    groups: Sequence[Group],
    levels: Sequence[int],
) -> Weighed:
    """The weights of `groups`, all of one stream.

    Args:
        policy: The policy.
        epoch: The epoch.
        need: What the stream wants.
        columns: Names of the groups' cells.
        groups: Its groups, none of which breaks a rule.
        levels: The streak weight at each level, in parts of WAD.

    Raises PolicyError where the parameters do not give a number.
    """

    def cells(column: str) -> list[str]:
        place = columns.index(column)
        return [group.cells[place] for group in groups]

    def numbers(column: str) -> list[int]:
        return [int(cell) for cell in cells(column)]

    contributions = Contributions(
        [str(group.level) for group in groups],
        numbers("units") if need.by_volume else [0] * len(groups),
        {read.column: cells(read.column) for read in need.reads if read.labels is not None},
        {read.column: numbers(read.column) for read in need.reads if read.labels is None},
    )
    operators, contributions = stream_operators(policy, need.stream, epoch, contributions)
    rows = Rows(contributions, {str(level): weight for level, weight in enumerate(levels)})
    weights, unit = row_weights(operators, rows)
    factor = gcd(*weights) or 1
    return Weighed(
        weights=tuple(weight // factor for weight in weights),
        factor=factor,
        unit=unit,
        nodes={column: tuple(rows.measures(column)) for column in node_columns(operators)},
    )


def limb_table(
    grouping: Grouping, streams: Sequence[tuple[StreamNeeds, Sequence[Group], Weighed]]
) -> tuple[dict[str, Any], tuple[Layout, ...]]:
    """The columns of the table that gives each group its stream's place and its limbs, and where each stream's stand.

    Columns that the groups are joined by are named as in the grouped table, with `j` before.
    """
    layouts, parts = [], []
    for need, _, weighed in streams:
        split: dict[str, list[int]] = {}
        prefix, bits = ("n", ROW_BITS) if need.by_volume else ("u", UNIT_BITS)
        score = _split(weighed.weights, prefix, bits, split)
        nodes = {column: _split(counts, "n", ROW_BITS, split) for column, counts in weighed.nodes.items()}
        layouts.append(Layout(score, nodes))
        parts.append(split)
    limbs = sorted({name for split in parts for name in split}, key=lambda name: (name[0], int(name[1:])))
    table: dict[str, Any] = {
        PLACE: [place for place, (_, groups, _) in enumerate(streams) for _ in groups],
        "j" + STREAM: [group.stream for _, groups, _ in streams for group in groups],
        "j" + LEVEL: [group.level for _, groups, _ in streams for group in groups],
    }
    for index in range(len(grouping.columns)):
        table["j" + key_name(index)] = [group.cells[index] for _, groups, _ in streams for group in groups]
    for name in limbs:
        table[name] = [
            limb
            for (_, groups, _), split in zip(streams, parts, strict=True)
            for limb in split.get(name, [0] * len(groups))
        ]
    texts = {"j" + STREAM, *("j" + key_name(index) for index in range(len(grouping.columns)))}
    kinds = {name: arrow.string() if name in texts else arrow.int64() for name in table}
    return {name: arrow.array(values, kinds[name]) for name, values in table.items()}, tuple(layouts)


def _split(values: Sequence[int], prefix: str, bits: int, into: dict[str, list[int]]) -> Limbs:
    """Puts the limbs of `values` into new columns, and says which."""
    first = sum(name.startswith(prefix) for name in into)
    count = max(1, -(-max(values, default=0).bit_length() // bits))
    names = tuple(f"{prefix}{first + index}" for index in range(count))
    for index, name in enumerate(names):
        into[name] = [value >> (bits * index) & ((1 << bits) - 1) for value in values]
    return Limbs(names, bits)
