"""Measures the gas of the reward policy, and with `--check` fails where a figure is above `bench/gas.json`.

The shipped contracts run on a local chain of their own, so that every figure is exact and the same everywhere. A read's
figure is what it costs a contract that calls it, with nothing read before; a write's is that of the whole transaction.
The loop that a read is compared with is `contracts/mocks/GeometricLoop.sol`, as `make compile` built it. What is
published and claimed is measured in `bench/parts/claims.py`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parts import claims

from dao import artifacts
from dao.abi import ContractAbi, checksum, keccak
from dao.chain import node
from dao.chain.connection import Connection
from dao.rewards.changes import (
    AddStream,
    Allocation,
    Budget,
    Change,
    ClassWeight,
    Parameters,
    Part,
    Rail,
    Reporter,
    SetBudget,
    SetParameters,
    SetRail,
    SetReporter,
    SetSchedule,
    SetSplit,
    SetWeights,
    Split,
    Weights,
)
from dao.rewards.encoding import call_of
from dao.rewards.schedule import (
    MAX_AMOUNT,
    MAX_AMOUNTS,
    CalendarGeometric,
    CalendarTable,
    Constant,
    Decay,
    Feedback,
    Geometric,
    Inflation,
    Metered,
    Ramp,
    Remint,
    Rollover,
    Segment,
    Shape,
    ShapeId,
    SupplyHalving,
    Table,
    Tracking,
    is_reported,
)
from dao.rewards.streams import ROOT, stream_id
from dao.types import Address

HERE = Path(__file__).resolve().parent
SNAPSHOT = HERE / "gas.json"
LOOP = HERE.parent / "build" / "contracts" / "GeometricLoop.json"

Figures = dict[str, dict[str, int]]
"""Gas, by what was measured and under which circumstances."""

GAS_LIMIT = 60_000_000
"""Of every block and transaction; the longest loop needs more than half of it."""
GAS_PRICE = 2 * 10**9
HOUR = 3_600
GENESIS = 1_718_107_200  # 2024-06-11 12:00 UTC
FIRST_MONTH = 12 * 2024 + 5
UNIT = 10**8
EPOCHS = (1, 1_000, 175_319)
"""The second hour, the sixth week, and the end of io.net's twenty years."""

# io.net's hourly emission as a decay: docs.io.net, token emission schedule.
DECAY = Decay(
    total=500_000_000 * UNIT * 91_324_200_913_242 // 138_869_523_959_793,
    numerator=10**19 - 138_869_523_959_793,
    denominator=10**19,
    every_seconds=HOUR,
)
MONTHS = tuple(range(10**14, 10**14 - 241, -1))
SHAPES: tuple[Shape, ...] = (
    Constant(10**12),
    Table(tuple(range(10**12, 10**12 - MAX_AMOUNTS, -1)), every=400),
    Geometric(amount=10**12, numerator=1, denominator=2, every=8_760),
    DECAY,
    Ramp(start=10**9, slope=10, rising=True, floor=0, cap=10**12),
    CalendarTable(months=1, first_month=FIRST_MONTH, amounts=MONTHS),
    CalendarGeometric(months=1, first_month=FIRST_MONTH, amount=10**12, numerator=1, denominator=2, every_periods=12),
    Metered(10**12),
    Remint(carried_weight=6, value_weight=1, divisor=7, cap=10**12, start=10**11),
    SupplyHalving(amount=10**9, cap=21 * 10**14),
    Feedback(start=10**9, floor=10**8, cap=10**10, target=5_000, tolerance=100, step=10**6, falling=True),
    Tracking(start=10**9, floor=10**8, cap=10**10, band=500, step=1_000, unit=10**5),
    Rollover(budget=10**14, epochs=10**6),
    Inflation(
        rate=10**14,
        floor=0,
        cap=10**15,
        target=5_000,
        tolerance=100,
        step=10**12,
        falling=True,
        supply=10**13,
        maximum=10**12,
    ),
)


class Chain:
    """The policy's contracts on a local chain of their own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._owner: str = connection.rpc("eth_accounts")[0]
        self._contract = artifacts.load("RewardPolicy")
        self.rpc("evm_setBlockGasLimit", hex(GAS_LIMIT))
        self._library = self.deploy(artifacts.load("Schedules").creation_code())

    def rpc(self, method: str, *params: Any) -> Any:
        """The node's answer to one JSON-RPC call."""
        return self._connection.rpc(method, params)

    @contextmanager
    def policy(self) -> Iterator[Policy]:
        """A new policy, an hour before its genesis; what happens within the block is undone."""
        before = self.rpc("evm_snapshot")
        try:
            self.rpc("evm_setNextBlockTimestamp", hex(GENESIS - HOUR))
            nothing: tuple[list[Any], ...] = ([],) * 8
            code = self._contract.creation_code(
                self._owner, GENESIS, HOUR, MAX_AMOUNT, nothing, libraries={"Schedules": self._library}
            )
            yield Policy(self, self.deploy(code), self._contract.abi, self._owner)
        finally:
            self.rpc("evm_revert", before)

    def deploy(self, code: bytes) -> Address:
        """The address of a new contract."""
        return checksum(self.send(None, code)["contractAddress"])

    def gas(self, to: str, data: bytes) -> int:
        """The gas of a transaction."""
        return int(self.send(to, data)["gasUsed"], 16)

    def execution(self, to: str, data: bytes) -> int:
        """The gas of the call alone: without what a transaction and its bytes cost (EIP-2028)."""
        return self.gas(to, data) - 21_000 - sum(16 if byte else 4 for byte in data)

    def send(self, to: str | None, data: bytes) -> dict[str, Any]:
        """The receipt of a transaction, mined in a block of its own."""
        request = {"from": self._owner, "data": f"0x{data.hex()}", "gas": hex(GAS_LIMIT), "gasPrice": hex(GAS_PRICE)}
        # Answers once the transaction is mined (EIP-7966).
        receipt: dict[str, Any] = self.rpc("eth_sendTransactionSync", request if to is None else request | {"to": to})
        if receipt["status"] != "0x1":
            raise SystemExit(f"a transaction reverted: {receipt}")
        return receipt


@dataclass(frozen=True)
class Policy:
    """A deployed policy."""

    chain: Chain
    address: Address
    abi: ContractAbi
    owner: str

    def write(self, change: Change) -> int:
        """Makes `change` and returns the gas of the transaction."""
        return self._call(*call_of(change))

    def read(self, name: str, *arguments: Any) -> int:
        """The gas that the read costs a contract."""
        return self.chain.execution(self.address, self.abi.function(name).encode_call(*arguments))

    def report(self, epoch: int, value: int) -> int:
        """Reports for the root in the first second of `epoch` and returns the gas of the transaction."""
        self.chain.rpc("evm_setNextBlockTimestamp", hex(GENESIS + epoch * HOUR))
        return self._call("report", (stream_id(ROOT), epoch, value))

    def _call(self, name: str, arguments: Sequence[Any]) -> int:
        return self.chain.gas(self.address, self.abi.function(name).encode_call(*arguments))


# ---------------------------------------------------------------- what is measured


def measure(chain: Chain) -> Figures:
    """Every figure."""
    if {shape.number for shape in SHAPES} != set(ShapeId):
        raise SystemExit("bench/gas.py measures other shapes than there are")
    # First, because addresses are part of what is claimed, and come out of what was deployed before.
    claimed = claims.measure(chain, GENESIS, HOUR)
    figures: Figures = {}
    for shape in SHAPES:
        name = type(shape).__name__
        figures[f"emission of {name}"] = dict(_emissions(chain, shape))
        if not is_reported(shape):
            figures[f"sum of {name}"] = dict(_sums(chain, shape))
    figures["geometric loop"] = dict(_loops(chain))
    figures["emission in a tree"] = dict(_trees(chain))
    figures["other reads"] = dict(_reads(chain))
    figures["setSchedule"] = dict(_schedules(chain))
    figures["report"] = dict(_reports(chain))
    figures["other writes"] = dict(_writes(chain))
    return figures | claimed


def _emissions(chain: Chain, shape: Shape) -> Iterator[tuple[str, int]]:
    """`emission` of a root with this schedule; of a reported shape, in its first epoch."""
    for epoch in EPOCHS:
        for budget in (False, True):
            with chain.policy() as policy:
                _begin(policy, shape, epoch if is_reported(shape) else 0)
                if budget:
                    policy.write(SetBudget(ROOT, Budget(0, MAX_AMOUNT)))
                if is_reported(shape):
                    policy.report(epoch, 0)
                yield f"epoch {epoch}{', budget' * budget}", policy.read("emission", stream_id(ROOT), epoch)
    if not is_reported(shape):
        with chain.policy() as policy:
            _begin(policy, shape, 0)
            for number in range(16):
                policy.write(SetBudget(ROOT, Budget(EPOCHS[-1] - 16 + number, MAX_AMOUNT - number)))
            yield f"epoch {EPOCHS[-1]}, 16 budgets", policy.read("emission", stream_id(ROOT), EPOCHS[-1])


def _sums(chain: Chain, shape: Shape) -> Iterator[tuple[str, int]]:
    with chain.policy() as policy:
        _begin(policy, shape, 0)
        for epoch in EPOCHS:
            yield f"epochs 0 to {epoch}", policy.read("scheduledSum", stream_id(ROOT), 0, epoch + 1)


def _loops(chain: Chain) -> Iterator[tuple[str, int]]:
    """What the decay's amounts cost where every epoch multiplies the one before."""
    if not LOOP.exists():
        raise SystemExit(f"{LOOP.relative_to(HERE.parent)} is missing; run `make compile`")
    build = json.loads(LOOP.read_text(encoding="utf-8"))
    loop, abi = chain.deploy(bytes.fromhex(build["bytecode"].removeprefix("0x"))), ContractAbi(build["abi"])
    ratio = (DECAY.numerator, DECAY.denominator)
    amount = DECAY.total * (DECAY.denominator - DECAY.numerator) // DECAY.denominator
    for epoch in EPOCHS:
        call = abi.function("amountAfter").encode_call(amount, *ratio, epoch)
        yield f"emission, epoch {epoch}", chain.execution(loop, call)
    for epoch in EPOCHS:
        call = abi.function("sum").encode_call(amount, *ratio, epoch + 1)
        yield f"sum, epochs 0 to {epoch}", chain.execution(loop, call)


def _trees(chain: Chain) -> Iterator[tuple[str, int]]:
    """`emission` of the last part, with a constant schedule at the root."""
    for count in (3, 64):
        for allocation, words in ((Allocation.SHARE, "shares"), (Allocation.CARVE_OUT, "carve-outs")):
            with chain.policy() as policy:
                _begin(policy, Constant(10**12), 0)
                parts = _children(policy, count, allocation)
                yield f"residual of {count}, others {words}", policy.read("emission", stream_id(parts[-1].stream), 1)
    with chain.policy() as policy:
        _begin(policy, Constant(10**12), 0)
        path = ""
        for _ in range(8):
            parent, path = path or ROOT, f"{path}/s" if path else "s"
            other = f"{path[:-1]}t"
            policy.write(AddStream(path))
            policy.write(AddStream(other))
            halves = (Part(path, Allocation.SHARE, 5_000), Part(other, Allocation.RESIDUAL))
            policy.write(SetSplit(parent, Split(0, halves)))
        yield "half of a half, eight levels deep", policy.read("emission", stream_id(path), 1)


def _reads(chain: Chain) -> Iterator[tuple[str, int]]:
    with chain.policy() as policy:
        parts = _children(policy, 64, Allocation.SHARE)
        yield "share, last of 64", policy.read("share", stream_id(parts[-1].stream), 1)
        yield "isLeaf", policy.read("isLeaf", stream_id(parts[0].stream), 1)
        for count in (1, 64):
            classes = _classes(count)
            policy.write(SetWeights(ROOT, Weights(1, classes)))
            read = policy.read("weight", stream_id(ROOT), keccak(classes[-1].name.encode()), 1)
            yield f"weight, last of {count}", read


def _schedules(chain: Chain) -> Iterator[tuple[str, int]]:
    """A schedule of one segment, the same with a rail and another before it, and one whose sum is kept."""
    for shape in SHAPES:
        name = type(shape).__name__
        with chain.policy() as policy:
            yield name, policy.write(SetSchedule(ROOT, (Segment(200, shape),)))
        with chain.policy() as policy:
            policy.write(SetSchedule(ROOT, (Segment(0, Constant(MAX_AMOUNT // 2)),)))
            policy.write(SetRail(ROOT, Rail(cap=MAX_AMOUNT, period=100, max_change=10_000)))
            yield f"{name}, railed", policy.write(SetSchedule(ROOT, (Segment(200, shape),)))
        with chain.policy() as policy:
            segments = (Segment(0, shape), Segment(EPOCHS[-1] + 1, Constant(0)))
            yield f"{name}, then nothing", policy.write(SetSchedule(ROOT, segments))


def _reports(chain: Chain) -> Iterator[tuple[str, int]]:
    """The first report of a segment, and the second."""
    for shape in filter(is_reported, SHAPES):
        with chain.policy() as policy:
            _begin(policy, shape, 0)
            for epoch, number in enumerate(("first", "second")):
                yield f"{type(shape).__name__}, {number}", policy.report(epoch, 0)


def _writes(chain: Chain) -> Iterator[tuple[str, int]]:
    with chain.policy() as policy:
        reporter = Reporter(account=checksum(policy.owner), minimum=1, maximum=2)
        yield "addStream", policy.write(AddStream("compute"))
        yield "setBudget", policy.write(SetBudget(ROOT, Budget(1, 10**12)))
        yield "setRail", policy.write(SetRail(ROOT, Rail(cap=10**12, period=8, max_change=1, share_cap=1)))
        yield "setReporter", policy.write(SetReporter(ROOT, reporter))
        yield "setParameters, 1,024 bytes", policy.write(SetParameters(ROOT, Parameters(1, b"\1" * 1_024)))
        yield "setParameters, 8,192 bytes", policy.write(SetParameters("compute", Parameters(1, b"\1" * 8_192)))
        yield "setWeights, 3 classes", policy.write(SetWeights(ROOT, Weights(1, _classes(3))))
        yield "setWeights, 64 classes", policy.write(SetWeights("compute", Weights(1, _classes(64))))
    for count in (3, 64):
        with chain.policy() as policy:
            parts = _children(policy, count, Allocation.SHARE)
            yield f"setSplit, {count} parts", policy.write(SetSplit(ROOT, Split(10, parts)))
            for part in parts:
                policy.write(SetRail(part.stream, Rail(share_cap=10_000, period=5, max_share_change=1)))
            yield f"setSplit, {count} parts, railed", policy.write(SetSplit(ROOT, Split(20, parts)))


def _begin(policy: Policy, shape: Shape, epoch: int) -> None:
    """Lets the root's schedule begin in `epoch` with `shape`, and the owner report for it."""
    policy.write(SetSchedule(ROOT, (Segment(epoch, shape),)))
    if is_reported(shape):
        reporter = Reporter(account=checksum(policy.owner), minimum=0, maximum=MAX_AMOUNT)
        policy.write(SetReporter(ROOT, reporter))


def _children(policy: Policy, count: int, allocation: Allocation) -> tuple[Part, ...]:
    """Splits the root over `count` new children from epoch 0 on, of which the last is the residual."""
    share = 100 if allocation is Allocation.SHARE else 0
    parts = [Part(f"s{index}", allocation, share) for index in range(count - 1)]
    parts.append(Part("rest", Allocation.RESIDUAL))
    for part in parts:
        policy.write(AddStream(part.stream))
        if part.allocation is Allocation.CARVE_OUT:
            policy.write(SetSchedule(part.stream, (Segment(0, Constant(10**6)),)))
    policy.write(SetSplit(ROOT, Split(0, tuple(parts))))
    return tuple(parts)


def _classes(count: int) -> tuple[ClassWeight, ...]:
    return tuple(ClassWeight(f"class-{index}", 10**18 + index) for index in range(count))


# ---------------------------------------------------------------- what is printed


def table(figures: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """The figures, a line each."""
    for name, row in figures.items():
        yield name
        for circumstance, gas in row.items():
            yield f"  {circumstance:42} {gas:>12,}"


def differences(found: Figures, expected: Figures) -> tuple[list[str], list[str]]:
    """What rose or cannot be compared, and what fell."""
    worse, better = [], []
    flat = {(name, key): gas for name, row in found.items() for key, gas in row.items()}
    committed = {(name, key): gas for name, row in expected.items() for key, gas in row.items()}
    for place in [*flat, *(place for place in committed if place not in flat)]:
        now, before = flat.get(place), committed.get(place)
        line = f"{': '.join(place)}: {before or 'nothing'} before, {now or 'nothing'} now"
        if now is None or before is None or now > before:
            worse.append(line)
        elif now < before:
            better.append(line)
    return worse, better


def main(arguments: Sequence[str] | None = None) -> int:
    """0; or with `--check` 1, naming each figure that rose, is new or is gone."""
    parser = argparse.ArgumentParser(description=__doc__)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="fail where a figure is above the committed one")
    mode.add_argument("--write", action="store_true", help="commit to today's figures")
    options = parser.parse_args(arguments)
    with node.ephemeral(HERE.parent, timestamp=GENESIS - 2 * HOUR) as connection:
        figures = measure(Chain(connection))
    if options.write:
        SNAPSHOT.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if not options.check:
        print("\n".join(table(figures)))
        return 0
    worse, better = differences(figures, json.loads(SNAPSHOT.read_text(encoding="utf-8")))
    for line in worse:
        print(f"rose: {line}")
    for line in better:
        print(f"fell: {line}")
    advice = "; where that is meant, run `python bench/gas.py --write`" if worse or better else ""
    print(f"gas: {len(worse)} figures rose, {len(better)} fell{advice}")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
