"""Deployments: each contract exactly once at the planned address, wherever one is interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dao.chain import node
from dao.chain.accounts import NodeSigner
from dao.chain.connection import Connection
from dao.chain.transaction import wait
from dao.deployment.document import DeploymentDocument, load_deployment
from dao.errors import CallReverted, DaoError, DeploymentError, WrongChain
from dao.lifecycle import journal
from dao.lifecycle.deploy import Creation, deploy
from dao.lifecycle.journal import Deployment, Step
from dao.lifecycle.session import Session
from dao.types import Address
from tests.support.chain import ACCOUNTS, DEPLOYER, ORDER, ROOT

FOREIGN_CODE = bytes.fromhex("6001600c60003960016000f300")
"""Creates a contract whose code is one zero byte."""


class Interrupted(Exception):
    """What stops a deployment in these tests."""


@pytest.fixture(scope="module")
def started() -> Iterator[Connection]:
    with node.ephemeral(ROOT) as connection:
        yield connection


@pytest.fixture
def connection(started: Connection) -> Iterator[Connection]:
    snapshot = started.rpc("evm_snapshot")
    yield started
    assert started.rpc("evm_revert", [snapshot]) is True


@pytest.fixture(scope="module")
def document() -> DeploymentDocument:
    return load_deployment(ROOT / "deploy.yaml")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deployments" / "31337.json"


class Interrupting(NodeSigner):
    """Ends the deployment before or after it sends the transaction with one nonce."""

    def __init__(self, address: Address, *, nonce: int, after: bool) -> None:
        super().__init__(address)
        self.nonce, self.after = nonce, after

    def send(self, connection: Connection, transaction: Mapping[str, Any]) -> str:
        if int(transaction["nonce"], 16) != self.nonce:
            return super().send(connection, transaction)
        if self.after:
            wait(connection, super().send(connection, transaction))
        raise Interrupted


def run(connection: Connection, document: DeploymentDocument, path: Path, **hooks: Any) -> Deployment:
    return deploy(connection, hooks.pop("signer", NodeSigner(DEPLOYER)), document, journal_path=path, **hooks)


def creations(connection: Connection) -> list[str]:
    """Every contract that was ever created on the chain, in order."""
    created = []
    for number in range(connection.block().number + 1):
        for entry in connection.rpc("eth_getBlockByNumber", [hex(number), True])["transactions"]:
            if entry["to"] is None:
                receipt = connection.rpc("eth_getTransactionReceipt", [entry["hash"]])
                created.append(receipt["contractAddress"])
    return created


def assert_whole(connection: Connection, deployment: Deployment, planned: Deployment, path: Path) -> None:
    """Each contract is there once, where it was planned, and the journal says so."""
    assert deployment.complete
    assert [step.contract for step in deployment.steps] == list(ORDER)
    assert deployment.addresses == planned.addresses
    assert creations(connection) == [step.address.lower() for step in planned.steps]
    assert journal.load_complete(path) == deployment
    for step in deployment.steps:
        receipt = connection.rpc("eth_getTransactionReceipt", [step.transaction])
        assert (receipt["contractAddress"], int(receipt["blockNumber"], 16)) == (step.address.lower(), step.block)
    assert Session.open(connection, path).contracts.governor.settings().name == "Render Governor"


def at_hook(count: int) -> Callable[[Step], None]:
    seen: list[Step] = []

    def hook(step: Step) -> None:
        seen.append(step)
        if len(seen) == count:
            raise Interrupted

    return hook


# ------------------------------------------------------------ interruptions


def test_undisturbed(connection: Connection, document: DeploymentDocument, path: Path) -> None:
    shown: list[Creation] = []
    told: list[Step] = []
    deployment = run(connection, document, path, confirm=shown.extend, progress=told.append)
    assert_whole(connection, deployment, deployment, path)
    assert [creation.address for creation in shown] == [step.address for step in deployment.steps]
    assert tuple(told) == deployment.steps
    assert run(connection, document, path, confirm=pytest.fail, progress=pytest.fail) == deployment
    assert connection.nonce(DEPLOYER) == len(ORDER)


def test_stopped_by_whoever_confirms(connection: Connection, document: DeploymentDocument, path: Path) -> None:
    def stop(_: tuple[Creation, ...]) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        run(connection, document, path, confirm=stop)
    assert not path.exists()
    assert connection.nonce(DEPLOYER) == 0


@pytest.mark.parametrize("contract", range(len(ORDER)))
@pytest.mark.parametrize("after", [False, True], ids=["before it is sent", "before its hash is journaled"])
def test_interrupted_while_sending(
    connection: Connection, document: DeploymentDocument, path: Path, contract: int, after: bool
) -> None:
    with pytest.raises(Interrupted):
        run(connection, document, path, signer=Interrupting(DEPLOYER, nonce=contract, after=after))
    planned = journal.load(path)
    assert [step.block is not None for step in planned.steps] == [index < contract for index in range(len(ORDER))]
    assert connection.nonce(DEPLOYER) == contract + after
    with pytest.raises(DeploymentError, match="interrupted"):
        journal.load_complete(path)
    assert_whole(connection, run(connection, document, path), planned, path)


@pytest.mark.parametrize("contract", range(len(ORDER)))
def test_interrupted_while_waiting_for_the_receipt(
    connection: Connection,
    document: DeploymentDocument,
    path: Path,
    contract: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rpc = connection.rpc
    asked: set[str] = set()

    def interrupted(method: str, params: Any = ()) -> Any:
        if method == "eth_getTransactionReceipt":
            asked.add(params[0])
            if len(asked) == contract + 1:
                raise Interrupted
        return rpc(method, params)

    with monkeypatch.context() as patch:
        patch.setattr(connection, "rpc", interrupted)
        with pytest.raises(Interrupted):
            run(connection, document, path)
    planned = journal.load(path)
    assert planned.steps[contract].transaction is not None
    assert planned.steps[contract].block is None
    assert_whole(connection, run(connection, document, path), planned, path)


@pytest.mark.parametrize("contract", range(1, len(ORDER) + 1))
def test_interrupted_between_contracts(
    connection: Connection, document: DeploymentDocument, path: Path, contract: int
) -> None:
    with pytest.raises(Interrupted):
        run(connection, document, path, progress=at_hook(contract))
    planned = journal.load(path)
    assert sum(step.block is not None for step in planned.steps) == contract
    shown: list[Creation] = []
    assert_whole(connection, run(connection, document, path, confirm=shown.extend), planned, path)
    assert len(shown) == len(ORDER) - contract


def test_interrupted_before_its_transaction_is_mined(
    connection: Connection, document: DeploymentDocument, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rpc = connection.rpc
    sent: list[int] = []

    def interrupted(method: str, params: Any = ()) -> Any:
        if method == "eth_getTransactionReceipt":
            raise Interrupted
        return rpc(method, params)

    def mined_when_asked(method: str, params: Any = ()) -> Any:
        if method == "eth_getTransactionReceipt":
            rpc("evm_setAutomine", [True])
            rpc("evm_mine")
        if method == "eth_sendTransaction":
            sent.append(int(params[0]["nonce"], 16))
        return rpc(method, params)

    rpc("evm_setAutomine", [False])
    monkeypatch.setattr(connection, "rpc", interrupted)
    with pytest.raises(Interrupted):
        run(connection, document, path)
    planned = journal.load(path)
    assert connection.nonce(DEPLOYER) == 0
    monkeypatch.setattr(connection, "rpc", mined_when_asked)
    deployment = run(connection, document, path)
    monkeypatch.undo()
    assert deployment.steps[0].transaction == planned.steps[0].transaction
    assert sent == list(range(1, len(ORDER)))
    assert_whole(connection, deployment, planned, path)


def test_sent_again_with_other_fees_under_a_lost_hash(
    connection: Connection, document: DeploymentDocument, path: Path
) -> None:
    with pytest.raises(Interrupted):
        run(connection, document, path, signer=Interrupting(DEPLOYER, nonce=0, after=True))
    planned = journal.load(path)
    lost = Step(**{**_fields(planned.steps[0]), "transaction": "0x" + "ab" * 32})
    journal.save(path, planned.with_step(lost))
    assert_whole(connection, run(connection, document, path), planned, path)


def _fields(step: Step) -> dict[str, Any]:
    return {name: getattr(step, name) for name in Step.__dataclass_fields__}


@pytest.mark.parametrize("sent", range(1, len(ORDER) + 1))
def test_killed(connection: Connection, document: DeploymentDocument, path: Path, sent: int) -> None:
    program = f"""
        import os, signal
        from pathlib import Path
        from dao.chain.accounts import NodeSigner
        from dao.chain.connection import Connection
        from dao.deployment.document import load_deployment
        from dao.lifecycle.deploy import deploy

        class Killing(NodeSigner):
            def send(self, connection, transaction):
                digest = super().send(connection, transaction)
                if int(transaction["nonce"], 16) == {sent - 1}:
                    os.kill(os.getpid(), signal.SIGKILL)
                return digest

        document = load_deployment(Path({str(ROOT / "deploy.yaml")!r}))
        deploy(Connection.open({connection.url!r}), Killing({DEPLOYER!r}), document, journal_path=Path({str(path)!r}))
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], cwd=ROOT, timeout=60, check=False)
    assert ended.returncode == -signal.SIGKILL
    planned = journal.load(path)
    assert_whole(connection, run(connection, document, path), planned, path)


# ------------------------------------------------------------ refusals


@pytest.fixture
def begun(connection: Connection, document: DeploymentDocument, path: Path) -> Deployment:
    with pytest.raises(Interrupted):
        run(connection, document, path, progress=at_hook(1))
    return journal.load(path)


def refused(connection: Connection, document: DeploymentDocument, path: Path, **hooks: Any) -> DaoError:
    accounts = (DEPLOYER, *ACCOUNTS)
    before = [connection.nonce(account) for account in accounts]
    text = path.read_bytes()
    with pytest.raises(DaoError) as error:
        run(connection, document, path, **hooks)
    assert [connection.nonce(account) for account in accounts] == before
    assert path.read_bytes() == text
    return error.value


def test_another_file(connection: Connection, begun: Deployment, path: Path, tmp_path: Path) -> None:
    text = (ROOT / "deploy.yaml").read_text(encoding="utf-8").replace("quorum: 10%", "quorum: 11%")
    (tmp_path / "other.yaml").write_text(text, encoding="utf-8")
    other = load_deployment(tmp_path / "other.yaml", presets=ROOT / "proposals" / "presets")
    error = refused(connection, other, path)
    assert isinstance(error, DeploymentError)
    assert "another file" in error.what
    assert (error.expected, error.found) == (begun.document_hash, other.content_hash)


@pytest.mark.usefixtures("begun")
def test_another_deployer(connection: Connection, document: DeploymentDocument, path: Path) -> None:
    error = refused(connection, document, path, signer=NodeSigner(ACCOUNTS[0]))
    assert isinstance(error, DeploymentError)
    assert "another deployer" in error.what


@pytest.mark.usefixtures("begun")
def test_another_chain(connection: Connection, document: DeploymentDocument, path: Path) -> None:
    text = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**text, "chain_id": 1}), encoding="utf-8")
    error = refused(connection, document, path)
    assert isinstance(error, WrongChain)
    assert (error.values["expected"], error.values["found"]) == (1, 31337)


@pytest.mark.usefixtures("begun")
@pytest.mark.parametrize("data", [None, FOREIGN_CODE], ids=["a transfer", "another contract"])
def test_a_foreign_transaction_took_the_nonce(
    connection: Connection, document: DeploymentDocument, path: Path, data: bytes | None
) -> None:
    foreign = {"from": DEPLOYER, "value": "0x0"} | (
        {"to": ACCOUNTS[0]} if data is None else {"data": "0x" + data.hex()}
    )
    wait(connection, NodeSigner(DEPLOYER).send(connection, foreign))
    error = refused(connection, document, path)
    assert isinstance(error, DeploymentError)
    assert "nonce 1 for something else than RewardToken" in error.what
    assert "Remove the deployment file" in str(error.remedy)


@pytest.mark.usefixtures("begun")
def test_a_chain_that_was_reset(document: DeploymentDocument, path: Path) -> None:
    with node.ephemeral(ROOT) as fresh:
        error = refused(fresh, document, path)
    assert isinstance(error, DeploymentError)
    assert "earlier transactions are missing" in error.what


def test_a_complete_deployment_on_a_chain_that_was_reset(
    connection: Connection, document: DeploymentDocument, path: Path
) -> None:
    run(connection, document, path)
    with node.ephemeral(ROOT) as fresh:
        error = refused(fresh, document, path)
        assert isinstance(error, DeploymentError)
        assert "not on this chain" in error.what
        with pytest.raises(DeploymentError, match="not on this chain"):
            Session.open(fresh, path)


def _without(key: str) -> Callable[[dict[str, Any]], Any]:
    return lambda document: {name: value for name, value in document.items() if name != key}


def _step(**fields: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda document: {**document, "steps": [{**document["steps"][0], **fields}, *document["steps"][1:]]}


@pytest.mark.usefixtures("begun")
@pytest.mark.parametrize(
    "damage",
    [
        lambda document: [document],
        lambda document: None,
        lambda document: {**document, "format": 2},
        lambda document: {**document, "steps": document["steps"][:3]},
        lambda document: {**document, "steps": [document["steps"][0], *document["steps"]]},
        lambda document: {**document, "steps": 5},
        lambda document: {**document, "chain_id": "x"},
        lambda document: {**document, "deployer": ACCOUNTS[1]},
        _without("deployer"),
        _without("steps"),
        _step(address=ACCOUNTS[0]),
        _step(address="0x12"),
        _step(nonce=7),
        _step(block="soon"),
        _step(contract="Another"),
    ],
)
def test_a_damaged_journal(
    connection: Connection,
    document: DeploymentDocument,
    path: Path,
    damage: Callable[[dict[str, Any]], Any],
) -> None:
    path.write_text(json.dumps(damage(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")
    error = refused(connection, document, path)
    assert isinstance(error, DeploymentError)
    assert "is no deployment file" in error.what


@pytest.mark.usefixtures("begun")
@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"format": 1'], ids=lambda text: text[:8])
def test_a_journal_that_is_no_json(
    connection: Connection, document: DeploymentDocument, path: Path, text: bytes
) -> None:
    path.write_bytes(text)
    assert isinstance(refused(connection, document, path), DeploymentError)


@pytest.mark.usefixtures("begun")
def test_other_code_than_planned(connection: Connection, document: DeploymentDocument, path: Path) -> None:
    text = json.loads(path.read_text(encoding="utf-8"))
    text["steps"][1]["creation_hash"] = "0x" + "00" * 32
    path.write_text(json.dumps(text), encoding="utf-8")
    error = refused(connection, document, path)
    assert isinstance(error, DeploymentError)
    assert "RewardToken was planned with other code" in error.what


def test_a_constructor_that_refuses_its_arguments(
    connection: Connection, document: DeploymentDocument, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = DeploymentDocument.constructor_arguments

    def one_wei_of_cap(self: DeploymentDocument, *positional: Any, **named: Any) -> Mapping[str, tuple[Any, ...]]:
        made = dict(arguments(self, *positional, **named))
        token = made["RewardToken"]
        return {**made, "RewardToken": (*token[:3], 1, *token[4:])}

    monkeypatch.setattr(DeploymentDocument, "constructor_arguments", one_wei_of_cap)
    with pytest.raises(CallReverted, match="above the cap of 1"):
        run(connection, document, path)
    assert connection.nonce(DEPLOYER) == 1


def test_the_journal_is_written_whole(connection: Connection, document: DeploymentDocument, path: Path) -> None:
    run(connection, document, path)
    assert os.listdir(path.parent) == [path.name]  # noqa: PTH208  # names only
    assert journal.load(path).document == str(ROOT / "deploy.yaml")


def test_no_journal(path: Path) -> None:
    with pytest.raises(DeploymentError, match="no deployment here"):
        journal.load(path)
