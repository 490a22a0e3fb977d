"""The registry of checks: one file each, every one run, none able to stop the others."""

from __future__ import annotations

from pathlib import Path

import pytest

import dao.lifecycle.checks as registry
from dao.chain.connection import Connection
from dao.errors import ConnectionFailed
from dao.lifecycle.check import check
from dao.lifecycle.prepare import prepare
from dao.lifecycle.session import Session
from dao.lifecycle.verdict import CheckResult, Verdict, worst
from tests.support.chain import CUT, RAISE, ROOT, Dao
from tests.support.checking import PROPOSER, carried
from tests.support.hostile import hostile

FOLDER = Path(registry.__file__).parent


def test_every_file_is_a_check_and_every_check_has_a_file_and_a_name_of_its_own() -> None:
    files = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}
    names = [one.name for one in registry.CHECKS]
    assert files == {name.replace("-", "_") for name in names}
    assert len(names) == len(set(names))
    assert all(one.looks for one in registry.CHECKS)


def test_a_whole_check_runs_every_one(dao: Dao) -> None:
    for _ in range(2):
        carried(dao, dao.submit(RAISE if _ else CUT))
    path = dao.folder / CUT
    path.write_text((ROOT / "proposals" / CUT).read_text(encoding="utf-8").replace("15_000", "16_000"), "utf-8")
    session = dao.session()
    subject = prepare(session, path, proposer=PROPOSER)
    results = check(session, subject, start=ROOT)
    assert {result.name for result in results} >= {one.name for one in registry.CHECKS} - {"code", "parameters"}


def test_what_one_check_cannot_find_out_stops_no_other(dao: Dao) -> None:
    proposal = dao.submit()
    with hostile(dao.connection.url) as proxy:
        proxy.result = lambda method, params, real: (
            "nonsense" if method == "eth_getCode" and params[1] != "latest" else real
        )
        session = Session.of(Connection.open(proxy.url), dao.deployment)
        results = {result.name: result for result in check(session, proposal, start=ROOT)}
    assert results["targets"].verdict is Verdict.PASS
    assert results["title"].verdict is Verdict.PASS
    assert results["code"].verdict is Verdict.SKIPPED


def test_a_node_that_is_gone_ends_it(dao: Dao) -> None:
    proposal = dao.submit()
    with hostile(dao.connection.url) as proxy:
        session = Session.of(Connection.open(proxy.url), dao.deployment)
        proxy.status = 503
        with pytest.raises(ConnectionFailed):
            check(session, proposal, start=ROOT)


def test_the_worst_verdict_counts() -> None:
    def results(*verdicts: Verdict) -> list[CheckResult]:
        return [CheckResult("x", verdict, "") for verdict in verdicts]

    assert worst(results(Verdict.PASS, Verdict.SKIPPED)) is Verdict.PASS
    assert worst(results(Verdict.PASS, Verdict.WARNING)) is Verdict.WARNING
    assert worst(results(Verdict.FAILURE, Verdict.WARNING)) is Verdict.FAILURE
