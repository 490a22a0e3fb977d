"""How documents write a stream's parameters: account-level operators, or the bytes as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import Field

from dao.document.fields import HexBytes
from dao.document.model import OneOf
from dao.document.operators import (
    CapBody,
    DensityScaleBody,
    FullAtBody,
    IncomeSplitBody,
    LabelWeightsBody,
    LateFeesBody,
    LineWeightsBody,
    LockWeightsBody,
    MaximumNormBody,
    NodePenaltyBody,
    OperatorBody,
    PerUnitBody,
    RemintBody,
    RootWeightsBody,
    ScoreRootBody,
    ShareAverageBody,
    SpreadsBody,
    StepWeightsBody,
    StreakWeightsBody,
    TakeRatesBody,
    VolumeTiersBody,
    WaterfallBody,
    WeightedSumBody,
)
from dao.document.quantities import Units
from dao.document.where import at
from dao.errors import DaoError
from dao.rewards.accounts.operators import Operator
from dao.rewards.parameters import decode, encode
from dao.rewards.values import tag


class WrittenOperator(OneOf):
    """One operator on accounts: exactly one of the fields is present."""

    label_weights: LabelWeightsBody | None = None
    step_weights: StepWeightsBody | None = None
    lock_weights: LockWeightsBody | None = None
    streak_weights: StreakWeightsBody | None = None
    line_weights: LineWeightsBody | None = None
    density_scale: DensityScaleBody | None = None
    maximum_norm: MaximumNormBody | None = None
    full_at: FullAtBody | None = None
    root_weights: RootWeightsBody | None = None
    node_penalty: NodePenaltyBody | None = None
    weighted_sum: WeightedSumBody | None = None
    volume_tiers: VolumeTiersBody | None = None
    score_root: ScoreRootBody | None = None
    share_average: ShareAverageBody | None = None
    per_unit: PerUnitBody | None = None
    cap: CapBody | None = None
    take_rates: TakeRatesBody | None = None
    spreads: SpreadsBody | None = None
    income_split: IncomeSplitBody | None = None
    remint: RemintBody | None = None
    late_fees: LateFeesBody | None = None
    waterfall: WaterfallBody | None = None


_BODIES = {tag(body.makes): body for body in OperatorBody.__subclasses__()}


class Encoded(OneOf):
    """A stream's parameters: its operators, or bytes that say something else."""

    choices: ClassVar[tuple[str, ...]] = ("operators", "data")

    operators: tuple[WrittenOperator, ...] | None = Field(
        default=None,
        min_length=1,
        description="Operators on accounts: factors in the order of evaluation, then tiers, root, average, rate, caps "
        "by scope, settlements by name.",
    )
    data: HexBytes | None = Field(default=None, description="Bytes that are no operators; 0x for none.")

    def encoded(self, units: Units) -> bytes:
        """The bytes of `RewardPolicy.setParameters`.

        Raises AmountError or PolicyError, which name their field, for what cannot be encoded.
        """
        if self.operators is None:
            return self.data or b""
        made = []
        for index, written in enumerate(self.operators):
            with at(f"operators.{index}.{written.kind}"):
                made.append(written.body.operator(units))
        with at("operators"):
            return encode(made)


def write_parameters(data: bytes, units: Units) -> dict[str, Any]:
    """The field of `Encoded` that `data` is written with: its operators, or the bytes where they hold none."""
    try:
        operators: Sequence[Operator] = decode(data)
    except DaoError:
        operators = ()
    if not operators:
        return {"data": data}
    return {"operators": tuple(_written(operator, units) for operator in operators)}


def _written(operator: Operator, units: Units) -> WrittenOperator:
    name = tag(type(operator))
    return WrittenOperator.model_validate({name: _BODIES[name].from_operator(operator, units)})
