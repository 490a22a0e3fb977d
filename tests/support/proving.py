"""Evidence of a local chain, collected in memory, for tests of what it proves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from dao.audit.gather import gather
from dao.blocks.headers import read_header
from dao.blocks.tries import pack
from dao.chain.connection import Connection
from dao.chain.proofs import header_of
from dao.collecting.receipts import collect_receipts
from dao.collecting.state import collect_parts
from dao.collecting.targets import collect_targets
from dao.collecting.transactions import transaction_rows
from dao.evidence import headers as header_columns, receipts as receipt_columns, transactions as transaction_columns
from dao.evidence.bundle import Bundle, seal
from dao.evidence.logs import from_raw
from dao.evidence.manifest import Anchor, Contracts, Kind, Manifest
from dao.evidence.parts import write_json, write_tables
from dao.evidence.state import code_bytes, state_bytes
from dao.evidence.targets import targets_bytes
from dao.evidence.transactions import stored
from dao.lifecycle.advance import execute, queue
from dao.proving.blooms import candidates, watched_deployment
from dao.proving.called import decisions
from dao.proving.callers import proposals_made
from dao.proving.headers import StoredHeader, link
from dao.proving.prove import Evidence
from dao.proving.state import contract_names
from dao.replay.replay import replay
from tests.support.chain import ACCOUNTS, MIN_DELAY, STRANGER, TOKEN, VOTING_DELAY, VOTING_PERIOD, Dao


def lived(dao: Dao) -> None:
    """Delegations, a transfer, and a proposal that is voted on, queued and executed; another that waits."""
    dao.delegate_all()
    dao.call(ACCOUNTS[4], "token", "transfer", ACCOUNTS[0], 5 * TOKEN)
    proposal = dao.submit()
    dao.advance(VOTING_DELAY + 1)
    parts = b"".join(weight.to_bytes(16, "big") for weight in (TOKEN, 2 * TOKEN, 0))
    dao.call(ACCOUNTS[3], "governor", "castVoteWithReasonAndParams", proposal.proposal_id, 255, "", parts)
    for voter in ACCOUNTS[:3]:
        dao.call(voter, "governor", "castVote", proposal.proposal_id, 1)
    dao.advance(VOTING_PERIOD + 1)
    queue(dao.session(STRANGER), proposal)
    dao.advance(MIN_DELAY)
    execute(dao.session(STRANGER), proposal)
    dao.advance(1)


def collected(dao: Dao, *, first: int = 0) -> Evidence:
    """Everything from block `first` on: logs, headers, receipts of candidates, proofs and code."""
    connection, addresses = dao.connection, dao.deployment.addresses
    end = connection.block()
    logs = gather(connection, addresses, from_block=first, to_block=end.number)
    headers = stored_headers(connection, range(first, end.number + 1))
    chain, _ = link(headers, end.hash)
    state = replay(logs, addresses)
    named = {address: name for name, address in Contracts.of_deployment(addresses).named if name != "wraps"}
    rows = transaction_rows(connection, from_raw(proposals_made(logs, named)), chain.headers, {})
    numbers = candidates(chain, watched_deployment(contract_names(state)).filter, first, end.number)
    parts = collect_parts(connection, read_header(headers[-1].rlp), state)
    targets = tuple(sorted(collect_targets([connection], decisions(state), chain.headers)))
    return Evidence(
        chain_id=connection.chain_id,
        addresses=addresses,
        contracts=named,
        from_block=first,
        to_block=end.number,
        end_hash=end.hash,
        logs=tuple(logs),
        headers=tuple(headers),
        receipts=dict(collect_receipts(connection, [chain.headers[number] for number in numbers])),
        state=parts.state,
        codes=parts.codes,
        transactions=tuple(stored(_table(rows, transaction_columns.SCHEMA))),
        targets=targets,
    )


def stored_headers(connection: Connection, numbers: Sequence[int]) -> list[StoredHeader]:
    """The headers of these blocks as a bundle has them."""
    headers = []
    for block in connection.blocks(numbers):
        digest = "0x" + block.hash.hex()
        rlp = header_of(connection.rpc("eth_getBlockByHash", [digest, False]), digest)
        headers.append(StoredHeader(block.number, block.hash, rlp))
    return headers


def sealed(evidence: Evidence, folder: Path) -> Bundle:
    """The evidence as a bundle in `folder`."""
    folder.mkdir()
    parts = [*write_tables(folder, Kind.LOGS, [from_raw(evidence.logs)])]
    columns = [(header.number, header.hash, header.rlp) for header in evidence.headers]
    parts += write_tables(folder, Kind.HEADERS, [_table(columns, header_columns.SCHEMA)])
    if evidence.receipts:
        rows = _receipts(evidence.receipts)
        parts += write_tables(folder, Kind.RECEIPTS, [_table(rows, receipt_columns.SCHEMA)])
    if evidence.transactions:
        entries = [
            (
                *(entry.hash, entry.block_number, entry.transaction_index, entry.data),
                *(pack(entry.path), pack(entry.receipt_path)),
            )
            for entry in evidence.transactions
        ]
        parts += write_tables(folder, Kind.TRANSACTIONS, [_table(entries, transaction_columns.SCHEMA)])
    if evidence.state is not None:
        parts.append(write_json(folder, Kind.STATE, state_bytes(evidence.state), block=evidence.to_block))
        parts.append(write_json(folder, Kind.CODE, code_bytes(evidence.codes), block=evidence.to_block))
    if evidence.targets:
        parts.append(write_json(folder, Kind.TARGETS, targets_bytes(evidence.targets), block=evidence.to_block))
    manifest = Manifest(
        chain_id=evidence.chain_id,
        contracts=_contracts(evidence),
        from_block=evidence.from_block,
        to_block=evidence.to_block,
        anchor=Anchor(evidence.to_block, evidence.end_hash),
        parts=tuple(parts),
        asked=1,
        agreed=1,
    )
    return seal(folder, manifest)


def _contracts(evidence: Evidence) -> Contracts:
    if evidence.addresses is not None:
        return Contracts.of_deployment(evidence.addresses)
    named = {name: address for address, name in evidence.contracts.items()}
    return Contracts.of_governor(governor=named["governor"], token=named["token"], timelock=named["timelock"])


def _table(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in schema]
    return pa.table(
        [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)], schema=schema
    )


def _receipts(receipts: Mapping[int, Sequence[bytes]]) -> list[tuple[int, int, bytes]]:
    return [(number, index, value) for number in sorted(receipts) for index, value in enumerate(receipts[number])]
