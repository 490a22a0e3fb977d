"""How documents write what is set for a stream, and how that becomes the values of `dao.rewards`, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Annotated, Any, ClassVar

from pydantic import Field

from dao.document.fields import (
    Account,
    AllotmentText,
    ClassName,
    EpochCount,
    EpochNumber,
    FixedText,
    Reading,
    Share,
    StreamPath,
    TokenAmount,
)
from dao.document.forms import Allotment, Fixed
from dao.document.items import Items
from dao.document.model import OneOf, Strict
from dao.document.quantities import Units
from dao.document.shapes import (
    WRITTEN,
    WrittenCalendar,
    WrittenCalendarGeometric,
    WrittenDecay,
    WrittenFeedback,
    WrittenGeometric,
    WrittenInflation,
    WrittenMetered,
    WrittenRamp,
    WrittenRemint,
    WrittenRollover,
    WrittenShape,
    WrittenSupplyHalving,
    WrittenTable,
    WrittenTracking,
    resolve,
)
from dao.document.where import at
from dao.rewards.changes import ClassWeight, Part, Rail, Reporter
from dao.rewards.schedule import Constant, Segment, Shape
from dao.types import Address

Parts = Annotated[tuple[tuple[StreamPath, Allotment], ...], Items(StreamPath, AllotmentText)]
"""Streams and their allotments, in the order of the split."""


Classes = Annotated[tuple[tuple[ClassName, Fixed], ...], Items(ClassName, FixedText)]
"""Resource classes and the weight of a unit of each."""


class WrittenSegment(OneOf):
    """One shape of a schedule. `from_epoch` is where it begins."""

    choices: ClassVar[tuple[str, ...]] = ("constant", *(name for name, _ in WRITTEN.values()))

    from_epoch: EpochNumber | None = Field(default=None, description="The first epoch of this segment.")
    constant: TokenAmount | None = Field(default=None, description="The same amount in every epoch.")
    table: WrittenTable | None = None
    geometric: WrittenGeometric | None = None
    decay: WrittenDecay | None = None
    ramp: WrittenRamp | None = None
    calendar: WrittenCalendar | None = None
    calendar_geometric: WrittenCalendarGeometric | None = None
    metered: WrittenMetered | None = None
    remint: WrittenRemint | None = None
    supply_halving: WrittenSupplyHalving | None = None
    feedback: WrittenFeedback | None = None
    tracking: WrittenTracking | None = None
    rollover: WrittenRollover | None = None
    inflation: WrittenInflation | None = None

    def shape(self, units: Units) -> Shape:
        """The shape in the token's smallest unit. Raises AmountError, which names its field, for a wrong amount."""
        with at(self.kind):
            if isinstance(self.body, WrittenShape):
                return self.body.shape(units)
            return Constant(units.resolve(self.body))


def write_segment(segment: Segment, units: Units, *, first: bool = False) -> WrittenSegment:
    """`segment` as a document writes it; the first of a `set_schedule` leaves its epoch to the action."""
    begin = None if first else segment.from_epoch
    shape = segment.shape
    if isinstance(shape, Constant):
        return WrittenSegment(from_epoch=begin, constant=units.amount(shape.amount))
    name, written = WRITTEN[type(shape)]
    return WrittenSegment.model_validate({"from_epoch": begin, name: written.of(shape, units)})


class WrittenReporter(Strict):
    """Who reports for a stream, and within which bounds."""

    account: Account = Field(description="Who reports.")
    minimum: Reading = Field(default=Fixed(0), description="The smallest value.")
    maximum: Reading = Field(description="The largest value.")

    def reporter(self, units: Units, account: Callable[[str], Address]) -> Reporter:
        """The reporter, whose account `account` resolves. Raises AmountError, which names its field."""
        values = {}
        for name in ("minimum", "maximum"):
            with at(name):
                values[name] = resolve(getattr(self, name), units)
        return Reporter(account=account(self.account), **values)


class WrittenRail(Strict):
    """What no schedule and no split of a stream may cross; none of the fields for no rail."""

    floor: TokenAmount | None = Field(default=None, description="The least that its own schedule yields in an epoch.")
    cap: TokenAmount | None = Field(default=None, description="The most that its own schedule yields in an epoch.")
    period: EpochCount | None = Field(default=None, description="In how many epochs change is bounded.")
    max_change: Share | None = Field(default=None, description="By how much the schedule may change in a period.")
    share_floor: Share | None = Field(default=None, description="The smallest share.")
    share_cap: Share | None = Field(default=None, description="The largest share.")
    max_share_change: Share | None = Field(
        default=None, description="By how many points of a hundred the share may change in a period."
    )
    carve_out_cap: TokenAmount | None = Field(
        default=None, description="The most that the carve-outs among its children yield together in an epoch."
    )

    def rail(self, units: Units) -> Rail:
        """The rail in the token's smallest unit. Raises AmountError, which names its field."""
        values = {}
        for name in WrittenRail.model_fields:
            value = getattr(self, name)
            if value is not None:
                with at(name):
                    values[name] = resolve(value, units)
        return Rail(**values)


def write_rail(rail: Rail, units: Units) -> dict[str, Any]:
    """The fields of `rail` as a document writes them: those that are not zero."""
    written = {}
    for field in fields(rail):
        value = getattr(rail, field.name)
        if value:
            written[field.name] = units.amount(value) if field.name in ("floor", "cap", "carve_out_cap") else value
    return written


def read_parts(parts: Sequence[tuple[str, Allotment]]) -> tuple[Part, ...]:
    """The parts of a split from how a document writes them."""
    return tuple(Part(stream, allotment.allocation, allotment.share) for stream, allotment in parts)


def write_parts(parts: Sequence[Part]) -> tuple[tuple[str, Allotment], ...]:
    """The parts of a split as a document writes them."""
    return tuple((part.stream, Allotment(part.allocation, part.share)) for part in parts)


def read_classes(classes: Sequence[tuple[str, Fixed]]) -> tuple[ClassWeight, ...]:
    """Resource classes from how a document writes them."""
    return tuple(ClassWeight(name, weight.value) for name, weight in classes)


def write_classes(classes: Sequence[ClassWeight]) -> tuple[tuple[str, Fixed], ...]:
    """Resource classes as a document writes them."""
    return tuple((made.name, Fixed(made.weight)) for made in classes)
