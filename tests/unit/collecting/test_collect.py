"""Whatever limits, lies and reorganisations there are: the bundle is the one of a plain run, or the run refuses."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dao.abi import checksum
from dao.artifacts import load
from dao.chain.connection import Connection
from dao.chain.transport import Patience
from dao.collecting.collect import Collector
from dao.collecting.journal import FOLDER, Plan
from dao.collecting.panel import Panel
from dao.collecting.pin import end_block
from dao.collecting.questions import timelock_change
from dao.collecting.source import Source
from dao.errors import ChainError, FileError, RpcError
from dao.evidence.bundle import Bundle, open_bundle
from dao.evidence.logs import to_raw
from dao.evidence.manifest import Contracts, Kind
from tests.support.chain import ROOT
from tests.support.faulty import dropped, late, status
from tests.support.served import CHAIN_ID, CONTRACTS, History, Json, Provider, Refuse, served, too_many, too_wide

QUICK = Patience(timeout=1, attempts=3, pause=0.01, longest=0.1)
HISTORY = History.random(1, blocks=400)
END = 390
COUNT = len(HISTORY.range(0, END))


def panel(*providers: Provider, agree: int | None = None) -> Panel:
    sources = [Source(Connection.open(provider.url, patience=QUICK)) for provider in providers]
    return Panel(sources, agree or len(sources))


def plan(nodes: Panel, end: int = END, **more: Any) -> Plan:
    return Plan(
        chain_id=CHAIN_ID,
        contracts=Contracts.of_deployment(CONTRACTS),
        from_block=0,
        to_block=end,
        anchor=nodes.block_hash(end),
        asked=len(nodes.sources),
        agreed=nodes.agree,
        **more,
    )


def collected(folder: Path, *providers: Provider, rows: int = 10_000, agree: int | None = None, **more: Any) -> Bundle:
    nodes = panel(*providers, agree=agree)
    collector = Collector(folder, nodes, plan(nodes, **more), page_rows=rows)
    collector.collect()
    return collector.seal()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("clean") / "bundle"
    provider = Provider(HISTORY)
    with served(provider):
        collected(folder, provider)
    return contents(folder)


def test_every_log_is_there_with_the_time_of_its_header(tmp_path: Path) -> None:
    provider = Provider(HISTORY)
    with served(provider):
        bundle = collected(tmp_path / "b", provider, every_header=True)
    opened = open_bundle(bundle.folder)
    opened.verify()
    logs = [log for batch in opened.batches() for log in to_raw(batch)]
    expected = HISTORY.range(0, END)
    assert len(logs) == COUNT > 1_000
    for log, entry in zip(logs, expected, strict=True):
        assert (log.address.lower(), log.data.hex()) == (entry["address"], entry["data"][2:])
        assert ["0x" + topic.hex() for topic in log.topics] == entry["topics"]
        assert (log.block_number, log.log_index) == (int(entry["blockNumber"], 16), int(entry["logIndex"], 16))
        assert log.timestamp == 1_700_000_000 + 12 * log.block_number
        assert "0x" + log.transaction_hash.hex() == entry["transactionHash"]
    assert opened.manifest.rows(Kind.HEADERS) == END + 1
    assert not bundle.folder.joinpath(FOLDER).exists()


@pytest.mark.parametrize("rows", [12, 40, 700])
def test_pages_leave_no_trace(tmp_path: Path, clean: dict[str, bytes], rows: int) -> None:
    provider = Provider(HISTORY)
    with served(provider):
        collected(tmp_path / "b", provider, rows=rows)
    assert contents(tmp_path / "b") == clean


@pytest.mark.parametrize("cut", [25, 37, 100, 1_000])
@pytest.mark.parametrize("rows", [60, 10_000])
def test_a_silent_cut_is_noticed(tmp_path: Path, clean: dict[str, bytes], cut: int, rows: int) -> None:
    provider = Provider(HISTORY, cut=cut)
    with served(provider):
        collected(tmp_path / "b", provider, rows=rows)
    assert contents(tmp_path / "b") == clean


def test_an_honest_node_is_seldom_asked_twice(tmp_path: Path) -> None:
    history, provider = History.random(3, blocks=3_000), Provider(History())
    provider.history = history
    with served(provider):
        collected(tmp_path / "b", provider, rows=500, end=2_990)
    pages = len(history.range(0, 2_990)) // 500
    assert len(provider.asked) < 3 * pages


LIMITS: dict[str, Refuse] = {
    "results": too_many(50),
    "results, another code": too_many(
        50, code=-32000, text="Query returned more than 50 results. Try with this block range [0x0, 0x10]."
    ),
    "log response": too_many(
        50,
        code=-32602,
        text="Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range",
    ),
    "timeout": too_many(50, code=-32000, text="query timeout exceeded"),
    "range": too_wide(30, "block range too large"),
    "range named": too_wide(30, "eth_getLogs is limited to a {blocks} blocks range"),
    "range suggested": too_wide(30, "this range is too wide, try [{low}, {high}]"),
    "max": too_wide(30, "exceed maximum block range: {blocks} blocks"),
}


@pytest.mark.parametrize("refuse", LIMITS.values(), ids=LIMITS)
def test_a_limit_that_is_said_is_kept(tmp_path: Path, clean: dict[str, bytes], refuse: Refuse) -> None:
    provider = Provider(HISTORY, refuse=refuse)
    with served(provider):
        collected(tmp_path / "b", provider)
    assert contents(tmp_path / "b") == clean


def test_what_a_smaller_question_does_not_cure_is_an_error(tmp_path: Path) -> None:
    provider = Provider(HISTORY, refuse=lambda first, last, count: {"code": -32601, "message": "no such method"})
    with served(provider), pytest.raises(RpcError) as error:
        collected(tmp_path / "b", provider)
    assert error.value.found == "no such method"
    assert len(provider.asked) == 1


def test_faults_pass(tmp_path: Path, clean: dict[str, bytes]) -> None:
    faults = [status(429, Retry_After="0"), status(503), dropped, late(1.2)]

    def fail(number: int, exchange: Any) -> bool:
        if number % 3 == 0 and faults:
            faults.pop(0)(exchange)
            return True
        return False

    provider = Provider(HISTORY, faults=fail)
    with served(provider):
        collected(tmp_path / "b", provider, rows=50)
    assert not faults
    assert contents(tmp_path / "b") == clean


def drop(logs: list[Json]) -> list[Json]:
    return [log for log in logs if log["blockNumber"] != hex(107)]


def mutated(name: str, value: Any) -> Callable[[list[Json]], list[Json]]:
    return lambda logs: [{**log, name: value} if log["blockNumber"] == hex(107) else log for log in logs]


LIES = {
    "dropped": drop,
    "one dropped": lambda logs: [log for log in logs if (log["blockNumber"], log["logIndex"]) != (hex(107), "0x1")],
    "data": mutated("data", "0x1234"),
    "topics": mutated("topics", []),
    "address": mutated("address", CONTRACTS.governor.lower()),
    "transaction": mutated("transactionHash", "0x" + "77" * 32),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_nodes_are_compared(tmp_path: Path, lie: Callable[[list[Json]], list[Json]]) -> None:
    providers = [Provider(HISTORY), Provider(HISTORY, lie=lie), Provider(HISTORY)]
    with served(*providers):
        with pytest.raises(ChainError) as error:
            collected(tmp_path / "all", *providers)
        assert "block 107" in error.value.what
        assert error.value.values["node"] == 2
        collected(tmp_path / "two", *providers, agree=2)
        collected(tmp_path / "honest", providers[0], providers[2], agree=2)
    two, honest = contents(tmp_path / "two"), contents(tmp_path / "honest")
    assert two.pop("manifest.json") != honest.pop("manifest.json")
    assert two == honest


ALONE = {
    "twice": lambda logs: [*logs, *logs[-1:]],
    "block hash": mutated("blockHash", "0x" + "77" * 32),
    "another contract": mutated("address", "0x" + "77" * 20),
    "removed": mutated("removed", True),
    "another block": mutated("blockNumber", hex(9_000)),
    "short topic": mutated("topics", ["0x77"]),
    "five topics": mutated("topics", ["0x" + "77" * 32] * 5),
    "no hex": mutated("data", "0xzz"),
    "number with zeros": mutated("logIndex", "0x0001"),
    "negative number": mutated("transactionIndex", "-0x1"),
    "huge number": mutated("logIndex", hex(2**32)),
    "no text": mutated("data", 7),
}


@pytest.mark.parametrize("lie", ALONE.values(), ids=ALONE)
def test_one_node_cannot_say_what_contradicts_itself(tmp_path: Path, lie: Any) -> None:
    provider = Provider(HISTORY, lie=lie)
    with served(provider), pytest.raises(RpcError):
        collected(tmp_path / "b", provider)


def test_logs_in_another_order_are_put_right(tmp_path: Path, clean: dict[str, bytes]) -> None:
    provider = Provider(HISTORY, lie=lambda logs: random.Random(1).sample(logs, len(logs)))
    with served(provider):
        collected(tmp_path / "b", provider)
    assert contents(tmp_path / "b") == clean


@pytest.mark.parametrize("depth", [1, 2, 17, 64])
@pytest.mark.parametrize("at", [2, 9])
def test_a_reorganisation_ends_as_a_clean_run(tmp_path: Path, depth: int, at: int) -> None:
    end = len(HISTORY.headers) - 1
    after = HISTORY.forked(depth, seed=depth)
    provider = Provider(HISTORY)

    def reorganise(number: int, exchange: Any) -> bool:
        if number == at:
            provider.history = after
        return False

    provider.faults = reorganise
    with served(provider):
        collected(tmp_path / "b", provider, rows=100, end=end)
        assert provider.history is after
        collected(tmp_path / "clean", Provider(after, url=provider.url), end=end)
    assert contents(tmp_path / "b") == contents(tmp_path / "clean")


def test_a_reorganisation_between_two_runs(tmp_path: Path) -> None:
    end = len(HISTORY.headers) - 1
    provider = Provider(HISTORY)
    with served(provider):
        nodes = panel(provider)
        Collector(tmp_path / "b", nodes, plan(nodes, end), page_rows=100).collect()
        before = len(provider.asked)
        provider.history = HISTORY.forked(20, seed=5)
        collected(tmp_path / "b", provider, rows=100, end=end)
        assert min(first for first, _ in provider.asked[before:]) > 200
        collected(tmp_path / "clean", provider, end=end)
    assert contents(tmp_path / "b") == contents(tmp_path / "clean")


def test_killed_at_any_moment_it_goes_on(tmp_path: Path, clean: dict[str, bytes]) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.unit.collecting.test_collect import *; "
        "collected(Path(sys.argv[1]), Provider(HISTORY, url=sys.argv[2]), rows=70)"
    )
    chance = random.Random(7)
    provider = Provider(HISTORY)
    killed = 0
    with served(provider):
        for _ in range(10):
            before = len(provider.asked)
            process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "b"), provider.url], cwd=ROOT)
            stop = chance.randint(3, 9)
            while killed < 2 and process.poll() is None and len(provider.asked) < before + stop:
                time.sleep(0.001)
            time.sleep(chance.random() / 50)
            if killed < 2 and process.poll() is None:
                process.send_signal(signal.SIGKILL)
                killed += 1
            if process.wait() == 0:
                break
    assert killed == 2
    assert contents(tmp_path / "b") == clean


def test_what_a_replay_needs_besides_is_found(tmp_path: Path) -> None:
    """Timelocks that the governor moved to, and payments in a wrapped token."""
    wraps, distributor, later, stranger = (checksum(bytes([place]) * 20) for place in (21, 22, 23, 24))
    contracts = replace(CONTRACTS, wraps=wraps, distributor=distributor)
    history = History.random(4, blocks=60)

    def word(account: str) -> str:
        return "0x" + "00" * 12 + account[2:].lower()

    def put(number: int, address: str, topics: list[str], data: str = "0x") -> None:
        count = len(history.logs[number])
        changed = {"address": address.lower(), "topics": topics, "data": data, "logIndex": hex(count)}
        history.logs[number].append({**HISTORY.logs[7][0], **changed, **placed(history.headers[number])})

    change, transfer = "0x" + timelock_change().hex(), "0x" + payments_topic().hex()
    put(10, CONTRACTS.governor, [change], word(CONTRACTS.timelock) + word(later)[2:])
    put(12, later, ["0x" + "aa" * 32])
    put(13, wraps, [transfer, word(distributor), word(stranger)])
    put(13, wraps, [transfer, word(CONTRACTS.timelock), word(distributor)])
    put(14, wraps, [transfer, word(CONTRACTS.timelock), word(stranger)])
    put(14, wraps, [transfer, word(stranger), word(distributor)])
    provider = Provider(history)
    with served(provider):
        nodes = panel(provider)
        asked = replace(plan(nodes, 59), contracts=Contracts.of_deployment(contracts))
        collector = Collector(tmp_path, nodes, asked, page_rows=15)
        collector.collect()
        bundle = collector.seal()
    logs = [log for batch in bundle.batches() for log in to_raw(batch)]
    assert [log.block_number for log in logs if log.address == later] == [12]
    assert [(log.block_number, log.topics[1].hex()[24:]) for log in logs if log.address == wraps] == [
        (13, distributor[2:].lower()),
        (13, CONTRACTS.timelock[2:].lower()),
    ]
    assert [(log.block_number, log.log_index) for log in logs] == sorted(
        (log.block_number, log.log_index) for log in logs
    )
    numbers = [number for batch in bundle.batches(Kind.HEADERS) for number in batch.column("number").to_pylist()]
    assert numbers == sorted({59, *(log.block_number for log in logs)})


def placed(header: Json) -> Json:
    return {"blockNumber": header["number"], "blockHash": header["hash"]}


def payments_topic() -> bytes:
    return load("RewardToken").abi.event("Transfer").hash


def test_another_journal_is_not_continued(tmp_path: Path) -> None:
    provider = Provider(HISTORY)
    with served(provider):
        nodes = panel(provider)
        Collector(tmp_path, nodes, plan(nodes))
        for more in ({"end": END - 1}, {"receipts": True}):
            with pytest.raises(FileError) as error:
                Collector(tmp_path, nodes, plan(nodes, **more))
            assert "another collection" in error.value.what


def test_two_do_not_collect_into_one_folder(tmp_path: Path, clean: dict[str, bytes]) -> None:
    provider = Provider(HISTORY)
    with served(provider):
        nodes = panel(provider)
        first = Collector(tmp_path, nodes, plan(nodes))
        with pytest.raises(FileError, match="already"):
            collected(tmp_path, provider)
        first.collect()
        first.seal()
    assert contents(tmp_path) == clean


def test_a_damaged_page_is_asked_again(tmp_path: Path, clean: dict[str, bytes]) -> None:
    provider = Provider(HISTORY)
    with served(provider):
        nodes = panel(provider)
        Collector(tmp_path, nodes, plan(nodes), page_rows=100).collect()
        before = len(provider.asked)
        page = sorted(tmp_path.joinpath(FOLDER).glob("*logs.parquet"))[1]
        page.write_bytes(page.read_bytes()[:-1])
        collected(tmp_path, provider, rows=100)
    assert 0 < len(provider.asked) - before < 10
    assert contents(tmp_path) == clean


def test_the_end_block_is_final(tmp_path: Path) -> None:
    provider = Provider(HISTORY)
    with served(provider):
        nodes = panel(provider)
        assert end_block(nodes) == len(HISTORY.headers) - 65
        assert end_block(nodes, confirmations=3) == len(HISTORY.headers) - 4
