"""A preset: a policy that a network published, with the printed figures that it must reproduce."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from dao.document import loader
from dao.document.expression import Expression, Figure
from dao.document.fields import Cell, Decimals, Digits, Flag, Line, ParameterName, Prose, Reading, StreamPath
from dao.document.forms import format_cell, parse_fixed
from dao.document.items import Items
from dao.document.loader import Source
from dao.document.model import Strict, locate, validate
from dao.document.quantities import Amount, Units
from dao.document.section import WrittenPolicy
from dao.document.shapes import resolve
from dao.document.where import at, field_of
from dao.errors import AmountError, DaoError, PolicyError
from dao.rewards.accounts.columns import Contributions
from dao.rewards.assume import assume
from dao.rewards.policy import Policy

Reports = Annotated[
    tuple[tuple[StreamPath, tuple[Any, ...]], ...],
    Items(StreamPath, Annotated[tuple[Reading, ...], Field(min_length=1)]),
]
Row = Annotated[tuple[tuple[str, Any], ...], Items(ParameterName, Cell, show=format_cell)]


class Unit(Strict):
    """What the amounts of a preset are in."""

    symbol: Line = Field(description="The token's symbol.")
    decimals: Decimals = Field(description="The token's decimals.")


class Published(Strict):
    """A figure that the source prints, and what must yield it."""

    expression: Line = Field(description="Such as emission(stream, 3); dao/document/expression.py has the language.")
    reports: Reports = Field(
        default=(), description="What is reported for each stream, epoch by epoch; the last value goes on."
    )
    contributions: tuple[Row, ...] = Field(
        default=(), description="The rows that a payout is for: account, units, and the columns that are read."
    )
    printed: Line = Field(description="The figure: an amount with its unit, a percentage, or a number.")
    digits: Digits = Field(default=0, description="How many decimals the source prints; -3 for thousands.")
    source: Line = Field(description="Where it is printed.")
    derived: Flag = Field(default=False, description="Whether the figure follows from the source's formula only.")
    inconsistent: Flag = Field(
        default=False, description="Whether the source's own rules yield something else than it prints here."
    )


class Preset(Strict):
    """A published policy."""

    network: Line = Field(description="Whose policy it is.")
    source: Line = Field(description="Where it is published.")
    unit: Unit = Field(description="What the amounts are in.")
    convention: Prose = Field(description="How the source's periods become epochs, and what is left out.")
    policy: WrittenPolicy = Field(description="The policy.")
    published: tuple[Published, ...] = Field(min_length=1, description="Printed figures that the policy reproduces.")

    @property
    def units(self) -> Units:
        """The unit of the amounts."""
        return Units(self.unit.symbol, self.unit.decimals)

    @property
    def dated(self) -> bool:
        """Whether the source says when epoch 0 begins."""
        return isinstance(self.policy.genesis, int)

    def evaluate(self) -> Policy:
        """The policy from its genesis; where that is the deployment, from the first second of the Unix epoch."""
        genesis = self.policy.genesis if isinstance(self.policy.genesis, int) else 0
        with at("policy"):
            return self.policy.policy(self.units, genesis=genesis)


@dataclass(frozen=True, slots=True)
class Deviation:
    """A printed figure and what the policy yields instead, or, under `inconsistent`, yields against what is said.

    Args:
        index: Its place in `published`.
        expression: What was evaluated.
        epoch: The epoch, or the last one of a sum.
        printed: The figure, in units of its last printed digit.
        computed: What the policy yields, rounded half up to that digit.
        inconsistent: Whether the preset says that the two disagree.
    """

    index: int
    expression: str
    epoch: int
    printed: int
    computed: int
    inconsistent: bool = False


def load_preset(path: Path) -> tuple[Preset, Source]:
    """The preset in the file at `path`, and its source. Raises DocumentError, also where the policy cannot be."""
    source = loader.load_file(path)
    preset = validate(Preset, source)
    try:
        with at("policy"):
            if preset.policy.preset is not None:
                raise PolicyError("a preset writes its policy out", found=f"preset {preset.policy.preset}")
        preset.evaluate()
    except DaoError as error:
        raise locate(error, source, field_of(error)) from error
    return preset, source


def deviations(preset: Preset) -> tuple[Deviation, ...]:
    """Everything that `preset` says wrongly of its printed figures; none if all is right.

    That is: every figure that the policy does not reproduce although the preset does not call it inconsistent, and
    every one that it does reproduce although the preset does. Computed values are rounded half up to the printed
    digits; nothing but integers is compared. Raises AmountError or PolicyError, which name their field, for an
    expression or a figure that says nothing.
    """
    return tuple(
        found
        for published, compared in _compared(preset)
        for found in compared
        if (found.printed == found.computed) == published.inconsistent
    )


def inconsistencies(preset: Preset) -> tuple[Deviation, ...]:
    """Every printed figure with which, as `preset` says, its source contradicts its own rules, and both figures."""
    return tuple(
        found
        for published, compared in _compared(preset)
        for found in compared
        if published.inconsistent and found.printed != found.computed
    )


def figure_text(published: Published, value: int) -> str:
    """`value`, in units of the last printed digit, as the source prints such a figure."""
    text = f"{Decimal(value).scaleb(-published.digits):,f}".replace(",", "_")
    if published.printed.endswith("%"):
        return f"{text}%"
    return " ".join([text, *published.printed.split(" ")[1:]])


def round_half_up(value: int, *, decimals: int, digits: int) -> int:
    """`value`, which has `decimals` decimals, in units of its decimal number `digits` (negative: before the point)."""
    return _rounded(Fraction(value, _power(decimals)), digits)


def _rounded(value: Fraction, digits: int) -> int:
    scaled = value * _power(digits) if digits >= 0 else value / _power(-digits)
    return (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)


def _power(exponent: int) -> int:
    return int(10**exponent)


def _compared(preset: Preset) -> Iterator[tuple[Published, Sequence[Deviation]]]:
    """Every figure with its evaluation, right or wrong."""
    policy = preset.evaluate()
    for index, published in enumerate(preset.published):
        with at(f"published.{index}"):
            yield published, _compare(index, published, policy, preset)


def _compare(index: int, published: Published, policy: Policy, preset: Preset) -> Sequence[Deviation]:
    with at("expression"):
        expression = Expression.parse(published.expression, policy, dated=preset.dated)
    with at("reports"):
        policy = _reported(policy, published, preset.units, expression.last)
    with at("contributions"):
        rows = _contributions(published.contributions, preset.units)
    with at("expression"):
        figures = expression.evaluate(policy, preset.units, rows)
    with at("printed"):
        printed, hundredfold = _printed(published, figures[0], preset.units)
    return [
        Deviation(
            index,
            published.expression,
            figure.epoch,
            printed,
            _rounded(figure.value * (100 if hundredfold else 1), published.digits),
            published.inconsistent,
        )
        for figure in figures
    ]


def _reported(policy: Policy, published: Published, units: Units, last: int) -> Policy:
    for stream, readings in published.reports:
        with at(stream):
            values = [int(resolve(reading, units)) for reading in readings]
            for value in values[:-1]:
                policy = assume(policy, {stream: value}, last=policy.next_report(stream))
            policy = assume(policy, {stream: values[-1]}, last=last)
    return policy


def _contributions(rows: Sequence[tuple[tuple[str, Any], ...]], units: Units) -> Contributions | None:
    if not rows:
        return None
    table = [dict(row) for row in rows]
    if any(row.keys() != table[0].keys() for row in table) or not table[0].keys() >= {"account", "units"}:
        raise PolicyError("the rows have not the same columns", expected="account, units, and the same for each row")
    columns = {name: [_cell(row[name], units) for row in table] for name in table[0]}
    accounts, counted = columns.pop("account"), columns.pop("units")
    labels = {name: column for name, column in columns.items() if isinstance(column[0], str)}
    measures = {name: column for name, column in columns.items() if name not in labels}
    return Contributions(accounts, counted, labels, measures)


def _cell(value: Any, units: Units) -> Any:
    return units.resolve(value) if isinstance(value, Amount) else value


def _printed(published: Published, figure: Figure, units: Units) -> tuple[int, bool]:
    """The printed figure in units of its last digit, and whether it is a percentage."""
    text = published.printed
    percentage = text.endswith("%")
    if " " in text and not percentage:
        amount = Amount.parse(text)
        if amount.unit != units.symbol:
            raise AmountError("the figure is in another unit", expected=units.symbol, found=text)
        value, is_amount = Fraction(amount.digits, _power(amount.places)), True
    else:
        value, is_amount = Fraction(parse_fixed(text.removesuffix("%").rstrip(" ")).value, _power(18)), False
    if is_amount != figure.amount:
        expected = f"an amount in {units.symbol}" if figure.amount else "a percentage or a number"
        raise AmountError("the figure is of another kind than the expression", expected=expected, found=text)
    scaled = value * _power(published.digits) if published.digits >= 0 else value / _power(-published.digits)
    if scaled.denominator != 1:
        digits = f"{published.digits} digits"
        raise AmountError("the figure has more digits than the source prints", expected=digits, found=text)
    return scaled.numerator, percentage
