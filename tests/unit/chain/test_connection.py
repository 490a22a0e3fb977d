"""Whatever a node answers, a connection hands on the value or a DaoError, and never sends what it must not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dao.abi import ContractAbi
from dao.chain import accounts, logs, node, transaction
from dao.chain.accounts import NodeSigner
from dao.chain.connection import BATCH, Ahead, Connection, View
from dao.chain.contracts import Governor, RewardPolicyContract
from dao.chain.transaction import Request
from dao.errors import CallReverted, ChainError, ConnectionFailed, RpcError, TransactionFailed, WrongChain
from dao.types import ZERO_ADDRESS, Address
from tests.support.chain import ACCOUNTS, DEPLOYER, ROOT
from tests.support.hostile import HostileNode, hostile

ANY = Address("0x" + "11" * 20)
NUMBER = ContractAbi(
    [{"type": "function", "name": "number", "inputs": [], "outputs": [{"name": "", "type": "uint256"}]}]
).function("number")
HASH = "0x" + "22" * 32
REVERTING = bytes.fromhex("60006000fd")
"""Creation code that reverts without a reason."""


@pytest.fixture
def fake() -> Iterator[HostileNode]:
    with hostile() as server:
        server.result = lambda method, params, real: "0x1" if method == "eth_chainId" else real
        yield server


@pytest.fixture
def connection(fake: HostileNode) -> Connection:
    return Connection.open(fake.url, timeout=5)


@pytest.fixture(scope="module")
def local() -> Iterator[Connection]:
    with node.ephemeral(ROOT) as opened:
        yield opened


def answering(fake: HostileNode, **results: Any) -> None:
    """Lets each named method answer with a value."""
    fake.result = lambda method, params, real: results.get(method)


# ------------------------------------------------------------ opening


def test_nobody_listens() -> None:
    with pytest.raises(ConnectionFailed, match="does not answer") as error:
        Connection.open(f"http://127.0.0.1:{node.free_port()}", timeout=5)
    assert "dao node start" in str(error.value.remedy)


@pytest.mark.parametrize("url", ["", "127.0.0.1:8545", "ws://127.0.0.1", "file:///dev/null", "http://", "http://["])
def test_no_address(url: str) -> None:
    with pytest.raises(ChainError):
        Connection.open(url, timeout=5)


def test_another_chain(fake: HostileNode) -> None:
    with pytest.raises(WrongChain) as error:
        Connection.open(fake.url, expected_chain_id=5, timeout=5)
    assert error.value.values == {"expected": 5, "found": 1}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html><body>Please log in</body></html>"),
        (200, b""),
        (200, b"null"),
        (200, b"[]"),
        (200, b"7"),
        (200, b'"0x1"'),
        (200, b"{}"),
        (200, b"\xff\xfe\x00"),
        (200, b'{"jsonrpc": "2.0", "id": 0, "result": "0x1"'),
        (200, b"[" * 200_000),
        (200, b'{"jsonrpc": "2.0", "id": 0, "result": "chain"}'),
        (200, b'{"jsonrpc": "2.0", "id": 0, "result": 1}'),
        (200, b'{"jsonrpc": "2.0", "id": 0, "result": null}'),
        (200, b'{"jsonrpc": "2.0", "id": 0, "error": "no"}'),
        (200, b'{"jsonrpc": "2.0", "id": 0, "error": {"code": -32000, "message": ["x"]}}'),
        (404, b"not here"),
        (502, b"<html>Bad gateway</html>"),
    ],
    ids=lambda value: value[:40] if isinstance(value, bytes) else value,
)
def test_no_json_rpc(fake: HostileNode, status: int, body: bytes) -> None:
    fake.status, fake.body = status, lambda _: body
    with pytest.raises((RpcError, ConnectionFailed)):
        Connection.open(fake.url, timeout=5)


@pytest.mark.parametrize(("status", "words"), [(404, "404 Not Found"), (401, "401 Unauthorized"), (503, "503")])
def test_a_server_that_is_no_node_is_told_by_its_status(fake: HostileNode, status: int, words: str) -> None:
    fake.status = status
    with pytest.raises(ConnectionFailed, match="does not answer as a node") as error:
        Connection.open(fake.url, timeout=5)
    assert words in str(error.value.found)
    fake.status, fake.body = 200, lambda _: b"<html>Welcome</html>"
    with pytest.raises(RpcError, match="no JSON-RPC") as page:
        Connection.open(fake.url, timeout=5)
    assert "200" in str(page.value.found)


# ------------------------------------------------------------ the block ahead


def test_a_transaction_is_judged_by_the_pending_block(local: Connection) -> None:
    ahead = local.ahead()
    assert ahead.ref == "pending"
    assert ahead.timestamp >= local.block().timestamp


@pytest.mark.parametrize("refusal", [None, {"code": -32602, "message": "pending is not supported"}])
def test_a_node_without_a_pending_block(fake: HostileNode, connection: Connection, refusal: Any) -> None:
    fake.result = lambda method, params, real: HEADER if params[:1] == ["latest"] else None
    if refusal is not None:
        fake.body = lambda answer: json.dumps(
            answer if answer["result"] else {"jsonrpc": "2.0", "id": answer["id"], "error": refusal}
        ).encode()
    assert connection.ahead() == Ahead("latest", 5)


# ------------------------------------------------------------ answers


def test_batches_are_cut_and_put_in_order(local: Connection) -> None:
    results = local.batch([("eth_getBalance", [account, "latest"]) for account in (*ACCOUNTS, ANY)] * BATCH)
    assert len(results) == 6 * BATCH
    assert results == [*[results[0]] * 5, "0x0"] * BATCH
    assert local.batch([]) == []


def _reversed(answer: Any) -> Any:
    return answer[::-1] if isinstance(answer, list) else answer


def test_a_batch_that_is_answered_in_another_order(fake: HostileNode, connection: Connection) -> None:
    fake.result = lambda method, params, real: params[0]
    fake.body = lambda answer: json.dumps(_reversed(answer)).encode()
    assert connection.batch([("echo", [index]) for index in range(5)]) == list(range(5))


@pytest.mark.parametrize(
    "change",
    [
        lambda answer: answer[:-1],
        lambda answer: answer[:1],
        lambda answer: [*answer, answer[0]],
        lambda answer: [],
        lambda answer: {"jsonrpc": "2.0", "id": None, "error": {"code": 1, "message": "batches are off"}},
        lambda answer: [5, 6, 7],
        lambda answer: [[], [], []],
        lambda answer: [{**entry, "id": "x" if index else 1} for index, entry in enumerate(answer)],
        lambda answer: [{"jsonrpc": "2.0", "id": entry["id"]} for entry in answer],
        lambda answer: [*answer[:2], {"jsonrpc": "2.0", "id": answer[2]["id"], "error": {"code": 1, "message": "no"}}],
        lambda answer: None,
    ],
)
def test_a_batch_that_is_not_answered(fake: HostileNode, connection: Connection, change: Callable[[Any], Any]) -> None:
    fake.body = lambda answer: json.dumps(change(answer)).encode()
    with pytest.raises(RpcError):
        connection.batch([("eth_chainId", [])] * 3)


HEADER = {"number": "0x1", "timestamp": "0x5", "hash": HASH}
MALFORMED = [None, 5, True, [], {}, "", "0x", "12x", "0xzz", "0x1 2", "-0x1"]


@pytest.mark.parametrize("value", MALFORMED)
def test_a_malformed_number(fake: HostileNode, connection: Connection, value: Any) -> None:
    answering(fake, eth_getBalance=value, eth_getTransactionCount=value, eth_getBlockByNumber={"number": value})
    for ask in (connection.balance, connection.nonce):
        with pytest.raises(RpcError, match="malformed"):
            ask(ANY)
    with pytest.raises(RpcError, match="malformed"):
        connection.block()


@pytest.mark.parametrize("value", [None, 5, [], {}, "", "12", "0x1", "0xzz", "0x" + "é"])
def test_malformed_bytes(fake: HostileNode, connection: Connection, value: Any) -> None:
    answering(fake, eth_getCode=value, eth_call=value, eth_getBlockByNumber=HEADER)
    with pytest.raises(RpcError, match="malformed"):
        connection.code(ANY)
    with pytest.raises(RpcError, match="malformed"):
        connection.call(ANY, NUMBER)
    with pytest.raises(RpcError, match="malformed"):
        connection.views([View(ANY, NUMBER, ())] * 2)
    with pytest.raises(RpcError, match="malformed"):
        transaction.simulate(connection, ANY, Request(to=ANY, data=b""))


@pytest.mark.parametrize("value", ["0x", "0x00", "0x" + "00" * 31, "0x" + "00" * 64])
def test_a_view_of_another_length(fake: HostileNode, connection: Connection, value: str) -> None:
    answering(fake, eth_call=value)
    with pytest.raises(RpcError, match="does not answer number") as error:
        connection.call(ANY, NUMBER)
    assert "deployment file belongs to this chain" in str(error.value.remedy)


@pytest.mark.parametrize("value", [None, 5, "block", {}, [], {"number": "0x1"}, {"number": "0x1", "timestamp": "0x1"}])
def test_a_malformed_block(fake: HostileNode, connection: Connection, value: Any) -> None:
    answering(fake, eth_getBlockByNumber=value)
    with pytest.raises(RpcError):
        connection.block()
    with pytest.raises(RpcError):
        connection.blocks([1, 2])


def test_a_state_and_a_split_that_do_not_exist(fake: HostileNode, connection: Connection) -> None:
    answering(fake, eth_call="0x" + (9).to_bytes(32, "big").hex())
    with pytest.raises(RpcError, match="unknown state"):
        Governor(connection, ANY).state(1)
    with pytest.raises(RpcError):
        RewardPolicyContract(connection, ANY).read()


@pytest.mark.parametrize("value", [None, 5, {"a": 1}, ["0x12"], [5]])
def test_malformed_accounts(fake: HostileNode, connection: Connection, value: Any) -> None:
    answering(fake, eth_accounts=value)
    with pytest.raises(RpcError, match="eth_accounts"):
        accounts.node_signer(connection, ANY)


# ------------------------------------------------------------ logs

LOG: dict[str, Any] = {
    "address": ANY,
    "topics": [HASH],
    "data": "0x",
    "blockNumber": "0x1",
    "blockHash": HASH,
    "transactionHash": HASH,
    "transactionIndex": "0x0",
    "logIndex": "0x0",
    "removed": False,
}
HEADER = {"number": "0x1", "timestamp": "0x5", "hash": HASH}


def fetched(fake: HostileNode, connection: Connection, answer: Any) -> list[Any]:
    answering(fake, eth_getLogs=answer, eth_getBlockByNumber=HEADER)
    return logs.fetch(connection, [ANY], from_block=0, to_block=9)


def test_a_log_as_it_should_be(fake: HostileNode, connection: Connection) -> None:
    (log,) = fetched(fake, connection, [LOG])
    assert (log.address, log.topics, log.timestamp) == (ANY, (bytes.fromhex(HASH[2:]),), 5)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        "0x",
        [5],
        ["log"],
        [None],
        *[[{name: value for name, value in LOG.items() if name != missing}] for missing in LOG if missing != "removed"],
        *[[{**LOG, name: value}] for name in LOG for value in (None, 7, [1], {"a": 1}, "0xzz") if name != "removed"],
        [{**LOG, "topics": ["0x12"]}],
        [{**LOG, "topics": [HASH] * 5}],
        [{**LOG, "address": "0x12"}],
        [{**LOG, "address": ZERO_ADDRESS}],
        [{**LOG, "blockHash": "0x" + "33" * 32}],
        [{**LOG, "blockNumber": "0xa"}],
        [{**LOG, "removed": True}],
    ],
)
def test_a_log_that_is_malformed_or_was_not_asked_for(fake: HostileNode, connection: Connection, answer: Any) -> None:
    with pytest.raises(RpcError):
        fetched(fake, connection, answer)


# ------------------------------------------------------------ transactions

SENDING = {
    "eth_call": "0x",
    "eth_getTransactionCount": "0x0",
    "eth_estimateGas": "0x5208",
    "eth_getBlockByNumber": {**HEADER, "baseFeePerGas": "0x1"},
    "eth_maxPriorityFeePerGas": "0x1",
    "eth_sendTransaction": HASH,
    "eth_getTransactionReceipt": {
        "blockNumber": "0x1",
        "status": "0x1",
        "transactionHash": HASH,
        "gasUsed": "0x5208",
        "logs": [LOG],
        "contractAddress": None,
    },
}


def sent(connection: Connection) -> transaction.Receipt:
    return transaction.send(connection, NodeSigner(ANY), Request(to=ANY, data=b""), chain_id=1, timeout=5)


def test_a_transaction_as_it_should_be(fake: HostileNode, connection: Connection) -> None:
    answering(fake, **SENDING)
    assert sent(connection).gas_used == 21_000


@pytest.mark.parametrize("method", [method for method in SENDING if method != "eth_sendTransaction"])
@pytest.mark.parametrize("value", [5, [], {"a": 1}, "0xzz", "text"])
def test_a_malformed_answer_on_the_way(fake: HostileNode, connection: Connection, method: str, value: Any) -> None:
    answering(fake, **{**SENDING, method: value})
    with pytest.raises(RpcError):
        sent(connection)
    assert method == "eth_getTransactionReceipt" or value == {"a": 1} or "eth_sendTransaction" not in fake.methods


@pytest.mark.parametrize("key", ["blockNumber", "status", "transactionHash", "gasUsed", "logs"])
@pytest.mark.parametrize("value", [None, 5, {"a": 1}, "0xzz", [5]])
def test_a_malformed_receipt(fake: HostileNode, connection: Connection, key: str, value: Any) -> None:
    receipt: dict[str, Any] = {**SENDING["eth_getTransactionReceipt"], key: value}  # type: ignore[dict-item]
    answering(fake, **{**SENDING, "eth_getTransactionReceipt": receipt})
    with pytest.raises(RpcError):
        sent(connection)


def test_a_transaction_that_failed(fake: HostileNode, connection: Connection) -> None:
    receipt: dict[str, Any] = {**SENDING["eth_getTransactionReceipt"], "status": "0x0"}  # type: ignore[dict-item]
    answering(fake, **{**SENDING, "eth_getTransactionReceipt": receipt})
    with pytest.raises(TransactionFailed, match=r"mined and failed.*give the command again") as error:
        sent(connection)
    assert error.value.values["transaction"] == HASH


def test_a_transaction_that_is_never_mined(fake: HostileNode, connection: Connection) -> None:
    answering(fake, **{**SENDING, "eth_getTransactionReceipt": None})
    with pytest.raises(TransactionFailed, match="not mined yet") as error:
        transaction.wait(connection, HASH, timeout=0)
    assert "before you send it again" in str(error.value.remedy)


def test_the_wrong_chain_sends_nothing(fake: HostileNode, connection: Connection) -> None:
    answering(fake, **SENDING)
    with pytest.raises(WrongChain):
        transaction.send(connection, NodeSigner(ANY), Request(to=ANY, data=b""), chain_id=2)
    assert fake.methods == ["eth_chainId"]


def test_a_simulation_that_fails_sends_nothing(local: Connection) -> None:
    request = Request(to=None, data=REVERTING)
    before = local.nonce(DEPLOYER)
    with pytest.raises(CallReverted, match="without a reason"):
        transaction.send(local, NodeSigner(DEPLOYER), request, chain_id=node.CHAIN_ID)
    assert local.nonce(DEPLOYER) == before


def test_a_transfer_of_ether(local: Connection) -> None:
    seen: list[str] = []
    request = Request(to=ANY, data=b"", value=7)
    receipt = transaction.send(local, NodeSigner(DEPLOYER), request, chain_id=node.CHAIN_ID, sent=seen.append)
    assert local.balance(ANY) == 7
    assert seen == ["0x" + receipt.hash.hex()]
    assert (receipt.gas_used, receipt.contract, receipt.logs) == (21_000, None, ())
