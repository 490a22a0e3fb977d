"""The state of a real deployment on a local chain, proven from a block's hash, and lies about it found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dao.audit.gather import gather
from dao.blocks.headers import read_header
from dao.blocks.tries import gather as gather_nodes
from dao.chain.proofs import header_of
from dao.collecting.state import collect_state
from dao.proving.slots import slots
from dao.proving.state import prove_state
from dao.proving.verdict import Standing
from dao.replay.replay import replay
from tests.support.chain import ACCOUNTS, TOKEN, VOTING_DELAY, Dao, deployed


@pytest.fixture(scope="module")
def dao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    with deployed(tmp_path_factory.mktemp("dao")) as made:
        made.delegate_all()
        made.call(ACCOUNTS[4], "token", "transfer", ACCOUNTS[0], 5 * TOKEN)
        proposal = made.submit()
        made.advance(VOTING_DELAY + 1)
        made.call(ACCOUNTS[1], "governor", "castVote", proposal.proposal_id, 1)
        yield made


def test_a_real_deployment(dao: Dao) -> None:
    connection = dao.connection
    end = connection.block()
    logs = gather(connection, dao.deployment.addresses, from_block=0, to_block=end.number)
    state = replay(logs, dao.deployment.addresses)
    digest = "0x" + end.hash.hex()
    header = read_header(header_of(connection.rpc("eth_getBlockByHash", [digest, False]), digest))
    evidence = collect_state(connection, header, slots(state, header.timestamp))
    verdict = prove_state(header, state, gather_nodes(evidence.nodes))
    assert verdict.findings == ()
    assert [line.standing for line in verdict.lines] == [Standing.PROVED] * 6 + [Standing.TRUSTED]
