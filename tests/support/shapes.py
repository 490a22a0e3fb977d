"""Shapes for property tests: cases to draw, and the compiled library to compare with."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyrevm
from hypothesis import reject, strategies as st

from dao.abi import checksum
from dao.artifacts import load
from dao.errors import CodecError
from dao.rewards.schedule import MAX_AMOUNT, MAX_AMOUNTS, Clock, ReportState, ShapeId
from dao.rewards.shapes.calendar import MAX_FIRST_MONTH, MIN_FIRST_MONTH, month_at
from dao.rewards.shapes.shape import MAX_UINT32, MAX_UINT64, MAX_UINT96
from dao.rewards.streams import ROOT, stream_id
from dao.types import MAX_EPOCH, Address

OWNER = Address("0x" + "11" * 20)
STREAM = stream_id(ROOT)
_OUTPUT = re.compile(r"0x[0-9a-f]*")
_POLICY = load("RewardPolicy")
_ERRORS = {bytes(selector) for name in ("RewardPolicy", "Schedules") for selector in load(name).abi.errors}


LONGEST_CREATED = 300
"""How many parameters go into creation code, which EIP-3860 bounds."""


class Refused(Exception):
    """The contract reverted with an error of its own, or the call cannot be encoded."""


class Contract:
    """A RewardPolicy whose root has one segment, in an EVM that every case shares."""

    def __init__(self) -> None:
        self._evm = pyrevm.EVM(gas_limit=2**63)
        self._library = checksum(self._evm.deploy(OWNER, load("Schedules").creation_code()))
        self._clean = self._evm.snapshot()
        self._address = ""

    def store(self, case: Case) -> None:
        """Creates a policy with the case's segment, then zeros. Raises Refused unless it is well-formed.

        A row too long for creation code is set afterwards, which epoch 0 of a clock that begins at 0 is too late for.
        """
        self._evm.revert(self._clean)
        self._clean = self._evm.snapshot()
        segments = [(case.from_epoch, int(case.shape), list(case.params))]
        if case.until <= MAX_EPOCH:
            segments.append((case.until, int(ShapeId.CONSTANT), [0]))
        written = len(case.params) <= LONGEST_CREATED
        if not written and case.clock.genesis == case.from_epoch == 0:
            reject()
        self._time(0)
        schedules = [(STREAM, segments)] if written else []
        beginning = ([], schedules, [], [], [], [], [(STREAM, (OWNER, 0, MAX_AMOUNT))], [])
        arguments = (OWNER, case.clock.genesis, case.clock.epoch_length, MAX_AMOUNT, beginning)
        try:
            code = _POLICY.creation_code(*arguments, libraries={"Schedules": self._library})
        except CodecError as error:
            raise Refused(str(error)) from error
        self._address = self._answer(lambda: self._evm.deploy(OWNER, code))
        if not written:
            self._call("setSchedule", STREAM, segments)
        self._time(case.clock.start(min(case.from_epoch + 9, MAX_EPOCH)))

    def evaluate(self, epoch: int) -> int:
        """What the segment yields: `PolicySchedules.scheduled`."""
        return int(self._call("scheduled", STREAM, epoch)[0])

    def sum(self, until: int) -> int:
        """What it yields before `until`: `PolicySchedules.scheduledSum`."""
        return int(self._call("scheduledSum", STREAM, 0, until)[0])

    def bounds(self, first: int, until: int) -> tuple[int, int]:
        """The least and the most that it yields: `PolicySchedules.scheduledBounds`."""
        minimum, maximum = self._call("scheduledBounds", STREAM, first, until)
        return int(minimum), int(maximum)

    def report(self, epoch: int, value: int) -> ReportState:
        """Reports, and what that made: `PolicySchedules.report`."""
        self._call("report", STREAM, epoch, value)
        ((state,),) = self._call("reports", STREAM, epoch, epoch + 1)
        return ReportState(*state)

    def _time(self, timestamp: int) -> None:
        self._evm.set_block_env(pyrevm.BlockEnv(timestamp=timestamp))

    def gas(self) -> int:
        """What the last call used, without what every transaction costs."""
        return int(self._evm.result.gas_used)

    def _call(self, name: str, *arguments: Any) -> tuple[Any, ...]:
        function = _POLICY.abi.function(name)
        try:
            data = function.encode_call(*arguments)
        except CodecError as error:
            raise Refused(str(error)) from error
        output = self._answer(lambda: self._evm.message_call(OWNER, self._address, calldata=data))
        return function.decode_output(bytes(output))

    @staticmethod
    def _answer(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except RuntimeError as error:
            found = _OUTPUT.search(str(error))
            # A panic, or running out of gas, is no answer.
            if found is None or bytes.fromhex(found[0][2:10]) not in _ERRORS:
                raise
            raise Refused(str(error)) from error


@dataclass(frozen=True)
class Case:
    """A segment, how long it is valid, the clock, and where to look at it."""

    shape: ShapeId
    params: tuple[int, ...]
    from_epoch: int
    until: int
    clock: Clock
    probes: tuple[int, ...]
    values: tuple[int, ...]


# ---------------------------------------------------------------- what is drawn

EXTREMES = [0, 1, 2, 3, 10**18, 2**112 - 1, 2**112, MAX_AMOUNT - 1, MAX_AMOUNT]
amounts = st.one_of(
    st.sampled_from(EXTREMES), st.integers(0, 2_000), st.integers(0, 10**27), st.integers(0, MAX_AMOUNT)
)
odd = st.sampled_from(
    [-1, 0, 1, 2, 9_999, 10_000, MAX_UINT32, MAX_UINT32 + 1, MAX_UINT64, MAX_UINT96, MAX_AMOUNT // 2, MAX_AMOUNT + 1]
)
everies = st.one_of(st.integers(1, 8), st.integers(1, 1_000), st.sampled_from([2**23 - 1, 2**23, MAX_UINT32]))
bits = st.integers(0, 1)
clocks = st.builds(
    Clock,
    st.one_of(st.integers(0, 2**31), st.integers(1_500_000_000, 1_900_000_000), st.sampled_from([0, 2**48 - 1])),
    st.one_of(
        st.sampled_from([1, 12, 3_600, 86_400, 604_800, 28 * 86_400, 28 * 86_400 + 1, MAX_UINT32]),
        st.integers(1, 10**6),
    ),
)


@st.composite
def ratios(draw: Any, maximum: int = MAX_UINT32) -> tuple[int, int]:
    """Numerator and denominator of a ratio between 0 and 1: usual ones, close to one, any."""
    denominator = draw(
        st.one_of(st.integers(2, 100), st.sampled_from([2**30, 2**31, maximum]), st.integers(2, maximum))
    )
    below = st.integers(1, denominator - 1)
    near = st.integers(max(1, denominator - 1 - denominator // 10**5), denominator - 1)
    return draw(st.one_of(below, near)), denominator


@st.composite
def row(draw: Any) -> tuple[int, ...]:
    """Amounts of a table: a few of any kind, or as many as a table may have, or one more."""
    if draw(st.integers(0, 30)):
        return tuple(draw(st.lists(amounts, min_size=1, max_size=8)))
    seed, count = draw(amounts), draw(st.sampled_from([100, MAX_AMOUNTS - 1, MAX_AMOUNTS, MAX_AMOUNTS + 1]))
    return tuple((seed * (i + 1) + i * i) % (MAX_AMOUNT + 1) for i in range(count))


@st.composite
def between(draw: Any, maximum: int = MAX_AMOUNT) -> tuple[int, int, int]:
    """A start, a floor and a cap, in this order as parameters."""
    floor, start, cap = sorted(min(draw(amounts), maximum) for _ in range(3))
    return start, floor, cap


@st.composite
def calendars(draw: Any, clock: Clock, from_epoch: int) -> tuple[int, int]:
    """Months in a period, and the first month: mostly such that the segment's first epochs fall in it or soon will."""
    months = draw(st.one_of(st.sampled_from([1, 1, 2, 3, 6, 12, 24]), st.integers(1, 1_200)))
    near = month_at(clock.start(from_epoch)) - draw(st.integers(-3, 12)) * months - draw(st.integers(0, 2))
    if draw(st.integers(0, 8)):
        near = min(max(near, MIN_FIRST_MONTH), MAX_FIRST_MONTH)
    return months, draw(st.sampled_from([near] * 8 + [MIN_FIRST_MONTH, MAX_FIRST_MONTH]))


def _parameters(draw: Any, shape: ShapeId, clock: Clock, from_epoch: int) -> tuple[int, ...]:
    """Parameters that the shape mostly takes."""
    if shape in (ShapeId.CONSTANT, ShapeId.METERED):
        return (draw(amounts),)
    if shape is ShapeId.TABLE:
        return (draw(everies), *draw(row()))
    if shape is ShapeId.GEOMETRIC:
        shrinks = draw(ratios())
        return (draw(amounts), *(shrinks if draw(st.integers(0, 3)) else shrinks[::-1]), draw(everies))
    if shape is ShapeId.DECAY:
        length = clock.epoch_length
        steps = st.one_of(
            st.just(length),
            st.integers(length, 20 * length),
            st.integers(length, max(length, 200_000_000)),
            st.sampled_from([max(length, 126_144_000), MAX_UINT64]),
        )
        return (draw(amounts), *draw(st.one_of(ratios(), ratios(MAX_UINT96))), draw(steps))
    if shape is ShapeId.RAMP:
        floor, cap = sorted((draw(amounts), draw(amounts)))
        return (draw(amounts), draw(amounts), draw(bits), floor, cap)
    if shape is ShapeId.CALENDAR_TABLE:
        return (*draw(calendars(clock, from_epoch)), *draw(row()))
    if shape is ShapeId.CALENDAR_GEOMETRIC:
        return (*draw(calendars(clock, from_epoch)), draw(amounts), *draw(ratios()), draw(everies))
    if shape is ShapeId.REMINT:
        numerator, divisor = draw(st.one_of(ratios(), ratios(MAX_UINT96), st.just((1, 1)), st.just((6, 7))))
        value_weight = draw(st.one_of(st.integers(1, 100), st.sampled_from([10**18, MAX_UINT96])))
        carried_weight = draw(st.sampled_from([numerator, numerator, 0]))
        return (carried_weight, value_weight, divisor, draw(amounts), draw(amounts))
    if shape is ShapeId.SUPPLY_HALVING:
        return (draw(amounts), draw(amounts))
    if shape is ShapeId.FEEDBACK:
        return (*draw(between()), draw(amounts), draw(amounts), draw(amounts), draw(bits))
    if shape is ShapeId.INFLATION:
        rates = st.one_of(st.sampled_from([0, 1, 10**14, 10**18]), st.integers(0, 10**18), st.integers(0, 10**15))
        floor, rate, cap = sorted(draw(rates) for _ in range(3))
        moves = (draw(amounts), draw(amounts), draw(rates), draw(bits))
        return (rate, floor, cap, *moves, draw(amounts), draw(st.one_of(amounts, st.just(MAX_AMOUNT))))
    if shape is ShapeId.TRACKING:
        steps = st.one_of(st.integers(1, 3_000), st.sampled_from([1, 10_000, MAX_UINT32]))
        units = st.one_of(st.integers(1, 1_000), st.just(1), amounts)
        return (*draw(between(MAX_AMOUNT // 2)), draw(st.integers(0, 9_999)), draw(steps), draw(units))
    return (draw(amounts), draw(everies))


def _values(shape: ShapeId, params: Sequence[int]) -> st.SearchStrategy[int]:
    """Values that may be reported: around the parameters, where the supply that is left halves, extremes, any."""
    around = [value + offset for value in params[:7] for offset in (-1, 0, 1)]
    halved = [cap - (cap >> k) + offset for cap in params[:2] for k in (1, 2, 3, 20) for offset in (-1, 0, 1)]
    fractions = st.one_of(st.sampled_from([0, 1, 10**18 - 1, 10**18]), st.integers(0, 10**18))
    refused = st.sampled_from([-1, 10**18 + 1, MAX_AMOUNT + 1, 2**256 - 1, 2**256])
    if shape is ShapeId.METERED:
        return st.one_of(fractions, fractions.map(lambda value: 10**18 - value), refused)
    return st.one_of(st.sampled_from([*around, *halved]), amounts, fractions, refused)


@st.composite
def cases(draw: Any, shape: ShapeId) -> Case:
    """A case of one shape: mostly well-formed, else with one parameter spoiled, missing or too many."""
    clock = draw(clocks)
    from_epoch = draw(st.one_of(st.integers(0, 50), st.integers(0, MAX_EPOCH), st.sampled_from([0, MAX_EPOCH])))
    params = list(_parameters(draw, shape, clock, from_epoch))
    if draw(st.integers(0, 4)) == 0:
        place = draw(st.integers(0, min(len(params), 8) - 1))
        spoil: Callable[[], Any] = draw(
            st.sampled_from([lambda: params.pop(place), lambda: params.append(1), lambda: None, lambda: None])
        )
        if spoil() is None and len(params) > place:
            params[place] = draw(odd)
    longest = MAX_EPOCH + 1 - from_epoch
    epochs = draw(st.one_of(st.integers(1, 40), st.integers(1, 20_000), st.integers(1, longest), st.just(longest)))
    until = from_epoch + min(epochs, longest)
    inside = st.one_of(
        st.integers(from_epoch, until - 1),
        st.integers(from_epoch, min(until - 1, from_epoch + 12)),
        st.sampled_from([from_epoch, until - 1]),
    )
    return Case(
        shape=shape,
        params=tuple(params),
        from_epoch=from_epoch,
        until=until,
        clock=clock,
        probes=tuple(draw(st.tuples(inside, inside))),
        values=tuple(draw(st.lists(_values(shape, params or [0]), min_size=4, max_size=4))) if shape >= 7 else (),
    )
