"""The whole audit over JSON-RPC: a node's logs, a node's answers, and a node that lies."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from dao.abi import checksum
from dao.audit.run import audit_replay
from dao.chain.connection import Block, Connection, View
from dao.chain.logs import fetch
from dao.chain.node import find_anvil, free_port
from dao.errors import CallReverted, ConnectionFailed, RpcError
from dao.events.log import RawLog
from dao.types import Address, ProposalState, Support
from tests.support.history import DELAY, DEPLOYER, EPOCH, PERIOD, ROOT_ID, START, Chain, Dao, Reverted

ONE = 10**18


class NodeChain(Chain):
    """The chain of a node: every transaction is a block of its own, senders are impersonated."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.chain_id = connection.chain_id
        self.funded: set[Address] = set()
        connection.rpc("anvil_autoImpersonateAccount", [True])

    @property
    def timestamp(self) -> int:  # type: ignore[override]
        return self.connection.block().timestamp

    @property
    def number(self) -> int:  # type: ignore[override]
        return self.connection.block().number

    @property
    def logs(self) -> list[RawLog]:  # type: ignore[override]
        raise NotImplementedError("a node's logs are asked of the node")

    def advance(self, seconds: int) -> None:
        self.connection.rpc("evm_setNextBlockTimestamp", [self.timestamp + max(seconds, 1)])
        self.connection.rpc("evm_mine")

    def nonce(self, account: Address) -> int:
        return self.connection.nonce(account)

    def deploy(self, code: bytes, deployer: Address = DEPLOYER) -> Address:
        return checksum(self._mined({"from": deployer, "data": "0x" + code.hex()})["contractAddress"])

    def send(self, sender: Address, to: Address, calldata: bytes, value: int = 0) -> bytes:
        fields = {"from": sender, "to": to, "data": "0x" + calldata.hex(), "value": hex(value)}
        try:
            output = self.connection.rpc("eth_call", [fields, "pending"])
        except CallReverted as error:
            raise Reverted(str(error)) from error
        self._mined(fields)
        return bytes.fromhex(output[2:])

    def views(self, views: Sequence[View], *, block: int | str = "latest") -> list[tuple[Any, ...]]:
        return self.connection.views(views)

    def block(self, ref: int | str = "latest") -> Block:
        return self.connection.block()

    def _mined(self, fields: dict[str, str]) -> dict[str, Any]:
        if fields["from"] not in self.funded:
            self.connection.rpc("anvil_setBalance", [fields["from"], hex(100 * ONE)])
            self.funded.add(Address(fields["from"]))
        digest = self.connection.rpc("eth_sendTransaction", [{**fields, "gas": hex(20_000_000)}])
        receipt = None
        while receipt is None:
            receipt = self.connection.rpc("eth_getTransactionReceipt", [digest])
        assert receipt["status"] == "0x1"
        return dict(receipt)


@contextmanager
def archive_node(home: Path) -> Iterator[Connection]:
    """A local node that keeps old states under `home`, which the one of `dao node` does not."""
    port = free_port()
    binary = str(find_anvil(Path(__file__).resolve().parent))
    options = ["--host", "127.0.0.1", "--port", str(port), "--timestamp", str(START), "--silent"]
    process = subprocess.Popen([binary, *options], stdout=subprocess.DEVNULL, env={"HOME": str(home)})
    try:
        for _ in range(400):
            with suppress(ConnectionFailed):
                connection = Connection.open(f"http://127.0.0.1:{port}")
                break
            assert process.poll() is None
            time.sleep(0.05)
        yield connection
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def dao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    """A deployment on a local node, with an executed, a defeated and a pending proposal."""
    with archive_node(tmp_path_factory.mktemp("anvil")) as connection:
        chain = NodeChain(connection)
        made = Dao.deploy(chain=chain)
        for holder in made.holders:
            made.token(holder, "delegate", holder)
        made.bundle([made.call_token("delegate", made.holders[0]), made.call_token("transfer", made.holders[1], ONE)])
        chain.advance(1)
        epoch = (chain.timestamp - (START - 10 * EPOCH)) // EPOCH + 3
        change = made.call_policy("setSchedule", ROOT_ID, [(epoch, 0, [5 * ONE])])
        made.pass_proposal([change, made.call_governor("setVotingDelay", DELAY + 1)], "Pay less")
        refused = made.propose(made.holders[0], [change], "Refused")
        chain.advance(DELAY + 2)
        made.vote(made.holders[1], refused, Support.FRACTIONAL, (ONE, 2 * ONE, 3))
        made.vote_by_signature(4, refused, Support.AGAINST, made.guardian)
        chain.advance(PERIOD + 1)
        made.propose(made.holders[0], [change], "Waits")
        yield made


def connection_of(dao: Dao) -> Connection:
    assert isinstance(dao.chain, NodeChain)
    return dao.chain.connection


def test_an_honest_node_has_no_finding(dao: Dao) -> None:
    steps: list[tuple[str, int, int]] = []
    report = audit_replay(connection_of(dao), dao.addresses, 0, progress=lambda *step: steps.append(step))
    assert report.findings == ()
    assert [proposal.state for proposal in report.proposals] == [
        ProposalState.EXECUTED,
        ProposalState.DEFEATED,
        ProposalState.PENDING,
    ]
    assert [change.proposal for change in report.policy_changes] == [report.proposals[0].id]
    assert {step for step, _, _ in steps} == {"logs", "contracts"}
    unused = {"late-quorums", "cancellations", "policy-reports"}
    assert all(check.compared for check in report.checks if check.name not in unused)


def test_an_audit_may_end_at_an_older_block(dao: Dao) -> None:
    connection = connection_of(dao)
    for to_block in range(connection.block().number - 6, connection.block().number):
        assert audit_replay(connection, dao.addresses, 0, to_block).findings == ()


def test_a_node_that_cannot_answer_ends_the_audit(dao: Dao) -> None:
    """What a node refuses is no contradiction of the history."""
    connection = connection_of(dao)
    number = connection.block().number + 1
    with pytest.raises(RpcError):
        audit_replay(connection, dao.addresses, 0, number)


def test_a_node_that_holds_back_a_log_is_found_out(dao: Dao, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaving out one log is what a careless node does."""
    honest = fetch(connection_of(dao), [dao.addresses.token], from_block=0, to_block=connection_of(dao).block().number)
    held_back = honest[-1]

    def forgetful(*arguments: Any, **options: Any) -> list[RawLog]:
        return [log for log in fetch(*arguments, **options) if log != held_back]

    monkeypatch.setattr("dao.audit.run.fetch", forgetful)
    report = audit_replay(connection_of(dao), dao.addresses, 0)
    assert report.verdict == "disagrees"


def test_a_block_that_is_replaced_meanwhile_stops_the_audit(dao: Dao) -> None:
    connection = connection_of(dao)

    def replace(step: str, done: int, total: int) -> None:
        if step == "contracts" and done == total:
            connection.rpc("anvil_rollback", [1])
            connection.rpc("evm_increaseTime", [7])
            connection.rpc("evm_mine")

    dao.chain.advance(1)
    with pytest.raises(RpcError, match="changed while the contracts were asked"):
        audit_replay(connection, dao.addresses, 0, progress=replace)
