"""Evidence of a local chain, collected in memory, for tests of what it proves."""

from __future__ import annotations

from dao.audit.gather import gather
from dao.blocks.headers import read_header
from dao.chain.proofs import header_of
from dao.collecting.receipts import collect_receipts
from dao.collecting.state import collect_parts
from dao.lifecycle.advance import execute, queue
from dao.proving.blooms import candidates, contract_filter
from dao.proving.headers import StoredHeader, link
from dao.proving.prove import Evidence
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
    headers = []
    for block in connection.blocks(range(first, end.number + 1)):
        digest = "0x" + block.hash.hex()
        rlp = header_of(connection.rpc("eth_getBlockByHash", [digest, False]), digest)
        headers.append(StoredHeader(block.number, block.hash, rlp))
    chain, _ = link(headers, end.hash)
    state = replay(logs, addresses)
    numbers = candidates(chain, contract_filter(state), first, end.number)
    parts = collect_parts(connection, read_header(headers[-1].rlp), state)
    return Evidence(
        chain_id=connection.chain_id,
        addresses=addresses,
        from_block=first,
        to_block=end.number,
        end_hash=end.hash,
        logs=tuple(logs),
        headers=tuple(headers),
        receipts=dict(collect_receipts(connection, [chain.headers[number] for number in numbers])),
        state=parts.state,
        codes=parts.codes,
    )
