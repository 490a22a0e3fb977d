"""The canonical encoding of a stream's account-level parameters: `bytes` of `RewardPolicy.setParameters`.

    abi.encode(uint16 version, (uint8 kind, bytes body)[])

Each body is the ABI encoding of the operator's fields in their order; names are `bytes32`, left-aligned and padded
with zeros. There is one encoding for each list of operators: `decode` takes nothing that `encode` would not give.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from typing import Any

from dao.abi import decode as abi_decode, encode as abi_encode
from dao.errors import CodecError, PolicyError
from dao.rewards.accounts.average import ShareAverage
from dao.rewards.accounts.blend import WeightedSum
from dao.rewards.accounts.caps import Cap, Cut, Scope
from dao.rewards.accounts.classes import LabelWeights
from dao.rewards.accounts.density import DensityScale
from dao.rewards.accounts.exchange import Spreads
from dao.rewards.accounts.fees import LateFees
from dao.rewards.accounts.income import IncomeSplit
from dao.rewards.accounts.line import LineWeights
from dao.rewards.accounts.locks import LockWeights
from dao.rewards.accounts.normalise import FullAt, MaximumNorm
from dao.rewards.accounts.operators import Operator, check_order
from dao.rewards.accounts.penalty import NodePenalty
from dao.rewards.accounts.rate import PerUnit
from dao.rewards.accounts.remint import Remint
from dao.rewards.accounts.roots import RootWeights, ScoreRoot
from dao.rewards.accounts.steps import StepWeights
from dao.rewards.accounts.streak import StreakWeights
from dao.rewards.accounts.take import TakeRates
from dao.rewards.accounts.tiers import VolumeTiers
from dao.rewards.accounts.waterfall import Waterfall

VERSION = 1
MAX_BYTES = 8_192
"""The most bytes that a stream's parameters may have; `RewardPolicy.MAX_PARAMETERS`."""

ENVELOPE = ("uint16", "(uint8,bytes)[]")

NAME = "bytes32"
_NAMED = [NAME, "uint128"]
_STEPS = [["uint128", "uint128"]]

Layout = str | list[Any]
"""The type of a field: an ABI type, a list of one list for an array of tuples."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How one operator is encoded: its number, its class, the types of its fields in order."""

    number: int
    operator: type
    layout: tuple[Layout, ...]

    @property
    def types(self) -> tuple[str, ...]:
        """ABI types of the body."""
        return tuple(_abi_type(part) for part in self.layout)


KINDS = (
    Kind(1, LabelWeights, (NAME, [_NAMED], NAME)),
    Kind(2, StepWeights, (NAME, _STEPS, NAME)),
    Kind(3, LockWeights, (NAME, NAME, [["uint128", "uint128", "uint128"]], NAME)),
    Kind(4, StreakWeights, (_STEPS, "uint64", NAME)),
    Kind(5, LineWeights, (NAME, "uint64", "uint64", "uint128", "int128", "uint128", NAME)),
    Kind(6, DensityScale, (NAME, NAME, "uint64", "uint64", "uint64", NAME)),
    Kind(7, MaximumNorm, (NAME, "uint128", "uint128", NAME)),
    Kind(8, FullAt, (NAME, "uint128", NAME)),
    Kind(9, RootWeights, (NAME, "uint8", "uint128", NAME)),
    Kind(10, NodePenalty, (NAME, "uint64", "uint128", NAME)),
    Kind(11, WeightedSum, ([_NAMED], "uint128", NAME)),
    Kind(20, VolumeTiers, (NAME, _STEPS)),
    Kind(21, ScoreRoot, ("uint8", "uint128")),
    Kind(22, ShareAverage, ("uint64", "uint64")),
    Kind(30, PerUnit, ("uint128", "uint64")),
    Kind(40, Cap, ("uint8", "uint128", "uint8", NAME)),
    Kind(50, TakeRates, ([[NAME, "uint16"]], "uint16")),
    Kind(51, Spreads, ("uint16", "uint16")),
    Kind(52, IncomeSplit, (NAME, [[NAME, "uint16"]], NAME)),
    Kind(53, Remint, ("uint16", "uint128", "uint64", "uint64")),
    Kind(54, LateFees, ([["uint64", "uint16"]], "uint16")),
    Kind(55, Waterfall, (NAME, "uint16", [[NAME, "uint16"]], NAME)),
)
"""Every kind of operator; a number is never given to another kind."""

_BY_NUMBER = {kind.number: kind for kind in KINDS}
_BY_OPERATOR = {kind.operator: kind for kind in KINDS}


def encode(operators: Sequence[Operator]) -> bytes:
    """The bytes for `RewardPolicy.setParameters`.

    Raises PolicyError where the operators do not go together, or need more than MAX_BYTES.
    """
    check_order(operators)
    bodies = []
    for operator in operators:
        kind = _BY_OPERATOR[type(operator)]
        values = [_to_abi(part, value) for part, value in zip(kind.layout, astuple(operator), strict=True)]
        bodies.append((kind.number, abi_encode(kind.types, values)))
    encoded = abi_encode(ENVELOPE, (VERSION, bodies))
    if len(encoded) > MAX_BYTES:
        raise PolicyError("the parameters are too long", expected=f"at most {MAX_BYTES} bytes", found=len(encoded))
    return encoded


def decode(data: bytes) -> tuple[Operator, ...]:
    """The operators in `data`; none where it is empty, which is what a stream has before any were set.

    Raises PolicyError unless `data` is empty or exactly what `encode` gives for the result.
    """
    if not data:
        return ()
    if len(data) > MAX_BYTES:
        raise PolicyError("the parameters are too long", expected=f"at most {MAX_BYTES} bytes", found=len(data))
    try:
        version, bodies = abi_decode(ENVELOPE, data)
        if version != VERSION:
            raise PolicyError("the parameters have another version", expected=VERSION, found=version)
        operators = tuple(_operator(number, body) for number, body in bodies)
    except CodecError as error:
        raise PolicyError("the parameters do not decode", expected=error.expected, found=error.found) from error
    check_order(operators)
    return operators


def _operator(number: int, body: bytes) -> Operator:
    kind = _BY_NUMBER.get(number)
    if kind is None:
        raise PolicyError("no such operator", expected=f"one of {', '.join(map(str, _BY_NUMBER))}", found=number)
    decoded = abi_decode(kind.types, body)
    values = [_from_abi(part, value) for part, value in zip(kind.layout, decoded, strict=True)]
    named = dict(zip((field.name for field in fields(kind.operator)), values, strict=True))
    if kind.operator is Cap:
        named |= {"scope": _member(Scope, named["scope"]), "cut": _member(Cut, named["cut"])}
    operator: Operator = kind.operator(**named)
    return operator


def _member(enum: type[Scope] | type[Cut], value: int) -> Scope | Cut:
    if value not in list(enum):
        raise PolicyError(f"no such {enum.__name__.lower()} of a cap", expected=f"0 to {max(enum)}", found=value)
    return enum(value)


def _abi_type(part: Layout) -> str:
    if isinstance(part, str):
        return part
    return f"({','.join(part[0])})[]"


def _to_abi(part: Layout, value: Any) -> Any:
    if isinstance(part, str):
        return value.encode("ascii").ljust(32, b"\0") if part == NAME else int(value)
    return [tuple(_to_abi(kind, entry) for kind, entry in zip(part[0], row, strict=True)) for row in value]


def _from_abi(part: Layout, value: Any) -> Any:
    if isinstance(part, str):
        return _name(value) if part == NAME else value
    return tuple(tuple(_from_abi(kind, entry) for kind, entry in zip(part[0], row, strict=True)) for row in value)


def _name(word: bytes) -> str:
    text = word.rstrip(b"\0")
    try:
        return text.decode("ascii")
    except UnicodeDecodeError as error:
        raise PolicyError("a name is not ASCII", found="0x" + word.hex()) from error
