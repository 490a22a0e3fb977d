"""A node that answers out of other chains: invented ones, forks of the honest one, and the honest one a while ago."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from dao.audit.offline import audit_bundle
from dao.errors import ProofError
from tests.support.chain import ACCOUNTS, deployed
from tests.support.hostile import hostile
from tests.support.lying import Came, Honest, Node, blocks_named, collected, honest_of, outcome, proved, together

DEPTH = 3
"""How many blocks a fork replaces."""
LOGS, HEADERS, RECEIPTS, CODE = "eth_getLogs", "eth_getBlockByNumber", "eth_getBlockReceipts", "eth_getCode"
METHODS = (LOGS, HEADERS, RECEIPTS, CODE, "eth_getBlockByHash", "eth_getProof")


@pytest.fixture(scope="module")
def other(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Another history of contracts at the same addresses, as long as the honest one and without contradiction."""
    with deployed(tmp_path_factory.mktemp("other")) as made:
        made.delegate_all()
        while made.connection.block().number < node.end:
            made.call(ACCOUNTS[4], "token", "transfer", ACCOUNTS[0], 3)
        assert made.deployment.addresses == node.dao.deployment.addresses
        yield Node.of(made)


def test_an_invented_chain_does_not_reach_the_anchor(node: Node, other: Node, tmp_path: Path) -> None:
    with hostile() as proxy:
        proxy.result = lambda method, params, _: other.answer(method, params)
        bundle = collected(node, proxy.url, tmp_path / "evidence")
    assert audit_bundle(bundle).findings == ()
    with pytest.raises(ProofError, match="does not reach the anchor"):
        proved(node, bundle)


@pytest.mark.parametrize("mixed", [*METHODS, "half"])
def test_answers_of_two_chains(node: Node, other: Node, honest: Honest, tmp_path: Path, mixed: str) -> None:
    turn = count()

    def answer(method: str, params: list[Any]) -> Any:
        lying = next(turn) % 2 == 1 if mixed == "half" else method == mixed
        return (other if lying else node).answer(method, params)

    seen = outcome(node, honest, tmp_path / "evidence", answer)
    # Receipts that it does not have by the hash of a block are asked for one by one, by the hashes of transactions.
    expected = {CODE: Came.WEAKER, RECEIPTS: Came.HONEST}
    assert seen.came is expected.get(mixed, Came.REFUSED), seen
    assert seen.came is not Came.WEAKER or all(line.startswith("code of ") for line in seen.weaker)
    assert seen.came is not Came.REFUSED or blocks_named(node, seen.said)


# ------------------------------------------------------------ forks


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, Node, Honest]]:
    """Two chains that part before the last blocks, each without contradiction; what comes of the second one."""
    folder = tmp_path_factory.mktemp("forks")
    with deployed(folder) as made:
        made.delegate_all()
        snapshot = made.connection.rpc("evm_snapshot")

        def ended(text: str, amount: int) -> tuple[Node, Honest]:
            together(made, text)
            for _ in range(DEPTH - 1):
                made.call(ACCOUNTS[2], "token", "transfer", ACCOUNTS[0], amount)
            node = Node.of(made)
            return node, honest_of(node, folder / text)

        gone, _ = ended("One", 3)
        # By now every question has its answer.
        gone.gone = True
        assert made.connection.rpc("evm_revert", [snapshot]) is True
        node, honest = ended("Other", 4)
        assert (gone.end, node.end) == (node.end, gone.end)
        assert gone.end_hash != node.end_hash
        assert gone.block(node.end - DEPTH) == node.block(node.end - DEPTH)
        yield node, gone, honest


@pytest.mark.parametrize("method", METHODS)
def test_answers_of_a_fork(forks: tuple[Node, Node, Honest], tmp_path: Path, method: str) -> None:
    """One kind of answer is of the chain that was given up. What is asked by a block's hash, it does not have."""
    node, gone, honest = forks

    def answer(asked: str, params: list[Any]) -> Any:
        return (gone if asked == method else node).answer(asked, params)

    seen = outcome(node, honest, tmp_path / "evidence", answer)
    assert seen.came is (Came.HONEST if method in (CODE, RECEIPTS) else Came.REFUSED), seen
    assert seen.came is not Came.REFUSED or blocks_named(node, seen.said) & set(range(node.end - DEPTH, node.end + 1))


@pytest.mark.parametrize("method", [LOGS, HEADERS])
@pytest.mark.parametrize("depth", [1, 2])
def test_a_fork_of_some_blocks_alone(forks: tuple[Node, Node, Honest], tmp_path: Path, method: str, depth: int) -> None:
    """The end block is the honest one; of the blocks before it, `depth` are of the other chain."""
    node, gone, honest = forks
    stale = range(node.end - depth, node.end)

    def answer(asked: str, params: list[Any]) -> Any:
        real = node.answer(asked, params)
        if asked != method:
            return real
        if asked == HEADERS:
            return gone.answer(asked, params) if params[0] in [hex(number) for number in stale] else real
        other = gone.answer(asked, params) or []
        mixed = [log for log in real if int(log["blockNumber"], 16) not in stale]
        return mixed + [log for log in other if int(log["blockNumber"], 16) in stale]

    seen = outcome(node, honest, tmp_path / "evidence", answer)
    assert seen.came is Came.REFUSED, seen
    assert blocks_named(node, seen.said) & {*stale, node.end}


# ------------------------------------------------------------ a while ago


@pytest.mark.parametrize(
    ("method", "came"),
    [
        (LOGS, Came.FOUND),
        ("eth_getProof", Came.REFUSED),
        # The code is what it was three blocks ago.
        (CODE, Came.HONEST),
    ],
)
def test_stale_answers(node: Node, honest: Honest, tmp_path: Path, method: str, came: Came) -> None:
    """The node is three blocks behind, and does not say so."""
    behind = node.end - 3

    def answer(asked: str, params: list[Any]) -> Any:
        real = node.answer(asked, params)
        if asked != method:
            return real
        if asked == LOGS:
            return [log for log in real if int(log["blockNumber"], 16) <= behind]
        return node.answer(asked, [*params[:-1], hex(behind)])

    seen = outcome(node, honest, tmp_path / "evidence", answer)
    assert seen.came is came, seen
    assert seen.came is not Came.REFUSED or node.end in blocks_named(node, seen.said)
    assert seen.came is not Came.FOUND or seen.blocks & set(range(behind + 1, node.end + 1))


@pytest.mark.parametrize("number", [2, 3])
def test_a_head_that_is_behind(node: Node, honest: Honest, tmp_path: Path, number: int) -> None:
    """The node has no block after it, and says so: the end block is not there."""

    def answer(asked: str, params: list[Any]) -> Any:
        if asked == HEADERS and params[0] not in [hex(n) for n in range(node.end - number)]:
            return None
        return node.answer(asked, params)

    seen = outcome(node, honest, tmp_path / "evidence", answer)
    assert seen.came is Came.REFUSED
    assert node.end in blocks_named(node, seen.said)
