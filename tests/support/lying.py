"""A node that lies in front of everything that an auditor does, and what comes of it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from dao.artifacts import load
from dao.audit.offline import audit_bundle
from dao.chain.connection import Connection
from dao.chain.transport import Patience
from dao.collecting.collect import Collector
from dao.collecting.journal import Plan
from dao.collecting.panel import Panel
from dao.collecting.source import Source
from dao.collecting.state import add_state
from dao.errors import DaoError, RpcError
from dao.evidence.bundle import Bundle
from dao.evidence.manifest import Contracts
from dao.proving.bundle import read_evidence
from dao.proving.prove import Anchor, prove
from dao.proving.verdict import Standing, Verdict
from tests.support.chain import ACCOUNTS, Dao
from tests.support.hostile import hostile
from tests.support.proving import lived

Answer = Callable[[str, list[Any]], Any]
"""From method and parameters to a result."""

IMPATIENT = Patience(attempts=2, pause=0.01, timeout=10)
_RANK = {Standing.PROVED: 2, Standing.RECOMPUTED: 1, Standing.TRUSTED: 0}


@dataclass
class Node:
    """A chain whose every answer is remembered, so that the same is never asked twice.

    Args:
        dao: The chain and its deployment.
        end: The last block of the audit.
        end_hash: Its hash.
        answers: What was asked, and answered.
        gone: Whether the chain goes on differently by now, so that only what is remembered can be answered.
    """

    dao: Dao
    end: int
    end_hash: bytes
    answers: dict[str, Any] = field(default_factory=dict)
    gone: bool = False

    @classmethod
    def of(cls, dao: Dao) -> Node:
        """The chain as it is now."""
        block = dao.connection.block()
        return cls(dao, block.number, block.hash)

    def answer(self, method: str, params: list[Any]) -> Any:
        """The honest result, a copy of its own; None where there is none."""
        key = json.dumps([method, params])
        if key not in self.answers and not self.gone:
            try:
                self.answers[key] = self.dao.connection.rpc(method, params)
            except RpcError:
                self.answers[key] = None
        return copy.deepcopy(self.answers.get(key))

    def block(self, number: int, *, full: bool = False) -> Any:
        """A block by its number."""
        return self.answer("eth_getBlockByNumber", [hex(number), full])


def long_life(dao: Dao) -> None:
    """`lived`, then a block of transfers around a proposal, and a block without logs."""
    lived(dao)
    together(dao, "Together")
    dao.advance(1)


def together(dao: Dao, text: str) -> None:
    """A block of several transactions: two transfers, a proposal, two transfers."""
    addresses = dao.deployment.addresses
    transfer = load("RewardToken").abi.function("transfer")
    propose = load("RewardGovernor").abi.function("propose")
    moves = [(addresses.token, transfer.encode_call(to, 7)) for to in ACCOUNTS[:4]]
    made = propose.encode_call([addresses.token], [0], [transfer.encode_call(ACCOUNTS[0], 1)], text)
    calls = [*moves[:2], (addresses.governor, made), *moves[2:]]
    dao.connection.rpc("evm_setAutomine", [False])
    for to, data in calls:
        # What an estimate says ahead of the transactions before it is too little.
        sent = {"from": ACCOUNTS[0], "to": to, "data": "0x" + data.hex(), "gas": hex(1_000_000)}
        dao.connection.rpc("eth_sendTransaction", [sent])
    dao.connection.rpc("evm_mine")
    dao.connection.rpc("evm_setAutomine", [True])


class Came(Enum):
    """What came of a lie."""

    HONEST = "the bundle is the honest one, byte for byte"
    HARMLESS = "the bundle has other bytes, and says and proves exactly the same"
    REFUSED = "the collection, the proof or the replay refused it"
    FOUND = "something contradicts"
    WEAKER = "nothing contradicts, and a line of the verdict is weaker"
    ACCEPTED = "nothing contradicts, no line is weaker, and something else is said"


@dataclass(frozen=True)
class Outcome:
    """What came of one lie.

    Args:
        came: In one word.
        weaker: The lines of the verdict that are weaker than the honest ones, without addresses and numbers.
        said: The refusal.
        blocks: The blocks of the findings.
    """

    came: Came
    weaker: frozenset[str] = frozenset()
    said: str = ""
    blocks: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Honest:
    """What comes of a node that does not lie: the bundle's hash, the verdict's lines, and the audit's report."""

    content_hash: bytes
    verdict: Verdict
    report: dict[str, object]


def collected(node: Node, url: str, folder: Path) -> Bundle:
    """The bundle that the node at `url` gives, for the blocks up to the honest one's last."""
    connection = Connection.open(url, patience=IMPATIENT)
    plan = Plan(
        chain_id=connection.chain_id,
        contracts=Contracts.of_deployment(node.dao.deployment.addresses),
        from_block=0,
        to_block=node.end,
        anchor=node.end_hash,
        every_header=True,
        receipts=True,
    )
    collector = Collector(folder, Panel([Source(connection)], 1), plan)
    collector.collect()
    return add_state(connection, collector.seal())


def proved(node: Node, bundle: Bundle) -> Verdict:
    """What the bundle proves from the hash of the honest chain."""
    pinned = Anchor(hash=node.end_hash, pinned=True, source="the honest chain")
    return prove(read_evidence(bundle), pinned, blooms=(0, node.end))


def honest_of(node: Node, folder: Path) -> Honest:
    """What comes of the chain itself."""
    with hostile() as proxy:
        proxy.result = lambda method, params, _: node.answer(method, params)
        bundle = collected(node, proxy.url, folder)
    verdict, report = proved(node, bundle), audit_bundle(bundle)
    assert verdict.findings == report.findings == ()
    return Honest(bundle.manifest.content_hash(), verdict, report.as_dict())


def outcome(node: Node, honest: Honest, folder: Path, answer: Answer) -> Outcome:
    """What comes of a node that answers so."""
    with hostile() as proxy:
        proxy.result = lambda method, params, _: answer(method, params)
        try:
            bundle = collected(node, proxy.url, folder)
            verdict, report = proved(node, bundle), audit_bundle(bundle)
        except DaoError as error:
            assert error.what
            assert error.expected is not None or error.found is not None
            return Outcome(Came.REFUSED, said=str(error))
    blocks = frozenset(finding.block for finding in (*verdict.findings, *report.findings))
    weaker = frozenset(weaker_lines(honest.verdict, verdict))
    if blocks:
        return Outcome(Came.FOUND, weaker, blocks=blocks)
    if bundle.manifest.content_hash() == honest.content_hash:
        assert verdict == honest.verdict
        return Outcome(Came.HONEST)
    if weaker:
        return Outcome(Came.WEAKER, weaker)
    same = verdict == honest.verdict and report.as_dict() == honest.report
    return Outcome(Came.HARMLESS if same else Came.ACCEPTED)


def weaker_lines(honest: Verdict, verdict: Verdict) -> list[str]:
    """The lines that the honest verdict has proved or recomputed, and the other one less well or not at all."""
    ranks = {line.what: _RANK[line.standing] for line in verdict.lines}
    return [named(line.what) for line in honest.lines if ranks.get(line.what, -1) < _RANK[line.standing]]


def named(what: str) -> str:
    """What a line is about, without its address or numbers."""
    return re.sub(r" 0x[0-9a-fA-F]+| from blocks \d+ to \d+| \d+$|: block .*", "", what)


def blocks_named(node: Node, said: str) -> set[int]:
    """The blocks that a refusal names: by number, by a range of numbers, or by hash."""
    found = {int(number) for number in re.findall(r"\bblock (\d+)", said)}
    for first, last in re.findall(r"\bblocks (\d+) to (\d+)", said):
        found |= set(range(int(first), int(last) + 1))
    return found | {
        number for number in range(node.end + 1) if (block := node.block(number)) is not None and block["hash"] in said
    }


def lied_about(node: Node, method: str, params: list[Any], real: Any, told: Any) -> set[int]:
    """The blocks about which `told` says something else than `real`."""
    if method == "eth_getLogs":
        told = told or []
        entries = [log for log in real if log not in told] + [log for log in told if log not in real]
        # The same logs in another order are about all of them.
        return {int(log["blockNumber"], 16) for log in entries or real}
    if method == "eth_getBlockByNumber":
        return {int(params[0], 16)}
    if method in ("eth_getBlockByHash", "eth_getBlockReceipts"):
        return {number for number in range(node.end + 1) if node.block(number)["hash"] == params[0]}
    if method == "eth_getTransactionReceipt":
        return {int(real["blockNumber"], 16)}
    return {node.end}


@dataclass(frozen=True)
class Told:
    """A lie, and what must come of it.

    Args:
        method: The question that is lied about.
        lie: From the honest result, a copy of its own, to another one; None where it has nothing to lie about, `...`
            where it says that there is nothing.
        came: What must come of it.
        weaker: For WEAKER: exactly the lines of the verdict that are weaker.
        where: Which parameters are lied about; all where it is None.
        at_end: For FOUND: whether it is the state at the end block that contradicts, and no block is known.
    """

    method: str
    lie: Callable[[Any], Any]
    came: Came
    weaker: frozenset[str] = frozenset()
    where: Callable[[Node, list[Any]], bool] | None = None
    at_end: bool = False


def require(node: Node, honest: Honest, folder: Path, told: Told, instead: Answer | None = None) -> None:
    """What came of a lie is what must come of it, and what refuses or finds it names a block that was lied about.

    Args:
        node: The honest node.
        honest: What comes of it.
        folder: Where the bundle is made.
        told: The lie.
        instead: What answers where nothing is lied about; the honest node where it is None.
    """
    blocks: set[int] = set()

    def answer(method: str, params: list[Any]) -> Any:
        real = (instead or node.answer)(method, params)
        if method != told.method or real is None or not (told.where is None or told.where(node, params)):
            return real
        changed = told.lie(copy.deepcopy(real))
        if changed is None or changed == real:
            return real
        changed = None if changed is ... else changed
        blocks.update(lied_about(node, method, params, real, changed))
        return changed

    seen = outcome(node, honest, folder, answer)
    assert blocks, "nothing was said that is not so"
    assert (seen.came, seen.weaker if seen.came is Came.WEAKER else frozenset()) == (told.came, told.weaker), seen
    if seen.came is Came.REFUSED:
        assert blocks & blocks_named(node, seen.said), (blocks, seen.said)
    if seen.came is Came.FOUND:
        assert ({node.end} if told.at_end else blocks) & seen.blocks, (blocks, seen)
