"""A watch tells everything that happens to proposals once: across turns, restarts and reorganisations."""

from __future__ import annotations

from typing import Any

import pytest

from dao.chain.connection import Connection
from dao.chain.transport import Patience
from dao.errors import ConnectionFailed, RpcError
from dao.lifecycle.advance import cancel, execute, queue
from dao.lifecycle.session import Session
from dao.lifecycle.vote import Split, cast
from dao.lifecycle.watch import Fact, Kind, Watch, begin
from dao.lifecycle.watch.position import DEPTH
from dao.types import Call, Support
from tests.support.chain import (
    ACCOUNTS,
    GRACE,
    MIN_DELAY,
    RAISE,
    STRANGER,
    TOKEN,
    VOTING_DELAY,
    VOTING_PERIOD,
    Dao,
)
from tests.support.faulty import dropped, faulty, fine
from tests.support.hostile import hostile
from tests.support.watching import kinds, mine, started, turned

FIRST, SECOND, THIRD, FOURTH = ACCOUNTS[:4]


def test_a_whole_life(dao: Dao) -> None:
    watch = started(dao)
    assert turned(watch).facts == ()
    proposal = dao.submit()
    (made,) = turned(watch).facts
    assert (made.kind, made.proposal_id, made.title) == (Kind.PROPOSED, proposal.proposal_id, proposal.title)
    assert (made.account, made.begins, made.ends) == (FIRST, proposal.snapshot, proposal.snapshot + VOTING_PERIOD)
    assert (made.block, made.transaction) == (proposal.block_number, proposal.transaction_hash)
    dao.advance(VOTING_DELAY - 10)
    assert kinds(turned(watch)) == []
    dao.advance(11)
    (opened,) = turned(watch).facts
    assert (opened.kind, opened.timestamp) == (Kind.OPENED, proposal.snapshot + 1)
    assert opened.block == dao.connection.block().number
    cast(dao.session(FOURTH), proposal, [Split(Support.FOR, 2_000), Split(Support.AGAINST, 8_000)], reason="a bit")
    (vote,) = turned(watch).facts
    assert (vote.kind, vote.account, vote.reason) == (Kind.VOTED, FOURTH, "a bit")
    assert dict(vote.votes) == {Support.FOR: 300_000 * TOKEN, Support.AGAINST: 1_200_000 * TOKEN}
    cast(dao.session(FIRST), proposal, Support.FOR)
    cast(dao.session(SECOND), proposal, Support.ABSTAIN)
    turn = turned(watch)
    assert kinds(turn) == ["voted", "quorum", "voted"]
    assert turn.facts[1].quorum == dao.session().contracts.governor.quorum(proposal.proposal_id)
    dao.advance(VOTING_PERIOD)
    queue(dao.session(STRANGER), proposal)
    turn = turned(watch)
    assert kinds(turn) == ["succeeded", "queued"]
    assert turn.facts[1].ready == dao.connection.block().timestamp + MIN_DELAY
    dao.advance(MIN_DELAY + 1)
    execute(dao.session(STRANGER), proposal)
    assert kinds(turned(watch)) == ["executed"]
    dao.advance(GRACE * 2)
    assert kinds(turned(watch)) == []


def told_since(dao: Dao, block: int) -> list[str]:
    """What a watch tells that begins at `block`."""
    watch = Watch(dao.session(), begin(dao.session(), since=block))
    return [f"{fact.kind.value} {str(fact.proposal_id)[:6]} {fact.timestamp}" for fact in turned(watch).facts]


def test_other_ends_and_a_beginning_in_the_past(dao: Dao) -> None:
    start = dao.connection.block().number + 1
    watch, told = started(dao), []

    def turn() -> list[str]:
        facts = turned(watch).facts
        told.extend(f"{fact.kind.value} {str(fact.proposal_id)[:6]} {fact.timestamp}" for fact in facts)
        return [fact.kind.value for fact in facts]

    passed = dao.submit()
    canceled = dao.submit(RAISE, proposer=SECOND)
    lost = dao.propose([Call(STRANGER, 1, b"")], b"Pay a stranger", proposer=THIRD)
    assert turn() == ["proposed"] * 3
    cancel(dao.session(SECOND), canceled)
    assert turn() == ["canceled"]
    dao.advance(VOTING_DELAY + 1)
    assert turn() == ["opened"] * 2
    # Reached within the last minutes, so that it goes on.
    dao.advance(VOTING_PERIOD - 30)
    cast(dao.session(FIRST), passed, Support.FOR)
    cast(dao.session(FIRST), lost, Support.AGAINST)
    assert turn() == ["voted", "quorum", "extended", "voted"]
    dao.advance(30)
    assert turn() == ["defeated"]
    dao.advance(VOTING_PERIOD)
    assert turn() == ["succeeded"]
    dao.advance(GRACE + 1)
    assert turn() == ["expired"]
    expiry = dao.session().contracts.governor.standings([passed.proposal_id])[0].expiry
    assert told[-1] == f"expired {str(passed.proposal_id)[:6]} {expiry}"
    # Whoever begins then is told the same in one go, and whoever begins in between, the rest.
    assert told_since(dao, start) == told
    assert told_since(dao, 0) == told
    middle = dao.connection.block().number - 2
    ahead = dao.connection.blocks([middle - 1])[0].timestamp
    assert told_since(dao, middle) == [line for line in told if int(line.split()[-1]) > ahead]


def test_a_block_that_was_not_made(dao: Dao) -> None:
    with pytest.raises(RpcError):
        begin(dao.session(), since=dao.connection.block().number + 2)


def test_what_is_over_is_not_asked_for(dao: Dao) -> None:
    """Neither by a watch that saw its end, nor by one that begins later."""
    canceled = dao.submit()
    cancel(dao.session(FIRST), canceled)
    dao.submit(RAISE, proposer=SECOND)
    with hostile(dao.connection.url) as node:
        session = Session.of(Connection.open(node.url), dao.deployment)
        for watch in (Watch(session, begin(session, since=None)), Watch(session, begin(session, since=1))):
            turned(watch)
            dao.advance(1)
            node.methods.clear()
            turned(watch)
            # One proposal, of which seven things are asked and then what its tier needs.
            assert node.methods.count("eth_call") == 8
        dao.advance(VOTING_DELAY + VOTING_PERIOD)
        assert kinds(turned(watch)) == ["opened", "defeated"]
        dao.advance(1)
        node.methods.clear()
        turned(watch)
        assert node.methods.count("eth_call") == 0


def test_a_node_that_is_behind(dao: Dao) -> None:
    """One of several behind an address: what it has not seen did not go away."""
    watch = started(dao)
    proposal = dao.submit()
    old = dao.connection.rpc("eth_getBlockByNumber", [hex(proposal.block_number - 1), False])
    assert kinds(turned(watch)) == ["proposed"]
    with hostile(dao.connection.url) as node:
        slow = Watch(Session.of(Connection.open(node.url), dao.deployment), watch.position)
        node.result = lambda method, params, real: (
            old if (method, params[:1]) == ("eth_getBlockByNumber", ["latest"]) else real
        )
        turn = turned(slow)
        assert (turn.behind, turn.facts, turn.withdrawn) == (1, (), ())
        node.result = lambda method, params, real: real
        turn = turned(slow)
        assert (turn.behind, turn.facts, turn.withdrawn) == (0, (), ())


def test_a_node_that_knows_a_block_and_not_its_logs(dao: Dao) -> None:
    """It refuses the block's hash, and is asked again; a range would have come back empty."""
    watch = started(dao)
    with hostile(dao.connection.url) as node:
        slow = Watch(Session.of(Connection.open(node.url), dao.deployment), watch.position)
        asked: list[Any] = []
        node.result = lambda method, params, real: asked.append(params) or real if method == "eth_getLogs" else real
        proposal = dao.submit()
        assert kinds(turned(slow)) == ["proposed"]
        assert (
            asked[-1][0]["blockHash"]
            == dao.connection.rpc("eth_getBlockByNumber", [hex(proposal.block_number), False])["hash"]
        )
        unknown = {**asked[-1][0], "blockHash": "0x" + "12" * 32}
        with pytest.raises(RpcError):
            dao.connection.rpc("eth_getLogs", [unknown])


def test_a_creation_that_the_node_left_out(dao: Dao) -> None:
    """A ballot on a proposal that was never made is no reason to go on; when the node has it, all is read again."""
    with hostile(dao.connection.url) as node:
        watch = Watch(Session.of(Connection.open(node.url), dao.deployment), begin(dao.session(), since=None))
        turned(watch)
        node.result = lambda method, params, real: [] if method == "eth_getLogs" else real
        proposal = dao.submit()
        dao.advance(VOTING_DELAY + 1)
        assert kinds(turned(watch)) == []
        cast(dao.session(FIRST), proposal, Support.FOR)
        node.result = lambda method, params, real: [] if "fromBlock" in str(params) else real
        for _ in range(2):
            with pytest.raises(RpcError, match="left a log out"):
                watch.look()
        node.result = lambda method, params, real: real
        assert kinds(turned(watch)) == ["voted", "quorum"]


def test_a_chain_that_changes_while_it_is_read(dao: Dao) -> None:
    watch = started(dao)
    with hostile(dao.connection.url) as node:
        seen = Watch(Session.of(Connection.open(node.url), dao.deployment), watch.position)
        proposal = dao.submit()
        heads = []

        def other(method: str, params: list[Any], real: Any) -> Any:
            if method == "eth_getBlockByNumber" and int(real["number"], 16) == proposal.block_number:
                heads.append(real)
                if len(heads) == 3:
                    return {**real, "hash": "0x" + "34" * 32}
            return real

        node.result = other
        with pytest.raises(RpcError, match="changed while it was read"):
            seen.look()
        assert kinds(turned(seen)) == ["proposed"]


@pytest.mark.parametrize("good", [0, 1, 2, 4, 6])
def test_a_connection_that_is_lost(dao: Dao, good: int) -> None:
    """Whatever request it is lost at, the next look tells all of it."""
    watch = started(dao)
    with faulty(dao.connection.url) as proxy:
        connection = Connection.open(proxy.url, patience=Patience(timeout=2, attempts=1))
        far = Watch(Session.of(connection, dao.deployment), watch.position)
        turned(far)
        proposal = dao.submit()
        dao.advance(VOTING_DELAY + 1)
        cast(dao.session(FIRST), proposal, Support.FOR)
        proxy.plan, proxy.always = [fine] * good, dropped
        with pytest.raises(ConnectionFailed):
            far.look()
        mine(dao)
        proxy.plan, proxy.always = [], None
        assert kinds(turned(far)) == ["proposed", "opened", "voted", "quorum"]
        assert turned(far).facts == ()


def test_more_blocks_than_are_remembered(dao: Dao) -> None:
    watch = started(dao)
    proposal = dao.submit()
    dao.connection.rpc("anvil_mine", [hex(DEPTH + 40)])
    turn = turned(watch)
    assert [(fact.kind, fact.block) for fact in turn.facts if fact.kind is Kind.PROPOSED] == [
        (Kind.PROPOSED, proposal.block_number)
    ]
    assert len(watch.position.marks) == DEPTH
    assert watch.position.marks[-1] == dao.connection.block()
    numbers = [mark.number for mark in watch.position.marks]
    assert numbers == list(range(numbers[0], numbers[0] + DEPTH))
    # What lies deeper than that need not be remembered.
    assert all(one.block > numbers[0] for one in watch.position.reported)


def test_another_chain(dao: Dao) -> None:
    """A node that was exchanged for one without the deployment has nothing to withdraw."""
    watch = started(dao)
    dao.submit()
    turned(watch)
    with hostile(dao.connection.url) as node:
        other = Watch(Session.of(Connection.open(node.url), dao.deployment), watch.position)
        block = {"number": "0x1", "timestamp": "0x1", "hash": "0x" + "56" * 32}
        node.result = lambda method, params, real: (
            {**block, "number": real["number"]}
            if method == "eth_getBlockByNumber"
            else "0x"
            if method == "eth_getCode"
            else real
        )
        with pytest.raises(RpcError, match="another chain"):
            other.look()


def test_ballots_just_alike_in_one_transaction(dao: Dao) -> None:
    """A part of the weight twice: two facts, of which neither hides the other."""
    proposal = dao.submit()
    dao.advance(VOTING_DELAY + 1)
    watch = started(dao)
    cast(dao.session(FIRST), proposal, [Split(Support.FOR, 5_000), Split(Support.ABSTAIN, 5_000)])

    def twice(method: str, params: list[Any], real: Any) -> Any:
        return [*real, {**real[0], "logIndex": "0x9"}] if method == "eth_getLogs" and real else real

    # As a contract would cast them that votes in parts.
    with hostile(dao.connection.url) as node:
        node.result = twice
        far = Watch(Session.of(Connection.open(node.url), dao.deployment), watch.position)
        turn = turned(far)
    assert kinds(turn) == ["voted", "quorum", "voted"]
    assert len({fact.key for fact in turn.facts}) == 3
    assert turn.facts[0].votes == turn.facts[2].votes


def test_the_key_of_a_fact_is_not_its_place() -> None:
    fact = Fact(kind=Kind.QUEUED, proposal_id=1, title="x", block=3, timestamp=4, transaction=bytes(32), ready=5)
    moved = Fact(kind=Kind.QUEUED, proposal_id=1, title="x", block=9, timestamp=9, transaction=bytes(32), ready=9)
    assert fact.key == moved.key
