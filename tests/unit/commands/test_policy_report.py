"""`dao policy report`: once, in order, within the bounds, by the reporter alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.chain import ACCOUNTS, Dao, rewound
from tests.support.cli import Invoke, invoker
from tests.support.reading import REPORTER, TOKEN, deployed_with

QUARTER, HALF = 10**18 // 4, 10**18 // 2


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    with deployed_with(tmp_path_factory.mktemp("dao")) as made:
        yield made


@pytest.fixture
def dao(chain: Dao) -> Iterator[Dao]:
    with rewound(chain):
        yield chain


@pytest.fixture
def report(dao: Dao, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    inner = invoker(dao.folder, monkeypatch, capsys)
    end = ("--rpc", dao.connection.url, "--yes")
    return lambda *arguments, by=REPORTER, code=0: inner("policy", "report", *arguments, "--from", by, *end, code=code)


def test_the_next_epoch_is_reported_and_pays_by_it(dao: Dao, report: Invoke) -> None:
    made = report("data", "0.25", "--json").json()
    assert (made["stream"], made["epoch"], made["value"], made["amount"]) == ("data", 0, str(QUARTER), str(50 * TOKEN))
    shown = report("data", "0.5", "--epoch", "1")
    assert "data, epoch 1: 100 RENDER by the schedule" in shown.out
    assert "report(bytes32,uint32,uint256)" in shown.err
    policy = dao.session().contracts.policy.read()
    assert [policy.emission("data", epoch) for epoch in (0, 1)] == [50 * TOKEN, 100 * TOKEN]


@pytest.mark.parametrize(
    ("arguments", "by", "code", "why"),
    [
        (("data", "1.5"), REPORTER, 1, "RewardPolicyReportRange"),
        (("data", "0.5"), ACCOUNTS[1], 1, "RewardPolicyNotReporter"),
        (("data", "0.5", "--epoch", "1"), REPORTER, 1, "RewardPolicyReportOrder"),
        (("data", "0.5", "--epoch", "4000000"), REPORTER, 1, "RewardPolicyEpochNotBegun"),
        (("compute", "0.5"), REPORTER, 1, "RewardPolicyNoReport"),
        (("none", "0.5"), REPORTER, 1, "no stream with the id"),
        (("data", "half"), REPORTER, 1, "amount"),
        (("data", "0.5 BTC"), REPORTER, 1, "BTC"),
        (("data", "0.5", "--epoch", "-1"), REPORTER, 2, "--epoch"),
    ],
)
def test_what_the_policy_would_not_take_is_not_sent(
    dao: Dao, report: Invoke, arguments: tuple[str, ...], by: str, code: int, why: str
) -> None:
    before = dao.connection.block().number
    refused = report(*arguments, by=by, code=code)
    assert why in refused.err
    assert dao.connection.block().number == before


def test_a_second_report_of_an_epoch_is_refused(report: Invoke) -> None:
    report("data", "0.25", "--epoch", "0")
    assert "RewardPolicyReportOrder" in report("data", "0.25", "--epoch", "0", code=1).err
