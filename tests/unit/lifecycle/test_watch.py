"""A watch tells everything that happens to proposals once: across turns, restarts and reorganisations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dao.chain.connection import Connection
from dao.chain.transport import Patience
from dao.errors import ConnectionFailed, FileError, RpcError, WrongChain
from dao.lifecycle.advance import cancel, execute, queue
from dao.lifecycle.session import Session
from dao.lifecycle.vote import Split, cast
from dao.lifecycle.watch import Fact, Kind, Position, Turn, Watch, begin, load_cursor, save_cursor
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

FIRST, SECOND, THIRD, FOURTH = ACCOUNTS[:4]


def started(dao: Dao, *, since: int | None = None) -> Watch:
    watch = Watch(dao.session(), begin(dao.session(), since=since))
    turned(watch)
    return watch


def turned(watch: Watch) -> Turn:
    """One turn, all of it reported."""
    turn = watch.look()
    for fact in turn.facts:
        watch.told(fact)
    watch.settle(turn)
    return turn


def kinds(turn: Turn) -> list[str]:
    return [fact.kind.value for fact in turn.facts]


def mine(dao: Dao, blocks: int = 1) -> None:
    for _ in range(blocks):
        dao.connection.rpc("evm_mine")


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


def test_a_reorganisation(dao: Dao) -> None:
    watch = started(dao)
    mine(dao, 3)
    turned(watch)
    fork = dao.connection.block()
    snapshot = dao.connection.rpc("evm_snapshot")
    kept = dao.submit()
    gone = dao.submit(RAISE, proposer=SECOND)
    assert kinds(turned(watch)) == ["proposed"] * 2
    mine(dao, 2)
    turned(watch)
    # The other chain has one of them, in another block, and one that was not seen yet.
    assert dao.connection.rpc("evm_revert", [snapshot])
    mine(dao)
    other = dao.propose([Call(STRANGER, 1, b"")], b"Pay a stranger", proposer=THIRD)
    mine(dao)
    again = dao.submit()
    assert again.proposal_id == kept.proposal_id
    mine(dao, 3)
    turn = turned(watch)
    assert [(one.kind, one.proposal_id) for one in turn.withdrawn] == [(Kind.PROPOSED, gone.proposal_id)]
    assert turn.withdrawn[0].title == gone.title
    assert [(fact.kind, fact.proposal_id) for fact in turn.facts] == [(Kind.PROPOSED, other.proposal_id)]
    assert turn.base == fork
    assert turn.replaced == 4
    assert turned(watch).facts == ()
    # What is remembered is the chain as it is.
    marks = watch.position.marks
    assert list(marks) == dao.connection.blocks([mark.number for mark in marks])
    assert [mark.number for mark in marks] == list(range(marks[0].number, dao.connection.block().number + 1))
    # It goes on from there as if nothing had been.
    dao.advance(VOTING_DELAY + 1)
    assert kinds(turned(watch)) == ["opened"] * 2
    cast(dao.session(FIRST), again, Support.FOR)
    assert kinds(turned(watch)) == ["voted", "quorum"]


def test_votes_of_a_chain_that_is_gone_do_not_count(dao: Dao) -> None:
    """Neither for the quorum nor as reported."""
    proposal = dao.submit()
    dao.advance(VOTING_DELAY + 1)
    watch = started(dao)
    snapshot = dao.connection.rpc("evm_snapshot")
    cast(dao.session(FIRST), proposal, Support.FOR)
    assert kinds(turned(watch)) == ["voted", "quorum"]
    assert dao.connection.rpc("evm_revert", [snapshot])
    mine(dao, 3)
    turn = turned(watch)
    assert [one.kind for one in turn.withdrawn] == [Kind.VOTED, Kind.QUORUM]
    cast(dao.session(FIRST), proposal, Support.ABSTAIN)
    assert kinds(turned(watch)) == ["voted", "quorum"]


def test_what_the_clock_did_is_withdrawn_with_its_block(dao: Dao) -> None:
    dao.submit()
    watch = started(dao)
    mine(dao)
    turned(watch)
    snapshot = dao.connection.rpc("evm_snapshot")
    dao.advance(VOTING_DELAY + 1)
    mine(dao, 2)
    assert kinds(turned(watch)) == ["opened"]
    assert dao.connection.rpc("evm_revert", [snapshot])
    for later in range(1, 5):
        dao.connection.rpc("evm_setNextBlockTimestamp", [dao.connection.block().timestamp + later])
        mine(dao)
    turn = turned(watch)
    assert [one.kind for one in turn.withdrawn] == [Kind.OPENED]
    dao.advance(VOTING_DELAY + 1)
    assert kinds(turned(watch)) == ["opened"]


def test_what_the_clock_did_before_the_fork_stays(dao: Dao) -> None:
    """Also where it was noticed only at a block that is gone."""
    dao.submit()
    watch = started(dao)
    dao.advance(VOTING_DELAY + 1)
    mine(dao)
    snapshot = dao.connection.rpc("evm_snapshot")
    mine(dao, 2)
    turn = turned(watch)
    assert kinds(turn) == ["opened"]
    assert turn.facts[0].block == dao.connection.block().number - 3
    assert dao.connection.rpc("evm_revert", [snapshot])
    dao.connection.rpc("evm_setNextBlockTimestamp", [dao.connection.block().timestamp + 7])
    mine(dao, 4)
    turn = turned(watch)
    assert (turn.replaced, turn.withdrawn, turn.facts) == (2, (), ())


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


def test_a_restart(dao: Dao, tmp_path: Path) -> None:
    path = tmp_path / "cursor.json"
    watch = started(dao)
    first = dao.submit()
    turned(watch)
    save_cursor(path, dao.deployment, watch.position)
    second = dao.submit(RAISE, proposer=SECOND)
    dao.advance(VOTING_DELAY + 1)
    kept = load_cursor(path, dao.deployment)
    assert kept == watch.position
    again = Watch(dao.session(), kept)
    turn = again.look()
    assert [(fact.kind, fact.proposal_id) for fact in turn.facts if fact.kind is Kind.PROPOSED] == [
        (Kind.PROPOSED, second.proposal_id)
    ]
    assert sorted(fact.proposal_id for fact in turn.facts if fact.kind is Kind.OPENED) == sorted(
        (first.proposal_id, second.proposal_id)
    )
    # It is ended in the middle of the turn: what was told is not told again, and what was not is.
    again.told(turn.facts[0])
    save_cursor(path, dao.deployment, again.position)
    kept = load_cursor(path, dao.deployment)
    assert kept is not None
    third = Watch(dao.session(), kept)
    assert turned(third).facts == turn.facts[1:]
    assert path.with_name(path.name + ".tmp").exists() is False


def test_a_reorganisation_while_nobody_watches(dao: Dao, tmp_path: Path) -> None:
    path = tmp_path / "cursor.json"
    watch = started(dao)
    mine(dao)
    turned(watch)
    snapshot = dao.connection.rpc("evm_snapshot")
    gone = dao.submit()
    turned(watch)
    save_cursor(path, dao.deployment, watch.position)
    assert dao.connection.rpc("evm_revert", [snapshot])
    mine(dao)
    other = dao.submit(RAISE, proposer=SECOND)
    kept = load_cursor(path, dao.deployment)
    assert kept is not None
    turn = turned(Watch(dao.session(), kept))
    assert [one.proposal_id for one in turn.withdrawn] == [gone.proposal_id]
    assert [fact.proposal_id for fact in turn.facts] == [other.proposal_id]


def test_a_reorganisation_deeper_than_is_remembered(dao: Dao) -> None:
    """What happened since the watch began is told again, rather than missed."""
    snapshot = dao.connection.rpc("evm_snapshot")
    mine(dao, 2)
    watch = started(dao)
    gone = dao.submit()
    assert kinds(turned(watch)) == ["proposed"]
    assert dao.connection.rpc("evm_revert", [snapshot])
    dao.connection.rpc("evm_setNextBlockTimestamp", [dao.connection.block().timestamp + 7])
    mine(dao, 4)
    other = dao.submit(RAISE, proposer=SECOND)
    turn = turned(watch)
    assert [one.proposal_id for one in turn.withdrawn] == [gone.proposal_id]
    assert [fact.proposal_id for fact in turn.facts] == [other.proposal_id]


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


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"format": 2}',
        b'{"format": 1, "chain_id": 31337, "governor": "x", "marks": [], "reported": []}',
        b'{"format": 1, "chain_id": 31337, "governor": "x", "marks": [[1, 1, "0x12"]], "reported": []}',
        b"[" * 100_000,
    ],
)
def test_a_cursor_that_is_damaged(dao: Dao, tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "cursor.json"
    path.write_bytes(damage)
    with pytest.raises(FileError, match="is damaged"):
        load_cursor(path, dao.deployment)


def test_a_cursor_of_another_deployment(dao: Dao, tmp_path: Path) -> None:
    path = tmp_path / "cursor.json"
    save_cursor(path, dao.deployment, Position((dao.connection.block(),)))
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**document, "chain_id": 1}), encoding="utf-8")
    with pytest.raises(WrongChain):
        load_cursor(path, dao.deployment)


def test_a_cursor_that_cannot_be_written(dao: Dao, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be written"):
        save_cursor(tmp_path / "none" / "cursor.json", dao.deployment, Position((dao.connection.block(),)))


def test_the_key_of_a_fact_is_not_its_place() -> None:
    fact = Fact(kind=Kind.QUEUED, proposal_id=1, title="x", block=3, timestamp=4, transaction=bytes(32), ready=5)
    moved = Fact(kind=Kind.QUEUED, proposal_id=1, title="x", block=9, timestamp=9, transaction=bytes(32), ready=9)
    assert fact.key == moved.key
