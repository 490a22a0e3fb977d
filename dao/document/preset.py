"""A preset: a policy that a network published, with the printed figures that it must reproduce."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from dao.document import loader
from dao.document.fields import Decimals, Digits, Flag, Line, Prose
from dao.document.loader import Source
from dao.document.model import Strict, locate, validate
from dao.document.quantities import Amount, Units, parse_share
from dao.document.section import WrittenPolicy
from dao.document.where import at, field_of
from dao.errors import AmountError, DaoError, PolicyError
from dao.rewards.policy import Policy

MAX_SPAN = 100_000
"""The most epochs that one expression may cover."""

_EXPRESSION = re.compile(
    r"(?P<function>emission|sum|share)\((?P<stream>[a-z0-9._/-]+), "
    r"(?P<first>[0-9]{1,10})(?:\.\.(?P<last>[0-9]{1,10}))?\)\Z"
)


class Unit(Strict):
    """What the amounts of a preset are in."""

    symbol: Line = Field(description="The token's symbol.")
    decimals: Decimals = Field(description="The token's decimals.")


class Published(Strict):
    """A figure that the source prints, and what must yield it."""

    expression: Line = Field(
        description="emission(stream, 3), share(stream, 3), each with a range such as 0..11 for every one of these "
        "epochs, or sum(stream, 0..51)."
    )
    printed: Line = Field(description="The figure, with its unit or %.")
    digits: Digits = Field(default=0, description="How many decimals the source prints; -3 for thousands.")
    source: Line = Field(description="Where it is printed.")
    derived: Flag = Field(default=False, description="Whether the figure follows from the source's formula only.")


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

    def evaluate(self) -> Policy:
        """The policy, from the first second of the Unix epoch: figures do not depend on the genesis."""
        with at("policy"):
            return self.policy.policy(self.units, genesis=0)


@dataclass(frozen=True, slots=True)
class Deviation:
    """A printed figure that the policy does not reproduce.

    Args:
        index: Its place in `published`.
        expression: What was evaluated.
        epoch: The epoch, or the last one of a sum.
        printed: The figure, in units of its last printed digit.
        computed: What the policy yields, rounded half up to that digit.
    """

    index: int
    expression: str
    epoch: int
    printed: int
    computed: int


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
    """Every printed figure of `preset` that its policy does not reproduce; none if all are right.

    Computed values are rounded half up to the printed digits; nothing but integers is compared. Raises AmountError or
    PolicyError, which name their field, for an expression or a figure that says nothing.
    """
    policy = preset.evaluate()
    found = []
    for index, published in enumerate(preset.published):
        with at(f"published.{index}"):
            found += _deviations(index, published, policy, preset.units)
    return tuple(found)


def round_half_up(value: int, *, decimals: int, digits: int) -> int:
    """`value`, which has `decimals` decimals, in units of its decimal number `digits` (negative: before the point)."""
    if digits >= decimals:
        return value * _power(digits - decimals)
    unit = _power(decimals - digits)
    return (2 * value + unit) // (2 * unit)


def _power(exponent: int) -> int:
    return int(10**exponent)


def _deviations(index: int, published: Published, policy: Policy, units: Units) -> list[Deviation]:
    match = _EXPRESSION.match(published.expression)
    if match is None:
        raise PolicyError("this is no expression", expected="such as emission(root, 0..11)", found=published.expression)
    stream, first = match["stream"], int(match["first"])
    last = int(match["last"] or first)
    if not 0 <= last - first < MAX_SPAN:
        raise PolicyError("the epochs are out of range", expected=f"1 to {MAX_SPAN}", found=published.expression)
    epochs = range(first, last + 1)
    if match["function"] == "share":
        printed, decimals = _share(published.printed, published.digits), 2
        values = [(epoch, policy.share(stream, epoch)[1]) for epoch in epochs]
    else:
        printed, decimals = _amount(published.printed, published.digits, units), units.decimals
        values = [(epoch, policy.emission(stream, epoch)) for epoch in epochs]
        if match["function"] == "sum":
            values = [(last, sum(value for _, value in values))]
    return [
        Deviation(index, published.expression, epoch, printed, computed)
        for epoch, value in values
        if (computed := round_half_up(value, decimals=decimals, digits=published.digits)) != printed
    ]


def _amount(text: str, digits: int, units: Units) -> int:
    amount = Amount.parse(text)
    if amount.unit != units.symbol:
        raise AmountError("the figure is in another unit", expected=units.symbol, found=text)
    return _at_digits(amount.digits, amount.places, digits, text)


def _share(text: str, digits: int) -> int:
    return _at_digits(parse_share(text), 2, digits, text)


def _at_digits(value: int, places: int, digits: int, text: str) -> int:
    scaled, rest = divmod(value * _power(max(0, digits - places)), _power(max(0, places - digits)))
    if rest:
        raise AmountError("the figure has more digits than the source prints", expected=f"{digits} digits", found=text)
    return scaled
