"""The audit of a bundle: what its logs say, replayed and compared, without any node."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from dao.artifacts import load
from dao.audit.gather import Progress
from dao.audit.history import Caller
from dao.audit.report import AuditReport
from dao.audit.run import Audited, examine_state
from dao.audit.witness import Witness
from dao.blocks.headers import read_header
from dao.blocks.transactions import read_transaction
from dao.engine.collection import without_collection
from dao.engine.replay import replay_columns
from dao.errors import CodecError, ProofError
from dao.events.log import RawLog
from dao.evidence.bundle import Bundle
from dao.evidence.logs import to_raw
from dao.evidence.manifest import Kind
from dao.evidence.transactions import StoredTransaction
from dao.proving.bundle import compared_in
from dao.replay.state import GovernanceState


def audit_bundle(bundle: Bundle, progress: Progress | None = None) -> AuditReport:
    """The report of `examine_bundle`."""
    return examine_bundle(bundle, progress).report


@without_collection()
def examine_bundle(bundle: Bundle, progress: Progress | None = None) -> Audited:
    """Replays the logs of `bundle` and runs every check over them; the same bundle gives the same report to the byte.

    Args:
        bundle: The evidence of a deployment of this project.
        progress: Told how far the replay is.

    Raises:
        CodecError: The evidence is of another project's governor.
        ProofError: A file is not the one of the manifest, or the anchor's header is not in it.
        ReplayError: A log comes from another contract.
    """
    manifest = bundle.manifest
    return examine_state(
        replay_bundle(bundle, progress),
        None,
        logs=lambda: _transfers(bundle),
        chain_id=manifest.chain_id,
        from_block=manifest.from_block,
        to_block=manifest.to_block,
        timepoint=anchor_time(bundle),
        progress=progress,
        witness=witness_of(bundle),
    )


def replay_bundle(bundle: Bundle, progress: Progress | None = None) -> GovernanceState:
    """The state after the logs of `bundle`. Raises like `audit_bundle`."""
    parts = bundle.manifest.of_kind(Kind.LOGS)

    def tables() -> Iterator[pa.Table]:
        for done, part in enumerate(parts, start=1):
            yield bundle.table(part)
            if progress is not None:
                progress("logs", done, len(parts))

    return replay_columns(tables, bundle.manifest.contracts.deployment())


def witness_of(bundle: Bundle) -> Witness:
    """What `bundle` holds beside its logs; to ask raises ProofError like `audit_bundle`."""
    return Witness(codes=partial(compared_in, bundle), callers=lambda _: _callers(bundle))


def _callers(bundle: Bundle) -> dict[bytes, Caller] | None:
    """Who sent the proposals' transactions to whom, by hash; None where the bundle has none.

    Raises ProofError like `audit_bundle`.
    """
    if not bundle.manifest.of_kind(Kind.TRANSACTIONS):
        return None
    return {entry.hash: _caller(entry) for entry in bundle.transactions()}


def _caller(entry: StoredTransaction) -> Caller:
    try:
        transaction = read_transaction(entry.data)
    except CodecError as error:
        raise ProofError(
            f"transaction 0x{entry.hash.hex()} of block {entry.block_number} in the evidence is none",
            expected=error.expected,
            found=error.found or error.what,
        ) from error
    return Caller(transaction.sender, transaction.to)


def anchor_time(bundle: Bundle) -> int:
    """The timestamp of the end block (seconds), out of its own header. Raises ProofError where that is not there."""
    anchor = bundle.manifest.anchor
    for part in reversed(bundle.manifest.of_kind(Kind.HEADERS)):
        rows = bundle.table(part)
        for number, data in zip(rows.column("number").to_pylist(), rows.column("rlp").to_pylist(), strict=True):
            if number == anchor.number:
                header = read_header(data)
                if header.hash != anchor.hash:
                    break
                return header.timestamp
    raise ProofError(
        "the evidence lacks the header of its end block", expected="0x" + anchor.hash.hex(), found="another"
    )


def _transfers(bundle: Bundle) -> Iterator[RawLog]:
    token = bytes.fromhex(bundle.manifest.contracts.deployment().token[2:])
    topic = pa.scalar(load("RewardToken").abi.event("Transfer").hash, pa.binary(32))
    for rows in bundle.batches(Kind.LOGS):
        yield from to_raw(
            rows.filter(
                pc.and_kleene(
                    pc.equal(rows["topic0"], topic), pc.equal(rows["address"], pa.scalar(token, pa.binary(20)))
                )
            )
        )
