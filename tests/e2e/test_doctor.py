"""`dao doctor`: each thing that can be wrong with a set-up is found, and the fix that it names mends it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from dao.chain import node
from dao.chain.outbox import Attempt, Outbox
from dao.chain.request import Request
from dao.chain.transport import Patience
from dao.errors import DaoError
from dao.lifecycle.doctor import Setup, Symptom, Verdict, examine
from dao.lifecycle.doctor.node import METHODS
from dao.lifecycle.journal import save
from dao.types import Address
from tests.support.chain import ACCOUNTS, STRANGER, TOKEN, Dao, checkout, deployed, rewound
from tests.support.cli import Invoke, invoker
from tests.support.faulty import Exchange, Faulty, faulty

FIRST, SECOND, _, _, FIFTH = ACCOUNTS
KEY = "0x" + "5e" * 32
HOLDER = Address(Account.from_key(KEY).address)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    with deployed(checkout(tmp_path_factory.mktemp("dao"))) as dao:
        dao.delegate_all()
        yield dao


@pytest.fixture
def dao(chain: Dao) -> Iterator[Dao]:
    save(chain.folder / "deployments" / "31337.json", chain.deployment)
    with rewound(chain):
        yield chain


@pytest.fixture
def invoke(dao: Dao, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    for name in ("DAO_RPC", "DAO_DEPLOYMENT", "DAO_FROM", "DAO_KEYSTORE", "DAO_ACCOUNT", "DAO_SIGNER", "DAO_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    return invoker(dao.folder, monkeypatch, capsys)


@pytest.fixture
def proxy(dao: Dao) -> Iterator[Faulty]:
    with faulty(dao.connection.url) as started:
        yield started


def setup(dao: Dao, **changes: Any) -> Setup:
    sound = Setup(
        url=dao.connection.url,
        patience=Patience(timeout=5, attempts=1),
        now=dao.connection.block().timestamp,
        folder=dao.folder / "deployments",
        account=FIRST,
    )
    return replace(sound, **changes)


def found(given: Setup) -> dict[str, Symptom]:
    symptoms = list(examine(given))
    assert len({symptom.check for symptom in symptoms}) == len(symptoms)
    for symptom in symptoms:
        # What is wrong comes with its fix.
        assert (symptom.fix is not None) == (symptom.verdict in (Verdict.WARNING, Verdict.FAILURE)), symptom
    return {symptom.check: symptom for symptom in symptoms}


def wrong(given: Setup) -> dict[str, Symptom]:
    return {name: each for name, each in found(given).items() if each.verdict in (Verdict.WARNING, Verdict.FAILURE)}


def test_nothing_is_wrong(dao: Dao, invoke: Invoke) -> None:
    assert wrong(setup(dao)) == {}
    assert set(found(setup(dao))) == {
        "node", "chain", "methods", "clock", "deployment", "contracts", "artifacts", "account", "ether", "power",
    }  # fmt: skip
    shown = invoke("doctor", "--rpc", dao.connection.url, "--from", FIRST)
    assert "nothing is wrong" in shown.out
    assert invoke("doctor", "--rpc", dao.connection.url, "--from", FIRST, "--json").json()["healthy"]


def test_the_node_is_unreachable(dao: Dao, invoke: Invoke) -> None:
    url = f"http://127.0.0.1:{node.free_port()}"
    symptoms = found(setup(dao, url=url))
    assert symptoms["node"].verdict is Verdict.FAILURE
    assert "dao node start" in str(symptoms["node"].fix)
    # Everything else is left out, not guessed; what is known without a node is looked at all the same.
    assert {name for name, each in symptoms.items() if each.verdict is Verdict.FAILURE} == {"node"}
    assert found(setup(dao, url=url, chain_id=31337))["deployment"].verdict is Verdict.GOOD
    result = invoke("doctor", "--rpc", url, "--json", code=1).json()
    assert not result["healthy"]
    assert result["symptoms"][0]["check"] == "node"


def test_the_wrong_chain(dao: Dao, invoke: Invoke) -> None:
    assert "expected chain 1" in wrong(setup(dao, chain_id=1))["chain"].found
    save(dao.folder / "other.json", replace(dao.deployment, chain_id=1))
    symptom = wrong(setup(dao, deployment=dao.folder / "other.json"))["deployment"]
    assert "is for chain 1" in symptom.found
    (dao.folder / "dao.yaml").write_text("network: {chain_id: 5}\n", encoding="utf-8")
    try:
        shown = invoke("doctor", "--rpc", dao.connection.url, code=1).out
        assert "expected chain 5" in shown
        assert "network.rpc in dao.yaml" in shown
        # Where a chain is named, no command works on another.
        error = invoke("status", "--rpc", dao.connection.url, "--json", code=1).json()["error"]
        assert error["kind"] == "WrongChain"
        invoke("status", "--rpc", dao.connection.url, "--chain-id", "31337")
    finally:
        (dao.folder / "dao.yaml").unlink()


def test_the_deployment_file_is_missing_or_damaged(dao: Dao) -> None:
    path = dao.folder / "deployments" / "31337.json"
    text = path.read_text(encoding="utf-8")
    path.unlink()
    assert "dao deploy" in str(wrong(setup(dao))["deployment"].fix)
    for damage in ("{", text[: len(text) // 2], "null", text.replace('"nonce": 1', '"nonce": 7')):
        path.write_text(damage, encoding="utf-8")
        symptoms = wrong(setup(dao))
        assert symptoms["deployment"].verdict is Verdict.FAILURE, damage
        assert found(setup(dao))["contracts"].verdict is Verdict.SKIPPED
    save(
        path, replace(dao.deployment, steps=(*dao.deployment.steps[:-1], replace(dao.deployment.steps[-1], block=None)))
    )
    assert "interrupted" in wrong(setup(dao))["deployment"].found


def test_contracts_without_code(dao: Dao) -> None:
    dao.connection.rpc("anvil_setCode", [dao.deployment.addresses.policy, "0x"])
    symptom = wrong(setup(dao))["contracts"]
    assert symptom.found.startswith("no code of RewardPolicy")
    assert "deploy again" in str(symptom.fix)


@pytest.mark.parametrize("change", [lambda code: code[:-1], lambda code: code[:100] + b"\x5b" + code[101:]])
def test_artifacts_that_differ(dao: Dao, change: Callable[[bytes], bytes]) -> None:
    governor = dao.deployment.addresses.governor
    code = dao.connection.code(governor)
    assert change(code) != code
    dao.connection.rpc("anvil_setCode", [governor, "0x" + change(code).hex()])
    symptom = wrong(setup(dao))["artifacts"]
    assert "RewardGovernor" in symptom.found
    assert "deploy verify" in str(symptom.fix)


def test_voting_power(dao: Dao) -> None:
    never = wrong(setup(dao, account=FIFTH))["power"]
    assert (never.verdict, never.fix) == (Verdict.WARNING, "run `dao delegate self`")
    assert "no voting power" in wrong(setup(dao, account=STRANGER))["power"].found
    dao.call(FIFTH, "token", "delegate", FIRST)
    assert FIRST in wrong(setup(dao, account=FIFTH))["power"].found
    # The fix mends it.
    dao.call(FIFTH, "token", "delegate", FIFTH)
    assert wrong(setup(dao, account=FIFTH)) == {}


def test_the_keystore(dao: Dao, tmp_path: Path, invoke: Invoke) -> None:
    dao.connection.rpc("anvil_setBalance", [HOLDER, hex(10**18)])
    dao.call(SECOND, "token", "transfer", HOLDER, TOKEN)
    path, password = tmp_path / "key.json", tmp_path / "password"
    path.write_text(json.dumps(Account.encrypt(KEY, "x", iterations=2)), encoding="utf-8")
    password.write_text("x", encoding="utf-8")
    for file in (path, password):
        file.chmod(0o644)
    given = setup(dao, account=None, keystore=path, password_file=password)
    symptoms = wrong(given)
    assert symptoms["keystore"].fix == f"chmod 600 {path}"
    assert "0644" in symptoms["password file"].found
    assert str(HOLDER) in symptoms["power"].found
    for file in (path, password):
        file.chmod(0o600)
    assert set(wrong(given)) == {"power"}
    assert "--from names" in wrong(replace(given, account=FIRST))["keystore"].found
    heavy = json.loads(path.read_text(encoding="utf-8"))
    heavy["crypto"]["kdfparams"]["n"] = 2**30
    path.write_text(json.dumps(heavy), encoding="utf-8")
    assert "512 MiB" in wrong(given)["keystore"].found
    path.unlink()
    assert wrong(given)["keystore"].verdict is Verdict.FAILURE
    shown = invoke("doctor", "--rpc", dao.connection.url, "--account", "nobody-of-this-name", "--json", code=1).json()
    assert shown["error"]["kind"] == "AccountError"


def test_who_signs(dao: Dao) -> None:
    assert "nobody signs" in wrong(setup(dao, account=None))["account"].found
    assert "does not sign for" in wrong(setup(dao, account=HOLDER))["account"].found
    assert wrong(setup(dao, account=HOLDER))["ether"].verdict is Verdict.WARNING
    with node.ephemeral(dao.folder) as wallet:
        assert wrong(setup(dao, signer=wallet.url)) == {}
        assert "does not sign for" in wrong(setup(dao, signer=wallet.url, account=HOLDER))["signer"].found
        url = wallet.url
    assert wrong(setup(dao, signer=url))["signer"].verdict is Verdict.FAILURE


@pytest.mark.parametrize(("drift", "words"), [(600, "old"), (-600, "ahead")])
def test_the_clock(dao: Dao, proxy: Faulty, drift: int, words: str) -> None:
    given = setup(dao, url=proxy.url, now=dao.connection.block().timestamp + drift)
    # On the local chain, whose clock tests move, that is as it should be.
    assert found(given)["clock"].verdict is Verdict.GOOD

    def elsewhere(exchange: Exchange) -> None:
        answer = exchange.real()
        exchange.send({**answer, "result": "0x1"} if exchange.methods == ["eth_chainId"] else answer)

    proxy.always = elsewhere
    symptom = found(given)["clock"]
    assert symptom.verdict is Verdict.WARNING
    assert words in symptom.found
    assert "clock" in str(symptom.fix)
    assert found(replace(given, now=given.now - drift))["clock"].verdict is Verdict.GOOD


def test_a_node_that_syncs(dao: Dao, proxy: Faulty) -> None:
    def syncing(exchange: Exchange) -> None:
        answer = exchange.real()
        exchange.send({**answer, "result": {"currentBlock": "0x10"}} if exchange.methods == ["eth_syncing"] else answer)

    proxy.always = syncing
    assert "at block 16" in wrong(setup(dao, url=proxy.url))["clock"].found


@pytest.mark.parametrize("lacking", [*METHODS, "eth_syncing", "batches of requests"])
def test_a_node_that_lacks_a_method(dao: Dao, proxy: Faulty, lacking: str) -> None:
    def refusing(exchange: Exchange) -> None:
        batch = isinstance(exchange.request, list)
        if lacking in exchange.methods or (batch and lacking == "batches of requests"):
            error = {"code": -32601, "message": "the method does not exist/is not available"}
            exchange.send({"jsonrpc": "2.0", "id": None if batch else exchange.request["id"], "error": error})
        else:
            exchange.send(exchange.real())

    proxy.always = refusing
    symptoms = wrong(setup(dao, url=proxy.url))
    if lacking == "eth_chainId":
        assert set(symptoms) == {"node"}
    elif lacking == "eth_syncing":
        assert symptoms == {}
    elif lacking == "eth_accounts":
        assert symptoms["methods"].verdict is Verdict.WARNING
    else:
        assert symptoms["methods"].verdict is Verdict.FAILURE
        assert lacking in symptoms["methods"].found


def test_what_was_interrupted(dao: Dao) -> None:
    outbox = Outbox(dao.folder / "deployments" / "31337.outbox.json")
    outbox.put(Attempt.at(FIRST, Request(to=SECOND, data=b""), nonce=7, block=1))
    try:
        symptom = wrong(setup(dao))["journal"]
        assert f"nonce 7 of {FIRST}" in symptom.found
        outbox.path.write_text("{}", encoding="utf-8")
        assert wrong(setup(dao))["journal"].verdict is Verdict.FAILURE
    finally:
        outbox.path.unlink()


def test_a_node_that_fails_at_anything_is_a_symptom(dao: Dao, proxy: Faulty) -> None:
    """Whichever request fails, and however, the examination goes to its end."""
    list(examine(setup(dao, url=proxy.url)))
    requests = len(proxy.times)
    assert requests > 20
    for body in (b"<html>", b'{"jsonrpc": "2.0", "id": 0, "result": {}}', b""):
        for index in range(0, requests, 7):
            met = iter(range(10**6))

            def fault(exchange: Exchange, at: int = index, met: Iterator[int] = met, body: bytes = body) -> None:
                exchange.send(body) if next(met) >= at else exchange.send(exchange.real())

            proxy.always = fault
            began = time.monotonic()
            try:
                symptoms = list(examine(setup(dao, url=proxy.url)))
            except DaoError as error:
                pytest.fail(f"request {index}: {error!r}")
            assert any(symptom.verdict is not Verdict.GOOD for symptom in symptoms)
            assert time.monotonic() - began < 60
