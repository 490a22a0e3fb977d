"""Evidence and report are the same bytes, however they came about: interrupted, in other pieces, by other threads."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dao.audit import offline
from dao.engine.replay import replay_columns
from dao.lifecycle.journal import save
from tests.support.chain import Dao, deployed
from tests.support.cli import Invoke, environment, invoker, run
from tests.support.forked import Forked
from tests.support.hostile import hostile
from tests.support.proving import lived

KILLED_AT = ("eth_getLogs", "eth_getBlockReceipts", "eth_getProof", "eth_getCode")
"""The requests at which the collection is killed, one after the other."""
ENVIRONMENTS = (
    {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LC_ALL": "C", "OMP_NUM_THREADS": "1"},
    {"PYTHONHASHSEED": "2", "TZ": "America/St_Johns", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "4"},
)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def dao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    with deployed(tmp_path_factory.mktemp("dao")) as made:
        save(made.folder / "deployments" / "31337.json", made.deployment)
        lived(made)
        yield made


@pytest.fixture(scope="module")
def collection(dao: Dao) -> tuple[str, ...]:
    """The command that collects all there is, but for its node."""
    end = str(dao.connection.block().number)
    file = str(dao.folder / "deployments" / "31337.json")
    return ("audit", "collect", "--deployment", file, "--headers", "all", "--receipts", "--to-block", end)


@pytest.fixture(scope="module")
def evidence(dao: Dao, collection: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clean")
    run(*collection, "--rpc", dao.connection.url, cwd=folder)
    return folder / "evidence"


@pytest.fixture(scope="module")
def report(evidence: Path) -> dict[str, bytes]:
    run("audit", "report", str(evidence), "--out", "report", cwd=evidence.parent)
    return contents(evidence.parent / "report")


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    return invoker(tmp_path, monkeypatch, capsys)


def test_a_collection_killed_again_and_again_is_that_of_a_plain_run(
    dao: Dao, collection: tuple[str, ...], evidence: Path, report: dict[str, bytes], tmp_path: Path, invoke: Invoke
) -> None:
    with hostile(dao.connection.url) as proxy:
        command = (*collection, "--rpc", proxy.url)
        for method in KILLED_AT:
            process: Future[Forked] = Future()

            def killed(asked: str, params: list[Any], real: Any, at: str = method, its: Any = process) -> Any:
                if asked == at:
                    # It may ask for several things at once, and be gone by the second.
                    with suppress(ProcessLookupError):
                        os.kill(its.result(60).pid, signal.SIGKILL)
                return real

            proxy.result = killed
            with Forked(command, cwd=tmp_path, env=environment()) as started:
                process.set_result(started)
                assert started.wait(120) == -signal.SIGKILL
        proxy.result = lambda asked, params, real: real
        invoke(*command)
    assert contents(tmp_path / "evidence") == contents(evidence)
    invoke("audit", "report", "evidence", "--out", "report")
    assert contents(tmp_path / "report") == report


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_report_of_another_process_is_the_same(
    evidence: Path, report: dict[str, bytes], tmp_path: Path, environment: dict[str, str]
) -> None:
    run("audit", "report", str(evidence), "--out", "report", cwd=tmp_path, **environment)
    assert contents(tmp_path / "report") == report


@pytest.mark.parametrize(("rows", "threads"), [(1, 1), (7, 3), (64, 2)])
def test_the_report_of_other_chunks_and_threads_is_the_same(
    evidence: Path,
    report: dict[str, bytes],
    tmp_path: Path,
    invoke: Invoke,
    monkeypatch: pytest.MonkeyPatch,
    rows: int,
    threads: int,
) -> None:
    before = pa.cpu_count(), pa.io_thread_count()
    monkeypatch.setattr(offline, "replay_columns", partial(replay_columns, chunk_rows=rows))
    pa.set_cpu_count(threads)
    pa.set_io_thread_count(threads)
    try:
        invoke("audit", "report", str(evidence), "--out", "report")
    finally:
        pa.set_cpu_count(before[0])
        pa.set_io_thread_count(before[1])
    assert contents(tmp_path / "report") == report
