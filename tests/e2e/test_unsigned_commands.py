"""Every command that sends can write for a multisig instead, and then sends nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dao.lifecycle.journal import save
from dao.lifecycle.safe import checksum
from tests.support.chain import ACCOUNTS, CUT, MIN_DELAY, VOTING_DELAY, VOTING_PERIOD, Dao, checkout, deployed, rewound
from tests.support.cli import Invoke, invoker

FIRST = ACCOUNTS[0]
"""Stands for the multisig: the node could sign for it, and is not asked to."""


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


@pytest.fixture
def invoke(dao: Dao, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    for name in ("DAO_RPC", "DAO_FROM", "DAO_ACCOUNT", "DAO_KEYSTORE", "DAO_SIGNER"):
        monkeypatch.delenv(name, raising=False)
    return invoker(dao.folder, monkeypatch, capsys)


def write(dao: Dao, invoke: Invoke, *arguments: str) -> list[str]:
    """Runs a command for the multisig, then does what its file says; whom it calls. The command sends nothing."""
    before, path = dao.nonces(), dao.folder / "batch.json"
    shown = invoke(
        *arguments, "--from", FIRST, "--unsigned", "batch.json", "--rpc", dao.connection.url, "--json"
    ).json()
    assert dao.nonces() == before
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    meta = {key: value for key, value in document["meta"].items() if key != "checksum"}
    assert document["meta"]["checksum"] == checksum({**document, "meta": meta}) == shown["checksum"]
    assert (shown["unsigned"], shown["transactions"]) == ("batch.json", len(document["transactions"]))
    assert document["meta"]["createdFromSafeAddress"] == FIRST
    path.unlink()
    for entry in document["transactions"]:
        dao.send(FIRST, entry["to"], bytes.fromhex(entry["data"][2:]), int(entry["value"]))
    return [entry["to"] for entry in document["transactions"]]


def test_a_proposal_through_its_life(dao: Dao, invoke: Invoke, tmp_path: Path) -> None:
    file = f"proposals/{CUT}"
    assert write(dao, invoke, "proposal", "submit", file)
    assert not (dao.folder / file).with_name(f"{Path(CUT).stem}.lock.json").exists()
    # Run again when the multisig has executed it, it completes the lock and has nothing to write.
    done = invoke(
        "proposal", "submit", file, "--from", FIRST, "--unsigned", "b.json", "--rpc", dao.connection.url, "--json"
    ).json()
    assert (done["state"], done["transaction"]) == ("pending", None)
    (dao.folder / file).with_name(f"{Path(CUT).stem}.lock.json").unlink()
    assert not (dao.folder / "b.json").exists()
    dao.advance(VOTING_DELAY + 1)
    assert write(dao, invoke, "vote", "cast", "latest", "--split", "for=80%,against=20%")
    dao.advance(VOTING_PERIOD)
    assert write(dao, invoke, "proposal", "queue", "latest")
    dao.advance(MIN_DELAY)
    assert write(dao, invoke, "proposal", "execute", "latest")
    standings = invoke("proposal", "list", "--rpc", dao.connection.url, "--json").json()
    assert standings[0]["state"] == "executed"


def test_the_others(dao: Dao, invoke: Invoke) -> None:
    # In this order: a second after it delegates, it has no power to propose.
    dao.submit()
    assert write(dao, invoke, "proposal", "cancel", "latest")
    assert write(dao, invoke, "delegate", ACCOUNTS[1])
    assert dao.session().contracts.token.delegate(FIRST) == ACCOUNTS[1]


def test_a_person_sees_what_was_written(dao: Dao, invoke: Invoke) -> None:
    shown = invoke("delegate", ACCOUNTS[1], "--from", FIRST, "--unsigned", "batch.json", "--rpc", dao.connection.url)
    assert "delegate(address)" in shown.err
    assert "nothing was sent: the transaction is in batch.json" in shown.out
    assert "checksum 0x" in shown.out


def test_what_a_multisig_cannot_do(dao: Dao, invoke: Invoke) -> None:
    before = dao.nonces()
    arguments = ("--from", FIRST, "--unsigned", "batch.json", "--rpc", dao.connection.url, "--yes")
    assert "a multisig cannot deploy" in invoke("deploy", "deploy.yaml", *arguments, code=1).err
    assert "whose account is meant" in invoke("delegate", "self", *arguments[2:], code=1).err
    assert dao.nonces() == before
