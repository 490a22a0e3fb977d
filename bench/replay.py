"""Measures the replay of a long history, with every check, beside what others do with the same logs.

One history from a seed (`bench/parts/history.py`), as a bundle of evidence and as the JSON-RPC answers that it would
come in. Each figure is of a process of its own, whose peak memory the system counts; the interpreter's start and its
imports are not in the time. The lines:

- `typed parse`: msgspec decodes the answers into typed structs, and that is all: what any program that reads JSON-RPC
  must do at least.
- `typed, no gc`: the same without Python's garbage collector, which looks through the structs again and again.
- `bundle`: `audit_bundle`, files held against their checksums, every check on.
- `wire`: answers fetched from a local server, read into columns, replayed, every check on.
- `specification`: `dao.replay`, which the bundle's replay equals, on the first logs.
- `web3.py`: what one scripts: `get_logs`, then `getPastVotes` for each ballot, on the first logs.

Targets: from the bundle a million logs per second, or 1.5 times the typed parse; from the wire half of the typed parse;
10 million logs in 2 GiB and a million in 500 MB; at 10 million at most 1.3 times the time per log at a million.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import pickle
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pyarrow as arrow

from bench.parts import rpc
from bench.parts.history import History
from dao.abi import keccak
from dao.artifacts import load
from dao.blocks.headers import FIELDS, encode as encode_header
from dao.evidence.bundle import open_bundle, seal
from dao.evidence.headers import SCHEMA as HEADERS
from dao.evidence.logs import to_raw
from dao.evidence.manifest import Anchor, Contracts, Kind, Manifest
from dao.evidence.parts import write_tables

T, U = TypeVar("T"), TypeVar("U")
ROOT = Path(__file__).resolve().parent.parent
MEBI = 2**20
PAGE = 200
"""Blocks in one eth_getLogs: some 4,000 logs, below what providers allow."""
READERS = 2
"""Threads that fetch and read answers."""
FEW = 30_000
"""Logs that the slow ways are measured on."""


class Log(msgspec.Struct, rename="camel"):
    """A log as nodes write it."""

    address: str
    topics: list[str]
    data: str
    block_number: str
    block_hash: str
    block_timestamp: str
    transaction_hash: str
    transaction_index: str
    log_index: str
    removed: bool


class Answer(msgspec.Struct):
    """An answer to eth_getLogs."""

    jsonrpc: str
    id: int
    result: list[Log]


def make(folder: Path, logs: int, seed: int) -> dict[str, Any]:
    """Writes the bundle and the answers of one history, and returns what is known of it."""
    history = History(seed, accounts=max(2_000, logs // 20), delegates=max(200, logs // 200))
    bundle = folder / "evidence"
    bundle.mkdir(parents=True)
    last: list[Any] = []

    def kept() -> Iterator[arrow.Table]:
        for table in history.batches(logs):
            last[:] = [table.slice(table.num_rows - 1)]
            yield table

    parts = write_tables(bundle, Kind.LOGS, kept())
    (log,) = to_raw(last[0])
    header = _header(log.block_number, log.timestamp)
    number, digest = log.block_number, keccak(header)
    table = arrow.table({"number": [number], "hash": [digest], "rlp": [header]}, schema=HEADERS)
    manifest = Manifest(
        chain_id=history.chain_id,
        contracts=Contracts.of_deployment(history.addresses),
        from_block=0,
        to_block=number,
        anchor=Anchor(number, digest),
        parts=(*write_tables(bundle, Kind.HEADERS, [table]), *parts),
        asked=1,
        agreed=1,
    )
    seal(bundle, manifest)
    (folder / "addresses").write_bytes(pickle.dumps(history.addresses))
    return {"logs": sum(part.rows for part in parts), "bytes": sum(part.size for part in parts)}


def answers(folder: Path, logs: int) -> int:
    """Writes the answers of the first `logs`, and returns how many there are."""
    from dao.replay.replay import replay

    bundle = open_bundle(folder / "evidence")
    addresses = bundle.manifest.contracts.deployment()
    tables: list[arrow.Table] = []
    for part in bundle.manifest.of_kind(Kind.LOGS):
        tables.append(bundle.table(part))
        if sum(table.num_rows for table in tables) >= logs:
            break
    state = replay(to_raw(arrow.concat_tables(tables).slice(0, FEW)), addresses)
    past = load("RewardToken").abi.function("getPastVotes")
    calls = {
        "0x" + past.encode_call(ballot.voter, proposal.snapshot).hex(): hex(ballot.power)
        for proposal in state.proposals.values()
        for ballot in proposal.ballots
    }
    calls = {data: "0x" + value[2:].rjust(64, "0") for data, value in calls.items()}
    rpc.write(folder, tables, chain_id=bundle.manifest.chain_id, calls=calls)
    return sum(table.num_rows for table in tables)


def _header(number: int, timestamp: int) -> bytes:
    """The header of a block that holds nothing but its number and time."""
    empty = {"parentHash": bytes(32), "miner": bytes(20), "logsBloom": bytes(256), "nonce": bytes(8)}
    values = {"number": number, "timestamp": timestamp}
    fields = [
        values.get(name, 0) if is_number else empty.get(name, b"" if name == "extraData" else bytes(32))
        for name, is_number in FIELDS
    ]
    return encode_header(fields)


# ---------------------------------------------------------------- what is measured, each in a process of its own


def typed(folder: Path) -> int:
    """Decodes every answer into typed structs."""
    decoder = msgspec.json.Decoder(Answer)
    history = rpc.History(folder)
    bodies = [b'{"jsonrpc":"2.0","id":1,"result":[%s]}' % (history.logs(*page) or b"") for page in pages(history.head)]
    begin()
    return sum(len(decoder.decode(body).result) for body in bodies)


def typed_without_gc(folder: Path) -> int:
    """Does so with the garbage collector off."""
    gc.disable()
    return typed(folder)


def bundle(folder: Path) -> int:
    """Audits the bundle."""
    from dao.audit.offline import audit_bundle

    opened = open_bundle(folder / "evidence")
    begin()
    report = audit_bundle(opened)
    require(report.findings == (), report.findings[:1])
    return report.logs


def wire(folder: Path) -> int:
    """Fetches, reads and audits, the answers fetched and read by two threads beside the replay."""
    from dao.audit.run import examine_state
    from dao.engine.replay import replay_columns

    addresses = pickle.loads((folder / "addresses").read_bytes())  # noqa: S301
    head = rpc.History(folder).head
    with server(folder) as port, ThreadPoolExecutor(READERS) as pool:
        local = threading.local()

        def fetched(page: tuple[int, int]) -> arrow.Table:
            if not hasattr(local, "connection"):
                local.connection = HTTPConnection("127.0.0.1", port)
            return _fetched(local.connection, page)

        begin()
        state = replay_columns(lambda: _ahead(pool, fetched, pages(head)), addresses)
        end = {"from_block": 0, "to_block": head, "timepoint": state.clock}
        report = examine_state(state, None, logs=list, chain_id=1, **end).report
        require(report.findings == (), report.findings[:1])
    return report.logs


def _ahead(pool: Executor, task: Callable[[T], U], arguments: Sequence[T]) -> Iterator[U]:
    """`task` of each argument, in order, few of them ahead of whoever takes them."""
    waiting: deque[Future[U]] = deque()
    for argument in arguments:
        waiting.append(pool.submit(task, argument))
        if len(waiting) > 2 * READERS:
            yield waiting.popleft().result()
    for future in waiting:
        yield future.result()


def _fetched(connection: HTTPConnection, page: tuple[int, int]) -> arrow.Table:
    """One page of logs."""
    from dao.collecting.wire import read_page

    question = {"fromBlock": hex(page[0]), "toBlock": hex(page[1])}
    request = {"jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [question]}
    connection.request("POST", "/", json.dumps(request), {"Content-Type": "application/json"})
    return read_page(connection.getresponse().read(), from_block=page[0], to_block=page[1])


def specification(folder: Path) -> int:
    """Replays the first logs by the specification."""
    from dao.replay.replay import replay

    opened = open_bundle(folder / "evidence")
    logs = to_raw(opened.table(opened.manifest.of_kind(Kind.LOGS)[0]).slice(0, FEW))
    begin()
    return replay(logs, opened.manifest.contracts.deployment()).logs


def scripted(folder: Path) -> int:
    """Does with web3.py what a script would: all logs, and for each ballot the past votes."""
    from web3 import HTTPProvider, Web3

    addresses = pickle.loads((folder / "addresses").read_bytes())  # noqa: S301
    governor_abi, token_abi = (load(name).abi for name in ("RewardGovernor", "RewardToken"))
    cast = governor_abi.event("VoteCast").hash
    created = governor_abi.event("ProposalCreated")
    past = token_abi.function("getPastVotes")
    with server(folder) as port:
        web3 = Web3(HTTPProvider(f"http://127.0.0.1:{port}"))
        count, snapshots = 0, {}
        begin()
        for first, last in pages(rpc.History(folder).head):
            for log in web3.eth.get_logs({"fromBlock": hex(first), "toBlock": hex(last)}):
                count += 1
                topic = bytes(log["topics"][0])
                if topic == created.hash:
                    values = created.decode_log([bytes(t) for t in log["topics"]], bytes(log["data"]))
                    snapshots[values[0]] = values[6]
                elif topic == cast:
                    proposal = int.from_bytes(log["data"][:32], "big")
                    voter = "0x" + bytes(log["topics"][1])[12:].hex()
                    data = "0x" + past.encode_call(voter, snapshots[proposal]).hex()
                    power = int.from_bytes(web3.eth.call({"to": addresses.token, "data": data}), "big")
                    require(power == int.from_bytes(log["data"][64:96], "big"), "another weight")
            if count >= FEW - 10_000:
                break
    return count


def pages(head: int) -> list[tuple[int, int]]:
    """The ranges of blocks that are asked for, one after the other."""
    return [(first, min(first + PAGE - 1, head)) for first in range(0, head + 1, PAGE)]


class server:  # noqa: N801
    """The server of a folder's answers, as long as the block lasts; gives its port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> int:
        command = [sys.executable, "-m", "bench.parts.rpc", str(self._folder)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        port = self._process.stdout.readline() if self._process.stdout else b"0"
        return int(port)

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


WAYS = {
    "typed": typed,
    "typed, no gc": typed_without_gc,
    "bundle": bundle,
    "wire": wire,
    "specification": specification,
    "scripted": scripted,
}
_BEGUN: list[float] = []


def begin() -> None:
    """From here on, time counts."""
    # Where pandas is installed, pyarrow loads it with its first array.
    arrow.array([0])
    _BEGUN.append(time.perf_counter())


def require(holds: bool, otherwise: object) -> None:
    """Ends the run where something that is measured is wrong."""
    if not holds:
        raise SystemExit(f"wrong: {otherwise}")


def measured(way: str, folder: Path) -> dict[str, float]:
    """Runs one way in a process of its own."""
    command = [sys.executable, "-m", "bench.replay", "--run", way, "--folder", str(folder)]
    return dict(json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout))


def run(way: str, folder: Path) -> None:
    """The child's part: prints what it measured."""
    count = WAYS[way](folder)
    seconds = time.perf_counter() - _BEGUN[-1]
    print(json.dumps({"logs": count, "seconds": seconds, "rate": count / seconds, "peak": peak_memory()}))


def peak_memory() -> int:
    """The most memory that this process held, in MiB. `getrusage` would count what it was forked from as well."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (kibibytes,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(kibibytes) // 1024


def main() -> None:
    """Measures, and prints one line for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--logs", type=int, default=1_000_000)
    parser.add_argument("--large", type=int, default=0, help="also replay a history of so many logs from a bundle")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--run", choices=sorted(WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        run(options.run, options.folder)
        return
    with tempfile.TemporaryDirectory(prefix="bench-replay-", dir=os.environ.get("BENCH_FOLDER")) as name:
        folder = Path(name)
        made = make(folder, options.logs, options.seed)
        served = answers(folder, options.logs)
        size = (folder / rpc.LOGS).stat().st_size
        print(f"{served:,} logs: a bundle of {made['bytes'] // MEBI} MiB, answers of {size // MEBI} MiB")
        print(f"{'':16} {'logs':>10} {'seconds':>9} {'logs/s':>10} {'parse':>7} {'MiB':>6}")
        base = 0.0
        for way in WAYS:
            tries = 1 if way in ("specification", "scripted") else options.repeat
            best = max((measured(way, folder) for _ in range(tries)), key=lambda one: one["rate"])
            base = base or best["rate"]
            print(line(way, best, base), flush=True)
        if options.large:
            large = folder / "large"
            made = make(large, options.large, options.seed)
            best = max((measured("bundle", large) for _ in range(options.repeat)), key=lambda one: one["rate"])
            print(line("bundle", best, base))


def line(way: str, figures: dict[str, float], base: float) -> str:
    """One line of the table; `base` is the typed parse's logs per second."""
    return (
        f"{way:16} {figures['logs']:>10,} {figures['seconds']:>9.2f} {figures['rate']:>10,.0f} "
        f"{figures['rate'] / base:>6.2f}× {figures['peak']:>6,.0f}"
    )


if __name__ == "__main__":
    main()
