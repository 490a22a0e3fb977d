"""Commands that are killed between signing and sending, or after it: a rerun sends at most one transaction."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from eth_account import Account

from dao.chain.keystore import read_keystore
from dao.chain.outbox import Outbox, outbox_path
from dao.lifecycle.journal import save
from tests.support import epochs
from tests.support.chain import ACCOUNTS, STRANGER, TOKEN, Dao, checkout, deployed, rewound
from tests.support.cli import Invoke, Result, environment, invoker, run
from tests.support.faulty import Exchange, Fault, Faulty, faulty, forwarded_then, late
from tests.support.forked import Forked

FIRST, SECOND = ACCOUNTS[:2]
PASSWORD = "only for this test 41d"
KEY = "0x" + "7b" * 32
HOLDER = Account.from_key(KEY).address
SEND = ("eth_sendRawTransaction", "eth_sendTransaction")


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    folder = checkout(tmp_path_factory.mktemp("dao"))
    with deployed(folder) as dao:
        save(folder / "deployments" / "31337.json", dao.deployment)
        (folder / "key.json").write_text(json.dumps(Account.encrypt(KEY, PASSWORD, iterations=2)), encoding="utf-8")
        (folder / "key.json").chmod(0o600)
        (folder / "password").write_text(f"{PASSWORD}\n", encoding="utf-8")
        dao.connection.rpc("anvil_setBalance", [HOLDER, hex(10**20)])
        dao.call(SECOND, "token", "transfer", HOLDER, 200_000 * TOKEN)
        yield dao


@pytest.fixture
def dao(chain: Dao) -> Iterator[Dao]:
    outbox(chain).path.unlink(missing_ok=True)
    with rewound(chain):
        yield chain


@pytest.fixture
def proxy(dao: Dao) -> Iterator[Faulty]:
    with faulty(dao.connection.url) as started:
        started.only = SEND
        yield started


def outbox(dao: Dao) -> Outbox:
    return Outbox(outbox_path(dao.folder / "deployments" / "31337.json"))


KEYED = ("--keystore", "key.json", "--password-file", "password", "--yes")
BY_NODE = ("--from", STRANGER, "--yes")


def rerun(dao: Dao, *arguments: str) -> Result:
    return run(*arguments, "--rpc", dao.connection.url, cwd=dao.folder)


@pytest.fixture
def again(dao: Dao, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    """Runs a command here: what was killed was a process, and what comes after it need not be one each time."""
    inner = invoker(dao.folder, monkeypatch, capsys)

    def invoke(*arguments: str, code: int = 0) -> Result:
        rpc = () if "--rpc" in arguments else ("--rpc", dao.connection.url)
        return inner(*arguments, *rpc, code=code)

    return invoke


def killed(dao: Dao, proxy: Faulty, fault: Fault, *arguments: str) -> None:
    """Runs a command through the proxy and kills it outright when it sends."""
    proxy.plan = [fault]
    proxy.reached.clear()
    with Forked((*arguments, "--rpc", proxy.url), cwd=dao.folder, env=environment()) as process:
        assert proxy.reached.wait(30), process.returncode
        time.sleep(0.3)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL


def delegate_of(dao: Dao, account: str) -> Any:
    return dao.session().contracts.token.delegate(account)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("signing", "sender"), [(KEYED, HOLDER), (BY_NODE, STRANGER)], ids=["key here", "key at the node"]
)
@pytest.mark.parametrize(
    "fault", [late(5), forwarded_then(late(5))], ids=["killed before it was sent", "killed after it was sent"]
)
def test_a_rerun_sends_at_most_one(
    dao: Dao, proxy: Faulty, fault: Fault, signing: tuple[str, ...], sender: str
) -> None:
    before = dao.connection.nonce(sender)  # type: ignore[arg-type]
    killed(dao, proxy, fault, "delegate", FIRST, *signing)
    (attempt,) = outbox(dao).attempts()
    assert (attempt.sender, attempt.nonce) == (sender, before)
    assert (attempt.raw is not None) == (signing is KEYED)
    assert outbox(dao).path.stat().st_mode & 0o077 == 0
    # The command is given again, twice.
    for _ in range(2):
        rerun(dao, "delegate", FIRST, *signing)
    assert delegate_of(dao, sender) == FIRST
    assert dao.connection.nonce(sender) == before + 1  # type: ignore[arg-type]


def test_what_was_signed_is_what_is_sent(dao: Dao, again: Invoke, proxy: Faulty) -> None:
    killed(dao, proxy, late(5), "delegate", FIRST, *KEYED)
    (attempt,) = outbox(dao).attempts()
    dao.advance(1)
    shown = again("delegate", FIRST, *KEYED)
    assert "power now" in shown.out
    assert dao.connection.rpc("eth_getTransactionByHash", [attempt.hashes[0]])["blockNumber"]
    assert not outbox(dao).path.exists()


def test_an_amount_is_not_moved_twice(dao: Dao, proxy: Faulty) -> None:
    """Where the state after one transaction does not refuse another like it, only the journal can."""
    from dao.chain import transaction
    from dao.chain.accounts import keystore_signer
    from dao.chain.connection import Connection
    from dao.chain.transaction import Request
    from dao.chain.transport import Patience
    from dao.errors import ConnectionFailed

    token = dao.session().contracts.token
    request = Request(to=token.address, data=token.calldata("transfer", FIRST, 5 * TOKEN))
    signer, held = keystore_signer(dao.folder / "key.json", PASSWORD), token.balance(FIRST)
    lossy = Connection.open(proxy.url, patience=Patience(timeout=0.3, attempts=1))
    proxy.plan = [forwarded_then(late(1))]
    with pytest.raises(ConnectionFailed):
        transaction.send(lossy, signer, request, chain_id=31337, outbox=outbox(dao))
    told: list[Any] = []
    receipt = transaction.resume(dao.connection, signer.address, request, Outbox(outbox(dao).path, tell=told.append))
    assert receipt is not None
    assert len(told) == 1
    assert token.balance(FIRST) == held + 5 * TOKEN
    assert outbox(dao).attempts() == ()
    # What was seen to its end is over: the same again is another transaction.
    assert transaction.resume(dao.connection, signer.address, request, outbox(dao)) is None
    transaction.send(dao.connection, signer, request, chain_id=31337, outbox=outbox(dao))
    assert token.balance(FIRST) == held + 10 * TOKEN


def test_two_at_once_send_one(dao: Dao, proxy: Faulty) -> None:
    dao.connection.rpc("evm_setAutomine", [False])
    before = dao.connection.nonce(HOLDER)
    command = ("delegate", FIRST, *KEYED, "--json", "--rpc", proxy.url)
    with ExitStack() as stack:
        started = [stack.enter_context(Forked(command, cwd=dao.folder, env=environment())) for _ in range(2)]
        for process in started:
            stack.callback(process.kill)
        stack.callback(dao.connection.rpc, "evm_setAutomine", [True])
        deadline = time.monotonic() + 30
        while sum(method in SEND for method in proxy.seen) < 1 or time.monotonic() < deadline - 27:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        dao.connection.rpc("evm_mine")
        ended = [(process.stdout.read(), process.stderr.read(), process.wait(60)) for process in started]
    assert [code for *_, code in ended] == [0, 0], ended
    assert len({json.loads(out)["transaction"] for out, *_ in ended}) == 1
    assert dao.connection.nonce(HOLDER) == before + 1
    assert outbox(dao).attempts() == ()


def test_a_nonce_that_another_transaction_took(dao: Dao, again: Invoke, proxy: Faulty) -> None:
    before = dao.connection.nonce(HOLDER)
    killed(dao, proxy, late(5), "delegate", FIRST, *KEYED)
    # Another tool sends with the same nonce, so that ours can never be mined.
    again("delegate", STRANGER, *KEYED)
    assert dao.connection.nonce(HOLDER) == before + 1
    again("delegate", FIRST, *KEYED)
    assert delegate_of(dao, HOLDER) == FIRST
    assert dao.connection.nonce(HOLDER) == before + 2
    assert outbox(dao).attempts() == ()


def test_a_nonce_gap(dao: Dao, again: Invoke, proxy: Faulty) -> None:
    """What was signed behind a transaction that then was lost waits for it, and is not signed again with its nonce."""
    before = dao.connection.nonce(HOLDER)
    # Another transaction of this account waits, ours is signed behind it, and the waiting one is lost.
    dao.connection.rpc("evm_setAutomine", [False])
    dao.impersonate(HOLDER)
    lost = dao.connection.rpc("eth_sendTransaction", [{"from": HOLDER, "to": FIRST, "value": "0x1", "gas": "0x5208"}])
    killed(dao, proxy, late(5), "delegate", FIRST, *KEYED)
    dao.connection.rpc("anvil_dropTransaction", [lost])
    dao.connection.rpc("evm_setAutomine", [True])
    (attempt,) = outbox(dao).attempts()
    assert attempt.nonce == before + 1
    refused = again("delegate", FIRST, *KEYED, "--json", code=1).json()["error"]
    assert refused["kind"] == "TransactionFailed"
    assert (refused["values"]["nonce"], refused["values"]["next"]) == (before + 1, before)
    assert "nothing was sent" in refused["remedy"]
    assert dao.connection.nonce(HOLDER) == before
    # The gap is filled by something else; then ours goes, once.
    dao.connection.rpc("eth_sendTransaction", [{"from": HOLDER, "to": FIRST, "value": "0x1", "gas": "0x5208"}])
    dao.connection.rpc("anvil_stopImpersonatingAccount", [HOLDER])
    for _ in range(2):
        again("delegate", FIRST, *KEYED)
    assert delegate_of(dao, HOLDER) == FIRST
    assert dao.connection.nonce(HOLDER) == before + 2


def test_fees_that_no_longer_suffice(dao: Dao, again: Invoke, proxy: Faulty) -> None:
    before = dao.connection.nonce(HOLDER)
    fee = dao.connection.rpc("eth_getBlockByNumber", ["latest", False])["baseFeePerGas"]
    killed(dao, proxy, late(5), "delegate", FIRST, *KEYED)
    try:
        dao.connection.rpc("anvil_setNextBlockBaseFeePerGas", [hex(500 * 10**9)])
        dao.connection.rpc("evm_mine")
        again("delegate", FIRST, *KEYED)
    finally:
        # The local chain keeps it beyond its own state.
        dao.connection.rpc("anvil_setNextBlockBaseFeePerGas", [fee])
    assert delegate_of(dao, HOLDER) == FIRST
    assert dao.connection.nonce(HOLDER) == before + 1
    assert outbox(dao).attempts() == ()


def test_a_proposal_is_submitted_once(dao: Dao, again: Invoke, proxy: Faulty) -> None:
    file = "proposals/0001-cut-node-job-rewards.yaml"
    signing = ("--from", FIRST, "--yes")
    dao.delegate_all()
    before = dao.connection.nonce(FIRST)
    for fault in (late(5), forwarded_then(late(5))):
        with rewound(dao):
            outbox(dao).path.unlink(missing_ok=True)
            killed(dao, proxy, fault, "proposal", "submit", file, *signing)
            result = again("proposal", "submit", file, *signing, "--json").json()
            assert result["state"] == "pending"
            assert dao.connection.nonce(FIRST) == before + 1
            (dao.folder / file).with_name("0001-cut-node-job-rewards.lock.json").unlink()


def test_a_journal_that_is_damaged(dao: Dao, again: Invoke) -> None:
    outbox(dao).path.write_text('{"format": 1, "attempts": [{}]}', encoding="utf-8")
    refused = again("delegate", FIRST, *KEYED, "--json", code=1).json()["error"]
    assert refused["kind"] == "FileError"
    assert dao.connection.nonce(HOLDER) == 0


def test_nothing_is_left_after_a_transaction(dao: Dao, again: Invoke) -> None:
    again("delegate", FIRST, *KEYED)
    assert not outbox(dao).path.exists()
    assert [path.name for path in (dao.folder / "deployments").iterdir()] == ["31337.json"]
    assert read_keystore(dao.folder / "key.json").mode == 0o600


def mixed_up(exchange: Exchange) -> None:
    exchange.send({**exchange.real(), "id": 10**9})


@pytest.mark.parametrize("fault", [mixed_up, forwarded_then(lambda exchange: exchange.send(b"<html>"))])
def test_an_answer_that_cannot_be_read_after_sending(dao: Dao, again: Invoke, proxy: Faulty, fault: Fault) -> None:
    before = dao.connection.nonce(STRANGER)
    proxy.plan = [fault]
    error = again("delegate", FIRST, *BY_NODE, "--json", "--rpc", proxy.url, code=1).json()["error"]
    assert error["kind"] == "RpcError"
    again("delegate", FIRST, *BY_NODE)
    assert dao.connection.nonce(STRANGER) == before + 1


@pytest.mark.parametrize(
    "fault", [late(5), forwarded_then(late(5))], ids=["killed before it was sent", "killed after it was sent"]
)
def test_a_batch_of_claims_pays_everybody_once(dao: Dao, again: Invoke, proxy: Faulty, fault: Fault) -> None:
    epochs.pay_reserve(dao)
    people = [*ACCOUNTS[1:], STRANGER]
    pays = {who: TOKEN + place for place, who in enumerate(people)}
    epochs.opened(dao, 1, {epochs.JOBS: pays, epochs.RESERVE: {people[0]: 7}})
    (dao.folder / "accounts.csv").write_text("\n".join(["account", *people]), encoding="utf-8")
    held, before = epochs.balances(dao, people), dao.connection.nonce(HOLDER)
    killed(dao, proxy, fault, "epoch", "claim", "--for", "accounts.csv", *KEYED)
    made = again("epoch", "claim", "--for", "accounts.csv", *KEYED, "--json").json()
    assert made["complete"]
    assert dao.connection.nonce(HOLDER) == before + 2
    gained = [now - then for now, then in zip(epochs.balances(dao, people), held, strict=True)]
    assert gained == [pays[who] + (7 if who == people[0] else 0) for who in people]
    assert not outbox(dao).path.exists()
    repeated = again("epoch", "claim", "--for", "accounts.csv", *KEYED, "--json").json()
    assert (repeated["complete"], repeated["transactions"]) == (True, [])
