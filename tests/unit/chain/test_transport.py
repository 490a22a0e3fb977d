"""A network that fails: what passes is tried again within bounds, what does not is an error of its own kind."""

from __future__ import annotations

import gzip
import json
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dao.chain import logs, node, transport
from dao.chain.connection import Connection
from dao.chain.transport import MAX_ANSWER, Patience, shown_url
from dao.errors import ConnectionFailed, NodeTimedOut, OversizedAnswer, RateLimited, RpcError
from tests.support.chain import ACCOUNTS, DEPLOYER, ROOT
from tests.support.faulty import (
    Exchange,
    Fault,
    Faulty,
    cut_off,
    dribbling,
    dropped,
    faulty,
    fine,
    forwarded_then,
    late,
    status,
)

QUICK = Patience(timeout=0.5, attempts=3, pause=0.02, longest=0.3)
KEY = "5f0c1d2e3b4a59687786a5b4c3d2e1f0"


@pytest.fixture(scope="module")
def local() -> Iterator[Connection]:
    with node.ephemeral(ROOT) as opened:
        yield opened


@pytest.fixture
def proxy(local: Connection) -> Iterator[Faulty]:
    with faulty(local.url) as started:
        yield started


@pytest.fixture
def connection(proxy: Faulty) -> Connection:
    opened = Connection.open(proxy.url, patience=QUICK)
    proxy.seen.clear()
    proxy.times.clear()
    return opened


PASSING = {
    "late": late(0.7),
    "dribbling": dribbling,
    "dropped": dropped,
    "cut off": cut_off,
    "429": status(429),
    "500": status(500),
    "502": status(502),
    "503": status(503),
    "504": status(504),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_what_passes_is_asked_for_again(proxy: Faulty, connection: Connection, fault: Fault) -> None:
    proxy.plan = [fault]
    assert connection.balance(DEPLOYER) == 10**22
    assert proxy.seen == ["eth_getBalance"] * 2


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_attempts_are_bounded(proxy: Faulty, connection: Connection, fault: Fault) -> None:
    proxy.always = fault
    began = time.monotonic()
    with pytest.raises(ConnectionFailed) as error:
        connection.balance(DEPLOYER)
    assert 1 < len(proxy.seen) <= QUICK.attempts
    assert time.monotonic() - began < 30
    assert error.value.remedy
    assert error.value.__cause__ is None


@pytest.mark.parametrize(
    ("fault", "kind"), [(late(0.7), NodeTimedOut), (dribbling, NodeTimedOut), (dropped, ConnectionFailed)]
)
@pytest.mark.parametrize("method", ["eth_sendTransaction", "evm_increaseTime", "anvil_mine", "eth_signTransaction"])
def test_what_changes_something_is_asked_for_once(
    proxy: Faulty, connection: Connection, fault: Fault, kind: type[Exception], method: str
) -> None:
    proxy.always = fault
    with pytest.raises(kind):
        connection.rpc(method, [{}])
    assert proxy.seen == [method]


def test_a_batch_is_repeated_only_if_all_of_it_may_be(proxy: Faulty, connection: Connection) -> None:
    reads = [("eth_chainId", []), ("eth_getBalance", [DEPLOYER, "latest"])]
    proxy.plan = [dropped]
    assert connection.batch(reads) == ["0x7a69", hex(10**22)]
    assert len(proxy.seen) == 4
    proxy.plan = [dropped]
    with pytest.raises(ConnectionFailed):
        connection.batch([*reads, ("evm_mine", [])])


def test_a_request_refused_for_its_rate_was_not_carried_out(
    proxy: Faulty, connection: Connection, local: Connection
) -> None:
    before = local.block().number
    proxy.plan = [status(429), status(429)]
    connection.rpc("evm_mine")
    assert proxy.seen == ["evm_mine"] * 3
    assert local.block().number == before + 1


def test_the_node_says_when_to_come_back(proxy: Faulty, connection: Connection) -> None:
    proxy.plan = [status(429, Retry_After="1")]
    connection.balance(DEPLOYER)
    # What it asks for, but never more than the longest pause.
    assert 0.25 < proxy.times[1] - proxy.times[0] < 30
    proxy.always = status(429, Retry_After="86400")
    began = time.monotonic()
    with pytest.raises(RateLimited) as error:
        connection.balance(DEPLOYER)
    assert time.monotonic() - began < 30
    assert error.value.found == "HTTP status 429"


@pytest.mark.parametrize("message", ["Too Many Requests", "project ID request rate limit exceeded"])
def test_a_rate_limit_in_json(proxy: Faulty, connection: Connection, message: str) -> None:
    def limited(exchange: Exchange) -> None:
        entries = exchange.request if isinstance(exchange.request, list) else [exchange.request]
        errors = [{"jsonrpc": "2.0", "id": e["id"], "error": {"code": -32005, "message": message}} for e in entries]
        exchange.send(errors if isinstance(exchange.request, list) else errors[0])

    proxy.plan = [limited]
    assert connection.balance(DEPLOYER) == 10**22
    proxy.plan = [limited]
    assert connection.batch([("eth_chainId", [])] * 2) == ["0x7a69"] * 2
    proxy.always = limited
    with pytest.raises(RateLimited):
        connection.balance(DEPLOYER)


def test_nobody_listens_is_known_at_once() -> None:
    began = time.monotonic()
    with pytest.raises(ConnectionFailed, match="does not answer"):
        Connection.open(f"http://127.0.0.1:{node.free_port()}", patience=Patience(pause=60))
    assert time.monotonic() - began < 30


# ------------------------------------------------------------ ids


@pytest.mark.parametrize("identity", [None, -1, 10**9, "0", "x", True, 1.5, [], {}])
def test_an_answer_to_something_else(proxy: Faulty, connection: Connection, identity: Any) -> None:
    proxy.always = lambda exchange: exchange.send({**exchange.real(), "id": identity})
    with pytest.raises(RpcError, match="answer to something else"):
        connection.balance(DEPLOYER)
    assert proxy.seen == ["eth_getBalance"]


def test_an_error_without_an_id_is_an_error(proxy: Faulty, connection: Connection) -> None:
    proxy.always = lambda exchange: exchange.send(
        {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "Parse error"}}
    )
    with pytest.raises(RpcError, match="refused by the node") as error:
        connection.balance(DEPLOYER)
    assert error.value.values["code"] == -32700


CHANGES = {
    "one id twice": lambda answers: [answers[0], answers[0], answers[2]],
    "another id": lambda answers: [{**answers[0], "id": 999_999}, *answers[1:]],
    "an id as text": lambda answers: [{**answers[0], "id": str(answers[0]["id"])}, *answers[1:]],
    "one too few": lambda answers: answers[1:],
    "one too many": lambda answers: [*answers, answers[0]],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_batch_with_wrong_ids(proxy: Faulty, connection: Connection, change: Any) -> None:
    proxy.always = lambda exchange: exchange.send(change(exchange.real()))
    with pytest.raises(RpcError, match="answer to something else"):
        connection.batch([("eth_getBalance", [account, "latest"]) for account in ACCOUNTS[:3]])


# ------------------------------------------------------------ size


def endless(exchange: Exchange) -> None:
    """A result that never ends."""
    exchange.head(200, {"Transfer-Encoding": "chunked"})
    part = b"a" * 2**20
    for _ in range(4 * MAX_ANSWER // len(part)):
        exchange.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")


def bomb(exchange: Exchange) -> None:
    """Little to send and much to unpack."""
    exchange.send(gzip.compress(b" " * (3 * MAX_ANSWER), 1), headers={"Content-Encoding": "gzip"})


@pytest.mark.parametrize("fault", [endless, bomb])
def test_too_much_is_not_read_to_its_end(proxy: Faulty, local: Connection, fault: Fault) -> None:
    connection = Connection.open(proxy.url, patience=Patience(timeout=20))
    proxy.always = fault
    tracemalloc.start()
    try:
        with pytest.raises(OversizedAnswer, match="too much"):
            connection.balance(DEPLOYER)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The bomb itself is made in this process.
    assert peak < (3 if fault is endless else 7) * MAX_ANSWER
    assert len([method for method in proxy.seen if method == "eth_getBalance"]) == 1


@pytest.mark.parametrize("depth", [1_000_000])
def test_nested_without_end(proxy: Faulty, connection: Connection, depth: int) -> None:
    proxy.always = lambda exchange: exchange.send(b"[" * depth)
    with pytest.raises(RpcError, match="no JSON-RPC"):
        connection.balance(DEPLOYER)


def test_ranges_of_logs_are_halved(
    proxy: Faulty, connection: Connection, local: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    local.rpc("anvil_mine", [hex(40)])
    asked: list[tuple[int, int]] = []

    def narrow(exchange: Exchange) -> None:
        if exchange.methods != ["eth_getLogs"]:
            return exchange.send(exchange.real())
        question = exchange.request["params"][0]
        span = (int(question["fromBlock"], 16), int(question["toBlock"], 16))
        asked.append(span)
        if span[1] - span[0] >= 8:
            error = {"code": -32005, "message": "query returned more than 10000 results"}
            return exchange.send({"jsonrpc": "2.0", "id": exchange.request["id"], "error": error})
        return exchange.send(exchange.real())

    proxy.always = narrow
    assert logs.fetch(connection, [ACCOUNTS[0]], from_block=0, to_block=40) == []
    answered = [span for span in asked if span[1] - span[0] < 8]
    assert [block for start, end in answered for block in range(start, end + 1)] == list(range(41))
    assert len(asked) < 20
    # Where one block alone is too much, there is no smaller question.
    monkeypatch.setattr(transport, "MAX_ANSWER", 10)
    with pytest.raises(OversizedAnswer):
        logs.fetch(connection, [ACCOUNTS[0]], from_block=0, to_block=3)


# ------------------------------------------------------------ what is not shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://127.0.0.1:8545", "http://127.0.0.1:8545"),
        ("https://rpc.example.org/v3", "https://rpc.example.org/v3"),
        (f"https://rpc.example.org/v3/{KEY}", "https://rpc.example.org/v3/…"),
        (f"https://me:{KEY}@rpc.example.org/x", "https://rpc.example.org/x"),
        (f"https://rpc.example.org/?apikey={KEY}", "https://rpc.example.org?…"),
        (f"htps:/{KEY}", "htps:/5f0c1d2e3b…"),
        ("http://[::1]:8545/", "http://[::1]:8545"),
        ("http://[", "an address that is no URL"),
    ],
)
def test_an_address_is_shown_without_its_keys(url: str, shown: str) -> None:
    assert shown_url(url) == shown
    assert KEY not in shown_url(url)


@pytest.mark.parametrize(
    "fault",
    [*PASSING.values(), status(401), status(301, Location="/elsewhere"), lambda exchange: exchange.send(b"<html>")],
)
def test_no_error_shows_the_key_in_the_address(proxy: Faulty, fault: Fault) -> None:
    proxy.always = fault
    for url in (f"{proxy.url}/{KEY}", f"{proxy.url}/?key={KEY}", proxy.url.replace("//", f"//user:{KEY}@")):
        with pytest.raises((ConnectionFailed, RpcError)) as error:
            Connection.open(url, patience=Patience(timeout=0.3, attempts=1))
        assert KEY not in str(error.value) + repr(error.value) + json.dumps(str(error.value.values))
        assert error.value.__cause__ is None


def test_a_transaction_whose_answer_was_lost_is_sent_once(
    proxy: Faulty, connection: Connection, local: Connection
) -> None:
    """The same signed bytes may be sent twice, and the second time is no error."""
    from eth_account import Account

    from dao.chain import transaction
    from dao.chain.accounts import KeySigner
    from dao.chain.transaction import Request

    signer = KeySigner(Account.from_key("0x" + "6b" * 32))
    local.rpc("anvil_setBalance", [signer.address, hex(10**18)])
    for fault in (forwarded_then(dropped), dropped, forwarded_then(late(0.7))):
        before = local.nonce(signer.address)
        proxy.only, proxy.plan = ("eth_sendRawTransaction",), [fault]
        transaction.send(connection, signer, Request(to=ACCOUNTS[0], data=b"", value=1), chain_id=node.CHAIN_ID)
        assert local.nonce(signer.address) == before + 1


def test_what_the_environment_says_of_the_way_to_a_node(
    proxy: Faulty, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its proxy, the addresses that need none, and who one is to a node."""
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    (tmp_path / "netrc").write_text("machine node.invalid login somebody password 6b6b\n", encoding="utf-8")
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    asked = []

    def noted(exchange: Exchange) -> None:
        asked.append((exchange.path, exchange.headers.get("Authorization")))
        fine(exchange)

    proxy.always = noted
    opened = Connection.open("http://node.invalid:8545", patience=QUICK)
    assert opened.balance(DEPLOYER) > 0
    assert asked == [("http://node.invalid:8545/", "Basic c29tZWJvZHk6NmI2Yg==")] * 2
    assert Connection.open(proxy.url, patience=QUICK).chain_id == node.CHAIN_ID
    assert asked[2:] == [("/", None)]
