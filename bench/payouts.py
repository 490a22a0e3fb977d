"""Measures an epoch's payouts from contribution rows to files: time and peak memory of each stage, beside plain Python.

Each stage runs in a process of its own, whose peak memory the system counts. Rows are drawn from a fixed seed: ten for
each account, an account in one of three leaf streams, a row in one of eight classes. Targets, on 2 cores: 10 million
rows of 1 million accounts to payouts in 30 s and 4 GiB, a tree of 1 million leaves in 15 s, one proof in 50 ms, and
from 1 to 10 million rows no more than ten times as long. `--rows 100_000_000 --accounts 1_000_000` shows that memory is
bounded in the rows; it grows with the accounts.

The plain way, `csv`, `dict` and pycryptodome, does the same to fewer rows, has the same roots, and is scaled by rows.
"""

from __future__ import annotations

import argparse
import csv
import json
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as arrow
import pyarrow.csv as arrow_csv
import pyarrow.parquet as parquet
from Crypto.Hash import keccak

from dao.abi import encode
from dao.payouts.compute import compute
from dao.payouts.files import write_epoch
from dao.payouts.leaves import leaf_hashes
from dao.payouts.proofs import proof_of
from dao.payouts.publication import LEAF_ENCODING, Publication
from dao.payouts.tree import build_tree
from dao.payouts.values import EpochPayouts
from dao.rewards.changes import (
    AddStream,
    Allocation,
    ClassWeight,
    Part,
    SetSchedule,
    SetSplit,
    SetWeights,
    Split,
    Weights,
)
from dao.rewards.policy import Policy
from dao.rewards.schedule import Segment
from dao.rewards.shapes.constant import Constant
from dao.types import Address

SEED = 1
EPOCH = 3
STREAMS = ("compute", "data", "storage")
CLASSES = tuple(ClassWeight(f"class.{index}", 10**17 * (index + 1)) for index in range(8))
POOL = 10**24 + 1
CHAIN_ID = 31_337
DISTRIBUTOR = Address("0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512")
PLAIN_ROWS = 100_000
PROOFS = 50
_BATCH = 1_000_000


class Took(NamedTuple):
    """Seconds by the clock, and of all threads on a processor: where others share the machine, both say something."""

    seconds: float
    busy: float


def policy() -> Policy:
    """Three leaf streams with eight classes each, which share one pool."""
    made = Policy.create(genesis=0, epoch_length=7 * 86_400)
    *shared, last = STREAMS
    parts = (*(Part(stream, Allocation.SHARE, 3_000) for stream in shared), Part(last, Allocation.RESIDUAL))
    changes = [
        *(AddStream(stream) for stream in STREAMS),
        SetSchedule("root", (Segment(0, Constant(POOL)),)),
        SetSplit("root", Split(0, parts)),
        *(SetWeights(stream, Weights(0, CLASSES)) for stream in STREAMS),
    ]
    for change in changes:
        made = made.apply(change)
    return made


# ---------------------------------------------------------------- stages, each in a process of its own


def write_rows(folder: Path, rows: int, kind: str, count: int | None = None) -> None:
    """Writes the contribution file, a million rows at a time, of `count` accounts; a tenth of the rows if not given."""
    random = np.random.default_rng(SEED)
    count = count or max(1, rows // 10)
    digits = np.frombuffer(random.bytes(20 * count).hex().encode(), "S40")
    texts = arrow.array(np.char.add(b"0x", digits)).cast(arrow.string())
    schema = arrow.schema(
        [(name, arrow.string()) for name in ("account", "stream", "class")] + [("units", arrow.int64())]
    )
    streams, classes = arrow.array(STREAMS), arrow.array([made.name for made in CLASSES])
    with open_writer(folder / f"rows.{kind}", schema) as writer:
        for begin in range(0, rows, _BATCH):
            size = min(_BATCH, rows - begin)
            chosen = random.integers(0, count, size)
            columns = [
                texts.take(arrow.array(chosen)),
                streams.take(arrow.array(chosen % len(STREAMS))),
                classes.take(arrow.array(random.integers(0, len(CLASSES), size))),
                arrow.array(random.integers(0, 10**6, size)),
            ]
            writer.write_table(arrow.table(columns, schema=schema))


def open_writer(path: Path, schema: Any) -> Any:
    """A writer of Parquet or CSV, by the ending of `path`."""
    if path.suffix == ".parquet":
        return parquet.ParquetWriter(path, schema, compression="zstd")
    return arrow_csv.CSVWriter(path, schema, write_options=arrow_csv.WriteOptions(quoting_style="none"))


def payouts_of(folder: Path, file: Path) -> EpochPayouts:
    """The epoch's payouts out of the contribution file."""
    return compute(policy(), EPOCH, [file], folder=folder)


def stage_compute(folder: Path) -> Took:
    """Contribution file to payouts."""
    (file,) = folder.glob("rows.*")
    took, payouts = timed(lambda: payouts_of(folder, file))
    with (folder / "payouts.pickle").open("wb") as kept:
        pickle.dump(replace(payouts, states={}), kept)
    return took


def stage_tree(folder: Path) -> Took:
    """One tree of all accounts, whatever their stream."""
    pairs = sorted(
        pair for stream in computed(folder).streams for pair in zip(stream.accounts, stream.amounts, strict=True)
    )
    accounts, amounts = [account for account, _ in pairs], [amount for _, amount in pairs]
    del pairs
    return timed(lambda: build_tree(leaf_hashes(publication(STREAMS[0]), accounts, amounts)))[0]


def stage_files(folder: Path) -> Took:
    """Payouts to the folder of all files: rows, trees, nodes, summary."""
    payouts = computed(folder)
    return timed(lambda: write_epoch(folder / "epoch", payouts, chain_id=CHAIN_ID, distributor=DISTRIBUTOR))[0]


def stage_proof(folder: Path) -> Took:
    """One account's proof out of the folder: the slowest of PROOFS."""
    stream = computed(folder).streams[0]
    chosen = np.random.default_rng(SEED).integers(0, len(stream.accounts), PROOFS).tolist()
    times = [
        timed(lambda index=index: proof_of(folder / "epoch", stream.stream, stream.accounts[index]))[0]
        for index in chosen
    ]
    return max(times)


STAGES: dict[str, Callable[[Path], Took]] = {
    "compute": stage_compute,
    "tree": stage_tree,
    "files": stage_files,
    "proof": stage_proof,
}
TARGETS = {"compute": "10 million: 30 s, 4,096 MiB", "tree": "1 million leaves: 15 s", "proof": "0.05 s"}


def computed(folder: Path) -> EpochPayouts:
    """What the stage `compute` left."""
    with (folder / "payouts.pickle").open("rb") as kept:
        payouts: EpochPayouts = pickle.load(kept)  # noqa: S301
    return payouts


def publication(stream: str) -> Publication:
    """What a stream's leaves are bound to."""
    return Publication(chain_id=CHAIN_ID, distributor=DISTRIBUTOR, stream=stream, epoch=EPOCH)


def timed(run: Callable[[], Any]) -> tuple[Took, Any]:
    """How long `run` takes, and what it returns."""
    started, busy = time.perf_counter(), time.process_time()
    result = run()
    return Took(time.perf_counter() - started, time.process_time() - busy), result


# ---------------------------------------------------------------- the plain way


def plain(path: Path) -> tuple[Took, Took, dict[str, bytes]]:
    """What it takes from CSV to payouts, and from payouts to trees, and the root of each stream."""
    took, payouts = timed(lambda: dict(plain_payouts(path)))
    more, roots = timed(lambda: {stream: plain_root(stream, paid) for stream, paid in payouts.items()})
    return took, more, roots


def plain_payouts(path: Path) -> Iterator[tuple[str, list[tuple[str, int]]]]:
    """Each stream's payouts by `csv`, `dict` and `int`."""
    weights = {made.name: made.weight for made in CLASSES}
    scores: dict[str, dict[str, int]] = {stream: {} for stream in STREAMS}
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        for account, stream, name, units in reader:
            held = scores[stream]
            held[account] = held.get(account, 0) + int(units) * weights[name]
    applied = policy()
    for stream, held in scores.items():
        pool, total = applied.emission(stream, EPOCH), sum(held.values())
        paid = [(account, pool * score // total) for account, score in sorted(held.items())]
        yield stream, [(account, amount) for account, amount in paid if amount]


def plain_root(stream: str, paid: Sequence[tuple[str, int]]) -> bytes:
    """The root of a stream's tree, with pycryptodome and eth-abi, leaf by leaf and pair by pair."""
    constants = publication(stream).constants
    leaves = [plain_hash(plain_hash(encode(LEAF_ENCODING, (*constants, *pair)))) for pair in paid]
    nodes = [b""] * (len(leaves) - 1) + sorted(leaves, reverse=True)
    for place in range(len(leaves) - 2, -1, -1):
        nodes[place] = plain_hash(b"".join(sorted(nodes[2 * place + 1 : 2 * place + 3])))
    return nodes[0]


def plain_hash(data: bytes) -> bytes:
    """Keccak-256 by pycryptodome."""
    return keccak.new(digest_bits=256, data=data).digest()


def compare(folder: Path) -> Iterator[str]:
    """Lines about the plain way at PLAIN_ROWS, with the same roots, or an error."""
    write_rows(folder, PLAIN_ROWS, "csv")
    path = folder / "rows.csv"
    took, more, roots = plain(path)
    ours, payouts = timed(lambda: payouts_of(folder, path))
    leaves = sum(len(stream.accounts) for stream in payouts.streams)
    trees, made = timed(
        lambda: {
            stream.stream: build_tree(leaf_hashes(publication(stream.stream), stream.accounts, stream.amounts)).root
            for stream in payouts.streams
        }
    )
    if made != roots:
        raise SystemExit("the plain way comes to other roots")
    yield f"\nat {PLAIN_ROWS:,} rows of CSV, in this process, with the same roots:"
    for name, mine, other, count, unit in (
        ("rows to payouts", ours, took, PLAIN_ROWS, "rows"),
        ("payouts to trees", trees, more, leaves, "leaves"),
    ):
        scaled = other.busy * 1_000_000 / count
        yield (
            f"  {name:<16} ours {mine.busy:6.2f} s of processor, plain Python {other.busy:6.2f} s; "
            f"scaled to a million {unit} {scaled:6.1f} s"
        )


# ---------------------------------------------------------------- what is printed


def measure(rows: int, kind: str, count: int | None) -> Iterator[tuple[str, Took, int]]:
    """Each stage with what it took, and its peak memory in MiB."""
    with tempfile.TemporaryDirectory() as name:
        write_rows(Path(name), rows, kind, count)
        for stage in STAGES:
            command = [sys.executable, __file__, "--stage", stage, "--folder", name]
            answer = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
            yield stage, Took(answer["seconds"], answer["busy"]), answer["megabytes"]


def run_stage(stage: str, folder: Path) -> None:
    """Runs one stage and prints what it took, for the process that started this one."""
    took = STAGES[stage](folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in KiB, macOS in bytes.
    megabytes = peak >> (20 if sys.platform == "darwin" else 10)
    print(json.dumps({**took._asdict(), "megabytes": megabytes}))


def main() -> None:
    """Prints a table of stages and sizes, how they grow, and the plain way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000], help="sizes, in rows")
    parser.add_argument("--accounts", type=int, help="how many accounts; a tenth of the rows if not given")
    parser.add_argument("--format", choices=("parquet", "csv"), default="parquet", help="of the contribution file")
    parser.add_argument("--stage", choices=tuple(STAGES), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.stage:
        run_stage(options.stage, options.folder)
        return
    print(f"{'rows':>12}  {'stage':<8} {'seconds':>9} {'processor':>9} {'peak MiB':>9}   target")
    taken: dict[str, list[Took]] = {stage: [] for stage in STAGES}
    for rows in options.rows:
        for stage, took, megabytes in measure(rows, options.format, options.accounts):
            taken[stage].append(took)
            figures = f"{took.seconds:>9.3f} {took.busy:>9.3f} {megabytes:>9,}"
            print(f"{rows:>12,}  {stage:<8} {figures}   {TARGETS.get(stage, '')}", flush=True)
    if len(options.rows) > 1:
        first, last = options.rows[0], options.rows[-1]
        growth = ", ".join(f"{stage} {times[-1].busy / times[0].busy:.1f}" for stage, times in taken.items())
        print(f"\n{last / first:g} times the rows keep the processor busy so many times as long: {growth}")
    with tempfile.TemporaryDirectory() as name:
        print("\n".join(compare(Path(name))))


if __name__ == "__main__":
    main()
