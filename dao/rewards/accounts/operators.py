"""All operators that a stream's parameters may hold, and the order in which they must stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dao.errors import PolicyError
from dao.rewards.accounts.average import ShareAverage
from dao.rewards.accounts.blend import WeightedSum
from dao.rewards.accounts.caps import Cap, Cut
from dao.rewards.accounts.classes import LabelWeights
from dao.rewards.accounts.density import DensityScale
from dao.rewards.accounts.exchange import Spreads
from dao.rewards.accounts.fees import LateFees
from dao.rewards.accounts.income import IncomeSplit
from dao.rewards.accounts.line import LineWeights
from dao.rewards.accounts.locks import LockWeights
from dao.rewards.accounts.normalise import FullAt, MaximumNorm
from dao.rewards.accounts.penalty import NodePenalty
from dao.rewards.accounts.rate import PerUnit
from dao.rewards.accounts.remint import Remint
from dao.rewards.accounts.roots import RootWeights, ScoreRoot
from dao.rewards.accounts.steps import StepWeights
from dao.rewards.accounts.streak import StreakWeights
from dao.rewards.accounts.take import TakeRates
from dao.rewards.accounts.tiers import VolumeTiers
from dao.rewards.accounts.waterfall import Waterfall

Factor = (
    LabelWeights
    | StepWeights
    | LockWeights
    | StreakWeights
    | LineWeights
    | DensityScale
    | MaximumNorm
    | FullAt
    | RootWeights
    | NodePenalty
    | WeightedSum
)
"""What gives every row a number in parts of WAD; may stand as often as wanted, in the order of evaluation."""

Settlement = TakeRates | Spreads | IncomeSplit | Remint | LateFees | Waterfall
"""What is not applied to contributions, but to incomes, burns and claims by the modules that handle them."""

Operator = Factor | VolumeTiers | ScoreRoot | ShareAverage | PerUnit | Cap | Settlement

FACTORS = (
    LabelWeights,
    StepWeights,
    LockWeights,
    StreakWeights,
    LineWeights,
    DensityScale,
    MaximumNorm,
    FullAt,
    RootWeights,
    NodePenalty,
    WeightedSum,
)
_STAGES: tuple[tuple[type, ...], ...] = (
    FACTORS,
    (VolumeTiers,),
    (ScoreRoot,),
    (ShareAverage,),
    (PerUnit,),
    (Cap,),
    (TakeRates,),
    (Spreads,),
    (IncomeSplit,),
    (Remint,),
    (LateFees,),
    (Waterfall,),
)


def check_order(operators: Sequence[Operator]) -> None:
    """Raises PolicyError unless the operators go together and stand in their one canonical order.

    Factors come first, in the order in which they are evaluated; then volume tiers, root, average, rate, caps by scope
    and settlements. Of everything but factors there is at most one, of caps one per scope, of income splits and
    waterfalls one per name, ascending.
    """
    keys = [_key(operator) for operator in operators]
    for before, after, operator in zip(keys, keys[1:], operators[1:], strict=False):
        if after < before or (after == before and after[0] > 0):
            raise PolicyError(
                "an operator stands twice or in the wrong place",
                expected="factors, tiers, root, average, rate, caps by scope, settlements by name",
                found=type(operator).__name__,
            )
    if sum(isinstance(operator, StreakWeights) for operator in operators) > 1:
        raise PolicyError("accounts have one streak in a stream, not several")
    derived = Counter(operator.into for operator in operators if isinstance(operator, FACTORS) and operator.into)
    twice = [name for name, count in derived.items() if count > 1]
    if twice:
        raise PolicyError("a derived column is written twice", found=", ".join(twice))
    if any(isinstance(operator, PerUnit) for operator in operators):
        if any(isinstance(operator, ShareAverage) for operator in operators):
            raise PolicyError("averaged shares are of a pool; they cannot be paid at a rate per unit")
        if any(isinstance(operator, Cap) and operator.cut is Cut.REDISTRIBUTE for operator in operators):
            raise PolicyError("what a cap cuts off cannot raise others above their rate per unit")


def _key(operator: Operator) -> tuple[int, int, str]:
    stage = next((number for number, kinds in enumerate(_STAGES) if isinstance(operator, kinds)), None)
    if stage is None:
        raise PolicyError("no such operator", found=type(operator).__name__)
    if isinstance(operator, Cap):
        return stage, int(operator.scope), ""
    return stage, 0, operator.name if isinstance(operator, IncomeSplit | Waterfall) else ""
