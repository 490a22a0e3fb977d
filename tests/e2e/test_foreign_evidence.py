"""Evidence of other people's governors on a real chain: quorums that views alone tell, and a timelock that was left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from dao.abi import ContractAbi, keccak
from dao.audit.governor_offline import add_quorums, audit_governor_bundle, contracts_of, quorums_of
from dao.chain import node, transaction
from dao.chain.accounts import NodeSigner
from dao.chain.connection import Connection
from dao.chain.transaction import Request
from dao.errors import RpcError
from dao.evidence.bundle import open_bundle, seal
from dao.evidence.manifest import Kind
from dao.proving.bundle import governor_of
from dao.types import ZERO_ADDRESS, Address
from tests.support.chain import ACCOUNTS, DEPLOYER, ROOT, STRANGER
from tests.support.cli import Invoke, invoker
from tests.support.governors import Compiled, compiled
from tests.support.history import create_address
from tests.support.hostile import hostile

COLUMNS = "(address[],uint256[],bytes[],bytes32)"


@dataclass
class Deployed:
    """A governor and what belongs to it, as transactions make it."""

    connection: Connection
    abis: dict[Address, ContractAbi] = field(default_factory=dict)
    governor: Address = ZERO_ADDRESS

    def deploy(self, contract: Compiled, *arguments: Any) -> Address:
        to_be = create_address(DEPLOYER, self.connection.nonce(DEPLOYER))
        self._send(DEPLOYER, None, contract.creation_code(*arguments))
        self.abis[to_be] = contract.abi
        return to_be

    def send(self, sender: Address, to: Address, function: str, *arguments: Any) -> None:
        self._send(sender, to, self.abis[to].function(function).encode_call(*arguments))

    def _send(self, sender: Address, to: Address | None, data: bytes) -> None:
        request = Request(to=to, data=data, value=0)
        transaction.send(self.connection, NodeSigner(sender), request, chain_id=self.connection.chain_id, timeout=30)

    def decide(self, target: Address, calldata: bytes, text: str, verbs: tuple[str, ...]) -> int:
        """Proposes, votes for it, and carries it on."""
        columns = ([target], [0], [calldata])
        node.advance(self.connection, 1)
        self.send(ACCOUNTS[0], self.governor, "propose", *columns, text)
        hashed = (*columns, keccak(text.encode()))
        view = self.abis[self.governor].function("hashProposal")
        proposal = int(self.connection.call(self.governor, view, *hashed)[0])
        self.pass_time(blocks=4, seconds=12)
        for account in ACCOUNTS[:2]:
            self.send(account, self.governor, "castVote", proposal, 1)
        for verb in verbs:
            self.pass_time(blocks=15, seconds=200)
            self.send(STRANGER, self.governor, verb + COLUMNS, *hashed)
        return proposal

    def pass_time(self, *, blocks: int, seconds: int) -> None:
        """Mines so many blocks, the last of them so many seconds after the others."""
        for _ in range(blocks - 1):
            node.advance(self.connection, 0)
        node.advance(self.connection, seconds)


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    with node.ephemeral(ROOT) as opened:
        yield opened


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    return invoker(tmp_path, monkeypatch, capsys)


@pytest.fixture(scope="module")
def asked(connection: Connection) -> Deployed:
    """A governor whose quorum is another one at every snapshot, with a token for each vote."""
    made = Deployed(connection)
    token = made.deploy(compiled("5.7", "Collection"), True)
    made.governor = made.deploy(compiled("5.7", "Constant"), token)
    for account, count in zip(ACCOUNTS, (3, 2), strict=False):
        for _ in range(count):
            made.send(DEPLOYER, token, "mint", account)
        made.send(account, token, "delegate", account)
    return made


def test_quorums_that_views_alone_tell_are_kept_with_the_evidence(
    asked: Deployed, tmp_path: Path, invoke: Invoke
) -> None:
    proposals = []
    for number in range(2):
        proposals.append(asked.decide(STRANGER, b"", f"Decision {number}", ("execute",)))
        node.advance(asked.connection, 1)
    asked.send(ACCOUNTS[0], asked.governor, "propose", [STRANGER], [0], [b""], "Not voted on yet")
    end = asked.connection.block().number
    known = ("--governor", asked.governor, "--rpc", asked.connection.url, "--to-block", str(end))
    first = invoke("audit", "collect", *known, "--json").json()
    abi = asked.abis[asked.governor]
    snapshots = [asked.connection.call(asked.governor, abi.function("proposalSnapshot"), each)[0] for each in proposals]
    quorums = {at: asked.connection.call(asked.governor, abi.function("quorum"), at)[0] for at in snapshots}
    assert len(set(quorums.values())) == 2
    bundle = open_bundle(tmp_path / "evidence")
    # The third proposal's snapshot is not over: what its quorum will be, nobody knows yet.
    assert dict(quorums_of(bundle)) == quorums
    assert bundle.manifest.content_hash().hex() == first["content_hash"]
    report = audit_governor_bundle(bundle).report
    assert report.findings == ()
    assert [made.quorum for made in report.proposals] == [*quorums.values(), None]
    assert {f"quorum at {at}": votes for at, votes in quorums.items()}.items() <= dict(report.trusted).items()
    assert invoke("audit", "collect", *known, "--json").json()["content_hash"] == first["content_hash"]
    invoke("audit", "report", "evidence")
    assert "the quorum of 2 snapshots" in (tmp_path / "audit-report" / "report.html").read_text(encoding="utf-8")
    # What was answered falsely contradicts what became of the proposal.
    deployment = governor_of(bundle.manifest.contracts)
    assert deployment.profile.quorum == "views"
    falsely = replace(deployment, profile=deployment.profile.with_quorums({**quorums, snapshots[1]: 6}))
    other = seal(bundle.folder, replace(bundle.manifest, contracts=contracts_of(falsely)))
    findings = audit_governor_bundle(other).report.findings
    assert {(found.check, found.what) for found in findings} == {("outcomes", f"proposal {proposals[1]}")}


def test_quorums_of_another_end_block_are_refused(asked: Deployed, tmp_path: Path, invoke: Invoke) -> None:
    asked.decide(STRANGER, b"", "One more", ("execute",))
    end = asked.connection.block().number
    invoke("audit", "collect", "--governor", asked.governor, "--rpc", asked.connection.url, "--to-block", str(end))
    bundle = open_bundle(tmp_path / "evidence")
    before = (tmp_path / "evidence" / "manifest.json").read_bytes()

    def answer(method: str, params: list[Any], real: Any) -> Any:
        return {**real, "hash": "0x" + "11" * 32} if method == "eth_getBlockByNumber" else real

    with hostile(asked.connection.url) as proxy:
        proxy.result = answer
        with pytest.raises(RpcError, match=f"block {end} changed"):
            add_quorums(Connection.open(proxy.url), bundle)
    assert (tmp_path / "evidence" / "manifest.json").read_bytes() == before


def test_a_timelock_that_was_left_is_collected_and_replayed(
    connection: Connection, tmp_path: Path, invoke: Invoke
) -> None:
    made = Deployed(connection)
    nonce = connection.nonce(DEPLOYER)
    code = {name: compiled("5.7", name) for name in ("Token", "TimelockController", "Controlled")}
    made.governor = create_address(DEPLOYER, nonce + 3)
    token = made.deploy(code["Token"], True)
    roles = ([made.governor], [ZERO_ADDRESS], ZERO_ADDRESS)
    first, second = (made.deploy(code["TimelockController"], delay, *roles) for delay in (100, 150))
    made.deploy(code["Controlled"], token, first, 10, 100, 5, 10, 20)
    for account in ACCOUNTS[:2]:
        made.send(DEPLOYER, token, "mint", account, 1_000)
        made.send(account, token, "delegate", account)
    moving = made.abis[made.governor].function("updateTimelock").encode_call(second)
    both = ("queue", "execute")
    made.decide(made.governor, moving, "Another timelock", both)
    made.decide(STRANGER, b"\1\2\3\4", "Through the other one", both)
    end = str(connection.block().number)
    known = ("--governor", made.governor, "--rpc", connection.url, "--to-block", end)
    invoke("audit", "collect", *known)
    bundle = open_bundle(tmp_path / "evidence")
    assert bundle.manifest.contracts.get("timelock") == second
    where = {"0x" + one.hex() for rows in bundle.batches(Kind.LOGS) for one in rows.column("address").to_pylist()}
    assert {first.lower(), second.lower()} <= where
    audited = audit_governor_bundle(bundle)
    assert audited.report.findings == ()
    assert [proposal.state.name for proposal in audited.report.proposals] == ["EXECUTED", "EXECUTED"]
    assert sorted(timelock for timelock, _ in audited.state.operations) == sorted((first, second))
    assert audited.state.settings.timelock == second
