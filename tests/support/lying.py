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
_FILE = re.compile(r"[a-z]+(-\d{5})?\.(parquet|json)")


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
        dao.connection.rpc("eth_sendTransaction", [{"from": ACCOUNTS[0], "to": to, "data": "0x" + data.hex()}])
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


def names_place(node: Node, said: str) -> bool:
    """Whether a refusal names a block, by its number or hash, or a file of the bundle."""
    return bool(re.search(r"\bblocks? \d+", said) or _FILE.search(said)) or any(
        block["hash"] in said for block in map(node.block, range(node.end + 1))
    )
