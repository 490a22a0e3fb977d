"""Reads out of a sealed bundle what proofs need."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from dao.blocks.headers import Header, read_header
from dao.errors import CodecError, ProofError, ReplayError
from dao.evidence.bundle import Bundle
from dao.evidence.logs import to_raw
from dao.evidence.manifest import GOVERNOR, REWARD_DAO, Contracts, Kind
from dao.evidence.state import read_code, read_state
from dao.evidence.targets import read_targets
from dao.governors.profile import GovernorDeployment
from dao.proving.called import Comparison, Decision, sights
from dao.proving.headers import StoredHeader
from dao.proving.logs import StoredLogs
from dao.proving.prove import Evidence
from dao.proving.targets import Witness, compared, decided_by


def read_evidence(bundle: Bundle) -> Evidence:
    """What a bundle holds, its logs read when they are gone through.

    Raises ProofError, as going through the logs does, when a file is not the one of the manifest, or holds something
    else.
    """
    manifest = bundle.manifest
    receipts: dict[int, list[bytes]] = defaultdict(list)
    try:
        own = manifest.contracts.kind == REWARD_DAO
        state, code, targets = (bundle.document(kind) for kind in (Kind.STATE, Kind.CODE, Kind.TARGETS))
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
            governor=governor_of(manifest.contracts) if manifest.contracts.profile else None,
            from_block=manifest.from_block,
            to_block=manifest.to_block,
            end_hash=manifest.anchor.hash,
            logs=StoredLogs(bundle.batches, manifest.rows(Kind.LOGS)),
            headers=headers,
            receipts=dict(receipts),
            state=None if state is None else read_state(state),
            codes=() if code is None else read_code(code),
            transactions=tuple(bundle.transactions()),
            targets=() if targets is None else read_targets(targets),
        )
    except CodecError as error:
        raise ProofError(error.what, expected=error.expected, found=error.found) from error


def headers_in(bundle: Bundle, numbers: Iterable[int]) -> dict[int, Header]:
    """The headers of these blocks, as far as the bundle has them, by number.

    Raises ProofError when a file is not the one of the manifest, or holds what is no header.
    """
    wanted = pa.array(sorted(set(numbers)), pa.uint64())
    found = {}
    for batch in bundle.batches(Kind.HEADERS):
        rows = batch.filter(pc.is_in(batch.column("number"), value_set=wanted))
        for number, digest, rlp in zip(*(rows.column(name).to_pylist() for name in _HEADER), strict=True):
            try:
                header = read_header(rlp)
            except CodecError as error:
                raise ProofError(error.what, expected=error.expected, found=error.found) from error
            if (header.number, header.hash) == (number, digest):
                found[number] = header
    return found


def compared_in(bundle: Bundle, decided: Sequence[Decision]) -> tuple[Comparison, ...]:
    """The code of the targets of executed proposals, as far as the bundle has proofs of it.

    Raises ProofError when a file is not the one of the manifest, or holds something else.
    """
    data = bundle.document(Kind.TARGETS)
    if data is None:
        return ()
    blocks = {sight.block for sight in sights(decided)}
    headers = headers_in(bundle, blocks | {block + 1 for block in blocks})
    try:
        return tuple(compared(decided, Witness(headers, read_targets(data))))
    except CodecError as error:
        raise ProofError(error.what, expected=error.expected, found=error.found) from error


def decided_in(bundle: Bundle) -> tuple[Decision, ...]:
    """What the proposals of a bundle call, when they were made and executed.

    Raises ProofError when a file is not the one of the manifest, or the manifest does not say what governor it is.
    """
    contracts = bundle.manifest.contracts
    deployment = contracts.deployment() if contracts.kind == REWARD_DAO else governor_of(contracts)
    # Logs of tokens are most of a long history, and say nothing of it.
    tokens = [bytes.fromhex(address[2:]) for name, address in contracts.named if name in ("token", "wraps")]
    others = pa.array(tokens, pa.binary(20))
    rows = (batch.filter(pc.invert(pc.is_in(batch.column("address"), value_set=others))) for batch in bundle.batches())
    return decided_by((log for batch in rows for log in to_raw(batch)), deployment)


def governor_of(contracts: Contracts) -> GovernorDeployment:
    """The deployment that a manifest holds. Raises ProofError where it holds none, or one without its profile."""
    named = dict(contracts.named)
    try:
        if contracts.kind != GOVERNOR:
            raise CodecError("the evidence is of this project's own governor", expected=GOVERNOR, found=contracts.kind)
        profile = json.loads(contracts.profile)
        values = {name: named.get(name) for name in ("governor", "token", "timelock")}
        return GovernorDeployment.from_dict({**values, "profile": profile})
    except (CodecError, ReplayError, ValueError) as error:
        raise ProofError("the manifest does not say what kind of governor this is", found=error) from error


_HEADER = ("number", "hash", "rlp")
_RECEIPT = ("block_number", "transaction_index", "receipt")
