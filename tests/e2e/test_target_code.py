"""Targets that get other code before their proposal is executed, on a real chain: found, or said to be trusted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from dao.chain.connection import Connection
from dao.collecting import asking
from dao.collecting.targets import add_targets, collect_targets
from dao.errors import ConnectionFailed, RpcError
from dao.evidence.bundle import Bundle
from dao.evidence.manifest import Kind
from dao.evidence.targets import read_targets
from dao.lifecycle.journal import save
from dao.proving.bundle import decided_in
from dao.proving.called import decisions
from dao.proving.headers import link
from dao.proving.prove import Anchor, Evidence, prove
from dao.proving.targets import WHAT, decided_by, prove_targets
from dao.proving.verdict import Line, Standing, Verdict
from dao.replay.replay import replay
from tests.support.chain import Dao, deployed
from tests.support.cli import Invoke, invoker
from tests.support.exchanging import EXCHANGED_CODES, OWNER, Exchanged, exchanged
from tests.support.proving import collected, sealed

NAMES = [field.name for field in fields(Exchanged)]


@pytest.fixture(scope="module")
def dao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    with deployed(tmp_path_factory.mktemp("dao")) as made:
        save(made.folder / "deployments" / "31337.json", made.deployment)
        yield made


@pytest.fixture(scope="module")
def life(dao: Dao) -> Exchanged:
    return exchanged(dao)


@pytest.fixture(scope="module")
def evidence(dao: Dao, life: Exchanged) -> Evidence:
    return collected(dao)


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    return invoker(tmp_path, monkeypatch, capsys)


def proved(evidence: Evidence) -> Verdict:
    return prove(evidence, Anchor(hash=evidence.end_hash, pinned=True, source="given"))


def line(verdict: Verdict) -> Line:
    return next(line for line in verdict.lines if line.what == WHAT)


def asked_again(dao: Dao, evidence: Evidence, connection: Connection | None = None) -> tuple[bytes, ...]:
    """What `connection`, or the chain itself, proves of the targets."""
    chain, _ = link(evidence.headers, evidence.end_hash)
    decided = decided_by(evidence.logs, dao.deployment.addresses)
    return tuple(sorted(collect_targets([connection or dao.connection], decided, chain.headers)))


def read(bundle: Bundle) -> tuple[bytes, ...]:
    return read_targets(bundle.document(Kind.TARGETS) or b"")


def contents(bundle: Bundle) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in bundle.folder.iterdir() if path.is_file()}


class Changed(Connection):
    """A node that answers as another does, but for what `change` makes of requests and answers."""

    def __init__(self, real: Connection, change: Any) -> None:
        super().__init__(real.url, real._transport, real.chain_id)
        self._change = change
        self.asked: Counter[tuple[str, str]] = Counter()

    def each(self, requests: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        for method, parameters in requests:
            if method == "eth_getProof":
                self.asked[parameters[0], parameters[2]] += 1
        return [self._change(*entry) for entry in zip(requests, super().each(requests), strict=True)]


# ------------------------------------------------------------ what is found


def test_every_exchange_is_found_with_its_block_and_transaction(dao: Dao, life: Exchanged, evidence: Evidence) -> None:
    verdict = proved(evidence)
    state = replay(evidence.logs, dao.deployment.addresses)
    names = {getattr(life, name).proposal_id: name for name in NAMES}
    found = {
        name: (entry.block, entry.transaction, entry.contract)
        for entry in verdict.findings
        for number, name in names.items()
        if str(number) in entry.what
    }
    assert len(verdict.findings) == len(found)
    assert found == {
        name: (executed.block, executed.transaction, getattr(life, name).calls[0].target)
        for name in ("late", "reborn", "same_block", "fleeting")
        if (executed := state.proposals[getattr(life, name).proposal_id].executed)
    }
    words = {names[number]: e.found for e in verdict.findings for number in names if str(number) in e.what}
    for name, block in (("late", "at the ends of blocks"), ("same_block", "no code at the end of block")):
        assert block in words[name]
    assert "came and went" in words["fleeting"]
    assert all("no code, as at the end of block" in entry.expected for entry in verdict.findings)
    assert line(verdict).standing is Standing.PROVED
    assert line(verdict).detail.startswith("9 targets of 7 proposals, 6 of them executed")
    assert "1 that got ether alone delegate" in line(verdict).detail


def test_headers_that_are_not_linked(dao: Dao, evidence: Evidence) -> None:
    last = evidence.headers[-1]
    blocks = {log.block_number for log in evidence.logs}
    some = [header for header in evidence.headers if header.number in blocks or header is last]
    bare = replace(evidence, headers=some)
    targets = asked_again(dao, bare)
    # Headers of blocks before executions, in which nothing else happened, are needed besides.
    assert set(targets) > set(evidence.targets)
    verdict = proved(replace(bare, targets=targets))
    assert len(verdict.findings) == 4
    assert line(verdict).standing is Standing.TRUSTED
    assert "not linked to the anchor" in line(verdict).detail


def test_without_proofs_it_is_trusted(evidence: Evidence) -> None:
    verdict = proved(replace(evidence, targets=()))
    assert verdict.findings == ()
    assert line(verdict).standing is Standing.TRUSTED
    assert line(verdict).detail.startswith("0 of 9 targets of 7 proposals")
    assert WHAT in verdict.headline


def test_every_preimage_is_needed_and_none_is_believed(dao: Dao, evidence: Evidence) -> None:
    """Without one of them, or with another in its place, less is proved, and nothing else is found."""
    whole = {(entry.block, entry.what) for entry in proved(evidence).findings}
    chain, _ = link(evidence.headers, evidence.end_hash)
    decided = decided_by(evidence.logs, dao.deployment.addresses)
    for place, data in enumerate(evidence.targets):
        others = (*evidence.targets[:place], *evidence.targets[place + 1 :])
        for targets in (others, (*others, bytes([*data[:-1], data[-1] ^ 1]))):
            verdict = prove_targets(chain, decided, targets)
            found = {(entry.block, entry.what) for entry in verdict.findings}
            if data in EXCHANGED_CODES:
                assert found >= whole
            else:
                assert found <= whole
                assert line(verdict).standing is Standing.TRUSTED


# ------------------------------------------------------------ nodes


def test_a_node_that_lies_of_an_account_is_not_listened_to(dao: Dao, evidence: Evidence) -> None:
    def another_hash(request: Any, answer: Any) -> Any:
        return {**answer, "codeHash": "0x" + "22" * 32} if request[0] == "eth_getProof" else answer

    def more_nodes(request: Any, answer: Any) -> Any:
        more = ["0x" + "22" * 40, *answer["accountProof"]] if request[0] == "eth_getProof" else []
        return {**answer, "accountProof": more} if more else answer

    def another_proof(request: Any, answer: Any) -> Any:
        if request[0] != "eth_getProof":
            return answer
        return dao.connection.rpc("eth_getProof", [*request[1][:2], hex(1)])

    def cut(request: Any, answer: Any) -> Any:
        return {**answer, "accountProof": answer["accountProof"][:-1]} if request[0] == "eth_getProof" else answer

    def malformed(request: Any, answer: Any) -> Any:
        return {"accountProof": ["0xzz"]} if request[0] == "eth_getProof" else answer

    def other_code(request: Any, answer: Any) -> Any:
        return "0x6001" if request[0] == "eth_getCode" else answer

    for harmless in (another_hash, more_nodes):
        assert asked_again(dao, evidence, Changed(dao.connection, harmless)) == evidence.targets
    for lie in (another_proof, cut, malformed):
        assert asked_again(dao, evidence, Changed(dao.connection, lie)) == ()
    short = asked_again(dao, evidence, Changed(dao.connection, other_code))
    assert set(evidence.targets) - set(short) == EXCHANGED_CODES
    assert len(proved(replace(evidence, targets=short)).findings) == 5


def test_a_node_that_keeps_few_states(dao: Dao, evidence: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it can prove is kept; it is not asked on and on for what it cannot."""
    kept = 20

    def young_state(request: Any, answer: Any) -> Any:
        old = request[0] == "eth_getProof" and int(request[1][2], 16) <= evidence.to_block - kept
        return RpcError("eth_getProof was refused by the node", found="missing trie node") if old else answer

    young = Changed(dao.connection, young_state)
    some = asked_again(dao, evidence, young)
    assert set(some) < set(evidence.targets)
    assert some
    assert set(young.asked.values()) == {1}
    monkeypatch.setattr(asking, "BATCH", 1)
    monkeypatch.setattr(asking, "MOST_REFUSALS", 3)
    young = Changed(dao.connection, young_state)
    assert asked_again(dao, evidence, young) == some
    refused = [block for _, block in young.asked if int(block, 16) <= evidence.to_block - kept]
    assert len(refused) == 3
    verdict = proved(replace(evidence, targets=some))
    assert line(verdict).standing is Standing.TRUSTED
    assert line(verdict).detail.startswith("0 of 9")


def test_interrupted_and_continued(
    dao: Dao, evidence: Evidence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sealed bundle is the same to the byte, and nothing that was answered is asked for again."""
    bare = replace(evidence, targets=())
    whole = add_targets([dao.connection], sealed(bare, tmp_path / "whole"))
    monkeypatch.setattr(asking, "BATCH", 3)
    bundle = sealed(bare, tmp_path / "parts")
    asked: Counter[tuple[str, str]] = Counter()

    class Failing(Changed):
        left = 2

        def each(self, requests: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
            self.left -= 1
            if not self.left:
                raise ConnectionFailed("the node does not answer")
            return super().each(requests)

    for _ in range(40):
        node = Failing(dao.connection, lambda request, answer: answer)
        try:
            bundle = add_targets([node], bundle)
        except ConnectionFailed:
            asked += node.asked
            notes = tmp_path / "parts" / "collecting" / "notes.jsonl"
            notes.write_bytes(notes.read_bytes() + b'{"answers": ["0x00')
            continue
        break
    assert contents(bundle) == contents(whole)
    assert set(asked.values()) == {1}
    assert not (tmp_path / "parts" / "collecting").exists()
    node = Failing(dao.connection, lambda request, answer: answer)
    assert add_targets([node], bundle) == bundle
    assert not node.asked


def test_what_one_node_lacks_another_adds(dao: Dao, evidence: Evidence, tmp_path: Path) -> None:
    """Also to a bundle that was sealed with less."""

    def lacking(request: Any, answer: Any) -> Any:
        return None if request[0] == "eth_getProof" and request[1][0] == OWNER.address else answer

    some = Changed(dao.connection, lacking)
    bundle = add_targets([some], sealed(replace(evidence, targets=()), tmp_path / "evidence"))
    assert line(proved(replace(evidence, targets=read(bundle)))).standing is Standing.TRUSTED
    other = Changed(dao.connection, lambda request, answer: answer)
    assert read(add_targets([some, other], bundle)) == evidence.targets
    assert {account for account, _ in other.asked} == {OWNER.address}


def test_logs_of_governor_and_timelock_tell_all(dao: Dao, evidence: Evidence, tmp_path: Path) -> None:
    decided = decided_in(sealed(evidence, tmp_path / "evidence"))
    assert decided == decisions(replay(evidence.logs, dao.deployment.addresses))


# ------------------------------------------------------------ commands


def test_the_commands(dao: Dao, life: Exchanged, invoke: Invoke, tmp_path: Path) -> None:
    file = str(dao.folder / "deployments" / "31337.json")
    arguments = ("--rpc", dao.connection.url, "--deployment", file)
    made = invoke("audit", "collect", *arguments, "--confirmations", "0", "--json").json()
    assert made["rows"]["targets"] == 1
    verdict = invoke("audit", "prove", "--json", "--anchor", made["anchor"], code=3).json()
    assert len(verdict["findings"]) == 4
    replayed = invoke("audit", "replay", "evidence", "--json", code=3).json()
    found = [entry for entry in replayed["findings"] if entry["check"] == "target-code"]
    assert found == replayed["findings"]
    assert {(e["block"], e["transaction"]) for e in found} == {
        (e["block"], e["transaction"]) for e in verdict["findings"]
    }
    assert "target-code" in invoke("audit", "replay", "evidence", code=3).out
    asked = invoke("audit", "replay", *arguments, "--json", code=3).json()
    assert asked["findings"] == found
    assert "CONTRADICTED: 4 findings" in invoke("audit", "prove", "--anchor", made["anchor"], code=3).out
    said = invoke("audit", "report", "evidence", "--out", "page.html", "--json", code=3).json()
    assert said["findings"] == 4


def test_a_chain_that_forgot_its_states(dao: Dao, evidence: Evidence, tmp_path: Path, invoke: Invoke) -> None:
    """The last test of this chain: it moves on until it knows none of these blocks."""
    dao.connection.rpc("anvil_mine", ["0x200"])
    assert asked_again(dao, evidence) == ()
    file = str(dao.folder / "deployments" / "31337.json")
    made = invoke("audit", "collect", "--rpc", dao.connection.url, "--deployment", file, "--json").json()
    assert "targets" not in made["rows"]
    verdict = invoke("audit", "prove", "--json", "--anchor", made["anchor"]).json()
    assert WHAT in verdict["trusted"]
