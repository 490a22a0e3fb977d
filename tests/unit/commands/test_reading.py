"""Commands that read a deployment: what they show, and how they refuse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dao.audit.document import read_report
from dao.lifecycle.journal import save
from dao.render.units import moment
from tests.support.chain import ACCOUNTS, ROOT, TOKEN, Dao, checkout, deployed, rewound
from tests.support.cli import Invoke, invoker

FIRST, SECOND, THIRD = ACCOUNTS[:3]
WEEK = 604_800


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    with deployed(checkout(tmp_path_factory.mktemp("dao"))) as dao:
        save(dao.folder / "deployments" / "31337.json", dao.deployment)
        yield dao


@pytest.fixture
def dao(chain: Dao) -> Iterator[Dao]:
    with rewound(chain):
        yield chain


@pytest.fixture
def invoke(dao: Dao, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    inner = invoker(dao.folder, monkeypatch, capsys)
    return lambda *arguments, code=0: inner(*arguments, "--rpc", dao.connection.url, code=code)


def test_an_empty_deployment(dao: Dao, invoke: Invoke) -> None:
    assert invoke("proposal", "list", "--json").json() == []
    assert "no proposals yet" in invoke("proposal", "list").out
    assert "no proposals have this id" in invoke("proposal", "show", "latest", code=1).err
    assert invoke("status", "--json").json()["proposals"] == {}
    shown = invoke("status").out
    assert "Render Governor" in shown
    assert "11_000_000 RENDER of 644_245_094 RENDER" in shown
    assert dao.deployment.addresses.policy in shown


def test_status_tells_the_tiers_and_what_is_listed(dao: Dao, invoke: Invoke) -> None:
    governor = invoke("status", "--json").json()["governor"]
    assert governor["tiers"] == {
        "constitutional": {"approval": 7_000, "quorum": 1_000},
        "issuance": {"approval": 6_000, "quorum": 500},
        "standard": {"approval": 5_000, "quorum": 300},
    }
    assert governor["exclusions"] == [dao.deployment.addresses.token]
    assert {(entry["target"], entry["tier"]) for entry in governor["listed"]} == {
        (dao.deployment.addresses.token, "standard"),
        (dao.deployment.addresses.token, "issuance"),
        (dao.deployment.addresses.policy, "issuance"),
        (dao.deployment.addresses.policy, "standard"),
    }
    shown = invoke("status").out
    assert "approval above 60%, quorum 5% of the circulating supply: token.mint, policy.addStream" in shown
    assert "everything else" in shown


def test_proposals_tell_their_tier_and_what_they_need(dao: Dao, invoke: Invoke) -> None:
    dao.delegate_all()
    dao.submit()
    (listed,) = invoke("proposal", "list", "--json").json()
    assert (listed["tier"], listed["approval"], listed["quorum_share"]) == ("issuance", 6_000, 500)
    assert ">60%, 5%" in invoke("proposal", "list").out
    dao.advance(61)
    found = invoke("proposal", "show", "latest", "--json").json()
    assert (found["tier"], found["quorum"]) == ("issuance", str(11_000_000 * TOKEN * 500 // 10_000))
    shown = invoke("proposal", "show", "latest").out
    assert "issuance: approval above 60%, quorum 5% of the circulating supply" in shown
    assert "550_000 RENDER missing" in shown
    assert "not exceeded" in shown
    assert invoke("token", "deposit", "1 RENDER", "--from", FIRST, "--yes", code=1).err.startswith("error: ")


def test_newest_first(dao: Dao, invoke: Invoke) -> None:
    dao.delegate_all()
    first, second = dao.submit(), dao.submit("0002-raise-node-rewards-year-2.yaml")
    ids = [str(second.proposal_id), str(first.proposal_id)]
    assert [entry["proposal_id"] for entry in invoke("proposal", "list", "--json").json()] == ids
    shown = invoke("proposal", "list").out
    assert shown.index(ids[0][:12]) < shown.index(ids[1][:12])


def test_the_policy_at_an_epoch_or_a_date(dao: Dao, invoke: Invoke) -> None:
    date = moment(dao.deployment.genesis + 5 * WEEK)[:10]
    assert invoke("policy", "at", "7", "--json").json()["epoch"] == 7
    assert invoke("policy", "at", date, "--json").json()["epoch"] == 4
    assert "epoch 7" in invoke("policy", "at", "7").out
    for wrong in ("4294967296", "1999-12-31", "soon", "²"):
        assert invoke("policy", "at", wrong, code=1).err.startswith("error: ")


def test_the_history_begins_with_the_deployment(invoke: Invoke) -> None:
    changes = invoke("policy", "history", "--json").json()
    assert changes
    assert {change["proposal_id"] for change in changes} == {None}
    assert "deployment" in invoke("policy", "history").out


def test_power_says_why(dao: Dao, invoke: Invoke) -> None:
    assert invoke("power", FIRST, "--json").json()["cause"] == "never_delegated"
    assert "dao delegate self" in invoke("power", FIRST).out
    dao.call(FIRST, "token", "delegate", SECOND)
    assert SECOND in invoke("power", FIRST).out
    assert invoke("power", SECOND, "--json").json()["votes"] == str(4_000_000 * TOKEN)
    assert "checksum" in invoke("power", FIRST.replace("f39F", "F39f"), code=2).err


def test_a_deployment_that_was_tampered_with(dao: Dao, invoke: Invoke) -> None:
    dao.connection.rpc("anvil_setCode", [dao.deployment.addresses.timelock, "0x00"])
    result = invoke("deploy", "verify", "deploy.yaml", "--json", code=1).json()
    assert not result["verified"]
    assert [entry["subject"] for entry in result["comparisons"] if not entry["ok"]] == ["TimelockController"]
    assert "1 of 20 comparisons differ" in invoke("deploy", "verify", "deploy.yaml", code=1).out


def test_an_audit_up_to_a_block(dao: Dao, invoke: Invoke) -> None:
    head = dao.connection.block().number
    assert invoke("audit", "replay", "--to-block", str(head), "--json").json()["to_block"] == head
    assert "no such block" in invoke("audit", "replay", "--to-block", str(head + 1), code=1).err


def test_no_deployment_here(dao: Dao, invoke: Invoke) -> None:
    error = invoke("status", "--deployment", "none.json", "--json", code=1).json()["error"]
    assert error["kind"] == "DeploymentError"
    assert "dao deploy" in error["remedy"]
    assert invoke("status", "--deployment", str(ROOT / "deploy.yaml"), code=1).err.startswith("error: ")
    assert dao.deployment.complete


def test_nobody_confirms_a_transaction(dao: Dao, invoke: Invoke) -> None:
    before = dao.nonces()
    shown = invoke("delegate", "self", "--from", FIRST, code=2)
    assert "delegate(address)" in shown.err
    assert "add --yes" in shown.err
    assert "add --yes" in invoke("delegate", "self", "--from", FIRST, "--json", code=2).err
    assert dao.nonces() == before


def test_the_report_of_an_audit(dao: Dao, invoke: Invoke) -> None:
    told = invoke("audit", "report", "--out", "one", "--json").json()
    page, data = dao.folder / "one" / "report.html", dao.folder / "one" / "report.json"
    document = read_report(data)
    assert told == {
        "verdict": "agrees",
        "findings": 0,
        "notices": 0,
        "content_hash": document.content_hash,
        "page": "one/report.html",
        "report": "one/report.json",
    }
    assert document.token.symbol == dao.deployment.symbol
    assert document.compared == invoke("audit", "replay", "--json").json()["compared"]
    assert document.content_hash in page.read_text(encoding="utf-8")
    assert f"content hash {document.content_hash}" in invoke("audit", "report", "--out", "other/two.html").out
    assert (dao.folder / "other" / "two.json").read_bytes() == data.read_bytes()
    assert (dao.folder / "other" / "two.html").read_bytes() == page.read_bytes()
    assert sorted(path.name for path in (dao.folder / "other").iterdir()) == ["two.html", "two.json"]
    (dao.folder / "file").write_text("", encoding="utf-8")
    assert "the folder cannot be made" in invoke("audit", "report", "--out", "file/below", code=1).err
