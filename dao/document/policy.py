"""How documents write schedules and splits, and how those become the values of `dao.rewards`, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from dao.document.fields import AllotmentText, EpochCount, EpochNumber, RatioText, StreamPath, TokenAmount
from dao.document.forms import Allotment, Ratio
from dao.document.items import Items
from dao.document.model import OneOf, Strict
from dao.document.quantities import Amount, Units
from dao.document.where import at
from dao.rewards.policy import Part
from dao.rewards.schedule import Constant, Geometric, Segment, Shape, Table

Parts = Annotated[tuple[tuple[StreamPath, Allotment], ...], Items(StreamPath, AllotmentText)]
"""Streams and their allotments, in the order of the split."""


class WrittenTable(Strict):
    """Amounts one after the other, then zero; `dao.rewards.schedule.Table`."""

    every: EpochCount = Field(default=1, description="For how many epochs each amount is valid.")
    amounts: tuple[TokenAmount, ...] = Field(min_length=1, max_length=512, description="Amounts per epoch, in order.")


class WrittenGeometric(Strict):
    """An amount that is multiplied by a ratio again and again; `dao.rewards.schedule.Geometric`."""

    amount: TokenAmount = Field(description="The amount per epoch at first.")
    ratio: RatioText = Field(description="What it is multiplied by, rounded down to the smallest unit.")
    every: EpochCount = Field(description="After how many epochs it is multiplied.")


class WrittenSegment(OneOf):
    """One shape of a schedule. `from_epoch` is where it begins."""

    choices: ClassVar[tuple[str, ...]] = ("constant", "table", "geometric")

    from_epoch: EpochNumber | None = Field(default=None, description="The first epoch of this segment.")
    constant: TokenAmount | None = Field(default=None, description="The same amount in every epoch.")
    table: WrittenTable | None = None
    geometric: WrittenGeometric | None = None

    def shape(self, units: Units) -> Shape:
        """The shape in the token's smallest unit. Raises AmountError, which names its field, for a wrong amount."""
        if self.table is not None:
            amounts = []
            for index, amount in enumerate(self.table.amounts):
                with at(f"table.amounts.{index}"):
                    amounts.append(units.resolve(amount))
            return Table(tuple(amounts), every=self.table.every)
        if self.geometric is not None:
            with at("geometric.amount"):
                value = units.resolve(self.geometric.amount)
            ratio = self.geometric.ratio
            return Geometric(
                amount=value, numerator=ratio.numerator, denominator=ratio.denominator, every=self.geometric.every
            )
        constant: Amount = self.body
        with at("constant"):
            return Constant(units.resolve(constant))


def write_segment(segment: Segment, units: Units, *, first: bool = False) -> WrittenSegment:
    """`segment` as a document writes it; the first of a `set_schedule` leaves its epoch to the action."""
    begin = None if first else segment.from_epoch
    shape = segment.shape
    if isinstance(shape, Constant):
        return WrittenSegment(from_epoch=begin, constant=units.amount(shape.amount))
    if isinstance(shape, Table):
        amounts = tuple(units.amount(amount) for amount in shape.amounts)
        return WrittenSegment(from_epoch=begin, table=WrittenTable(every=shape.every, amounts=amounts))
    geometric = WrittenGeometric(
        amount=units.amount(shape.amount), ratio=Ratio(shape.numerator, shape.denominator), every=shape.every
    )
    return WrittenSegment(from_epoch=begin, geometric=geometric)


def read_parts(parts: Sequence[tuple[str, Allotment]]) -> tuple[Part, ...]:
    """The parts of a split from how a document writes them."""
    return tuple(Part(stream, allotment.allocation, allotment.share) for stream, allotment in parts)


def write_parts(parts: Sequence[Part]) -> tuple[tuple[str, Allotment], ...]:
    """The parts of a split as a document writes them."""
    return tuple((part.stream, Allotment(part.allocation, part.share)) for part in parts)
