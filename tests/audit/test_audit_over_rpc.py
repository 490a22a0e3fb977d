"""The whole audit over JSON-RPC: a node's logs, a node's answers, and a node that lies."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from dao.abi import checksum, keccak
from dao.artifacts import load
from dao.audit.gather import gather
from dao.audit.run import audit, audit_replay
from dao.chain.connection import Block, Connection, View
from dao.chain.logs import fetch
from dao.chain.node import find_anvil, free_port
from dao.errors import CallReverted, ConnectionFailed, RpcError
from dao.events.log import RawLog
from dao.rewards.changes import SetSchedule
from dao.rewards.schedule import Constant, Segment
from dao.rewards.streams import ROOT
from dao.types import ZERO_ADDRESS, Address, Addresses, ProposalState, Support
from tests.support import paying
from tests.support.history import (
    DELAY,
    DEPLOYER,
    EPOCH,
    MILLION,
    PERIOD,
    ROOT_ID,
    START,
    TOKEN,
    Chain,
    Dao,
    Reverted,
    create_address,
)
from tests.support.policy import policy_code

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

    def allow(self, token: Address, owner: Address, spender: Address, amount: int) -> None:
        self.send(owner, token, TOKEN.function("approve").encode_call(spender, amount))

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
    """A deployment on a local node, with an executed, a defeated and a pending proposal, and a claimed payout."""
    with archive_node(tmp_path_factory.mktemp("anvil")) as connection:
        chain = NodeChain(connection)
        made = Dao.deploy(chain=chain, funding="treasury")
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
        publish_and_claim(made, ("data", 8, 0))
        made.propose(made.holders[0], [change], "Waits")
        yield made


def publish_and_claim(made: Dao, key: paying.Key) -> None:
    """Two payouts, one of them claimed."""
    sender = made.holders[0]
    paying.send(made, sender, paying.published(made, key, [(sender, ONE), (made.holders[1], 2 * ONE)]))
    made.chain.advance(paying.WINDOW)
    paying.send(made, sender, paying.claimed(made, key, 1))


def wrapped(chain: Chain) -> Dao:
    """A deployment over a token that the DAO had already, in which payouts are drawn from the treasury."""
    guardian = chain.deploy(load("TimelockController").creation_code(0, [], [], DEPLOYER))
    nonce = chain.nonce(DEPLOYER)
    old, timelock, token, governor = (create_address(DEPLOYER, nonce + i) for i in range(4))
    grants = [(timelock, paying.TREASURY)]
    chain.deploy(load("RewardToken").creation_code("Old", "OLD", 18, MILLION, timelock, [], grants))
    chain.deploy(load("TimelockController").creation_code(5, [governor], [governor], ZERO_ADDRESS))
    chain.deploy(load("VotesWrapper").creation_code("Votes", "VOT", old, timelock))
    settings = ("R", token, timelock, guardian, 1, 10, 0, [(5_000, 100)] * 3, [], [token], 5, 50)
    chain.deploy(load("RewardGovernor").creation_code(settings))
    changes = [SetSchedule(ROOT, (Segment(0, Constant(9 * ONE)),))]
    policy = chain.deploy(policy_code(chain.deploy, timelock, START - 10 * EPOCH, EPOCH, changes))
    payer = chain.deploy(paying.deployed(old, timelock, policy, guardian, "treasury"))
    chain.allow(old, timelock, payer, paying.TREASURY)
    addresses = Addresses(
        token=token, timelock=timelock, governor=governor, policy=policy, wraps=old, distributor=payer
    )
    people = tuple(checksum(Account.from_key(keccak(b"holder %d" % i)).address) for i in range(2))
    return Dao(chain, addresses, people, guardian, guardian)


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
    unused = {"late-quorums", "cancellations", "policy-reports", "disputes"}
    assert report.payouts is not None
    assert [(made.stream, made.published, made.claimed) for made in report.payouts.streams] == [
        ("data", 3 * ONE, 2 * ONE)
    ]
    assert all(check.compared for check in report.checks if check.name not in unused)


def test_payouts_in_a_wrapped_token_are_followed_to_its_transfers(dao: Dao) -> None:
    connection, first = connection_of(dao), connection_of(dao).block().number
    other = wrapped(NodeChain(connection))
    publish_and_claim(other, (ROOT, 8, 0))
    # What else the treasury pays in the old token, and who else pays the distributor, is not the audit's matter.
    old, holder = other.addresses.wraps, other.holders[1]
    assert old is not None
    for sender, to in ((other.addresses.timelock, holder), (holder, other.addresses.distributor)):
        other.chain.send(sender, old, TOKEN.function("transfer").encode_call(to, ONE))
    report = audit_replay(connection, other.addresses, first)
    assert report.findings == ()
    assert report.payouts is not None
    assert report.payouts.minted is False

    end = connection.block()
    logs = gather(connection, other.addresses, from_block=first, to_block=end.number)
    transfers = [log for log in logs if log.address == old]
    assert len(transfers) == 2
    for missing in transfers:
        told = audit(
            [log for log in logs if log != missing],
            other.addresses,
            None,
            chain_id=connection.chain_id,
            from_block=first,
            to_block=end.number,
            timepoint=end.timestamp,
        )
        assert {finding.check for finding in told.findings} == {"payout-funding"}


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

    monkeypatch.setattr("dao.audit.gather.fetch", forgetful)
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
