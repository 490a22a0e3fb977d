"""`dao audit replay --governor` on a real chain: it finds token and timelock by itself, agrees, and finds a lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dao.abi import checksum, keccak
from dao.audit.document import read_report
from dao.chain import node, transaction
from dao.chain.accounts import NodeSigner
from dao.chain.connection import Connection
from dao.chain.transaction import Request
from dao.governors.events import Kind, topic
from dao.types import ZERO_ADDRESS, Address
from tests.support.chain import ACCOUNTS, DEPLOYER, ROOT, STRANGER
from tests.support.cli import Invoke, invoker, run
from tests.support.exchanging import DATA, FACTORY, STOP, birth, born_at
from tests.support.governors import Compiled, compiled
from tests.support.history import create_address
from tests.support.hostile import hostile

VERSION = "5.7"


@dataclass
class Deployed:
    """A governor of OpenZeppelin 5.7 with a proposal that was executed."""

    connection: Connection
    governor: Address
    proposal: int

    def send(self, sender: Address, to: Address | None, data: bytes) -> None:
        request = Request(to=to, data=data, value=0)
        chain = self.connection.chain_id
        transaction.send(self.connection, NodeSigner(sender), request, chain_id=chain, timeout=30)

    def call(self, sender: Address, function: str, *arguments: Any) -> None:
        signature = compiled(VERSION, "Controlled").abi.function(function)
        self.send(sender, self.governor, signature.encode_call(*arguments))

    def decide(self, target: Address, data: bytes, text: str, *, late: bytes = b"") -> int:
        """The id of a proposal that is carried through its life; `late` is what FACTORY is sent after the vote."""
        columns = ([target], [0], [data])
        self.call(ACCOUNTS[0], "propose", *columns, text)
        hashed = (*columns, keccak(text.encode()))
        signature = compiled(VERSION, "Controlled").abi.function("hashProposal")
        proposal = self.connection.call(self.governor, signature, *hashed)[0]
        node.advance(self.connection, 12)
        for account, support in zip(ACCOUNTS, (1, 1, 0), strict=False):
            self.call(account, "castVote", proposal, support)
        node.advance(self.connection, 200)
        self.call(STRANGER, "queue(address[],uint256[],bytes[],bytes32)", *hashed)
        node.advance(self.connection, 200)
        if late:
            self.send(STRANGER, FACTORY, late)
        self.call(STRANGER, "execute(address[],uint256[],bytes[],bytes32)", *hashed)
        node.advance(self.connection, 1)
        return int(proposal)


@pytest.fixture(scope="module")
def life() -> Iterator[Deployed]:
    with node.ephemeral(ROOT) as connection:
        nonce = connection.nonce(DEPLOYER)
        token, timelock, governor = (create_address(DEPLOYER, nonce + index) for index in range(3))
        made = Deployed(connection, governor, 0)
        code = {name: compiled(VERSION, name) for name in ("Token", "TimelockController", "Controlled")}
        made.send(DEPLOYER, None, code["Token"].creation_code(True))
        roles = ([governor], [ZERO_ADDRESS], ZERO_ADDRESS)
        made.send(DEPLOYER, None, code["TimelockController"].creation_code(100, *roles))
        made.send(DEPLOYER, None, code["Controlled"].creation_code(token, timelock, 10, 100, 5, 10, 20))

        def call(sender: Address, to: Address, contract: Compiled, function: str, *arguments: Any) -> None:
            made.send(sender, to, contract.abi.function(function).encode_call(*arguments))

        for account in ACCOUNTS[:3]:
            call(DEPLOYER, token, code["Token"], "mint", account, 1_000)
            call(account, token, code["Token"], "delegate", account)
        node.advance(connection, 1)
        made.proposal = made.decide(STRANGER, b"", "An honest \u202e proposal")
        yield made


@pytest.fixture
def rewound(life: Deployed) -> Iterator[Deployed]:
    """What happens to the chain in a test is taken back."""
    snapshot = life.connection.rpc("evm_snapshot")
    yield life
    assert life.connection.rpc("evm_revert", [snapshot]) is True


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    return invoker(tmp_path, monkeypatch, capsys)


def test_it_finds_token_and_timelock_and_agrees(life: Deployed, tmp_path: Path) -> None:
    arguments = ("audit", "replay", "--governor", life.governor, "--rpc", life.connection.url)
    report = run(*arguments, "--json", cwd=tmp_path).json()
    assert (report["verdict"], report["findings"], report["deployment"]["governor"]) == ("agrees", [], life.governor)
    (proposal,) = report["proposals"]
    assert (proposal["id"], proposal["state"]) == (str(life.proposal), "executed")
    assert (proposal["for"], proposal["against"], proposal["quorum"]) == ("2000", "1000", "300")
    shown = run(*arguments, cwd=tmp_path).out
    assert shown.startswith("trusted: ")
    assert "AGREES: recomputed" in shown
    assert "\u202e" not in shown
    assert "2_000" in shown


def test_it_finds_a_ballot_that_the_node_left_out(life: Deployed, tmp_path: Path) -> None:
    ballot = "0x" + topic("VoteCast", Kind.OPENZEPPELIN).hex()

    def answer(method: str, params: list[Any], real: Any) -> Any:
        if method != "eth_getLogs":
            return real
        return [log for log in real if not (log["topics"][0] == ballot and log["topics"][1].endswith("79c8"))]

    with hostile(life.connection.url) as proxy:
        proxy.result = answer
        arguments = ("audit", "replay", "--governor", life.governor, "--rpc", proxy.url)
        report = run(*arguments, "--json", cwd=tmp_path, code=3).json()
        assert {finding["check"] for finding in report["findings"]} == {"contracts", "outcomes"}
        assert "DISAGREES" in run(*arguments, cwd=tmp_path, code=3).out


def test_what_is_no_governor_is_refused(life: Deployed, tmp_path: Path) -> None:
    url = life.connection.url
    token = checksum(create_address(DEPLOYER, 0))
    refused = run("audit", "replay", "--governor", token, "--rpc", url, "--json", cwd=tmp_path, code=1).json()
    assert refused["error"]["what"] == "this is no governor that can be replayed"
    run("audit", "replay", "--from-block", "1", "--rpc", url, cwd=tmp_path, code=2)


def test_its_evidence_is_collected_and_replayed_without_a_node(life: Deployed, tmp_path: Path, invoke: Invoke) -> None:
    end = life.connection.block().number
    known = ("--governor", life.governor, "--rpc", life.connection.url, "--to-block", str(end))
    made = invoke("audit", "collect", *known, "--headers", "all", "--json").json()
    assert made["from_block"] == 0
    assert set(made["rows"]) == {"logs", "headers", "transactions", "targets"}
    online = invoke("audit", "replay", *known, "--json").json()
    offline = invoke("audit", "replay", "evidence", "--json").json()
    assert offline["findings"] == []
    assert offline["asked_contracts"] is False
    for part in ("proposals", "deployment", "trusted", "logs", "patterns", "notices"):
        assert offline[part] == online[part], part
    assert None not in [pattern["notices"] for pattern in online["patterns"]]
    assert invoke("audit", "replay", "evidence").out.startswith("trusted: that the bundle left out no log")
    proved = invoke("audit", "prove", "--anchor", made["anchor"], "--json").json()
    assert proved["findings"] == []
    [targets] = [line for line in proved["lines"] if line["what"] == "code of targets at proposal and at execution"]
    assert targets["standing"] == "proved"
    assert targets["detail"].startswith("1 targets of 1 proposals, 1 of them executed")
    again = invoke("audit", "collect", *known, "--headers", "all", "--json").json()
    assert again["content_hash"] == made["content_hash"]
    token = checksum(create_address(DEPLOYER, 0))
    other = ("--governor", token, *known[2:])
    invoke("audit", "collect", *other, "--output", "other", code=1)
    assert not (tmp_path / "other" / "manifest.json").exists()
    invoke("audit", "report", "evidence", "--anchor", made["anchor"])
    report = read_report(tmp_path / "audit-report" / "report.json")
    assert report.verdict == "agrees"
    assert [(line.name, line.notices) for line in report.patterns if line.name == "internal-proposal"] == [
        ("internal-proposal", 0)
    ]
    anchored = next(line for line in report.standings if line.what.startswith("anchor"))
    assert anchored.standing == "proved"
    invoke("audit", "replay", "evidence", "--to-block", "3", code=2)
    earlier = ("--governor", life.governor, "--rpc", life.connection.url, "--to-block", str(end - 1))
    assert "holds other evidence" in invoke("audit", "collect", *earlier, code=1).err
    invoke("audit", "collect", "--from-block", "1", "--rpc", life.connection.url, code=2)


def test_a_ballot_left_out_of_its_evidence_is_found(life: Deployed, invoke: Invoke) -> None:
    """By the logs alone: without it the proposal would not have passed."""
    ballot = "0x" + topic("VoteCast", Kind.OPENZEPPELIN).hex()

    def answer(method: str, params: list[Any], real: Any) -> Any:
        if method != "eth_getLogs":
            return real
        return [log for log in real if not (log["topics"][0] == ballot and log["topics"][1].endswith("79c8"))]

    with hostile(life.connection.url) as proxy:
        proxy.result = answer
        end = str(life.connection.block().number)
        known = ("--governor", life.governor, "--rpc", proxy.url, "--to-block", end)
        invoke("audit", "collect", *known)
    report = invoke("audit", "replay", "evidence", "--json", code=3).json()
    assert {finding["check"] for finding in report["findings"]} == {"outcomes"}


def test_a_target_that_gets_code_after_the_vote(rewound: Deployed, invoke: Invoke) -> None:
    """The governor lets a proposal call an address without code, which anybody may fill before it is executed."""
    target = born_at(STOP, 9)
    proposal = rewound.decide(target, DATA, "Trust me", late=birth(STOP, 9))
    node.advance(rewound.connection, 1)
    silent = rewound.decide(born_at(STOP, 8), DATA, "Into nothing")
    end = str(rewound.connection.block().number)
    known = ("--governor", rewound.governor, "--rpc", rewound.connection.url, "--to-block", end)
    made = invoke("audit", "collect", *known, "--json").json()
    [found] = invoke("audit", "replay", "evidence", "--json", code=3).json()["findings"]
    assert found["what"] == f"code of {target}, which proposal {proposal} calls"
    assert (found["check"], found["expected"][:8]) == ("target-code", "no code,")
    assert found["block"] and found["transaction"]
    verdict = invoke("audit", "prove", "--anchor", made["anchor"], "--json", code=3).json()
    [proved] = verdict["findings"]
    assert {name: proved[name] for name in proved if name in found} == {n: found[n] for n in found if n in proved}
    [empty] = [line for line in verdict["lines"] if line["what"] == "calls of targets without code"]
    assert f"{born_at(STOP, 8)} by proposal {silent}" in empty["detail"]
    assert empty["standing"] == "trusted"
    assert invoke("audit", "replay", *known, "--json", code=3).json()["findings"] == [found]
