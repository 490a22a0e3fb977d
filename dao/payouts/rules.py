"""What every contribution row must be, as Ibis expressions: one list of rules for both engines.

Engines read odd texts as numbers differently, and `$` in a pattern too: a rule rests on neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis

from dao.payouts.keys import NO_ACCOUNT
from dao.payouts.needs import StreamNeeds
from dao.payouts.staging import KIND, Staged
from dao.rewards.accounts.reads import Read

ID = "id"
"""The optional column whose values stand once each in an epoch."""

MAX_UNITS = 10**18 - 1
"""The most units of one row."""

MEASURE_DIGITS = 78
"""The most digits of a whole number in another column, those of 2²⁵⁶."""

WRONG_CHECKSUM, REPEATED, PROBLEM = "wrong_checksum", "repeated_id", "problem"
"""Columns that are added to the staged ones: two flags, and the number of the first rule that a row breaks or 0."""

_NAMED = 12


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Args:
        field: The column that it is about.
        expected: What the cell would have to be.
        broken: Ibis boolean, never null: whether a row breaks it.
    """

    field: str
    expected: str
    broken: Any


def whole_number(text: Any, *, digits: int) -> Any:
    """Whether an Ibis text is a whole number without sign, point, exponent or leading zero, of at most `digits`."""
    length = text.length()
    return (length >= 1) & (length <= digits) & ~text.re_search("[^0-9]") & ((length == 1) | (text.substr(0, 1) != "0"))


def whole_units(text: Any) -> Any:
    """The same as `whole_number` for the digits of units, faster: what the number is written as must be the text."""
    number = text.try_cast("int64")
    return ((number >= 0) & (number <= MAX_UNITS) & (number.cast("string") == text)).fill_null(False)


def rules(staged: Staged, table: Any, needs: Sequence[StreamNeeds]) -> tuple[Rule, ...]:
    """The rules, in the order in which a row's problem is looked for.

    Args:
        staged: What was staged.
        table: Its Ibis table, with `WRONG_CHECKSUM` and `REPEATED`.
        needs: What each leaf stream wants.
    """
    stream, units = table[staged.cell("stream")], table[staged.cell("units")]
    leaves = [need.stream for need in needs]
    found = [
        Rule("account", "0x and 40 hexadecimal digits, in one case or with the checksum", table[KIND] == NO_ACCOUNT),
        Rule("account", "the right EIP-55 checksum, or letters of one case", table[WRONG_CHECKSUM]),
        Rule("stream", f"a stream that pays accounts in this epoch: {_named(leaves)}", ~stream.isin(leaves)),
        Rule(
            "units",
            f"a whole number from 0 to {MAX_UNITS}, such as 1200",
            ~whole_units(units),
        ),
    ]
    if ID in staged.columns:
        found.append(Rule(ID, "an id", table[staged.cell(ID)] == ""))
        found.append(Rule(ID, "an id that no other row has", table[REPEATED]))
    readers: dict[Read, list[str]] = {}
    for need in needs:
        for read in need.reads:
            readers.setdefault(read, []).append(need.stream)
    for read, streams in sorted(readers.items(), key=lambda entry: (entry[0].column, entry[1])):
        if read.column in staged.columns:
            concerned = stream.isin(streams)
            found.append(Rule(read.column, _expected(read), concerned & ~_fits(read, table[staged.cell(read.column)])))
    return tuple(found)


def first_problem(found: Sequence[Rule]) -> Any:
    """The Ibis expression of a row's `PROBLEM`: 1 for the first of the rules, 0 where it breaks none."""
    return ibis.cases(*((rule.broken, number) for number, rule in enumerate(found, 1)), else_=0).cast("int32")


def _fits(read: Read, cell: Any) -> Any:
    if read.labels is not None:
        return cell.isin(read.labels)
    fits = whole_number(cell, digits=MEASURE_DIGITS)
    return fits & (cell != "0") if read.minimum else fits


def _expected(read: Read) -> str:
    if read.labels is not None:
        return f"one of {_named(read.labels)}"
    return f"a whole number from {read.minimum}, of at most {MEASURE_DIGITS} digits"


def _named(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
