"""Proofs of single accounts out of an epoch's folder, reading no more of it than they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dao.abi import checksum
from dao.errors import ProofError
from dao.payouts.files import damage
from dao.payouts.names import PAYOUTS_PARQUET, tree_names
from dao.payouts.payout_files import PayoutRow, find_payouts
from dao.payouts.publication import Publication, verify, verify_multi
from dao.payouts.summary import EpochSummary
from dao.payouts.summary_file import read_summary
from dao.payouts.tree import NODE, MultiProof, multi_proof_at, node_at, proof_at
from dao.payouts.tree_files import mapped_nodes
from dao.types import Address


@dataclass(frozen=True, slots=True)
class AccountProof:
    """That an account is paid an amount.

    Args:
        publication: What pays it.
        account: The account.
        amount: What it is paid (wei).
        leaf: Its leaf, 32 bytes.
        proof: The nodes from the leaf up to the root, 32 bytes each.
        root: The root that the proof was verified against, 32 bytes.
    """

    publication: Publication
    account: Address
    amount: int
    leaf: bytes
    proof: tuple[bytes, ...]
    root: bytes


@dataclass(frozen=True, slots=True)
class BatchProof:
    """That several accounts are paid, in one proof.

    Args:
        publication: What pays them.
        accounts: The accounts, in the order in which `publication.verify_multi` takes their leaves.
        amounts: What each is paid (wei).
        proof: The nodes that do not follow from the leaves, 32 bytes each.
        flags: For each hash, whether its second part follows from the leaves too.
        root: The root that the proof was verified against, 32 bytes.
    """

    publication: Publication
    accounts: tuple[Address, ...]
    amounts: tuple[int, ...]
    proof: tuple[bytes, ...]
    flags: tuple[bool, ...]
    root: bytes


def proof_of(folder: Path, stream: str, account: str) -> AccountProof:
    """The proof of `account` in `stream`, verified.

    Raises PolicyError where the epoch has no such leaf stream, ProofError where the stream does not pay the account,
    DocumentError where a file is missing or damaged.
    """
    return proofs_of(folder, stream, [account])[0]


def proofs_of(folder: Path, stream: str, accounts: Sequence[str]) -> tuple[AccountProof, ...]:
    """The proof of each of `accounts`, in their order, verified. Raises as `proof_of`."""
    summary = read_summary(folder)
    publication, root = _published(summary, stream)
    rows = _rows(folder, summary, stream, accounts)
    nodes_path = _nodes_path(folder, summary, stream)
    made = []
    with damage(nodes_path), mapped_nodes(nodes_path) as nodes:
        for row in rows:
            leaf = _leaf(nodes, publication, row, count=summary.of(stream).accounts)
            proof = proof_at(nodes, row.leaf)
            if not verify(root, leaf, proof):
                raise ValueError("its nodes do not lead to the root in the summary")
            made.append(AccountProof(publication, checksum(row.account), row.amount, leaf, proof, root))
    return tuple(made)


def batch_of(folder: Path, stream: str, accounts: Sequence[str]) -> BatchProof:
    """One proof of all of `accounts`, verified. Raises as `proof_of`, and CodecError where one is named twice."""
    summary = read_summary(folder)
    publication, root = _published(summary, stream)
    rows = _rows(folder, summary, stream, accounts)
    nodes_path = _nodes_path(folder, summary, stream)
    with damage(nodes_path), mapped_nodes(nodes_path) as nodes:
        leaves = [_leaf(nodes, publication, row, count=summary.of(stream).accounts) for row in rows]
        made: MultiProof = multi_proof_at(nodes, [row.leaf for row in rows])
        if not verify_multi(root, [leaves[index] for index in made.indices], made.proof, made.flags):
            raise ValueError("its nodes do not lead to the root in the summary")
    ordered = [rows[index] for index in made.indices]
    return BatchProof(
        publication=publication,
        accounts=tuple(checksum(row.account) for row in ordered),
        amounts=tuple(row.amount for row in ordered),
        proof=made.proof,
        flags=made.flags,
        root=root,
    )


def _nodes_path(folder: Path, summary: EpochSummary, stream: str) -> Path:
    return folder.joinpath(tree_names([made.stream for made in summary.streams])[stream].nodes)


def _published(summary: EpochSummary, stream: str) -> tuple[Publication, bytes]:
    root = summary.of(stream).root
    if root is None:
        raise ProofError(f"{stream} pays nobody in this epoch", values={"stream": stream, "epoch": summary.epoch})
    return summary.publication(stream), root


def _rows(folder: Path, summary: EpochSummary, stream: str, accounts: Sequence[str]) -> list[PayoutRow]:
    path = folder.joinpath(PAYOUTS_PARQUET)
    wanted = [checksum(account) for account in accounts]
    with damage(path):
        found = find_payouts(path, stream, frozenset(wanted))
    for account in wanted:
        if account not in found:
            raise ProofError(
                f"{stream} does not pay this account in the epoch",
                found=account,
                remedy="look at the other streams and epochs of the account with `dao epoch history --account`",
                values={"stream": stream, "epoch": summary.epoch, "account": account},
            )
    return [found[account] for account in wanted]


def _leaf(nodes: memoryview, publication: Publication, row: PayoutRow, *, count: int) -> bytes:
    """The leaf of a row, which must stand where the row says."""
    leaf = publication.leaf(row.account, row.amount)
    if len(nodes) != NODE * (2 * count - 1) or not count - 1 <= row.leaf < 2 * count - 1:
        raise ValueError("it holds the nodes of another tree than the payouts")
    if node_at(nodes, row.leaf) != leaf:
        raise ValueError("the leaf of an account is not where the payouts have it")
    return leaf
