"""How documents write the shapes of a schedule, and how those become the values of `dao.rewards`, and back."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, ClassVar

from pydantic import Field

from dao.document.fields import (
    Count,
    EpochCount,
    Factor,
    FineRatio,
    FixedText,
    Flag,
    Month,
    RatioText,
    Reading,
    Share,
    ShortDuration,
    TokenAmount,
)
from dao.document.forms import Fixed, Ratio
from dao.document.model import Strict
from dao.document.quantities import Amount, Units
from dao.document.where import at
from dao.rewards.schedule import (
    CalendarGeometric,
    CalendarTable,
    Decay,
    Feedback,
    Geometric,
    Inflation,
    Metered,
    Ramp,
    Remint,
    Rollover,
    Shape,
    SupplyHalving,
    Table,
    Tracking,
)

_MAX = 512
_NUMBERS = frozenset({"numerator", "denominator"})


class WrittenShape(Strict):
    """A shape's parameters under the names of `makes`, but for a `ratio`, which is its numerator and denominator.

    Amounts carry their unit; a value that is reported may be a plain number instead.
    """

    makes: ClassVar[type[Any]]
    readings: ClassVar[frozenset[str]] = frozenset()

    def shape(self, units: Units) -> Shape:
        """The shape in the token's smallest unit. Raises AmountError, which names its field, for a wrong amount."""
        values: dict[str, Any] = {}
        for name in type(self).model_fields:
            with at(name):
                value = getattr(self, name)
                if isinstance(value, Ratio):
                    values |= {"numerator": value.numerator, "denominator": value.denominator}
                else:
                    values[name] = resolve(value, units)
        made: Shape = self.makes(**values)
        return made

    @classmethod
    def of(cls, shape: Any, units: Units) -> WrittenShape:
        """`shape`, which `makes` made, as a document writes it."""
        written: dict[str, Any] = {}
        if "ratio" in cls.model_fields:
            written["ratio"] = Ratio(shape.numerator, shape.denominator)
        for field in fields(shape):
            if field.name in _NUMBERS:
                continue
            value = getattr(shape, field.name)
            if field.name in cls.readings:
                value = Fixed(value)
            elif field.name == "amounts":
                value = tuple(units.amount(amount) for amount in value)
            elif cls.model_fields[field.name].annotation is Amount:
                value = units.amount(value)
            written[field.name] = value
        return cls.model_validate(written)


def resolve(value: Any, units: Units) -> Any:
    """`value` with its amounts in the token's smallest unit and plain numbers times 10^18.

    Raises AmountError, which names its place in a list.
    """
    if isinstance(value, Amount):
        return units.resolve(value)
    if isinstance(value, Fixed):
        return value.value
    if isinstance(value, tuple):
        amounts = []
        for index, item in enumerate(value):
            with at(str(index)):
                amounts.append(resolve(item, units))
        return tuple(amounts)
    return value


class WrittenTable(WrittenShape):
    """Amounts one after the other, then zero."""

    makes = Table

    every: EpochCount = Field(default=1, description="For how many epochs each amount is valid.")
    amounts: tuple[TokenAmount, ...] = Field(min_length=1, max_length=_MAX, description="Amounts per epoch, in order.")


class WrittenGeometric(WrittenShape):
    """An amount that is multiplied by a ratio again and again."""

    makes = Geometric

    amount: TokenAmount = Field(description="The amount per epoch at first.")
    ratio: Factor = Field(description="What it is multiplied by, rounded down to the smallest unit.")
    every: EpochCount = Field(description="After how many epochs it is multiplied.")


class WrittenDecay(WrittenShape):
    """A total of which the ratio is left after each step of time, given out evenly within a step."""

    makes = Decay

    total: TokenAmount = Field(description="What is given out in all.")
    ratio: FineRatio = Field(description="Which part of the rest is left after each step, such as 1/2 for a half-life.")
    every_seconds: ShortDuration = Field(description="The length of a step, at least an epoch.")


class WrittenRamp(WrittenShape):
    """A straight line between a floor and a cap."""

    makes = Ramp

    start: TokenAmount = Field(description="The amount of the first epoch.")
    slope: TokenAmount = Field(description="By how much it changes per epoch.")
    rising: Flag = Field(description="Whether it rises; else it falls.")
    floor: TokenAmount = Field(description="The least amount.")
    cap: TokenAmount = Field(description="The greatest amount.")


class WrittenCalendar(WrittenShape):
    """Amounts per calendar period, divided over the epochs that start in it, the remainder to the first."""

    makes = CalendarTable

    months: EpochCount = Field(default=1, description="The length of a period, in months.")
    first_month: Month = Field(description="The month in which the first period begins.")
    amounts: tuple[TokenAmount, ...] = Field(min_length=1, max_length=_MAX, description="Amounts per period, in order.")


class WrittenCalendarGeometric(WrittenShape):
    """An amount per calendar period that is multiplied by a ratio again and again."""

    makes = CalendarGeometric

    months: EpochCount = Field(default=12, description="The length of a period, in months.")
    first_month: Month = Field(description="The month in which the first period begins.")
    amount: TokenAmount = Field(description="The amount of the first period.")
    ratio: RatioText = Field(description="What it is multiplied by, rounded down to the smallest unit.")
    every_periods: EpochCount = Field(description="After how many periods it is multiplied.")


class WrittenMetered(WrittenShape):
    """The reported fraction of an amount."""

    makes = Metered

    amount: TokenAmount = Field(description="What a reported 1 yields.")


class WrittenRemint(WrittenShape):
    """A weighted mean of the reported value and the one before, up to a cap."""

    makes = Remint

    carried_weight: Count = Field(default=0, description="Weight of the mean before.")
    value_weight: Count = Field(default=1, description="Weight of the reported value.")
    divisor: Count = Field(default=1, description="What the weighted sum is divided by, rounded down.")
    cap: TokenAmount = Field(description="The greatest amount.")
    start: TokenAmount = Field(default_factory=lambda: Amount(0, 0, "wei"), description="The mean before the first.")


class WrittenSupplyHalving(WrittenShape):
    """An amount that is halved whenever the reported supply has gone half of the rest of its way to the cap."""

    makes = SupplyHalving

    amount: TokenAmount = Field(description="The amount per epoch at first.")
    cap: TokenAmount = Field(description="The supply at which nothing is left.")


class WrittenFeedback(WrittenShape):
    """An amount that moves by a step while the reported value is away from a target."""

    makes = Feedback
    readings = frozenset({"target", "tolerance"})

    start: TokenAmount = Field(description="What the first report moves.")
    floor: TokenAmount = Field(description="The least amount.")
    cap: TokenAmount = Field(description="The greatest amount.")
    target: Reading = Field(description="The value at which the amount stays.")
    tolerance: Reading = Field(description="How far from the target it stays as well.")
    step: TokenAmount = Field(description="By how much it moves per epoch.")
    falling: Flag = Field(description="Whether a value above the target lowers the amount; else it raises it.")


class WrittenTracking(WrittenShape):
    """An amount that follows the reported one in bounded steps."""

    makes = Tracking

    start: TokenAmount = Field(description="What the first report moves.")
    floor: TokenAmount = Field(description="The least amount.")
    cap: TokenAmount = Field(description="The greatest amount.")
    band: Share = Field(description="How far the reported amount may be off without a move.")
    step: Share = Field(description="The greatest move; downwards to 100 / (100 + step) percent.")
    unit: TokenAmount = Field(description="What the amount is rounded to.")


class WrittenRollover(WrittenShape):
    """What is left of a budget, divided by the epochs that are left; the reported value is what was spent."""

    makes = Rollover

    budget: TokenAmount = Field(description="What may be spent in all.")
    epochs: EpochCount = Field(description="In how many epochs.")


class WrittenInflation(WrittenShape):
    """A rate of the supply that moves by a step while the reported value is away from a target."""

    makes = Inflation
    readings = frozenset({"rate", "floor", "cap", "target", "tolerance", "step"})

    rate: FixedText = Field(description="What the first report moves: its part of the supply per epoch.")
    floor: FixedText = Field(description="The least rate.")
    cap: FixedText = Field(description="The greatest rate.")
    target: Reading = Field(description="The value at which the rate stays.")
    tolerance: Reading = Field(description="How far from the target it stays as well.")
    step: FixedText = Field(description="By how much the rate moves per epoch.")
    falling: Flag = Field(description="Whether a value above the target lowers the rate; else it raises it.")
    supply: TokenAmount = Field(description="The supply before the segment's first epoch.")
    maximum: TokenAmount = Field(description="The most that an epoch yields.")


_NAMED: dict[str, type[WrittenShape]] = {
    "table": WrittenTable,
    "geometric": WrittenGeometric,
    "decay": WrittenDecay,
    "ramp": WrittenRamp,
    "calendar": WrittenCalendar,
    "calendar_geometric": WrittenCalendarGeometric,
    "metered": WrittenMetered,
    "remint": WrittenRemint,
    "supply_halving": WrittenSupplyHalving,
    "feedback": WrittenFeedback,
    "tracking": WrittenTracking,
    "rollover": WrittenRollover,
    "inflation": WrittenInflation,
}

WRITTEN: dict[type[Any], tuple[str, type[WrittenShape]]] = {
    written.makes: (name, written) for name, written in _NAMED.items()
}
"""The field of a segment and the model that each shape is written with, by the shape's class."""
