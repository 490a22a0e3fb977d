"""An epoch's payouts as a folder of files, and back: rows, trees, state and summary.

The same payouts give the same bytes: no file holds a time, a path, an engine or a host.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as arrow

from dao.errors import CodecError, DocumentError
from dao.payouts.folder import described, put_in_place
from dao.payouts.leaves import leaf_hashes
from dao.payouts.names import PAYOUTS_CSV, PAYOUTS_PARQUET, STATE, SUMMARY, tree_names
from dao.payouts.payout_files import PaidStream, PayoutWriter, read_payouts
from dao.payouts.publication import Publication
from dao.payouts.spelling import checksummed
from dao.payouts.state_file import read_states, write_states
from dao.payouts.summary import EpochSummary, StreamSummary, summarise, summarise_epoch
from dao.payouts.summary_file import read_summary, summary_text
from dao.payouts.tree import MerkleTree, build_tree
from dao.payouts.tree_files import write_nodes, write_tree_json
from dao.payouts.values import EpochPayouts, StreamPayouts
from dao.types import Address


@dataclass(frozen=True, slots=True)
class EpochFiles:
    """What an epoch's folder holds: its summary, and the payouts that it sums up."""

    summary: EpochSummary
    payouts: EpochPayouts


def write_epoch(
    folder: Path, payouts: EpochPayouts, *, chain_id: int, distributor: Address, series: int = 0
) -> EpochSummary:
    """Writes an epoch's folder, whole or not at all; the same files already there are no error.

    Args:
        folder: What becomes the folder; see `names.folder_name`.
        payouts: What is paid.
        chain_id: The chain of the distributor.
        distributor: The contract that pays.
        series: 0 of the main publication; 1, 2, … of supplementary ones.

    Raises FileError where other files are in the way or nothing can be written, PolicyError or CodecError where the
    payouts do not add up or do not fit a publication.
    """
    summaries: list[EpochSummary] = []

    def write(made: Path) -> None:
        streams = _write_streams(made, payouts, chain_id=chain_id, distributor=distributor, series=series)
        write_states(made.joinpath(STATE), payouts.states)
        files = tuple(described(path) for path in sorted(made.iterdir()))
        summary = summarise_epoch(payouts, streams, files, chain_id=chain_id, distributor=distributor, series=series)
        (made.joinpath(SUMMARY)).write_text(summary_text(summary), encoding="utf-8", newline="")
        summaries.append(summary)

    put_in_place(folder, write)
    return summaries[0]


def load_epoch(folder: Path, *, thorough: bool = False) -> EpochFiles:
    """What an epoch's folder holds.

    Args:
        folder: Of one epoch and series.
        thorough: Whether every file is compared with its SHA-256 in the summary, and every tree is made again and
            compared with its root; otherwise the payouts are compared with their totals.

    Raises DocumentError where something is missing, damaged or contradicts the summary.
    """
    summary = read_summary(folder)
    if thorough:
        _require_files(folder, summary)
    rows = folder.joinpath(PAYOUTS_PARQUET)
    with damage(rows):
        paid = {stream: _ascending(accounts, amounts) for stream, accounts, amounts in read_payouts(rows)}
        streams = tuple(_payouts(made, *paid.pop(made.stream, ([], []))) for made in summary.streams)
        if paid:
            raise ValueError("it pays streams that the summary does not have")
    if thorough:
        with damage(rows):
            for made, expected in zip(streams, summary.streams, strict=True):
                if made.accounts and _tree(summary.publication(made.stream), made).root != expected.root:
                    raise ValueError(f"the payouts of {made.stream} have another Merkle root than the summary")
    states = folder.joinpath(STATE)
    with damage(states):
        carried = read_states(states) if any(file.name == STATE for file in summary.files) else {}
    payouts = EpochPayouts(
        epoch=summary.epoch,
        policy_hash=summary.policy_hash,
        files=summary.contributions,
        quarantine=summary.quarantined,
        streams=streams,
        states=carried,
    )
    return EpochFiles(summary, payouts)


@contextmanager
def damage(path: Path) -> Iterator[None]:
    """Turns what reading a damaged file raises into a DocumentError."""
    try:
        yield
    except (OSError, ValueError, KeyError, arrow.ArrowException, CodecError) as error:
        raise DocumentError(
            "a file of the epoch is damaged or missing",
            path=str(path),
            found=(error.strerror if isinstance(error, OSError) else None) or error,
            remedy="compute the epoch again, or fetch the folder from where it was published",
        ) from error


def _write_streams(
    made: Path, payouts: EpochPayouts, *, chain_id: int, distributor: Address, series: int
) -> tuple[StreamSummary, ...]:
    """Writes rows and trees of every stream that pays somebody."""
    names = tree_names([stream.stream for stream in payouts.streams])
    largest = max((max(stream.amounts, default=0) for stream in payouts.streams), default=0)
    summaries = []
    with PayoutWriter(made.joinpath(PAYOUTS_PARQUET), made.joinpath(PAYOUTS_CSV), largest=largest) as rows:
        for stream in sorted(payouts.streams, key=lambda stream: stream.stream):
            if not stream.accounts:
                summaries.append(summarise(stream, None))
                continue
            publication = Publication(
                chain_id=chain_id,
                distributor=distributor,
                stream=stream.stream,
                epoch=payouts.epoch,
                series=series,
            )
            tree = _tree(publication, stream)
            summaries.append(summarise(stream, tree.root))
            paid = PaidStream(stream, checksummed(stream.accounts), tree.places)
            rows.write(paid)
            write_tree_json(made.joinpath(names[stream.stream].json), publication, paid, tree)
            write_nodes(made.joinpath(names[stream.stream].nodes), tree)
    return tuple(summaries)


def _tree(publication: Publication, payouts: StreamPayouts) -> MerkleTree:
    return build_tree(leaf_hashes(publication, payouts.accounts, payouts.amounts))


def _require_files(folder: Path, summary: EpochSummary) -> None:
    for file in summary.files:
        with damage(folder.joinpath(file.name)):
            if described(folder.joinpath(file.name)) != file:
                raise ValueError("its SHA-256 is another than in the summary")


def _ascending(accounts: list[str], amounts: list[int]) -> tuple[list[str], list[int]]:
    """Rows in the order of payouts: by lower-case account."""
    lower = [account.lower() for account in accounts]
    order = sorted(range(len(lower)), key=lower.__getitem__)
    return [lower[index] for index in order], [amounts[index] for index in order]


def _payouts(summary: StreamSummary, accounts: list[str], amounts: list[int]) -> StreamPayouts:
    if (len(accounts), sum(amounts)) != (summary.accounts, summary.total):
        raise ValueError(f"accounts and total of {summary.stream} are others than in the summary")
    return StreamPayouts(
        stream=summary.stream,
        pool=summary.pool,
        residual=summary.residual,
        accounts=accounts,
        amounts=amounts,
        classes=summary.classes,
        contributors=summary.contributors,
    )
