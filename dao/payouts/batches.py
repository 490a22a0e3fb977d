"""Proofs of many accounts of one publication at a time, out of one reading of its rows and its mapped nodes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from dao.errors import ProofError
from dao.payouts.files import damage
from dao.payouts.names import PAYOUTS_PARQUET, tree_names
from dao.payouts.payout_files import PayoutRow, find_payouts
from dao.payouts.proofs import BatchProof
from dao.payouts.publication import Publication, verify_multi
from dao.payouts.summary_file import read_summary
from dao.payouts.tree import NODE, multi_proof_at, node_at
from dao.payouts.tree_files import mapped_nodes
from dao.types import Address


class Batches:
    """The payouts of some accounts in one publication."""

    def __init__(
        self, publication: Publication, root: bytes, rows: dict[str, PayoutRow], nodes: memoryview, path: Path
    ) -> None:
        self.publication = publication
        self.root = root
        self.amounts: dict[Address, int] = {Address(account): rows[account].amount for account in sorted(rows)}
        """What each of the accounts that are paid gets (wei), ascending by account."""
        self._rows, self._nodes, self._path = rows, nodes, path

    def proof(self, accounts: Sequence[Address]) -> BatchProof:
        """One proof of all of `accounts`, which are out of `amounts`, verified.

        Raises DocumentError where the nodes are damaged, CodecError where there are no accounts or one is named twice.
        """
        rows = [self._rows[account] for account in accounts]
        made = multi_proof_at(self._nodes, [row.leaf for row in rows])
        leaves = [self.publication.leaf(row.account, row.amount) for row in rows]
        with damage(self._path):
            for row, leaf in zip(rows, leaves, strict=True):
                if node_at(self._nodes, row.leaf) != leaf:
                    raise ValueError("the leaf of an account is not where the payouts have it")
            if not verify_multi(self.root, [leaves[index] for index in made.indices], made.proof, made.flags):
                raise ValueError("its nodes do not lead to the root in the summary")
        ordered = [rows[index] for index in made.indices]
        return BatchProof(
            publication=self.publication,
            accounts=tuple(Address(row.account) for row in ordered),
            amounts=tuple(row.amount for row in ordered),
            proof=made.proof,
            flags=made.flags,
            root=self.root,
        )


@contextmanager
def batches(folder: Path, stream: str, accounts: Collection[Address]) -> Iterator[Batches]:
    """What `stream` pays those of `accounts` (EIP-55) that it pays, for as long as the block lasts.

    Raises PolicyError where the epoch has no such leaf stream, ProofError where it pays nobody, DocumentError where a
    file is missing or damaged.
    """
    summary = read_summary(folder)
    of = summary.of(stream)
    if of.root is None:
        raise ProofError(f"{stream} pays nobody in this epoch", values={"stream": stream, "epoch": summary.epoch})
    payouts = folder.joinpath(PAYOUTS_PARQUET)
    with damage(payouts):
        rows = find_payouts(payouts, stream, frozenset(accounts))
    path = folder.joinpath(tree_names([made.stream for made in summary.streams])[stream].nodes)
    with ExitStack() as stack:
        # What goes wrong in the block is the caller's matter, and no damage.
        with damage(path):
            nodes = stack.enter_context(mapped_nodes(path))
            inside = all(of.accounts - 1 <= row.leaf < 2 * of.accounts - 1 for row in rows.values())
            if len(nodes) != NODE * (2 * of.accounts - 1) or not inside:
                raise ValueError("it holds the nodes of another tree than the payouts")
        yield Batches(summary.publication(stream), of.root, rows, nodes, path)
