"""Trees and proofs are those of OpenZeppelin's npm package, and prove nothing else than what they stand on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from dao.abi import encode, keccak
from dao.errors import CodecError
from dao.payouts.leaves import account_bytes, leaf_hashes
from dao.payouts.publication import LEAF_ENCODING, MAX_AMOUNT, Publication, pair_hash, verify, verify_multi
from dao.payouts.tree import MerkleTree, build_tree
from dao.types import Address
from tests.support.merkle import PUBLICATION, Package, package, values


@pytest.fixture(scope="module")
def npm() -> Iterator[Package]:
    with package() as made:
        yield made


def accounts_of(count: int) -> list[str]:
    return sorted("0x" + keccak(str(number).encode())[:20].hex() for number in range(count))


def tree_of(accounts: list[str], amounts: list[int], publication: Publication = PUBLICATION) -> MerkleTree:
    return build_tree(leaf_hashes(publication, accounts, amounts))


def text(nodes: tuple[bytes, ...]) -> list[str]:
    return ["0x" + node.hex() for node in nodes]


SEVEN = accounts_of(7)
AMOUNTS = [1, 10**18, MAX_AMOUNT, 2, 3, 5, 8]
TREE = tree_of(SEVEN, AMOUNTS)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_the_package_makes_the_same_tree(npm: Package, data: st.DataObject) -> None:
    """Nodes, places, proofs and proofs of batches, for 1 to 64 accounts, any values that fit."""
    paid = data.draw(
        st.dictionaries(st.binary(min_size=20, max_size=20), st.integers(1, MAX_AMOUNT), min_size=1, max_size=64)
    )
    accounts = ["0x" + account.hex() for account in sorted(paid)]
    amounts = [paid[account] for account in sorted(paid)]
    publication = Publication(
        chain_id=data.draw(st.integers(0, 2**256 - 1)),
        distributor=PUBLICATION.distributor,
        stream=data.draw(st.sampled_from(("root", "a", "compute/jobs"))),
        epoch=data.draw(st.integers(0, 2**32 - 1)),
        series=data.draw(st.integers(0, 2**32 - 1)),
    )
    indices = st.lists(st.integers(0, len(accounts) - 1), unique=True, min_size=1)
    batches = data.draw(st.lists(indices, max_size=3))
    tree = tree_of(accounts, amounts, publication)
    theirs = npm.ask("of", values=values(publication, accounts, amounts), encoding=list(LEAF_ENCODING), batches=batches)
    assert theirs["root"] == "0x" + tree.root.hex()
    assert "".join(node[2:] for node in theirs["nodes"]) == tree.nodes.hex()
    assert theirs["places"] == tree.places.tolist()
    assert theirs["proofs"] == [text(tree.proof(index)) for index in range(len(tree))]
    for batch, answer in zip(batches, theirs["batches"], strict=True):
        ours = tree.multi_proof(batch)
        assert answer == {"indices": list(ours.indices), "proof": text(ours.proof), "flags": list(ours.flags)}
        assert verify_multi(tree.root, [tree.leaf(index) for index in ours.indices], ours.proof, ours.flags)


@pytest.mark.parametrize("count", range(1, 65))
def test_every_proof_verifies(count: int) -> None:
    accounts, amounts = accounts_of(count), list(range(1, count + 1))
    tree = tree_of(accounts, amounts)
    assert len(tree) == count
    for index, (account, amount) in enumerate(zip(accounts, amounts, strict=True)):
        leaf = PUBLICATION.leaf(account, amount)
        assert leaf == tree.leaf(index)
        assert verify(tree.root, leaf, tree.proof(index))


def test_one_account_is_its_own_root(npm: Package) -> None:
    tree = tree_of(SEVEN[:1], [5])
    assert tree.root == PUBLICATION.leaf(SEVEN[0], 5) == tree.nodes
    assert tree.proof(0) == ()
    alone = tree.multi_proof([0])
    assert (alone.indices, alone.proof, alone.flags) == ((0,), (), ())
    assert verify_multi(tree.root, [tree.root], (), ())
    (value,) = values(PUBLICATION, SEVEN[:1], [5])
    assert npm.ask("verify", root="0x" + tree.root.hex(), encoding=LEAF_ENCODING, value=value, proof=[])["verified"]


def test_leaves_do_not_depend_on_where_batches_end(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, tree = leaf_hashes(PUBLICATION, SEVEN, AMOUNTS), TREE.nodes
    monkeypatch.setattr("dao.payouts.leaves._BATCH", 3)
    monkeypatch.setattr("dao.payouts.tree._BATCH", 2)
    assert leaf_hashes(PUBLICATION, SEVEN, AMOUNTS) == whole
    assert build_tree(whole).nodes == tree
    with pytest.raises(CodecError, match="not in ascending order"):
        leaf_hashes(PUBLICATION, [*SEVEN[:3], SEVEN[2]], [1] * 4)


@pytest.mark.parametrize(
    "other",
    [
        replace(PUBLICATION, chain_id=1),
        replace(PUBLICATION, distributor=Address("0x5FbDB2315678afecb367f032d93F642f64180aa3")),
        replace(PUBLICATION, stream="compute/jobs2"),
        replace(PUBLICATION, epoch=8),
        replace(PUBLICATION, series=0),
    ],
)
def test_a_proof_is_bound_to_its_publication(other: Publication) -> None:
    """A claim for another chain, contract, stream, epoch or series does not verify."""
    assert not verify(TREE.root, other.leaf(SEVEN[0], AMOUNTS[0]), TREE.proof(0))


def test_a_proof_is_bound_to_its_account_and_amount() -> None:
    assert not verify(TREE.root, PUBLICATION.leaf(SEVEN[1], AMOUNTS[0]), TREE.proof(0))
    assert not verify(TREE.root, PUBLICATION.leaf(SEVEN[0], AMOUNTS[0] + 1), TREE.proof(0))
    assert not verify(TREE.root, PUBLICATION.leaf(SEVEN[0], AMOUNTS[0]), TREE.proof(1))
    assert not verify(TREE.root, PUBLICATION.leaf(SEVEN[0], AMOUNTS[0]), TREE.proof(0)[:-1])


def test_no_value_hashes_to_an_inner_node(npm: Package) -> None:
    """What stands above two leaves is 64 bytes hashed once; a leaf is 224 bytes, hashed twice."""
    inner = [TREE.nodes[at : at + 32] for at in range(0, 6 * 32, 32)]
    for place, node in enumerate(inner):
        left, right = (TREE.nodes[32 * at : 32 * at + 32] for at in (2 * place + 1, 2 * place + 2))
        assert node == pair_hash(left, right)
        # The path from the inner node exists, so that only the leaf's encoding stands in the way of claiming with it.
        path, at = [], place
        while at:
            beside = at + 1 if at % 2 else at - 1
            path.append(TREE.nodes[32 * beside : 32 * beside + 32])
            at = (at - 1) // 2
        assert verify(TREE.root, node, path)
        pair = "0x" + min(left, right).hex(), "0x" + max(left, right).hex()
        for encoding in (["bytes32", "bytes32"], ["bytes"]):
            value = list(pair) if len(encoding) == 2 else [pair[0] + pair[1][2:]]
            question = {"encoding": encoding, "value": value, "proof": text(tuple(path))}
            assert npm.ask("verify", root="0x" + TREE.root.hex(), **question) == {"verified": False}


def test_a_second_preimage_does_not_verify() -> None:
    """Leaves hashed once, which is what an inner node's preimage would need, are not in the tree."""
    preimage = PUBLICATION.prefix() + encode(LEAF_ENCODING[5:], (SEVEN[0], AMOUNTS[0]))
    assert len(preimage) == 7 * 32
    assert verify(TREE.root, keccak(keccak(preimage)), TREE.proof(0))
    assert not verify(TREE.root, keccak(preimage), TREE.proof(0))
    assert not verify(TREE.root, preimage[:32], TREE.proof(0))


def test_proofs_of_batches_refuse_what_does_not_add_up() -> None:
    made = TREE.multi_proof([0, 3, 4])
    leaves = [TREE.leaf(index) for index in made.indices]
    assert verify_multi(TREE.root, leaves, made.proof, made.flags)
    assert not verify_multi(TREE.root, leaves[::-1], made.proof, made.flags)
    assert not verify_multi(TREE.root, leaves[:-1], made.proof, made.flags)
    assert not verify_multi(TREE.root, leaves, made.proof[:-1], made.flags)
    assert not verify_multi(TREE.root, leaves, made.proof, [not flag for flag in made.flags])
    assert not verify_multi(TREE.root, [], (TREE.root,), ())
    assert not verify_multi(TREE.root, leaves, made.proof, [*made.flags[:-1], not made.flags[-1]])
    # As many hashes as nodes need, but of which one would hash a node with nothing.
    assert not verify_multi(TREE.root, [TREE.root, TREE.root], (), (True, True))
    assert not verify_multi(TREE.root, [TREE.root], (TREE.root,), (True, False))


def test_all_pairs_of_a_small_tree() -> None:
    for pair in combinations(range(7), 2):
        made = TREE.multi_proof(pair)
        assert sorted(made.indices) == list(pair)
        assert verify_multi(TREE.root, [TREE.leaf(index) for index in made.indices], made.proof, made.flags)


@pytest.mark.parametrize(
    ("accounts", "amounts", "message"),
    [
        (SEVEN[:2], [1], "do not go together"),
        (SEVEN[:2], [1, 0], "no leaf pays this amount"),
        (SEVEN[:2], [MAX_AMOUNT + 1, 1], "no leaf pays this amount"),
        (SEVEN[:2], [-1, 1], "no leaf pays this amount"),
        (SEVEN[1::-1], [1, 1], "not in ascending order"),
        ([SEVEN[0]] * 2, [1, 1], "not in ascending order"),
        ([SEVEN[0][:-1]], [1], "no address"),
        ([SEVEN[0][:-1] + "g"], [1], "no address"),
        ([SEVEN[0][:-2] + "  "], [1], "no address"),
        (["1x" + SEVEN[0][2:]], [1], "no address"),
        ([SEVEN[0] + "0", "0x" + "f" * 39], [1, 1], "no address"),
        (["0x" + "é" * 40], [1], "no address"),
    ],
)
def test_what_is_no_leaf(accounts: list[str], amounts: list[int], message: str) -> None:
    with pytest.raises(CodecError, match=message):
        leaf_hashes(PUBLICATION, accounts, amounts)


def test_what_is_no_tree() -> None:
    with pytest.raises(CodecError, match="at least one"):
        build_tree(b"")
    with pytest.raises(CodecError, match="at least one"):
        build_tree(b"\x01" * 33)
    with pytest.raises(CodecError, match="twice"):
        build_tree(b"\x01" * 64)
    for indices in ([], [1, 1]):
        with pytest.raises(CodecError, match="leaves that differ"):
            TREE.multi_proof(indices)
    for amount in (0, -1, MAX_AMOUNT + 1):
        with pytest.raises(CodecError, match="no leaf pays"):
            PUBLICATION.leaf(SEVEN[0], amount)
    for wrong in ({"epoch": 2**32}, {"epoch": -1}, {"series": 2**32}, {"series": -1}):
        with pytest.raises(CodecError, match="does not fit the contract"):
            replace(PUBLICATION, **wrong)


def test_account_bytes() -> None:
    assert account_bytes([]) == b""
    assert account_bytes(SEVEN) == b"".join(bytes.fromhex(account[2:]) for account in SEVEN)
    assert account_bytes([PUBLICATION.distributor]).hex() == PUBLICATION.distributor[2:].lower()
