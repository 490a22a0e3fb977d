"""The figures that can be asked of a policy: a small language for what a source prints.

expression  call, then any number of operations, evaluated from left to right
operation   `+ amount` | `- amount` | `* number` | `/ number` | `/ amount`
call        emission(stream, epochs)        what a stream may pay in an epoch
            sum(stream, epochs)             all of that over the epochs
            share(stream, epochs)           its part of its parent
            weight(stream, class, epochs)   the weight of a resource class
            budget(stream, epochs)          its lifetime budget
            payout(stream, epoch, account)  what an account is paid by the stream's classes and parameters
epochs      epoch | epoch..epoch            with a range, what holds in every one of these epochs
epoch       a number, or a date for the epoch that begins or is under way then
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dao.document.forms import parse_fixed
from dao.document.quantities import Amount, Units, parse_integer, parse_timestamp
from dao.errors import PolicyError
from dao.rewards.accounts.columns import Contributions
from dao.rewards.accounts.exchange import Spreads
from dao.rewards.accounts.income import IncomeSplit
from dao.rewards.accounts.operators import Operator
from dao.rewards.accounts.take import TakeRates
from dao.rewards.parameters import decode
from dao.rewards.payouts import stream_payouts
from dao.rewards.policy import Policy
from dao.rewards.streams import ROOT
from dao.types import BASIS_POINTS, MAX_EPOCH

MAX_SPAN = 100_000
"""The most epochs that are evaluated one by one; the root's sums and the bounds of schedules are not."""

_CALL = re.compile(r"(?P<function>[a-z]+)\((?P<arguments>[^()]*)\)(?P<rest>.*)\Z")
_OPERATION = re.compile(r" (?P<sign>[-+*/]) (?P<operand>[0-9][^ ]*(?: [^ +*/-][^ ]*)?)")
_WAD = 10**18


@dataclass(frozen=True, slots=True)
class Figure:
    """What an expression yields.

    Args:
        epoch: The epoch, or the last one of a sum.
        value: In tokens, or a plain number.
        amount: Whether it is an amount.
    """

    epoch: int
    value: Fraction
    amount: bool


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression.

    Args:
        text: As it was written.
        function: What is called.
        stream: The stream.
        name: The class of `weight`, the name of `rate`, the account of `payout`; else empty.
        first: The first epoch.
        last: The last epoch.
        operations: Signs and operands, in order.
    """

    text: str
    function: str
    stream: str
    name: str
    first: int
    last: int
    operations: tuple[tuple[str, Amount | Fraction], ...]

    @classmethod
    def parse(cls, text: str, policy: Policy, *, dated: bool) -> Expression:
        """The expression in `text`.

        Args:
            text: The expression.
            policy: Whose epochs dates are looked up in.
            dated: Whether its genesis is the source's, so that dates mean something.

        Raises AmountError or PolicyError where it is none.
        """
        found = _CALL.match(text)
        arguments = tuple(part.strip(" ") for part in found["arguments"].split(",")) if found else ()
        if found is None or len(arguments) != _ARGUMENTS.get(found["function"]):
            raise PolicyError("this is no expression", expected="such as emission(root, 0..11)", found=text)
        function, stream, *others = found["function"], *arguments
        epochs = others.pop(0 if function == "payout" else -1)
        first, _, last = epochs.partition("..")
        begin = _epoch(first, policy, dated=dated)
        end = _epoch(last, policy, dated=dated) if last else begin
        closed = function in ("minimum", "maximum") or (function, stream) == ("sum", ROOT)
        span = MAX_EPOCH + 1 if closed else 1 if function == "payout" else MAX_SPAN
        if not 0 <= end - begin < span:
            raise PolicyError("the epochs are out of range", expected=f"1 to {span}", found=text)
        return cls(text, function, stream, "".join(others), begin, end, _operations(found["rest"], text))

    def evaluate(self, policy: Policy, units: Units, rows: Contributions | None) -> Sequence[Figure]:
        """What it yields, epoch by epoch, or once for all of them.

        Args:
            policy: The policy, with whatever reports it needs.
            units: What its amounts are in.
            rows: What `payout` allocates for.

        Raises AmountError or PolicyError for what the policy does not answer.
        """
        whole = _WHOLE.get(self.function)
        if whole is not None:
            value = whole(policy, self.stream, self.first, self.last + 1)
            return [self._operated(self.last, Fraction(value, _power(units.decimals)), units, amount=True)]
        amount = self.function not in _BASES
        scale = _power(units.decimals) if amount else _BASES[self.function]
        return [
            self._operated(epoch, Fraction(self._value(policy, epoch, rows), scale), units, amount=amount)
            for epoch in range(self.first, self.last + 1)
        ]

    def _value(self, policy: Policy, epoch: int, rows: Contributions | None) -> int:
        if self.function == "emission":
            return policy.emission(self.stream, epoch)
        if self.function == "share":
            return policy.share(self.stream, epoch)[1]
        if self.function == "weight":
            known = {made.name: made.weight for made in policy.classes(self.stream, epoch)}
            return _known(known, self.name, "class")
        if self.function == "budget":
            budgets = policy.plan(self.stream).budgets
            begun = [budget.amount for budget in budgets if budget.from_epoch <= epoch]
            if not begun:
                raise PolicyError("the stream has no budget then", found=self.text)
            return begun[-1]
        if self.function == "cap":
            return policy.rail(self.stream).cap
        if self.function == "rate":
            return _known(_rates(decode(policy.parameters_at(self.stream, epoch))), self.name, "rate")
        if rows is None:
            raise PolicyError("a payout needs contributions", found=self.text)
        paid = stream_payouts(policy, self.stream, epoch, rows)
        return _known(dict(paid.payouts), self.name, "account")

    def _operated(self, epoch: int, value: Fraction, units: Units, *, amount: bool) -> Figure:
        for sign, operand in self.operations:
            if isinstance(operand, Amount):
                other = Fraction(units.resolve(operand), _power(units.decimals))
                if not amount or sign == "*":
                    raise PolicyError(
                        "this operation needs an amount on one side and none on the other", found=self.text
                    )
                value = value / other if sign == "/" else value + other if sign == "+" else value - other
                amount = sign != "/"
            else:
                value = value * operand if sign == "*" else value / operand
        return Figure(epoch, value, amount)


def _sum(policy: Policy, stream: str, first: int, until: int) -> int:
    if stream == ROOT:
        return policy.scheduled_sum(ROOT, first, until)
    return sum(policy.emission(stream, epoch) for epoch in range(first, until))


_WHOLE: dict[str, Callable[[Policy, str, int, int], int]] = {
    "sum": _sum,
    "minimum": lambda policy, stream, first, until: policy.scheduled_bounds(stream, first, until)[0],
    "maximum": lambda policy, stream, first, until: policy.scheduled_bounds(stream, first, until)[1],
}
"""What is asked of all epochs at once."""

_ARGUMENTS = {
    "emission": 2,
    "sum": 2,
    "minimum": 2,
    "maximum": 2,
    "share": 2,
    "weight": 3,
    "budget": 2,
    "cap": 2,
    "rate": 3,
    "payout": 3,
}
_BASES = {"share": BASIS_POINTS, "weight": _WAD, "rate": BASIS_POINTS}


def _rates(operators: Sequence[Operator]) -> dict[str, int]:
    """Every rate in a stream's parameters by its name, in basis points."""
    rates: dict[str, int] = {}
    for operator in operators:
        if isinstance(operator, TakeRates):
            rates |= {**dict(operator.rates), "other": operator.default}
        elif isinstance(operator, Spreads):
            rates |= {"spread:mint": operator.mint, "spread:settle": operator.settle}
        elif isinstance(operator, IncomeSplit):
            receivers = (*dict(operator.parts), operator.residual)
            rates |= {f"{operator.name}:{receiver}": operator.share(receiver) for receiver in receivers}
    return rates


def _known(values: Mapping[str, int], name: str, what: str) -> int:
    if name not in values:
        raise PolicyError(f"there is no such {what}", expected=", ".join(values) or "one", found=name)
    return values[name]


def _epoch(text: str, policy: Policy, *, dated: bool) -> int:
    if "-" not in text:
        return parse_integer(text)
    if not dated:
        raise PolicyError("the policy begins when it is deployed, so that dates mean nothing", found=text)
    return policy.epoch_at(parse_timestamp(text))


def _operations(text: str, whole: str) -> tuple[tuple[str, Amount | Fraction], ...]:
    operations: list[tuple[str, Amount | Fraction]] = []
    position = 0
    while position < len(text):
        found = _OPERATION.match(text, position)
        if found is None:
            raise PolicyError("this is no operation", expected="such as / 12 or + 1_000 RWD", found=whole)
        sign, operand = found["sign"], found["operand"]
        value: Amount | Fraction
        value = Amount.parse(operand) if " " in operand else Fraction(parse_fixed(operand).value, _WAD)
        zero = (value.digits if isinstance(value, Amount) else value) == 0
        if (sign in "+-" and not isinstance(value, Amount)) or (sign == "/" and zero):
            raise PolicyError("this operand does not fit its operation", expected="such as + 1_000 RWD", found=whole)
        operations.append((sign, value))
        position = found.end()
    return tuple(operations)


def _power(exponent: int) -> int:
    return int(10**exponent)
