"""The other ends of a proposal, signing with a keystore, and an audit that finds a lying node, from the terminal."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from dao.abi import keccak
from dao.artifacts import load
from dao.lifecycle.journal import save
from tests.support.chain import (
    ACCOUNTS,
    CUT,
    ORDER,
    STRANGER,
    TOKEN,
    VOTING_DELAY,
    VOTING_PERIOD,
    Dao,
    checkout,
    deployed,
    rewound,
)
from tests.support.cli import Result, run
from tests.support.hostile import hostile

FIRST, SECOND = ACCOUNTS[:2]
PASSWORD = "only for this test 41d"
KEY = "0x" + "7a" * 32
HOLDER = Account.from_key(KEY).address


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    folder = checkout(tmp_path_factory.mktemp("dao"))
    with deployed(folder) as dao:
        save(folder / "deployments" / "31337.json", dao.deployment)
        dao.delegate_all()
        yield dao


@pytest.fixture
def dao(chain: Dao) -> Iterator[Dao]:
    with rewound(chain):
        yield chain


def command(dao: Dao, *arguments: str, code: int = 0, rpc: str = "") -> Any:
    return run(*arguments, "--rpc", rpc or dao.connection.url, "--json", cwd=dao.folder, code=code).json()


def passed(dao: Dao) -> str:
    """The id of a proposal that has succeeded."""
    proposal = dao.submit()
    dao.advance(VOTING_DELAY + 1)
    dao.call(FIRST, "governor", "castVote", proposal.proposal_id, 1)
    dao.advance(VOTING_PERIOD)
    return str(proposal.proposal_id)


def test_cancelled(dao: Dao) -> None:
    dao.submit()
    refused = command(dao, "proposal", "cancel", "latest", "--from", SECOND, "--yes", code=1)["error"]
    assert refused["values"]["error"] == "GovernorUnableToCancel"
    assert refused["values"]["arguments"]["account"] == SECOND
    assert command(dao, "proposal", "cancel", "latest", "--from", FIRST, "--yes")["state"] == "canceled"


def test_purged(dao: Dao) -> None:
    identity = passed(dao)
    early = command(dao, "proposal", "purge", identity, "--from", STRANGER, "--yes", code=1)["error"]
    assert (early["expected"], early["found"]) == ("expired", "succeeded")
    command(dao, "proposal", "queue", identity, "--from", STRANGER, "--yes")
    command(dao, "node", "advance", "3 days")
    expired = command(dao, "proposal", "execute", identity, "--from", STRANGER, "--yes", code=1)["error"]
    assert expired["found"] == "expired"
    assert command(dao, "proposal", "purge", identity, "--from", STRANGER, "--yes")["state"] == "expired"
    assert command(dao, "audit", "replay")["verdict"] == "agrees"


def test_signed_with_a_keystore(dao: Dao, tmp_path: Path) -> None:
    keystore, password = tmp_path / "key.json", tmp_path / "password"
    keystore.write_text(json.dumps(Account.encrypt(KEY, PASSWORD, iterations=2)), encoding="utf-8")
    password.write_text(f"{PASSWORD}\n", encoding="utf-8")
    dao.connection.rpc("anvil_setBalance", [HOLDER, hex(10**20)])
    dao.call(SECOND, "token", "transfer", HOLDER, 200_000 * TOKEN)
    signing = ("--keystore", str(keystore), "--password-file", str(password), "--yes", "--rpc", dao.connection.url)
    results: list[Result] = []

    def signed(*arguments: str) -> Result:
        results.append(run(*arguments, *signing, cwd=dao.folder))
        return results[-1]

    signed("delegate", "self")
    dao.advance(1)
    shutil.copy(dao.folder / "proposals" / CUT, dao.folder / "mine.yaml")
    signed("proposal", "submit", "mine.yaml")
    dao.advance(VOTING_DELAY + 1)
    cast = signed("vote", "cast", "latest", "--split", "for=50%,against=50%", "--json").json()
    assert (cast["voter"], cast["for"]) == (HOLDER, str(100_000 * TOKEN))
    second = run(
        "deploy", "deploy.yaml", *signing, "--deployment", str(tmp_path / "second.json"), "--json", cwd=dao.folder
    )
    results.append(second)
    assert second.json()["complete"]
    assert dao.connection.nonce(HOLDER) == 3 + len(ORDER)
    for result in results:
        for secret in (PASSWORD, KEY[2:], KEY[2:].upper()):
            assert secret not in result.out + result.err


# ------------------------------------------------------------ a node that lies


def topic(contract: str, event: str) -> str:
    return "0x" + load(contract).abi.event(event).hash.hex()


def without_a_transfer(logs: list[Any]) -> list[Any]:
    found = [log for log in logs if log["topics"][0] == topic("RewardToken", "Transfer")]
    return [log for log in logs if log is not found[1]]


def with_another_weight(logs: list[Any]) -> list[Any]:
    found = next(log for log in logs if log["topics"][0] == topic("RewardGovernor", "VoteCast"))
    words = found["data"][2:]
    weight = int(words[128:192], 16)
    assert weight == 4_000_000 * TOKEN
    return [
        log if log is not found else {**log, "data": f"0x{words[:128]}{weight + 1:064x}{words[192:]}"} for log in logs
    ]


def with_a_forged_minting(logs: list[Any]) -> list[Any]:
    transfer = next(log for log in logs if log["topics"][0] == topic("RewardToken", "Transfer"))
    last = logs[-1]
    forged = {**last, "address": transfer["address"], "topics": transfer["topics"], "data": "0x" + f"{TOKEN:064x}"}
    return [*logs, {**forged, "logIndex": hex(int(last["logIndex"], 16) + 1)}]


@pytest.mark.parametrize("lie", [without_a_transfer, with_another_weight, with_a_forged_minting])
def test_an_audit_finds_a_lie(dao: Dao, lie: Callable[[list[Any]], list[Any]]) -> None:
    passed(dao)
    lied: list[str] = []

    def answer(method: str, params: list[Any], real: Any) -> Any:
        if method == "eth_getLogs" and real:
            lied.append(method)
            return lie(real)
        return real

    with hostile(dao.connection.url) as proxy:
        honest = command(dao, "audit", "replay", rpc=proxy.url)
        assert (honest["verdict"], honest["findings"]) == ("agrees", [])
        proxy.result = answer
        report = command(dao, "audit", "replay", rpc=proxy.url, code=3)
        assert lied
        assert report["verdict"] == "disagrees"
        assert report["findings"]
        shown = run("audit", "replay", "--rpc", proxy.url, cwd=dao.folder, code=3)
    assert "DISAGREES" in shown.out


def test_a_proposal_that_the_node_made_up(dao: Dao) -> None:
    dao.submit()

    def answer(method: str, params: list[Any], real: Any) -> Any:
        if method != "eth_getLogs":
            return real
        return [{**log, "data": log["data"].replace("63757420", "63757421").replace("4375", "4376", 1)} for log in real]

    with hostile(dao.connection.url) as proxy:
        proxy.result = answer
        error = command(dao, "proposal", "list", rpc=proxy.url, code=1)["error"]
    assert error["kind"] == "ProposalError"
    assert error["remedy"] == "do not trust this node"


def test_a_contract_that_answers_otherwise(dao: Dao) -> None:
    selector = keccak(b"totalSupply()")[:4].hex()

    def answer(method: str, params: list[Any], real: Any) -> Any:
        if method == "eth_call" and params[0]["data"] == "0x" + selector:
            return f"0x{int(real, 16) + 1:064x}"
        return real

    with hostile(dao.connection.url) as proxy:
        proxy.result = answer
        report = command(dao, "audit", "replay", rpc=proxy.url, code=3)
    assert report["findings"]


def test_the_wrong_chain(dao: Dao, tmp_path: Path) -> None:
    document = json.loads((dao.folder / "deployments" / "31337.json").read_text(encoding="utf-8"))
    other = tmp_path / "1.json"
    other.write_text(json.dumps({**document, "chain_id": 1}), encoding="utf-8")
    before = dao.nonces()
    arguments = ("delegate", SECOND, "--from", FIRST, "--yes", "--deployment", str(other))
    error = command(dao, *arguments, code=1)["error"]
    assert (error["kind"], error["values"]) == ("WrongChain", {"expected": 1, "found": 31337})
    assert dao.nonces() == before
