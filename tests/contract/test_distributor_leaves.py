"""Leaves, proofs and trees that are not what they say, before RewardDistributor's real code: none of them is paid."""

from __future__ import annotations

from typing import Any

import pytest
from contract_distributor import (
    ACCOUNTS,
    DATA,
    EMISSION,
    Made,
    Tree,
    distributor,
    pair,
    signer,
    tree,
)
from contract_evm import ZERO, now, refused
from contract_system import System

from dao.abi import encode, keccak

FIRST, SECOND, THIRD, FOURTH = ACCOUNTS[:4]
AMOUNTS = (100, 200, 300, 400, 500)


@pytest.fixture(scope="module")
def made(system: System) -> Made:
    return distributor(system)


@pytest.fixture(scope="module")
def paid(made: Made) -> Tree:
    """Five payouts of epoch 1, open for claims."""
    return made.opened(tree(made, *AMOUNTS))


@pytest.fixture(scope="module", autouse=True)
def deployed_first(paid: Tree) -> None:
    """Deploys and publishes before the first test's snapshot is taken."""


def invalid(of: Tree) -> tuple[str, Any]:
    return "RewardDistributorInvalidProof", of.key


@pytest.mark.parametrize(
    "bound",
    [{"chain": 1}, {"distributor": "0x" + "11" * 20}, {"epoch": 2}, {"stream": DATA}, {"series": 1}],
    ids=lambda bound: next(iter(bound)),
)
def test_a_leaf_counts_for_what_it_is_bound_to(made: Made, system: System, bound: dict[str, Any]) -> None:
    """A root over leaves that are bound to something else is published where these are claimed: none is paid."""
    there = tree(made, *AMOUNTS, epoch=3)
    elsewhere = there.other(**bound)
    assert elsewhere.root != there.root
    made.opened(there, root=elsewhere.root)
    claim = there.claim(FIRST, proof=list(elsewhere.made.proof(0)))
    assert refused(made.contract.claim, FIRST.address, claim, by=system.outsider) == invalid(there)
    batch = (*there.key, *elsewhere.batch([FIRST, SECOND])[3:])
    assert refused(made.contract.claimBatch, *batch, by=system.outsider) == invalid(there)


def test_a_leaf_is_claimed_where_it_is_published(made: Made, system: System, paid: Tree) -> None:
    """Trees of another epoch, stream and series stand beside it: no proof of one counts for another."""
    others = [tree(made, *AMOUNTS, epoch=2), tree(made, *AMOUNTS, stream=DATA), tree(made, *AMOUNTS, series=1)]
    for other in others:
        made.opened(other)
    for other in others:
        assert refused(made.contract.claim, FIRST.address, paid.claim(FIRST, proof=other.claim(FIRST)[4]), by=ZERO) == (
            invalid(paid)
        )
        moved = (*other.key, *paid.claim(FIRST)[3:])
        assert refused(made.contract.claim, FIRST.address, moved, by=system.outsider) == invalid(other)


def test_a_leaf_pays_its_account_its_amount(made: Made, system: System, paid: Tree) -> None:
    for account, changes in (
        (FIRST, {"amount": 101}),
        (FIRST, {"amount": 99}),
        (FIRST, {"amount": 0}),
        (FIRST, {"amount": 2**128 - 1}),
        (SECOND, {}),
        (FIRST, {"proof": []}),
        (FIRST, {"proof": [*paid.made.proof(0), bytes(32)]}),
        (FIRST, {"proof": list(paid.made.proof(0))[:-1]}),
        (FIRST, {"proof": list(paid.made.proof(1))}),
    ):
        arguments = (account.address, paid.claim(FIRST, **changes))
        assert refused(made.contract.claim, *arguments, by=system.outsider) == invalid(paid)
    stranger = signer("stranger").address
    assert refused(made.contract.claim, stranger, paid.claim(FIRST), by=system.outsider) == invalid(paid)


def test_an_inner_node_is_no_leaf(made: Made, system: System) -> None:
    """Of four leaves, each pair's node with the other pair's node as proof leads to the root; no payout hashes to it.

    What could be claimed is the keccak-256 hash of 32 bytes, a node that of 64.
    """
    four = made.opened(tree(made, *AMOUNTS[:4], epoch=2))
    nodes = four.made.nodes
    left, right = nodes[32:64], nodes[64:96]
    assert pair(left, right) == four.root
    for node, beside in ((left, right), (right, left)):
        # A node read as account and amount, in the two ways in which 32 bytes could be.
        for account, amount in ((node[:20], node[20:]), (node[12:], node[:16])):
            claim = four.claim(FIRST, amount=int.from_bytes(amount[:16], "big"), proof=[beside])
            address = "0x" + account.hex()
            assert refused(made.contract.claim, address, claim, by=system.outsider) == invalid(four)
    # The root itself, with an empty proof, and with the multiproof of no leaf.
    root = four.claim(FIRST, proof=[])
    assert refused(made.contract.claim, FIRST.address, root, by=system.outsider) == invalid(four)
    assert refused(made.contract.claimBatch, *four.key, [], [four.root], [], by=system.outsider) == (
        "RewardDistributorNoClaims",
        (),
    )


def test_a_payout_hashed_once_is_no_leaf(made: Made, system: System) -> None:
    """The second preimage of a tree of simple hashes: its root stands, its proofs are right, nobody is paid."""
    types = ("uint256", "address", "bytes32", "uint32", "uint32", "address", "uint256")
    there = tree(made, 100, 200, epoch=2)
    constants = (there.chain, there.distributor, *there.key)
    once = [keccak(encode(types, (*constants, *payout))) for payout in there.payouts]
    made.opened(there, root=pair(*once))
    claim = there.claim(FIRST, proof=[once[1]])
    assert refused(made.contract.claim, FIRST.address, claim, by=system.outsider) == invalid(there)


def test_a_tree_of_one_leaf_needs_no_proof(made: Made, system: System) -> None:
    one = made.opened(tree(made, 100, epoch=2))
    assert one.claim(FIRST)[4] == []
    made.contract.claimBatch.call(*one.batch([FIRST]), {"from": system.outsider})
    made.contract.claim(FIRST.address, one.claim(FIRST), {"from": system.outsider})
    assert made.balance(FIRST) == 100


def test_a_wrong_tree_cannot_overpay(made: Made, system: System) -> None:
    """Its payouts are more than its total: who comes first is paid, and no wei above the total."""
    there = tree(made, 100, 200, 300, epoch=2)
    made.opened(there, total=350)
    above = ("RewardDistributorAboveTotal", (*there.key, 600, 350))
    assert refused(made.contract.claimBatch, *there.batch([FIRST, SECOND, THIRD]), by=system.outsider) == above
    made.contract.claim(SECOND.address, there.claim(SECOND), {"from": system.outsider})
    third = (THIRD.address, there.claim(THIRD))
    refusal = ("RewardDistributorAboveTotal", (*there.key, 300, 150))
    assert refused(made.contract.claim, *third, by=system.outsider) == refusal
    made.contract.claim(FIRST.address, there.claim(FIRST), {"from": system.outsider})
    assert refused(made.contract.claim, *third, by=system.outsider)[1][3:] == (300, 50)
    assert made.standing(there)[1] == 50
    huge = made.opened(tree(made, 2**128 - 1, 2**128 - 1, 5, stream=DATA), total=EMISSION)
    assert refused(made.contract.claimBatch, *huge.batch([FIRST, SECOND]), by=system.outsider) == (
        "RewardDistributorAboveTotal",
        (*huge.key, 2**129 - 2, EMISSION),
    )
    many = [huge.claim(FIRST), there.claim(FIRST)]
    assert refused(made.contract.claimMany, FIRST.address, many, by=system.outsider)[0] == "RewardDistributorAboveTotal"


def test_an_account_with_two_leaves_is_paid_one_of_them(made: Made, system: System) -> None:
    there = Tree(made.contract.address, ((FIRST.address, 100), (FIRST.address, 300), (SECOND.address, 5)), epoch=2)
    made.opened(there)
    proof = there.made.multi_proof([0, 1])
    payouts = [there.payouts[index] for index in proof.indices]
    made.contract.claimBatch(*there.key, payouts, list(proof.proof), list(proof.flags), {"from": system.outsider})
    assert made.balance(FIRST) == payouts[0][1]
    for index, amount in ((0, 100), (1, 300)):
        claim = (*there.key, amount, list(there.made.proof(index)))
        assert refused(made.contract.claim, FIRST.address, claim, by=system.outsider) == (
            "RewardDistributorAlreadyClaimed",
            (*there.key, FIRST.address),
        )


def test_a_leaf_that_stands_twice_is_paid_once(made: Made, system: System) -> None:
    """A root that no tool here makes: the same leaf on both sides."""
    there = tree(made, 100, epoch=2)
    (leaf,) = there.leaves
    made.opened(there, root=pair(leaf, leaf), total=200)
    payouts = [there.payouts[0]] * 2
    receipt = made.contract.claimBatch(*there.key, payouts, [], [True], {"from": system.outsider})
    assert (len(receipt.events["Claimed"]), made.balance(FIRST), made.standing(there)[1]) == (1, 100, 100)
    again = there.claim(FIRST, proof=[leaf])
    assert refused(made.contract.claim, FIRST.address, again, by=system.outsider)[0] == (
        "RewardDistributorAlreadyClaimed"
    )


def test_forged_batches(made: Made, system: System, paid: Tree) -> None:
    *key, payouts, proof, flags = paid.batch([FIRST, SECOND, THIRD])
    method, by = made.contract.claimBatch, system.outsider
    higher = [(payouts[0][0], payouts[0][1] + 1), *payouts[1:]]
    swapped = [(payouts[1][0], payouts[0][1]), (payouts[0][0], payouts[1][1]), *payouts[2:]]
    stranger = [(signer("stranger").address, payouts[0][1]), *payouts[1:]]
    for forged in (higher, swapped, stranger):
        assert refused(method, *key, forged, proof, flags, by=by) == invalid(paid)
    malformed = ("MerkleProofInvalidMultiproof", ())
    assert refused(method, *key, payouts[:2], proof, flags, by=by) == malformed
    assert refused(method, *key, payouts, proof, flags[:-1], by=by) == malformed
    assert refused(method, *key, [], [], [], by=by) == malformed
    assert refused(method, *key, [], [], [True], by=by)[0] in ("Panic", "MerkleProofInvalidMultiproof")
    # Leaves beside the root's proof that the flags never reach.
    assert refused(method, *key, [higher[0]], [paid.root], [False], by=by) == invalid(paid)


def test_payouts_of_nothing_pay_nothing(made: Made, system: System) -> None:
    """A leaf of zero, which no tool here makes, marks its bit and moves nothing; a batch of them is refused."""
    there = Tree(made.contract.address, ((FIRST.address, 0), (SECOND.address, 5)), epoch=2)
    made.opened(there)
    assert refused(made.contract.claimBatch, *there.batch([FIRST]), by=system.outsider) == (
        "RewardDistributorNoClaims",
        (),
    )
    made.contract.claim(FIRST.address, there.claim(FIRST), {"from": system.outsider})
    assert (made.balance(FIRST), made.standing(there)[1]) == (0, 5)


def test_no_claims_are_no_transaction(made: Made, system: System) -> None:
    nothing = ("RewardDistributorNoClaims", ())
    assert refused(made.contract.claimMany, FIRST.address, [], by=system.outsider) == nothing
    arguments = made.claim_to(FIRST, SECOND.address, [], now() + 10)
    assert refused(made.contract.claimTo, *arguments, by=system.outsider) == nothing


def test_nothing_is_claimed_where_nothing_stands(made: Made, system: System) -> None:
    for bound in ({"epoch": 2}, {"stream": DATA}, {"series": 1}, {"epoch": 2**32 - 1}, {"series": 2**32 - 1}):
        there = tree(made, 100, **bound)
        nothing = ("RewardDistributorNotPublished", there.key)
        assert refused(made.contract.claim, FIRST.address, there.claim(FIRST), by=system.outsider) == nothing
        assert refused(made.contract.claimBatch, *there.batch([FIRST]), by=system.outsider) == nothing
        for method in (made.contract.dispute, made.contract.void):
            assert refused(method, *there.key, "", by=system.guardian) == nothing
        assert refused(made.contract.lapse, *there.key, by=system.outsider) == nothing
