"""Integer roots: diminishing weight for large contributions.

Sources: Helium HIP-51, "V·D·A" with D = max(1, √DC) and A = max(1, ⁴√(devices · fee)); HIP-88 changes A's sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

from dao.errors import PolicyError
from dao.rewards.accounts.columns import Rows
from dao.rewards.accounts.fixed import MAX_WEIGHT, WAD, require_amount, require_name, require_range

DEGREES = (1, 2, 4)


def floor_root(value: int, degree: int) -> int:
    """The largest integer whose power `degree` (1, 2 or 4) is at most `value`.

    The floor of the square root of a floor is the floor of the whole root, so that the fourth root is two square
    roots. Raises PolicyError for another degree or a negative value.
    """
    if degree not in DEGREES:
        raise PolicyError("no such root", expected="degree 1, 2 or 4", found=degree)
    require_amount("the value", value)
    if degree == 1:
        return value
    return isqrt(value) if degree == 2 else isqrt(isqrt(value))


def scaled_root(numerator: int, denominator: int, *, degree: int, scale: int) -> int:
    """The root of `numerator / denominator` in parts of `scale`, rounded down once."""
    return floor_root(numerator * scale**degree // denominator, degree)


@dataclass(frozen=True, slots=True, kw_only=True)
class RootWeights:
    """A factor max(minimum, root of a column); with degree 1, the column itself.

    Args:
        column: A column in parts of WAD.
        degree: 1, 2 or 4.
        minimum: The least factor, in parts of WAD.
        into: Name of the derived column; empty where the factor multiplies the row's weight.
    """

    column: str
    degree: int
    minimum: int = 0
    into: str = ""

    def __post_init__(self) -> None:
        require_name("column", self.column)
        floor_root(0, self.degree)
        require_range("minimum", self.minimum, 0, MAX_WEIGHT)
        require_name("into", self.into, optional=True)

    def factor(self, value: int) -> int:
        """The factor at `value`; both in parts of WAD, rounded down."""
        return max(self.minimum, scaled_root(value, WAD, degree=self.degree, scale=WAD))

    def evaluate(self, rows: Rows) -> list[int]:
        """The factor of each row."""
        return [self.factor(value) for value in rows.measures(self.column)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRoot:
    """Replaces the score of an account, all its rows together, by its root.

    Args:
        degree: 2 or 4.
        scale: What one is in the resulting score, such as WAD: the root is rounded down to 1/scale.
    """

    degree: int
    scale: int = WAD

    def __post_init__(self) -> None:
        if self.degree not in DEGREES[1:]:
            raise PolicyError("no such root of a score", expected="degree 2 or 4", found=self.degree)
        require_range("scale", self.scale, 1, MAX_WEIGHT)

    def apply(self, score: int, unit: int) -> int:
        """The root of `score / unit`, in parts of `scale`."""
        return scaled_root(score, unit, degree=self.degree, scale=self.scale)
