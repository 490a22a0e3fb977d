"""How documents write a stream's account-level operators, and how those become the values of `dao.rewards`, and back.

Counts are plain numbers, ratios and thresholds on ratios percentages, weights and factors decimal numbers, amounts
carry their unit; names stand for the columns of contributions.
"""

from __future__ import annotations

import types
from dataclasses import fields
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin

from pydantic import Field

from dao.document.fields import (
    CapLimit,
    Count,
    CutName,
    FixedText,
    Level,
    ParameterName,
    ScopeName,
    Share,
    SignedText,
    TokenAmount,
)
from dao.document.forms import Fixed
from dao.document.items import Items
from dao.document.model import Strict
from dao.document.quantities import Amount, Units, format_share
from dao.document.where import at
from dao.errors import AmountError
from dao.rewards.accounts.average import ShareAverage
from dao.rewards.accounts.blend import WeightedSum
from dao.rewards.accounts.caps import IN_BASIS_POINTS, Cap
from dao.rewards.accounts.classes import LabelWeights
from dao.rewards.accounts.density import DensityScale
from dao.rewards.accounts.exchange import Spreads
from dao.rewards.accounts.fees import LateFees
from dao.rewards.accounts.income import IncomeSplit
from dao.rewards.accounts.line import LineWeights
from dao.rewards.accounts.locks import LockWeights
from dao.rewards.accounts.normalise import FullAt, MaximumNorm
from dao.rewards.accounts.operators import Operator
from dao.rewards.accounts.penalty import NodePenalty
from dao.rewards.accounts.rate import PerUnit
from dao.rewards.accounts.remint import Remint
from dao.rewards.accounts.roots import RootWeights, ScoreRoot
from dao.rewards.accounts.steps import StepWeights
from dao.rewards.accounts.streak import StreakWeights
from dao.rewards.accounts.take import TakeRates
from dao.rewards.accounts.tiers import VolumeTiers
from dao.rewards.accounts.waterfall import Waterfall

Weights = Annotated[tuple[tuple[str, Fixed], ...], Items(ParameterName, FixedText)]
"""Names and decimal numbers, in any order."""

Shares = Annotated[tuple[tuple[str, int], ...], Items(ParameterName, Share, show=format_share)]
"""Names and percentages, in any order."""


class OperatorBody(Strict):
    """An operator's parameters under the names of `makes`; a field without a value stands for the default there."""

    makes: ClassVar[type[Any]]

    def operator(self, units: Units) -> Operator:
        """The operator in the token's smallest unit.

        Raises AmountError, which names its field, for a wrong amount, PolicyError for parameters out of range.
        """
        given = {name: getattr(self, name) for name in type(self).model_fields}
        values = {}
        for name, value in given.items():
            if value is not None:
                with at(name):
                    values[name] = _read(value, units)
        made: Operator = self.makes(**values)
        return made

    @classmethod
    def from_operator(cls, operator: Operator, units: Units) -> OperatorBody:
        """`operator`, which `makes` made, as a document writes it."""
        return cls.model_validate(cls.written(operator, units))

    @classmethod
    def written(cls, operator: Operator, units: Units) -> dict[str, Any]:
        """The fields of `operator` but for those that have their defaults."""
        written = {}
        for field in fields(operator):
            known, value = cls.model_fields[field.name], getattr(operator, field.name)
            if known.is_required() or value != field.default:
                written[field.name] = _write(known.annotation, value, units)
        return written


def _read(value: Any, units: Units) -> Any:
    if isinstance(value, Amount):
        return units.resolve(value)
    if isinstance(value, Fixed):
        return value.value
    if isinstance(value, Strict):
        return tuple(_located(name, getattr(value, name), units) for name in type(value).model_fields)
    if not isinstance(value, tuple):
        return value
    if all(isinstance(item, tuple) for item in value):
        return tuple(sorted((name, _located(name, item, units)) for name, item in value))
    return tuple(_located(str(index), item, units) for index, item in enumerate(value))


def _located(field: str, value: Any, units: Units) -> Any:
    with at(field):
        return _read(value, units)


def _write(kind: Any, value: Any, units: Units) -> Any:
    """`value` as a field that is annotated as a `kind` holds it."""
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(option for option in get_args(kind) if option is not type(None))
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) is tuple:
        item = get_args(kind)[0]
        if get_origin(item) is tuple:
            return tuple((name, _write(get_args(item)[1], entry, units)) for name, entry in value)
        return tuple(_write(item, entry, units) for entry in value)
    if isinstance(kind, type) and issubclass(kind, Strict):
        columns = zip(kind.model_fields.items(), value, strict=True)
        return kind.model_validate({name: _write(field.annotation, entry, units) for (name, field), entry in columns})
    if kind is Amount:
        return units.amount(value)
    return Fixed(value) if kind is Fixed else value


_INTO = "Name of the column that it becomes; else it multiplies the row's weight."


class LabelWeightsBody(OperatorBody):
    """A factor by a row's name, such as its resource class, region or tier."""

    makes = LabelWeights

    column: ParameterName = Field(description="The column of names.")
    weights: Weights = Field(description="The factor of each name; any other name is an error.")
    into: ParameterName | None = Field(default=None, description=_INTO)


class Step(Strict):
    """A step and the factor from there on."""

    at: Level = Field(description="Where it begins: a count, or a percentage of a ratio.")
    weight: FixedText = Field(description="The factor.")


class StepWeightsBody(OperatorBody):
    """A factor by the step that a column has reached."""

    makes = StepWeights

    column: ParameterName = Field(description="A column of counts or ratios.")
    steps: tuple[Step, ...] = Field(min_length=1, description="Steps, ascending, the first at 0.")
    into: ParameterName | None = Field(default=None, description=_INTO)


class LockStep(Strict):
    """A step that an amount and a duration must both reach."""

    amount: TokenAmount = Field(description="The least amount.")
    duration: Level = Field(description="The least duration, in the column's unit.")
    weight: FixedText = Field(description="The factor.")


class LockWeightsBody(OperatorBody):
    """A factor by amount and duration of a lock."""

    makes = LockWeights

    amount_column: ParameterName = Field(description="The column of locked amounts.")
    duration_column: ParameterName = Field(description="The column of durations.")
    steps: tuple[LockStep, ...] = Field(min_length=1, description="Steps, ascending, the first at nothing.")
    into: ParameterName | None = Field(default=None, description=_INTO)


class StreakWeightsBody(OperatorBody):
    """A factor by how many epochs an account has been active."""

    makes = StreakWeights

    steps: tuple[Step, ...] = Field(min_length=1, description="Steps in active epochs, ascending, the first at 0.")
    drop_after: Count = Field(description="Epochs away in a row that cost a step.")
    into: ParameterName | None = Field(default=None, description=_INTO)


class LineWeightsBody(OperatorBody):
    """A factor on a straight line."""

    makes = LineWeights

    column: ParameterName = Field(description="A column of counts.")
    first: Count = Field(description="The first count on the line.")
    last: Count = Field(description="The last count on the line.")
    start: FixedText = Field(description="The factor at the first count.")
    slope: SignedText = Field(description="What each further count adds; negative where it takes away.")
    otherwise: FixedText = Field(description="The factor off the line.")
    into: ParameterName | None = Field(default=None, description=_INTO)


class DensityScaleBody(OperatorBody):
    """A factor that falls with the number of units in a cell of a map."""

    makes = DensityScale

    occupied_column: ParameterName = Field(description="The column with the number of occupied cells around.")
    count_column: ParameterName = Field(description="The column with the number of units in the cell.")
    neighbours: Count = Field(description="From how many occupied cells on the limit rises.")
    target: Count = Field(description="By how much, and the limit before.")
    maximum: Count = Field(description="The greatest limit.")
    into: ParameterName | None = Field(default=None, description=_INTO)


class MaximumNormBody(OperatorBody):
    """A factor relative to the column's maximum."""

    makes = MaximumNorm

    column: ParameterName = Field(description="The column.")
    base: FixedText = Field(description="The factor of zero.")
    span: FixedText = Field(description="What the maximum has above it.")
    into: ParameterName | None = Field(default=None, description=_INTO)


class FullAtBody(OperatorBody):
    """A factor relative to what counts as full, 1 at most."""

    makes = FullAt

    column: ParameterName = Field(description="A column of counts or ratios.")
    full: Level = Field(description="What counts as 1: a count, or a percentage of a ratio.")
    into: ParameterName | None = Field(default=None, description=_INTO)


class RootWeightsBody(OperatorBody):
    """A factor that is a root of a column."""

    makes = RootWeights

    column: ParameterName = Field(description="A column of ratios.")
    degree: Count = Field(description="1, 2 or 4.")
    minimum: FixedText | None = Field(default=None, description="The least factor.")
    into: ParameterName | None = Field(default=None, description=_INTO)


class NodePenaltyBody(OperatorBody):
    """A factor e^(-rate * (nodes - free)) above a number of nodes."""

    makes = NodePenalty

    column: ParameterName = Field(description="The column with the account's number of nodes.")
    free: Count = Field(description="How many nodes are not penalised.")
    rate: FixedText = Field(description="The decay per further node.")
    into: ParameterName | None = Field(default=None, description=_INTO)


class WeightedSumBody(OperatorBody):
    """A factor that is a weighted sum of columns."""

    makes = WeightedSum

    terms: Weights = Field(description="Columns of ratios and the weight of each.")
    maximum: FixedText | None = Field(default=None, description="The greatest factor.")
    into: ParameterName | None = Field(default=None, description=_INTO)


class Tier(Strict):
    """A tier of volume and the points of each unit in it."""

    at: Level = Field(description="The first unit of volume in it, counted from 0.")
    points: FixedText = Field(description="Points per unit.")


class VolumeTiersBody(OperatorBody):
    """Points by cumulative volume, in the place of units."""

    makes = VolumeTiers

    column: ParameterName = Field(description="The column with the volume of the network before the row.")
    tiers: tuple[Tier, ...] = Field(min_length=1, description="Tiers, ascending, the first at 0.")


class ScoreRootBody(OperatorBody):
    """The root of an account's score, in its place."""

    makes = ScoreRoot

    degree: Count = Field(description="2 or 4.")
    scale: Count | None = Field(default=None, description="To which part of one it is rounded; else 10^18.")


class ShareAverageBody(OperatorBody):
    """A moving average of an account's share of the scores, in the place of its score."""

    makes = ShareAverage

    keep: Count = Field(description="How many parts of the average before are kept,")
    of: Count = Field(description="of how many.")


class PerUnitBody(OperatorBody):
    """A rate per unit, within the pool."""

    makes = PerUnit

    rate: TokenAmount = Field(description="What so many units at weight 1 earn:")
    per: Count = Field(description="how many units.")


class CapBody(OperatorBody):
    """The most that an account, a node or the stream is paid."""

    makes = Cap

    scope: ScopeName = Field(description="What it holds for.")
    limit: CapLimit = Field(description="An amount; a percentage for account-share and stream-remaining.")
    cut: CutName | None = Field(default=None, description="What happens to what is cut off; residual if left out.")
    column: ParameterName | None = Field(default=None, description="The column that counts nodes.")

    def operator(self, units: Units) -> Operator:
        """The cap. Raises AmountError too where the limit has another unit than the scope."""
        share = self.scope in IN_BASIS_POINTS
        if share != isinstance(self.limit, int):
            with at("limit"):
                raise AmountError(
                    "the limit has another unit than the scope",
                    expected="a percentage" if share else "an amount",
                    found="an amount" if share else "a percentage",
                )
        return super().operator(units)

    @classmethod
    def written(cls, operator: Operator, units: Units) -> dict[str, Any]:
        """The fields of `operator`, its limit in the unit of its scope."""
        written = super().written(operator, units)
        if isinstance(operator, Cap) and operator.scope not in IN_BASIS_POINTS:
            written["limit"] = units.amount(operator.limit)
        return written


class TakeRatesBody(OperatorBody):
    """What the network keeps of an income, by the token that it comes in."""

    makes = TakeRates

    rates: Shares = Field(description="Denominations and what is kept of each.")
    default: Share = Field(description="What is kept of any other.")


class SpreadsBody(OperatorBody):
    """What is kept back when tokens are turned into credits and back."""

    makes = Spreads

    mint: Share = Field(description="On credits that are minted.")
    settle: Share = Field(description="On credits that are settled.")


class IncomeSplitBody(OperatorBody):
    """An income split between named receivers."""

    makes = IncomeSplit

    name: ParameterName = Field(description="The kind of income.")
    parts: Shares = Field(description="Receivers and their parts.")
    residual: ParameterName = Field(description="Who receives the rest.")


class RemintBody(OperatorBody):
    """Burned tokens that are minted again."""

    makes = Remint

    share: Share = Field(description="The part of what was burned.")
    cap: TokenAmount = Field(description="The most in an epoch.")
    keep: Count | None = Field(default=None, description="How many parts of the target before are kept,")
    of: Count | None = Field(default=None, description="of how many.")


class Fee(Strict):
    """A fee up to a number of days."""

    days: Count = Field(description="The last day of it.")
    fee: Share = Field(description="The fee.")


class LateFeesBody(OperatorBody):
    """Fees that grow with the days."""

    makes = LateFees

    steps: tuple[Fee, ...] = Field(min_length=1, description="Steps, ascending.")
    beyond: Share = Field(description="The fee after the last of them.")


class Claim(Strict):
    """A claim on a pool."""

    claim: ParameterName = Field(description="Its name.")
    most: Share = Field(description="The most that it gets of the whole pool.")


class WaterfallBody(OperatorBody):
    """A part of a pool that pays claims in the order of their priority."""

    makes = Waterfall

    name: ParameterName = Field(description="Which waterfall it is.")
    part: Share = Field(description="The part of the pool.")
    claims: tuple[Claim, ...] = Field(min_length=1, description="Claims, the first comes first.")
    residual: ParameterName = Field(description="Who gets what they leave.")
