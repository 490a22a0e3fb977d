"""Reads out of a sealed bundle what proofs need."""

from __future__ import annotations

from collections import defaultdict

from dao.errors import CodecError, ProofError
from dao.evidence.bundle import Bundle
from dao.evidence.manifest import REWARD_DAO, Kind
from dao.evidence.state import read_code, read_state
from dao.proving.headers import StoredHeader
from dao.proving.logs import StoredLogs
from dao.proving.prove import Evidence


def read_evidence(bundle: Bundle) -> Evidence:
    """What a bundle holds, its logs read when they are gone through.

    Raises ProofError, as going through the logs does, when a file is not the one of the manifest, or holds something
    else.
    """
    manifest = bundle.manifest
    receipts: dict[int, list[bytes]] = defaultdict(list)
    try:
        own = manifest.contracts.kind == REWARD_DAO
        state, code = bundle.document(Kind.STATE), bundle.document(Kind.CODE)
        headers = tuple(
            StoredHeader(number, digest, rlp)
            for batch in bundle.batches(Kind.HEADERS)
            for number, digest, rlp in zip(*(batch.column(name).to_pylist() for name in _HEADER), strict=True)
        )
        for batch in bundle.batches(Kind.RECEIPTS):
            for number, index, receipt in zip(*(batch.column(name).to_pylist() for name in _RECEIPT), strict=True):
                if index != len(receipts[number]):
                    raise CodecError("receipts do not stand in order", expected=len(receipts[number]), found=index)
                receipts[number].append(receipt)
        return Evidence(
            chain_id=manifest.chain_id,
            addresses=manifest.contracts.deployment() if own else None,
            contracts={address: name for name, address in manifest.contracts.named if name != "wraps"},
            from_block=manifest.from_block,
            to_block=manifest.to_block,
            end_hash=manifest.anchor.hash,
            logs=StoredLogs(bundle.batches, manifest.rows(Kind.LOGS)),
            headers=headers,
            receipts=dict(receipts),
            state=None if state is None else read_state(state),
            codes=() if code is None else read_code(code),
            transactions=tuple(bundle.transactions()),
        )
    except CodecError as error:
        raise ProofError(error.what, expected=error.expected, found=error.found) from error


_HEADER = ("number", "hash", "rlp")
_RECEIPT = ("block_number", "transaction_index", "receipt")
