"""An audit's report tells what was paid out, and the votes behind it, in a table that stays short."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from dao.audit.report import AuditReport
from dao.lifecycle.journal import Deployment
from dao.render.audit import report_view
from tests.support import paying
from tests.support.history import Dao

ONE = 10**18


@pytest.fixture(scope="module")
def dao() -> Dao:
    """Two publications of one stream: one claimed in part, one voided."""
    made = Dao.deploy(funding="treasury")
    a, b = made.holders[:2]
    for epoch in (7, 8):
        paying.send(made, a, paying.published(made, ("data", epoch, 0), [(a, 2 * ONE), (b, 3 * ONE)]))
    paying.send(made, made.guardian, paying.call(made, "void", *paying.arguments(("data", 8, 0)), "Wrong"))
    made.chain.advance(paying.WINDOW)
    paying.send(made, a, paying.claimed(made, ("data", 7, 0), 0))
    made.chain.advance(1)
    return made


def shown(dao: Dao, report: AuditReport) -> list[str]:
    """The lines of the report."""
    deployment = Deployment(
        chain_id=1,
        document="deploy.yaml",
        document_hash="",
        deployer=dao.guardian,
        genesis=0,
        symbol="RWD",
        decimals=18,
        start_block=0,
        steps=(),
    )
    console = Console(file=io.StringIO(), width=160, markup=False)
    console.print(report_view(report, deployment))
    output = console.file
    assert isinstance(output, io.StringIO)
    return [" ".join(line.split()) for line in output.getvalue().splitlines()]


def test_sums_and_publications_are_shown_with_what_authorised_them(dao: Dao) -> None:
    report = dao.audit()
    assert report.findings == ()
    lines = shown(dao, report)
    assert "payouts of published claimed lapsed open" in lines
    assert "data 5 RWD 2 RWD 0 RWD 3 RWD" in lines
    assert "data 7 5 RWD 2 RWD 1 deployment" in lines
    assert "data, voided 8 0 RWD 0 RWD 0 deployment" in lines


def test_the_last_publications_are_shown_and_the_others_counted(dao: Dao) -> None:
    report = dao.audit()
    assert report.payouts is not None
    first, last = report.payouts.publications
    many = tuple(replace(first, epoch=epoch, series=1, proposal=77) for epoch in range(30))
    report = replace(report, payouts=replace(report.payouts, publications=(*many, last)))
    lines = shown(dao, report)
    assert [line for line in lines if line.startswith("data (1)")] == [
        f"data (1) {epoch} 5 RWD 2 RWD 1 proposal 77" for epoch in range(11, 30)
    ]
    assert "and 11 earlier ones; --json has them all" in lines


def test_without_a_distributor_nothing_is_said_of_payouts() -> None:
    dao = Dao.deploy()
    report = dao.audit()
    assert report.payouts is None
    assert report.as_dict()["payouts"] is None
    assert report.findings == ()
    assert not [line for line in shown(dao, report) if line.startswith(("payouts of", "publication epoch"))]
